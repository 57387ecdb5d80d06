"""Shopify's lines, one at a time: worked by hand from spec §2.3.14, and compared with the reference (spec §2.3.14).

Whole tables are compared in tests/integration/test_shopify.py; the admin's CSV is in test_shopify_export.py.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from caw.adapters.records import INGESTED_AT, Expansion, Json
from caw.adapters.registry import ADAPTERS, expander
from caw.feeds.declared import SEEDS_DIR
from tests.reference.vendors.cases import vendor_seeds
from tests.support.expansions_against_reference import differences
from tests.support.odd_lines import odd_lines

FEEDS = ("shopify_orders", "shopify_customers", "shopify_products")
ODD_LINES = 12  # of each line
EVENING = "2026-05-31T20:00:00-04:00"
MIDNIGHT = "2026-06-01T00:00:00Z"  # the same instant
LATER = "2026-06-02T00:00:00Z"
MONEY = {"shopMoney": {"amount": "12.50", "currencyCode": "CAD"}, "presentmentMoney": {"amount": "9.10"}}

expand = expander(SEEDS_DIR)


def order(order_id: Any, **members: Any) -> Json:
    """A webhook's body."""
    common = {"created_at": EVENING, "updated_at": EVENING, "currency": "USD", "total_price": "50.00", "line_items": []}
    return {"id": order_id, **common, **members}


def refund(*amounts: Any, kind: str = "refund", status: str = "success") -> Json:
    """A refund of an order, with a transaction for each amount."""
    return {"transactions": [{"kind": kind, "status": status, "amount": amount} for amount in amounts]}


def variant(variant_id: int, **members: Any) -> Json:
    return {"id": variant_id, "price": "9.00", "inventory_policy": "deny", "inventory_quantity": 0, **members}


GRAPHQL: Json = {
    "id": "gid://shopify/Order/9",
    "createdAt": MIDNIGHT,
    "updatedAt": LATER,
    "displayFinancialStatus": "PARTIALLY_REFUNDED",
    "currencyCode": "CAD",
    "totalPriceSet": MONEY,
    "totalRefundedSet": {"shopMoney": {"amount": "2.5"}},
    "lineItems": {
        "edges": [
            {
                "node": {
                    "product": {"id": "gid://shopify/Product/31"},
                    "sku": "s",
                    "quantity": 3,
                    "originalUnitPriceSet": MONEY,
                }
            },
            {"node": {"product": None, "sku": "t", "quantity": 1}},
        ]
    },
    "customer": {"id": "gid://shopify/Customer/5", "email": "c@x.example", "phone": None},
    "phone": "+15005550006",
}
CONSENT: Json = {"state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": EVENING}
CUSTOMER: Json = {"id": 1, "email": "a@x.example", "phone": "+15005550001", "updated_at": LATER}
MERGE: Json = {
    "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/1",
    "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2",
    "status": "completed",
}
REDACTION: Json = {"customer": {"id": 8, "email": "j@x.example", "phone": "555-625-1199"}, "orders_to_redact": [1]}
PRODUCT: Json = {
    "id": 1, "title": "Shirt", "updated_at": LATER,
    "variants": [variant(11, updated_at="2026-06-03T00:00:00Z", inventory_management="shopify", sku="s-11"), variant(12, inventory_management=None)],
}  # fmt: skip
SHAPES: dict[str, list[Json]] = {
    "shopify_orders": [
        order(1, line_items=[{"product_id": 1, "sku": "s", "quantity": 2, "price": "5.00"}], refunds=[refund("5.00", "1.5")]),
        order(2, cancelled_at=EVENING, test=False, customer={**CUSTOMER, "id": 7}, contact_email="d@x.example"),
        GRAPHQL,
        {**refund("75.00", 10), "id": 1, "order_id": 2, "created_at": EVENING, "refund_line_items": []},
        {"id": 7},
    ],
    "shopify_customers": [
        {**CUSTOMER, "email_marketing_consent": CONSENT, "sms_marketing_consent": {"state": "pending"}},
        {**CUSTOMER, "accepts_marketing": True, "accepts_marketing_updated_at": EVENING, "orders_count": 2},
        {"customer_id": 1, "email_marketing_consent": {**CONSENT, "state": "redacted"}},
        MERGE,
        REDACTION,
        {"customer": {"id": 8, "email": "j@x.example"}, "orders_requested": [1], "data_request": {"id": 9}},
        {"id": 5, "tax_exemptions": [], "admin_graphql_api_id": "gid://shopify/Customer/55"},
    ],
    "shopify_products": [PRODUCT, {**PRODUCT, "status": "draft"}, {**variant(31, product_id=3), "updated_at": LATER}, {"id": 1}],
}  # fmt: skip


