"""Cases: ids, numbers, lists and words as real exports have them (spec §2.0.2, §2.0.11 and
§2.0.12). The cases c04 (whole floats as ids) and c07 (order statuses of Shopify and WooCommerce) are of this kind.
"""

import io
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.case_runs import AT, Files, by, of, refused
from tests.support.forgetting import ForgettingPipeline, lines

# an id as JSON text -> the id; None: refused as bad_value
JSON_IDS: dict[str, str | None] = {
    "7001.0": "7001", "7002": "7002", "7003.000": "7003", "-7004": "-7004", "9007199254740993": "9007199254740993",
    "123456789012345678901234567890": "123456789012345678901234567890",
    '"7005.0"': "7005.0", '"007006"': "007006", '"7e3"': "7e3",
    "7007.5": None, "7e3": None, "4.5035996273704961e15": None, "1E2": None, "true": None, "[7008]": None, '{"id":1}': None,
}  # fmt: skip
# a cell -> the id
CELL_IDS = {
    "8001.0": "8001",
    "8002": "8002",
    "008003": "008003",
    "8e3": "8e3",
    "8004.5": "8004.5",
    "A-8005.0": "A-8005.0",
}
# a double of a Parquet column -> the id; None: refused
DOUBLE_IDS: dict[float, str | None] = {
    9001.0: "9001", 1e15: "1000000000000000", 9007199254740991.0: "9007199254740991", -9002.0: "-9002",
    9007199254740992.0: None, 1e300: None, 9003.5: None,
}  # fmt: skip

# quantity as JSON -> the number; None: refused as bad_value
QUANTITIES: dict[str, str | None] = {
    "2": "2", "2.0": "2", '"2"': "2", '"2.0"': "2", "0.5": "0.5", '"0.25"': "0.25", "0": "0",
    "-1": None, '"-1"': None, '"two"': None, "true": None, "[2]": None, '"2,5"': None,
}  # fmt: skip
# money as JSON -> the amount, halves away from zero; None: refused as bad_value
TOTALS: dict[str, str | None] = {
    "12.345": "12.35", '"12.345"': "12.35", "12.344999": "12.34", "0.005": "0.01", '"19.9"': "19.90", "7": "7.00",
    '"12,50"': None, '"1.234,50"': None, "-0.01": None, '"12 EUR"': None, '"$12"': None, "true": None, "[1]": None,
}  # fmt: skip

# status as JSON -> the status, and the text that is kept where no alias knows it (spec §2.0.12, order statuses)
STATUSES: dict[str, tuple[str, str | None]] = {
    # Shopify, financial status and fulfillment
    '"paid"': ("placed", None), '"pending"': ("placed", None), '"authorized"': ("placed", None),
    '"partially_paid"': ("placed", None), '"partially_refunded"': ("placed", None), '"voided"': ("cancelled", None),
    '"refunded"': ("refunded", None), '"fulfilled"': ("placed", None), '"partially fulfilled"': ("placed", None),
    # WooCommerce
    '"processing"': ("placed", None), '"on-hold"': ("placed", None), '"completed"': ("placed", None),
    '"failed"': ("cancelled", None), '"trash"': ("cancelled", None), '"cancelled"': ("cancelled", None),
    # others, and other spellings
    '"canceled"': ("cancelled", None), '"void"': ("cancelled", None), '"shipped"': ("placed", None),
    '"delivered"': ("placed", None), '"complete"': ("placed", None), '"open"': ("placed", None), '"refund"': ("refunded", None),
    '"placed"': ("placed", None), '"PENDING"': ("placed", None), '" Canceled "': ("cancelled", None),
    '"Partially-Refunded"': ("placed", None), '"On Hold"': ("placed", None), '"ON_HOLD"': ("placed", None),
    '"\\u00a0VOIDED\\u2003"': ("cancelled", None),
    # whoever ordered is not written to as if they had not: a text that nobody knows is an order
    '"wc-completed"': ("placed", "wc-completed"), '"checkout-draft"': ("placed", "checkout-draft"),
    '"payée"': ("placed", "payée"), '"5"': ("placed", "5"),
    # absent
    '""': ("placed", None), '" "': ("placed", None), "null": ("placed", None),
}  # fmt: skip
STATUSES_REFUSED = ["true", "5", "{}", '["paid"]']

# whether a product is in stock, as JSON; None: refused as bad_value
STOCKS: dict[str, bool | None] = {
    "true": True, "false": False, '"true"': True, '"FALSE"': False, '"Yes"': True, '"no"': False, '" NO "': False,
    "1": True, "0": False, '"1"': True, '"0"': False, "null": True, '""': True,
    '"maybe"': None, "2": None, '"2"': None, "[true]": None, "{}": None,
}  # fmt: skip

