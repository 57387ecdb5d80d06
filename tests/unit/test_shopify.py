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
from tests.support.shopify_bodies import (
    EVENING,
    GRAPHQL,
    LATER,
    MERGE,
    MIDNIGHT,
    PRODUCT,
    SHAPES,
    made,
    order,
    refund,
    said,
    the_order,
)

FEEDS = ("shopify_orders", "shopify_customers", "shopify_products")
ODD_LINES = 12  # of each line


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
    ("feed", "body", "reason", "name", "heeded"),
    [
        ("shopify_orders", order(1, __parentId="gid://shopify/Order/1"), "bad_value", "__parentId", []),
        ("shopify_products", {**PRODUCT, "__parentId": "gid://shopify/Product/1"}, "bad_value", "__parentId", []),
        ("shopify_orders", order(1.5), "bad_value", "id", []), ("shopify_orders", order(" "), "missing_field", "id", []),
        ("shopify_orders", {"order_edit": {"id": 1}}, "missing_field", "id", []), ("shopify_products", {}, "missing_field", "id", []),
        ("shopify_orders", order(1, updated_at="soon"), "bad_value", "updated_at", []),
        ("shopify_orders", {**GRAPHQL, "updatedAt": 1781085600}, "bad_value", "updatedAt", []),
        ("shopify_customers", {"customer_id": 1, "sms_marketing_consent": {"state": "subscribed", "consent_updated_at": "x"}}, "bad_value", "consent_updated_at", ["consents"]),
        ("shopify_customers", {"customer": {}, "orders_to_redact": []}, "missing_field", "id", ["erasures"]),
        ("shopify_orders", {"orders": [order(1), order(2)]}, "missing_field", "id", []),
    ],
)  # fmt: skip
def test_lines_that_are_refused(feed: str, body: Json, reason: str, name: str, heeded: list[str]) -> None:
    """What it says of who may be written to, or is to be forgotten, is all that stays."""
    line = said(feed, body)
    assert (line.reason, line.field, [one.feed for one in line.records]) == (reason, name, heeded)


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