def made(feed: str, body: Any, canonical: str = "") -> list[Json]:
    """The fields of the records that a line makes, of one canonical feed."""
    found = said(feed, body).records
    return [record.fields for record in found if canonical in ("", record.feed)]


def said(feed: str, body: Any) -> Expansion:
    return expand(feed, json.dumps(body))


def the_order(body: Json) -> Json:
    (found,) = made("shopify_orders", body, "orders")
    return found


def test_an_order_of_rest_is_read_digit_for_digit() -> None:
    """An id beyond 2^53 that is read through a double is another order's."""
    rounded = order(820982911946154500, admin_graphql_api_id="gid://shopify/Order/820982911946154508")
    items = [
        {"product_id": 788032119674292922, "sku": "s", "quantity": 2, "price": "5.00"},
        {"product_id": None, "sku": "t"},
    ]
    found = the_order({**rounded, "processed_at": "2026-05-01T00:00:00+02:00", "line_items": items})
    assert (found["order_id"], found["placed_at"], found["updated_at"]) == (
        "820982911946154508",
        "2026-04-30T22:00:00Z",
        MIDNIGHT,
    )
    assert found["items"] == [
        {"product_id": "788032119674292922", "sku": "s", "quantity": "2", "price": "5.00"},
        {"sku": "t"},
    ]
    assert (found["currency"], found["total"], found["status"]) == ("USD", "50.00", "placed")
    assert the_order(order(9007199254740993))["order_id"] == "9007199254740993"


@pytest.mark.parametrize(
    ("members", "profile"),
    [
        ({"customer": {"email": "N/A", "phone": "000"}, "email": "guest", "contact_email": "g@x.example", "phone": "+1 555 1234"},
         {"email": "g@x.example", "phone_number": "+1 555 1234"}),
        ({"customer": {"email": "c@x.example"}, "email": "n/a"}, {"email": "c@x.example"}),
        ({"customer": {"email": "redacted1@example.com", "phone": 0}, "email": "e@x.example", "phone": "5551234"},
         {"email": "e@x.example", "phone_number": "5551234"}),
        ({"customer": {"phone": "(000) 000-0000"}, "phone": "5551234"}, {"phone_number": "5551234"}),
        ({"customer": {"email": "\u200b", "phone": "+1 555"}, "email": "e@x.example", "phone": "0.0"},
         {"email": "e@x.example"}),
        ({"customer": {"email": "null"}, "contact_email": "anonymous", "phone": "n/a"}, None),
    ],
)  # fmt: skip
def test_a_word_for_nobody_falls_to_the_next_contact(members: Json, profile: Json | None) -> None:
    """Spec §2.0.4 and §3.3: the order of a guest at the till would be nobody's though the e-mail that was typed in is there."""
    assert the_order(order(1, **members)).get("profile") == profile
    assert differences("shopify_orders", order(1, **members), SEEDS_DIR) == []


@pytest.mark.parametrize("kind", ["DraftOrder", "Fulfillment", "Order"])
def test_an_object_with_an_orders_members_and_another_gid_is_no_order(kind: str) -> None:
    """Spec §2.3.14.3: a draft that nobody has paid would be revenue, and keep its buyer from a follow-up."""
    gid = f"gid://shopify/{kind}/9?key=1/2"
    for body in (
        {**GRAPHQL, "id": gid},
        order(9, admin_graphql_api_id=gid),
        {"order": order(9, admin_graphql_api_id=gid)},
    ):
        assert len(made("shopify_orders", body)) == (kind == "Order")
        assert differences("shopify_orders", body, SEEDS_DIR) == []
    assert len(made("shopify_orders", {"id": gid}, "order_adjustments")) == (kind == "Order")
    assert differences("shopify_orders", {"id": gid}, SEEDS_DIR) == []


def test_words_for_nobody_are_the_seeds(tmp_path: Path) -> None:
    """Whoever adds the word of their own till has its orders derived again by it."""
    (tmp_path / "absent_identifiers.csv").write_text("word\ntill\n", encoding="utf-8")
    members = {"customer": {"email": "Till"}, "email": "e@x.example"}
    (made_by_theirs,) = expander(tmp_path)("shopify_orders", json.dumps(order(1, **members))).records
    assert made_by_theirs.fields["profile"] == {"email": "e@x.example"}
    loaded = [ADAPTERS["shopify_orders"].load(folder).fingerprint for folder in (tmp_path, SEEDS_DIR)]
    assert loaded[0] != loaded[1] and "absent_identifiers" in ADAPTERS["shopify_orders"].seeds