# products of a recommendation as JSON -> the list; None: refused
PRODUCTS: dict[str, tuple[list[str] | None, str]] = {
    '["a", "b"]': (["a", "b"], ""), '"a"': (["a"], ""), "77": (["77"], ""), "[77.0, 78]": (["77", "78"], ""),
    '"[\\"a\\", 5, \\"a\\", \\" \\"]"': (["a", "5"], ""), '[{"product_id": 5.0}, {"sku": "s"}, {"id": "i"}]': (["5", "s", "i"], ""),
    '[{"product_id": null, "sku": " ", "id": 9}]': (["9"], ""), '["a", null, "a"]': (["a"], ""),
    '"a, b"': (["a, b"], ""),  # only tags are split at commas
    '{"product_id": "a"}': (None, "bad_value"), '"[a"': (None, "bad_value"), "true": (None, "bad_value"),
    "[]": (None, "missing_field"), '[" ", null]': (None, "missing_field"), '""': (None, "missing_field"),
}  # fmt: skip

# tags as JSON -> the sorted tags; None: refused
TAGS: dict[str, list[str] | None] = {
    '["b", "a"]': ["a", "b"], '"vip"': ["vip"], '"b, a ,,b"': ["a", "b"], '"[\\"x, y\\"]"': ["x, y"],
    '"[broken, list"': ["[broken", "list"], '[" b ", "b"]': ["b"], '{"tag": "a"}': None,
}  # fmt: skip

SEQUENCES_REFUSED = ["2.5", '"2.5"', "9223372036854775808", '"many"', "true"]


def order(order_id: str, **members: str) -> str:
    """An order as a line; the members are JSON."""
    more = "".join(f', "{name}": {value}' for name, value in members.items())
    return f'{{"order_id": {order_id}, "placed_at": "{AT}"{more}}}'


def record(conversation_id: object, record_type: str, **members: str) -> str:
    more = "".join(f', "{name}": {value}' for name, value in members.items())
    return f'{{"record_id": "1", "conversation_id": "{conversation_id}", "occurred_at": "{AT}", "record_type": "{record_type}"{more}}}'


def parquet(columns: dict[str, Any]) -> bytes:
    """A Parquet file of these columns."""
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def doubles() -> bytes:
    """Orders of a pandas frame in which ids are floats, as one of them is missing."""
    ids = [*DOUBLE_IDS, None]
    items = [[{"product_id": 77.0, "quantity": 2.0}]] * len(ids)
    profiles = [{"profile_id": 501.0}] * len(ids)
    return parquet(
        {"order_id": pa.array(ids, pa.float64()), "placed_at": [AT] * len(ids), "items": items, "profile": profiles}
    )


def delivery() -> Files:
    """Everything above, a source a kind."""

    def orders(source: str, *rows: str) -> dict[str, bytes]:
        return of(source, {"orders/o.jsonl": lines(*rows)})

    def log(source: str, *rows: str) -> dict[str, bytes]:
        return of(source, {"conversation_log/l.jsonl": lines(*rows)})

    return (
        orders("json_ids", *(order(one) for one in JSON_IDS))
        | of("cell_ids", {"orders/o.csv": "order_id,placed_at\n" + "".join(f"{one},{AT}\n" for one in CELL_IDS)})
        | of("double_ids", {"orders/o.parquet": doubles()})
        | orders("quantities", *(order(str(n), items=f'[{{"sku": "a", "quantity": {one}}}]') for n, one in enumerate(QUANTITIES)))
        | orders("totals", *(order(str(n), total=one) for n, one in enumerate(TOTALS)))
        | orders("order_statuses", *(order(str(n), status=one) for n, one in enumerate([*STATUSES, *STATUSES_REFUSED])))
        | of("stocks", {"products/p.jsonl": lines(*(
            f'{{"product_id": {n}, "updated_at": "{AT}", "in_stock": {one}}}' for n, one in enumerate(STOCKS)))})
        | log("products", *(record(n, "products_recommended", products=one) for n, one in enumerate(PRODUCTS)))
        | log("tags", *(record(n, "tags_applied", tags=one) for n, one in enumerate(TAGS)))
        | log("sequences", *(record(n, "message", actor='"user"', sequence=one) for n, one in enumerate(SEQUENCES_REFUSED)),
              record("in order", "message", actor='"user"', text='"second"', sequence='"10"'),
              record("in order", "message", actor='"user"', text='"first"', sequence="9.0").replace('"1"', '"2"'))
    )  # fmt: skip


@pytest.fixture(scope="module")
def values(cases: ForgettingPipeline) -> ForgettingPipeline:
    """The run that they were in."""
    return cases


def orders_of(pipeline: ForgettingPipeline, source: str, *columns: str) -> dict[Any, Any]:
    return by(pipeline, source, "intermediate.int_orders", "order_id", *columns)


def bad_lines(pipeline: ForgettingPipeline, source: str) -> dict[int, tuple[str, str]]:
    """Line -> reason and field."""
    return {line: why for (_, line), why in refused(pipeline, source).items()}


