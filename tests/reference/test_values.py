"""Hand-worked cases of values and fields (spec §2.0)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from . import build
from .cases import at, batch, customer, lines
from .keys import normal_email, normal_phone
from .typed_records import Context
from .typed_values import AT, LOG, NOON, instant_of, run, typed


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"2025-03-08T10:00Z"', "2025-03-08 10:00:00"),
        ('"2025-03-08 10:00"', "2025-03-08 15:00:00"),  # New York, five hours behind before the change of clocks
        ('"2025-03-08t10:00:01,1234569z"', "2025-03-08 10:00:01.123456"),
        ('"2025-03-08T10:00:00 +0130"', "2025-03-08 08:30:00"),
        ('"2025-03-08T10:00:00-03"', "2025-03-08 13:00:00"),
        ('"2025-03-08T10:00:00 UTC"', "2025-03-08 10:00:00"),
        ('"2025-03-08T10:00:00utc"', "2025-03-08 10:00:00"),
        ('"2025-03-08T10:00+01:00[Europe/Paris]"', "2025-03-08 09:00:00"),
        ('"2025-03-08T10:00Z[UTC]"', "2025-03-08 10:00:00"),
        ('"2025-03-08T10:00:00+23:59"', "2025-03-07 10:01:00"),
        ('" 1741428000 "', "2025-03-08 10:00:00"),
        ('"1741428000.5"', "2025-03-08 10:00:00.500000"),
        ("1741428000123", "2025-03-08 10:00:00.123000"),
        ('"1741428000123.4567"', "2025-03-08 10:00:00.123456"),
        ("1741428000123456", "2025-03-08 10:00:00.123456"),
        ("1741428000123456789", "2025-03-08 10:00:00.123456"),
        ("1.741428e12", "2025-03-08 10:00:00"),
        ("9999999999", "bad_value placed_at"),  # seconds, of the year 2286
        ("99999999999", "bad_value placed_at"),
        ("100000000000", "bad_value placed_at"),  # milliseconds, of 1973
        ("631152000000", "1990-01-01 00:00:00"),
        ('"-1741428000"', "bad_value placed_at"),
        ('"1.741428e9"', "bad_value placed_at"),
        ('"1741428000.1.2"', "bad_value placed_at"),
        ('"2025-03-08T10"', "bad_value placed_at"),
        ('"2025-03-08"', "bad_value placed_at"),
        ('"2025-03-08T10:00.5Z"', "bad_value placed_at"),
        ('"2025-03-08T10:00:00.Z"', "bad_value placed_at"),
        ('"2025-03-08T24:00Z"', "bad_value placed_at"),
        ('"2025-03-08T10:00:60Z"', "bad_value placed_at"),
        ('"2025-03-08T10:00[Europe/Paris]"', "bad_value placed_at"),
        ('"2025-03-08T10:00:00+24:00"', "bad_value placed_at"),
        ('"2025-03-08T10:00:00+1"', "bad_value placed_at"),
        ('"20250308T100000Z"', "bad_value placed_at"),
        ("true", "bad_value placed_at"),
    ],
)
def test_instants_in_every_form_and_epochs_by_size(context: Context, value: str, expected: str) -> None:
    assert instant_of(context, value) == expected


def test_valid_until_may_lie_in_the_future_but_no_epoch_from_2100_on(context: Context) -> None:
    consent = f'{{"profile_id": "p", "channel": "email", "occurred_at": "{AT}", "valid_until": %s}}'
    assert typed(context, "consents", consent % '"2150-01-01T00:00Z"')["valid_until"].year == 2150
    assert typed(context, "consents", consent % "4102444799")["valid_until"].year == 2099
    assert typed(context, "consents", consent % "4102444800") == "bad_value valid_until"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1001.0", "1001"), ("-7.00", "-7"), ("-0.0", "0"), ("0.0", "0"), ('"1001.0"', "1001.0"), ("1e3", None), ("1.5", None),
     ("12345678901234567890.0", "12345678901234567890"), ("true", None)],
)  # fmt: skip
def test_whole_floats_are_ids(context: Context, value: str, expected: str | None) -> None:
    read = typed(context, "orders", f'{{"order_id": {value}, "placed_at": "{AT}"}}')
    assert (read if isinstance(read, str) else read["order_id"]) == (expected or "bad_value order_id")


def test_csv_cells_as_ids(seeds: Path) -> None:
    content = "product_id,updated_at,sku\n1001.0,1741428000123,007\n-0.0,1.741428e9,1e3\n1.50,2025-03-08T10:00Z,true\n"
    rows = build([batch({"acme_us/products/a.csv": content.encode()})], seeds, NOON).accepted["products"]
    assert [(row["product_id"], row["sku"]) for row in rows] == [("1001", "007"), ("0", "1e3"), ("1.50", "true")]


def test_lists_from_texts_and_lone_values(context: Context) -> None:
    head = f'"record_id": "r", "conversation_id": "c", "occurred_at": "{AT}"'

    def tags(value: str) -> Any:
        read = typed(context, "conversation_log", f'{{{head}, "record_type": "tags_applied", "tags": {value}}}')
        return read if isinstance(read, str) else read["tags"]

    assert tags('"vip"') == ["vip"]
    assert tags('"vip,,size"') == ["vip", "size"]
    assert tags('"[\\"a,b\\", null]"') == ["a,b"]
    assert tags('"[vip,b"') == ["[vip", "b"]
    assert tags('["a,b"]') == ["a,b"]
    assert tags('","') == "missing_field tags"
    assert tags('"[1]"') == tags("3") == tags("{}") == tags("true") == "bad_value tags"

    def products(value: str) -> Any:
        record = f'{{{head}, "record_type": "products_recommended", "products": {value}}}'
        read = typed(context, "conversation_log", record)
        return read if isinstance(read, str) else read["products"]

    assert products('"k1"') == ["k1"]
    assert products("4.0") == ["4"]
    assert products('"[{\\"sku\\": \\"s\\"}, \\"k\\"]"') == ["s", "k"]
    assert products('"[k1"') == products('{"product_id": "k"}') == products("1.5") == "bad_value products"


def test_numbers_and_booleans_from_texts(context: Context) -> None:
    head = f'"record_id": "r", "conversation_id": "c", "occurred_at": "{AT}", "record_type": "added_to_cart"'

    def cart(members: str) -> Any:
        read = typed(context, "conversation_log", f'{{{head}, "product_id": 4.0, {members}}}')
        return read if isinstance(read, str) else (read["product_id"], read["quantity"], read["sequence"])

    assert cart('"quantity": "2", "sequence": "3.0"') == ("4", 2, 3)
    assert cart('"quantity": 1.5, "sequence": 2.0') == ("4", Decimal("1.5"), 2)
    assert str(cart('"quantity": -0')[1]) == "0"
    assert cart('"sequence": 1.5') == cart('"sequence": "x"') == "bad_value sequence"
    assert cart('"sequence": "9223372036854775808"') == "bad_value sequence"
    assert cart('"quantity": "-1"') == cart('"quantity": true') == "bad_value quantity"

    def in_stock(value: str) -> Any:
        read = typed(context, "products", f'{{"product_id": 1, "updated_at": "{AT}", "in_stock": {value}}}')
        return read if isinstance(read, str) else read["in_stock"]

    assert [in_stock(one) for one in ("true", '"TRUE"', '" yes "', "1", '"1"', "null")] == [True] * 6
    assert [in_stock(one) for one in ("false", '"No"', "0", '"0"')] == [False] * 4
    assert in_stock("2") == in_stock('"in stock"') == in_stock("[1]") == "bad_value in_stock"


def test_identifiers_that_name_nobody_are_absent(context: Context) -> None:
    profile = typed(
        context,
        "profiles",
        f'{{"profile_id": "p", "updated_at": "{AT}", "email": " N/A ", "phone_number": "UNKNOWN", "external_id": 0.0, '
        '"anonymous_ids": ["null", "a", "00000000-0000", "_ 0-", 0], "merged_into": "[object_object]"}',
    )
    names = ("email", "phone_number", "external_id", "anonymous_ids", "merged_into")
    assert [profile[name] for name in names] == [None, None, None, ["a"], None]
    consent = f'{{"profile_id": "---", "channel": "email", "occurred_at": "{AT}"}}'
    assert typed(context, "consents", consent) == "missing_field profile_id"
    order = typed(
        context, "orders", f'{{"order_id": "null", "placed_at": "{AT}", "profile": {{"profile_id": "Null"}}}}'
    )
    assert (order["order_id"], order["profile"]["profile_id"]) == ("null", None)  # an order's id names no person


def test_phone_numbers_may_be_whole_numbers(context: Context) -> None:
    order = f'{{"order_id": 1, "placed_at": "{AT}", "profile": {{"phone_number": %s}}}}'
    assert typed(context, "orders", order % "33612345678.0")["profile"]["phone_number"] == "33612345678"
    assert typed(context, "orders", order % "1.5") == "bad_value profile.phone_number"
    assert typed(context, "orders", order.replace("phone_number", "email") % "12") == "bad_value profile.email"


def test_the_forms_of_keys() -> None:
    assert normal_email(" \u200bSTRASSE@x\ufeff.de ") == normal_email("straße@X.DE") == "strasse@x.de"
    assert normal_email("E\u0301@x") == "é@x"
    assert normal_email("\u200d\u2060") is None
    assert normal_phone(" +44 (0)20 7946 0958 ") == "442079460958"
    assert normal_phone("33612345678.0") == "33612345678"
    assert normal_phone("00 (0)123456(0)") is None
    assert normal_phone("٠١٢٣٤٥٦٧") is None


def test_erasures_take_a_lone_date_and_phone(context: Context) -> None:
    request = typed(context, "erasures", '{"request_id": 1, "requested_at": "2025-03-08", "phone": 5551234.0}')
    assert request["requested_at"] == at("2025-03-08 05:00")  # midnight in New York
    assert (request["phone"], request["phone_number"]) == ("5551234", None)
    nobody = '{"request_id": 1, "requested_at": "2025-03-08", "phone": "unknown", "email": " "}'
    assert typed(context, "erasures", nobody) == "missing_field profile_id"
    short = '{"request_id": 1, "requested_at": "2025-03-08", "phone": "555-010", "phone_number": "+00 (0) 12"}'
    assert typed(context, "erasures", short) == "missing_field profile_id"
    assert typed(context, "erasures", '{"request_id": 1, "requested_at": "2025-03-08T"}') == "bad_value requested_at"


def test_of_a_request_phone_and_phone_number_are_a_set(seeds: Path) -> None:
    head = {"request_id": "x", "requested_at": AT}
    requests = [
        {**head, "phone": "5551234"},
        {**head, "phone_number": "5551234"},
        {**head, "phone_number": "5551234", "phone": "5559999"},
    ]
    warehouse = run(seeds, erasures=requests)
    (row,) = warehouse.tables["health.ingestion_ledger"]
    assert (row["accepted"], row["duplicates"], row["rejected"]) == (1, 1, 1)


def test_the_default_channel_of_a_source_and_at_most_a_hundred_tags(seeds: Path) -> None:
    files = {
        "acme_eu/conversation_log/a.jsonl": lines(
            customer("1", AT, "none", channel="fax"),
            customer("1", AT, "some"),
            customer("2", AT, "some", channel="web_chat"),
        ),
        LOG: lines(
            customer("1", AT, tags=[f"t{number:03}" for number in reversed(range(99))]),
            customer("2", AT, tags=["z", "a", "t000"]),
        ),
    }
    tables = build([batch(files)], seeds, NOON).tables
    channels = {row["conversation_id"]: row["channel"] for row in tables["performance.conversations"]}
    assert channels == {"none": "sms", "some": "web_chat", "c1": "unknown"}
    (tags,) = [row["tags"] for row in tables["performance.conversations"] if row["conversation_id"] == "c1"]
    assert tags == ["a", *(f"t{number:03}" for number in range(99))]


def test_ids_have_at_most_32_768_characters_and_other_texts_any_number(context: Context) -> None:
    fits, long = "é" * 32_768, "é" * 32_769
    product = f'{{"updated_at": "{AT}", "product_id": "%s", "sku": "%s", "title": "%s", "url": "%s"}}'
    assert typed(context, "products", product % (fits, fits, long, long))["title"] == long
    assert typed(context, "products", product % (long, "s", "t", "u")) == "bad_value product_id"
    assert typed(context, "products", product % ("p", long, "t", "u")) == "bad_value sku"
    number = f'{{"updated_at": "{AT}", "product_id": %s}}'
    assert typed(context, "products", number % ("7" * 32_768 + ".0"))["product_id"] == "7" * 32_768
    assert typed(context, "products", number % ("7" * 32_769 + ".0")) == "bad_value product_id"

    order = f'{{"order_id": "o", "placed_at": "{AT}", %s}}'
    assert typed(context, "orders", order % f'"currency": "{long}"')["currency"] == long.upper()
    assert typed(context, "orders", order % f'"items": [{{"sku": "{long}"}}]') == "bad_value items"
    assert typed(context, "orders", order % f'"profile": {{"email": "{long}"}}')["profile"]["email"] == long
    assert typed(context, "orders", order % f'"profile": {{"external_id": "{long}"}}')["profile"]["external_id"] == long
    assert typed(context, "orders", order % f'"profile": {{"profile_id": "{long}"}}') == "bad_value profile.profile_id"

    profile = f'{{"profile_id": "p", "updated_at": "{AT}", "anonymous_ids": ["a", "%s"]}}'
    assert typed(context, "profiles", profile % fits)["anonymous_ids"] == ["a", fits]
    assert typed(context, "profiles", profile % long)["anonymous_ids"] == ["a", long]
    assert typed(context, "profiles", profile % ("0" * 32_769))["anonymous_ids"] == ["a"]  # it names nobody


def test_no_request_to_forget_somebody_is_too_long(context: Context) -> None:
    """Spec §2.0.8: refused lines may name somebody by so long an id, and a request that is refused forgets nobody."""
    long = "x" * 40_000
    request = typed(context, "erasures", f'{{"request_id": "{long}", "requested_at": "{AT}", "profile_id": "{long}"}}')
    assert (request["request_id"], request["profile_id"]) == (long, long)