def test_an_order_of_graphql_is_the_same_object() -> None:
    found, line = the_order(GRAPHQL), said("shopify_orders", GRAPHQL)
    assert (found["order_id"], found["placed_at"], found["updated_at"]) == ("9", MIDNIGHT, LATER)
    assert (found["currency"], found["total"], found["refunded_total"]) == ("CAD", "12.50", "2.5")
    assert found["items"] == [
        {"product_id": "31", "sku": "s", "quantity": "3", "price": "12.50"},
        {"sku": "t", "quantity": "1"},
    ]
    assert found["profile"] == {"profile_id": "5", "email": "c@x.example", "phone_number": "+15005550006"}
    assert line.object_id == said("shopify_orders", order(9)).object_id == "9"
    for refunds in ([], [{"id": "gid://shopify/Refund/1", "totalRefundedSet": {"shopMoney": {"amount": "2.5"}}}]):
        assert the_order({**GRAPHQL, "refunds": refunds})["refunded_total"] == "2.5", "of no transactions the sum is 0"


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({}, "placed"), ({"financial_status": "paid"}, "placed"), ({"financial_status": "partially_refunded"}, "placed"),
        ({"financial_status": "VOIDED"}, "cancelled"), ({"financial_status": "refunded"}, "refunded"),
        ({"financial_status": "refunded", "cancelled_at": EVENING}, "cancelled"), ({"cancelled_at": " "}, "placed"),
        ({"financial_status": 5}, "placed"), ({"displayFinancialStatus": "REFUNDED"}, "refunded"), ({"cancelledAt": EVENING}, "cancelled"),
    ],
)  # fmt: skip
def test_an_order_s_status(members: Json, status: str) -> None:
    assert the_order(order(1, **members))["status"] == status


@pytest.mark.parametrize(
    ("refunds", "total"),
    [
        ([], "0"), (None, "0"), ([refund("5.00", 1.5), refund("0.10")], "6.60"), ([refund("9", kind="sale"), refund("9", status="failure")], "0"),
        ([refund("1"), refund("a lot")], "a lot"), ([refund("1", None, " ")], "1"), ([refund("1e999999")], "1e999999"),
    ],
)  # fmt: skip
def test_what_was_given_back_is_summed(refunds: Any, total: str) -> None:
    """An amount that nobody can read is refused, and costs neither the others' sum nor the machine."""
    assert the_order(order(1, refunds=refunds))["refunded_total"] == total


def test_a_test_order_makes_nothing() -> None:
    assert said("shopify_orders", order(1, test=True)).records == []
    assert said("shopify_orders", order(1, test="true")).object_id == "1"


def test_refunds_and_deletions_are_adjustments_of_their_own() -> None:
    body = {
        **refund("75.00", "10"),
        "id": 1,
        "admin_graphql_api_id": "gid://shopify/Refund/19",
        "order_id": 2,
        "created_at": EVENING,
    }
    line = said("shopify_orders", body)
    assert (line.object_id, line.version_at and line.version_at.isoformat()) == (
        "refund:19",
        "2026-06-01T00:00:00+00:00",
    )
    assert made("shopify_orders", body) == [
        {"adjustment_id": "shopify:refund:19", "order_id": "2", "kind": "refunded", "occurred_at": MIDNIGHT, "amount": "85.00"}
    ]  # fmt: skip
    deletion = said("shopify_orders", {"id": 2})
    assert (deletion.object_id, deletion.version_at) == ("delete:2", None)
    assert made("shopify_orders", {"id": 2}) == [
        {"adjustment_id": "shopify:delete:2", "order_id": "2", "kind": "cancelled", "occurred_at": INGESTED_AT}
    ]
    for feed, empty in (
        ("shopify_orders", {"id": 2, "line_items": []}),
        ("shopify_products", {"id": 2, "variants": []}),
    ):
        objects = said(feed, empty)
        assert objects.object_id != "delete:2", "an order, or a product, without any line is none that was deleted"