def places(table: dict[str, Any], is_refused: Any) -> list[int]:
    """The lines of the table's values that are refused."""
    return [line for line, value in enumerate(table.values(), 1) if is_refused(value)]


def test_ids_are_texts_or_whole_numbers(values: ForgettingPipeline) -> None:
    """The case c04: an id that pandas made a float is another id, or none."""
    assert set(orders_of(values, "json_ids", "status")) == {one for one in JSON_IDS.values() if one}
    assert bad_lines(values, "json_ids") == dict.fromkeys(
        places(JSON_IDS, lambda one: one is None), ("bad_value", "order_id")
    )
    assert set(orders_of(values, "cell_ids", "status")) == set(CELL_IDS.values())
    assert refused(values, "cell_ids") == {}


def test_parquet_doubles_are_ids_below_two_to_the_53(values: ForgettingPipeline) -> None:
    """Beyond, a double is no longer the id that was written; a missing one is missing."""
    found = orders_of(values, "double_ids", "profile_id", "items[1].product_id", "items[1].quantity")
    assert found == {one: ("501", "77", Decimal(2)) for one in DOUBLE_IDS.values() if one}
    expected = {
        5: ("bad_value", "order_id"),
        6: ("bad_value", "order_id"),
        7: ("bad_value", "order_id"),
        8: ("missing_field", "order_id"),
    }
    assert bad_lines(values, "double_ids") == expected


def test_numbers_are_read_from_their_texts(values: ForgettingPipeline) -> None:
    """A quantity of "2" loses the order; a decimal comma makes it another amount."""
    found = orders_of(values, "quantities", "items[1].quantity")
    assert {int(one): Decimal(str(value)) for one, value in found.items()} == {
        number: Decimal(value) for number, value in enumerate(QUANTITIES.values()) if value is not None
    }
    assert set(bad_lines(values, "quantities").values()) == {("bad_value", "items")}
    assert list(bad_lines(values, "quantities")) == places(QUANTITIES, lambda one: one is None)
    totals = orders_of(values, "totals", "total")
    assert totals == {str(number): Decimal(value) for number, value in enumerate(TOTALS.values()) if value is not None}
    assert bad_lines(values, "totals") == dict.fromkeys(places(TOTALS, lambda one: one is None), ("bad_value", "total"))


def test_a_sequence_is_whole_and_within_64_bits(values: ForgettingPipeline) -> None:
    """Sequences of text order the records like numbers: 9 before 10."""
    found = by(values, "sequences", "events.conversation_started", "conversation_id", "first_message")
    assert found == {"in order": "first"}
    assert bad_lines(values, "sequences") == dict.fromkeys(
        range(1, len(SEQUENCES_REFUSED) + 1), ("bad_value", "sequence")
    )


def test_every_shop_s_order_statuses_are_read(values: ForgettingPipeline) -> None:
    """The case c07: an order whose status nobody knew was refused, and its buyer was written to as if they had not
    bought."""
    found = by(
        values,
        "order_statuses",
        "staging.stg_orders",
        "order_id",
        "status",
        "status_text",
        where="verdict = 'accepted'",
    )
    assert {list(STATUSES)[int(number)]: read for number, read in found.items()} == STATUSES
    first = len(STATUSES) + 1
    expected = dict.fromkeys(range(first, first + len(STATUSES_REFUSED)), ("bad_value", "status"))
    assert bad_lines(values, "order_statuses") == expected


def test_true_and_false_are_read_in_every_form(values: ForgettingPipeline) -> None:
    """A product out of stock is recommended again, or one in stock never."""
    found = by(values, "stocks", "staging.stg_products", "product_id", "in_stock", where="verdict = 'accepted'")
    assert {list(STOCKS)[int(number)]: read for number, read in found.items()} == {
        form: stock for form, stock in STOCKS.items() if stock is not None
    }
    assert bad_lines(values, "stocks") == dict.fromkeys(
        places(STOCKS, lambda one: one is None), ("bad_value", "in_stock")
    )


def test_lists_are_read_in_every_form(values: ForgettingPipeline) -> None:
    """A lone id, or a list that is kept as its text, loses what was recommended."""
    found = by(values, "products", "events.product_recommendation_received", "conversation_id", "products")
    assert {list(PRODUCTS)[int(number)]: read for number, read in found.items()} == {
        form: products for form, (products, _) in PRODUCTS.items() if products
    }
    assert bad_lines(values, "products") == {
        line: (reason, "products") for line, (products, reason) in enumerate(PRODUCTS.values(), 1) if products is None
    }
    tags = by(values, "tags", "performance.conversations", "conversation_id", "tags")
    assert {list(TAGS)[int(number)]: read for number, read in tags.items()} == {
        form: one for form, one in TAGS.items() if one
    }
    assert bad_lines(values, "tags") == dict.fromkeys(places(TAGS, lambda one: one is None), ("bad_value", "tags"))
