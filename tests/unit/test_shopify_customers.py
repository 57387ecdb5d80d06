"""Shopify's customers, products and their variants, one line at a time, worked by hand from spec §2.3.14."""

from typing import Any

import pytest

from caw.adapters.records import INGESTED_AT, Json
from caw.feeds.declared import SEEDS_DIR
from tests.support.expansions_against_reference import differences
from tests.support.shopify_bodies import (
    CONSENT,
    CUSTOMER,
    EVENING,
    LATER,
    MERGE,
    MIDNIGHT,
    PRODUCT,
    REDACTION,
    SHAPES,
    made,
    said,
    variant,
)


def test_a_customer_and_what_they_consented_to() -> None:
    body = {**CUSTOMER, "email_marketing_consent": CONSENT, "sms_marketing_consent": {"state": "not_subscribed"}}
    assert made("shopify_customers", body, "profiles") == [
        {"profile_id": "1", "updated_at": LATER, "email": "a@x.example", "phone_number": "+15005550001"}
    ]
    assert made("shopify_customers", body, "consents") == [
        {"profile_id": "1", "channel": "email", "occurred_at": MIDNIGHT, "status": "subscribed", "method": "single_opt_in"},
        {"profile_id": "1", "channel": "sms", "occurred_at": LATER, "status": "never_subscribed"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("members", "consents"),
    [
        ({"accepts_marketing": True, "accepts_marketing_updated_at": EVENING}, [("subscribed", MIDNIGHT)]),
        ({"accepts_marketing": "false"}, [("never_subscribed", LATER)]),
        ({"accepts_marketing": True, "email_marketing_consent": {"state": "unsubscribed"}}, [("unsubscribed", LATER)]),
        ({"accepts_marketing": True, "updated_at": None}, []),
        ({"accepts_marketing": "perhaps"}, []),
        ({"email_marketing_consent": {"state": "Invalid"}}, [("unsubscribed", LATER)]),
        ({"email_marketing_consent": {"state": "pending"}}, [("never_subscribed", LATER)]),
        ({"email_marketing_consent": {"state": "a new word"}}, [("a new word", LATER)]),
        ({"email_marketing_consent": {"state": None, "consent_updated_at": EVENING}}, []),
    ],
)
def test_what_a_customer_s_members_say_of_consent(members: Json, consents: list[tuple[str, str]]) -> None:
    """A withdrawal that makes no row is a text to somebody who said no; a word that nobody knows is no consent."""
    found = made("shopify_customers", {**CUSTOMER, **members}, "consents")
    assert [(one["status"], one["occurred_at"]) for one in found] == consents


def test_a_consent_s_body_is_an_object_of_its_own() -> None:
    body = {"id": 1, "phone": None, "sms_marketing_consent": {**CONSENT, "state": "unsubscribed"}}
    line = said("shopify_customers", body)
    assert (line.object_id, [record.feed for record in line.records]) == ("consent:1", ["consents"])
    undated = {"customer_id": 1, "email_marketing_consent": {"state": "not_subscribed", "consent_updated_at": None}}
    assert list(said("shopify_customers", undated).records) == []


def test_a_customer_without_an_instant_makes_no_profile() -> None:
    assert made("shopify_customers", {"id": 1, "email": "a@x.example"}) == []


def test_merges_redactions_and_deletions() -> None:
    assert made("shopify_customers", MERGE) == [{"profile_id": "2", "merged_into": "1", "updated_at": INGESTED_AT}]
    assert said("shopify_customers", {**MERGE, "status": "failed"}).records == []
    assert said("shopify_customers", MERGE).object_id == "merge:2"
    assert made("shopify_customers", REDACTION) == [
        {"request_id": "shopify:redact:8", "requested_at": INGESTED_AT, "email": "j@x.example", "phone": "555-625-1199", "profile_id": "8"}
    ]  # fmt: skip
    assert [record.feed for record in said("shopify_customers", REDACTION).records] == ["erasures"]
    for body in SHAPES["shopify_customers"][-2:]:
        assert list(said("shopify_customers", body).records) == []


@pytest.mark.parametrize("customer_id", [True, 1.5, {"data": [8]}])
def test_a_request_for_a_customer_of_no_usable_id_has_no_request_id(customer_id: Any) -> None:
    """Spec §2.3.14.4: it is refused with its line, and its e-mail and phone still say who asks."""
    body = {**REDACTION, "customer": {**REDACTION["customer"], "id": customer_id}}
    line = said("shopify_customers", body)
    assert (line.reason, line.field) == ("bad_value", "id")
    assert [record.fields for record in line.records] == [
        {"requested_at": INGESTED_AT, "email": "j@x.example", "phone": "555-625-1199"}
    ]
    assert differences("shopify_customers", body, SEEDS_DIR) == []


@pytest.mark.parametrize(
    ("members", "in_stock"),
    [
        ({}, False), ({"inventory_quantity": 1}, True), ({"inventory_quantity": "2"}, True), ({"inventory_quantity": -1}, False),
        ({"inventory_policy": "continue"}, True), ({"inventory_management": None}, True), ({"inventory_management": ""}, True), ({"inventory_management": "shopify"}, False),
        ({"inventory_quantity": None}, False), ({"inventory_quantity": "many"}, False),
    ],
)  # fmt: skip
def test_whether_a_variant_is_in_stock(members: Json, in_stock: bool) -> None:
    """A product that is wrongly out of stock is never recommended again."""
    assert [one["in_stock"] for one in made("shopify_products", {**PRODUCT, "variants": [variant(11, **members)]})] == [
        in_stock
    ] * 2
    draft = {**PRODUCT, "status": "draft", "variants": [variant(11, **members)]}
    assert [one["in_stock"] for one in made("shopify_products", draft)] == [False, False]


def test_a_product_and_its_variants() -> None:
    product, first, second = made("shopify_products", PRODUCT)
    assert product == {"product_id": "1", "updated_at": LATER, "title": "Shirt", "price": "9.00", "in_stock": True}
    assert first == {
        "product_id": "11",
        "updated_at": "2026-06-03T00:00:00Z",
        "sku": "s-11",
        "price": "9.00",
        "in_stock": False,
    }
    assert (second["product_id"], second["updated_at"], second["in_stock"]) == ("12", LATER, True)
    assert said("shopify_products", PRODUCT).object_id == "product:1"
    for unreadable in ("1e3", "soon"):  # before and after any instant, as texts
        undated = {**PRODUCT, "variants": [variant(11, updated_at=unreadable)]}
        assert [one["updated_at"] for one in made("shopify_products", undated)] == [LATER, unreadable]
        assert differences("shopify_products", undated, SEEDS_DIR) == []
    alone = {**variant(31, product_id=3, inventory_quantity=2), "updated_at": LATER}
    assert said("shopify_products", alone).object_id == "variant:31"
    assert [one["in_stock"] for one in made("shopify_products", alone)] == [True]
    assert made("shopify_products", {"id": 1}) == [{"product_id": "1", "updated_at": INGESTED_AT, "in_stock": False}]
    assert said("shopify_products", {"id": 1}).object_id == "delete:1"