@pytest.mark.parametrize(
    ("feed", "body", "reason", "name"),
    [
        ("shopify_orders", order(1, __parentId="gid://shopify/Order/1"), "bad_value", "__parentId"),
        ("shopify_products", {**PRODUCT, "__parentId": "gid://shopify/Product/1"}, "bad_value", "__parentId"),
        ("shopify_orders", order(1.5), "bad_value", "id"), ("shopify_orders", order(" "), "missing_field", "id"),
        ("shopify_orders", {"order_edit": {"id": 1}}, "missing_field", "id"), ("shopify_products", {}, "missing_field", "id"),
        ("shopify_orders", order(1, updated_at="soon"), "bad_value", "updated_at"),
        ("shopify_orders", {**GRAPHQL, "updatedAt": 1781085600}, "bad_value", "updatedAt"),
        ("shopify_customers", {"customer_id": 1, "sms_marketing_consent": {"state": "subscribed", "consent_updated_at": "x"}}, "bad_value", "consent_updated_at"),
        ("shopify_customers", {"customer": {}, "orders_to_redact": []}, "missing_field", "id"),
        ("shopify_orders", {"orders": [order(1), order(2)]}, "missing_field", "id"),
    ],
)  # fmt: skip
def test_lines_that_are_refused(feed: str, body: Json, reason: str, name: str) -> None:
    line = said(feed, body)
    assert (line.reason, line.field, line.records) == (reason, name, ())


@pytest.mark.parametrize("feed", FEEDS)
def test_a_body_of_another_shape_is_a_version_that_makes_nothing(feed: str) -> None:
    line = said(feed, {"id": 7, "note": "none of these", "updated_at": LATER})
    assert (line.reason, list(line.records)) == (None, [])
    assert said(feed, {"type": "STATE", "value": {}}) == Expansion()


def test_envelopes_are_taken_off() -> None:
    body = order(1)
    for line in (
        {"order": body}, {"_airbyte_data": body}, {"_airbyte_data": json.dumps(body)}, {**body, "_dlt_id": "x"},
        {"type": "RECORD", "stream": "orders", "record": body}, {"type": "RECORD", "record": {"stream": "orders", "data": body}},
    ):  # fmt: skip
        assert the_order(line) == the_order(body)
    with_refunds = order(1, refunds={"id": 3, "transactions": []}, customer={"id": 4})
    assert said("shopify_orders", with_refunds).object_id == "1", "an order's own members are not opened"


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
    alone = {**variant(31, product_id=3, inventory_quantity=2), "updated_at": LATER}
    assert said("shopify_products", alone).object_id == "variant:31"
    assert [one["in_stock"] for one in made("shopify_products", alone)] == [True]
    assert made("shopify_products", {"id": 1}) == [{"product_id": "1", "updated_at": INGESTED_AT, "in_stock": False}]
    assert said("shopify_products", {"id": 1}).object_id == "delete:1"


def test_an_erasure_finds_a_line_by_all_that_it_says_of_people() -> None:
    """Somebody who is named by a billing address alone, and stays in the raw store when they ask to be forgotten."""
    body = order(
        1, test=True, email="o@x.example", contact_email="k@x.example", phone="1", billing_address={"phone": "2"},
        shipping_address={"phone": "3", "email": "s@x.example"},
        customer={"id": 7, "email": "c@x.example", "default_address": {"phone": "4"}, "addresses": [{"phone": "5"}]},
    )  # fmt: skip
    emails = {("email", f"{name}@x.example") for name in "oksc"}
    phones = {("phone", str(number)) for number in range(1, 6)}
    assert set(said("shopify_orders", body).people) == emails | phones | {("profile_id", "7")}
    refused = said("shopify_orders", {**body, "updated_at": "soon"})
    assert set(refused.people) == set(said("shopify_orders", body).people)
    assert ("email", "bob@x.example") in said(
        "shopify_customers", {"customer_id": 1, "email_address": "bob@x.example"}
    ).people
    deleted = {"id": 7, "admin_graphql_api_id": "gid://shopify/Customer/77"}
    assert set(said("shopify_customers", deleted).people) == {("profile_id", "77")}
    assert set(said("shopify_customers", MERGE).people) == {("profile_id", "1"), ("profile_id", "2")}


def shapes() -> Iterator[tuple[str, Json]]:
    """Each line as a line of each of the feeds."""
    for lines in SHAPES.values():
        for line in lines:
            yield from ((feed, line) for feed in FEEDS)


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return vendor_seeds(tmp_path_factory.mktemp("seeds"))


def test_every_line_says_what_it_says_to_the_reference(seeds: Path) -> None:
    assert [(feed, line, found) for feed, line in shapes() if (found := differences(feed, line, seeds))] == []


def test_odd_lines_say_what_they_say_to_the_reference(seeds: Path) -> None:
    """A member that is missing, misspelt or of another type, and a line that is then read as something else."""
    random = Random(2314)
    odd = [
        (feed, one) for feed, line in shapes() for one in odd_lines(line, random, ODD_LINES) if isinstance(one, dict)
    ]
    assert len(odd) > 500
    assert [(feed, line, found) for feed, line in odd if (found := differences(feed, line, seeds))] == []
