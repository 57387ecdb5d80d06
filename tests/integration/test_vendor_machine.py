"""Spec §2.3.0.2, §2.3.5 and §2.3.11 by a made-up vendor: adjustments of orders, whose people count, what a vendor counts.
Spec §1.6 by two real ones: tables of theirs that are still being written.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from caw.raw_store.compaction import compact
from caw.raw_store.store import RawStore
from tests.support.forgetting import ForgettingPipeline, found_in, lines, request
from tests.support.project import Edit, copy_project
from tests.support.toy_vendor import DECLARATION, FEED, message, registered, ticket

NOW = datetime(2026, 6, 2, 12, tzinfo=UTC)
MARTS = ("attributed_orders", "vendor_agreement", "unknown_words", "rejected_records", "int_consents",
         "int_message_sends")  # fmt: skip
GROWING_MARTS = ("int_orders", "ingestion_ledger", "rejected_records", "conversation_started")
CUT = """select replace(record_id, 'klaviyo:', '') from events.conversation_started where conversation_id = 'c2'
union all select order_id from intermediate.int_orders where starts_with(order_id, '555')"""
# In acme the vendor names the people, in other it does not.
PEOPLE = Edit(
    "seeds/sources.csv", "acme_us,America/New_York,USD,,", "acme_us,America/New_York,USD,,\nacme,UTC,USD,,klaviyo"
)
ANN = {"id": "p1", "email": "ann@x.example"}


def adjustment(number: str, order: str, kind: str, **amount: str) -> Mapping[str, Any]:
    return {"adjustment_id": number, "order_id": order, "kind": kind, "occurred_at": "2026-06-01T11:00:00Z"} | amount


BOUGHT = ticket(
    "T1", 10, bot=True, status="open", customer=ANN | {"consent": "subscribed"}, metric="conversation_started",
    mood="grumpy", messages=[message("m1", "customer", 50), message("m2", "bot", 51, text="qxword")],
    orders=[{"order_id": "O1", "placed_at": "2026-06-01T10:30:00Z", "total": "20.00"},
            {"order_id": "O4", "placed_at": "2026-06-01T10:40:00Z", "total": "7.00"}],
    sent=[{"id": "s1", "at": "2026-06-01T09:00:00Z"}],
)  # fmt: skip
SHOWN = ticket("T6", 10, bot=True, metric="recommendation_received")  # of which the vendor's line makes nothing


def changes(hour: int, *adjustments: Mapping[str, Any]) -> Mapping[str, Any]:
    """A version of the ticket that adjusts orders: what an older version says of the whole is taken back."""
    return ticket("T2", hour, bot=True, customer=ANN, adjustments=adjustments, note="qxnote")


# What is delivered, and each account's orders after it: (order_id, status, refunded_total, profile_id).
STEPS: Sequence[tuple[Mapping[str, bytes], Mapping[str, Sequence[tuple[Any, ...]]]]] = (
    (  # adjustments come before their orders, and of one that never comes
        {
            "acme/order_adjustments/1.jsonl": lines(
                adjustment("a1", "O1", "refunded", amount="5.00"), adjustment("x1", "nowhere", "cancelled")
            ),
            f"acme/{FEED}/1.jsonl": lines(
                changes(10, adjustment("a2", "O1", "refunded", amount="12.00"), adjustment("c4", "O4", "cancelled"))
            ),
            "other/profiles/1.jsonl": lines(
                {"profile_id": "own1", "updated_at": "2026-06-01T00:00:00Z", "email": "ANN@x.example"}
            ),
        },
        {"acme": [], "other": []},
    ),
    (
        {f"{source}/{FEED}/2.jsonl": lines(BOUGHT, SHOWN) for source in ("acme", "other")},
        {
            "acme": [("O1", "placed", "12.00", "p1"), ("O4", "cancelled", "0.00", "p1")],
            "other": [("O1", "placed", "0.00", "own1"), ("O4", "placed", "0.00", "own1")],
        },
    ),
    (  # a refund is taken back, an order is cancelled late, and a record gives way to one of the feed itself
        {
            f"acme/{FEED}/3.jsonl": lines(
                changes(11, adjustment("c1", "O1", "cancelled"), adjustment("c4", "O4", "cancelled"))
            ),
            "acme/order_adjustments/3.jsonl": lines(adjustment("c4", "O9", "refunded", amount="1.00")),
        },
        {"acme": [("O1", "cancelled", "5.00", "p1"), ("O4", "placed", "0.00", "p1")]},
    ),
)
ORDERS = (
    "select order_id, status, refunded_total::varchar, profile_id from intermediate.int_orders "
    "where source = '{}' order by order_id"
)
AT_THE_END = {
    "select source, order_id, revenue::varchar, profile_id from performance.attributed_orders order by all": [
        ("acme", "O4", "7.00", "p1"),
        ("other", "O1", "20.00", "own1"), ("other", "O4", "7.00", "own1"),
    ],
    "select source, profile_id, status from intermediate.int_consents": [("acme", "p1", "subscribed")],
    "select source, message_id, profile_id from intermediate.int_message_sends": [("acme", "s1", "p1")],
    "select source, feed, field, word, lines::int from health.unknown_words order by all": [
        ("acme", FEED, "mood", "grumpy", 1), ("other", FEED, "mood", "grumpy", 1),
    ],
    "select vendor, name, vendor_count::int, our_count::int, explanation from health.vendor_agreement "
    "where source = 'acme' order by name": [
        ("toy", "conversation_escalated", 0, 0, None), ("toy", "conversation_resolved", 0, 0, None),
        ("toy", "conversation_started", 1, 1, None), ("toy", "product_recommendation_received", 1, 0, None),
    ],
    "select count(*)::int from health.rejected_records": [(0,)],
}  # fmt: skip


def test_adjustments_and_people_step_by_step_and_when_she_is_forgotten(tmp_path: Path) -> None:
    """An order keeps a refund that was taken back, or never learns of one that came before it; another vendor's ids split
    a shopper in two; or an erasure changes what an order brought in.
    """
    project = copy_project(tmp_path / "copy", edits=[DECLARATION, PEOPLE])
    pipeline = ForgettingPipeline(tmp_path / "run", project, MARTS)
    with registered("klaviyo"):
        for files, orders in STEPS:
            pipeline.deliver(files, NOW)
            pipeline.build(NOW)
            for source, expected in orders.items():
                assert tuples(pipeline, ORDERS.format(source)) == list(expected), files.keys()
        for sql, rows in AT_THE_END.items():
            assert tuples(pipeline, sql) == rows, sql
        pipeline.deliver(request(email="ann@x.example"), NOW)
        pipeline.forget()
        pipeline.deliver({f"acme/{FEED}/4.jsonl": lines(changes(12))}, NOW)
        pipeline.build(NOW, full_refresh=True)
        assert tuples(pipeline, ORDERS.format("acme")) == [
            ("O1", "placed", "5.00", None), ("O4", "placed", "0.00", None),
        ]  # fmt: skip
        assert found_in(pipeline.data_dir / "raw", ["qxnote"]) == {}


EVENTS = "type,datetime,property_conversation_id,property_first_message,id\n"
STARTED = "Started Customer Agent Conversation,2026-06-01T09:00:00Z"
EXPORT = "Name,Email,Created at,Lineitem quantity,Lineitem sku,Total,Id\n"
TENT = "#{0},ann@x.example,2026-06-01 09:00:00 +0000,1,TENT,20.00,{0}\n"
STOVE = "#{0},ann@x.example,,2,STOVE"
# path below acme -> the file at each look; None: it is as it was
GROWING: Mapping[str, Sequence[str | None]] = {
    "klaviyo_events/cut_id.csv": (
        f"{EVENTS}{STARTED},c1,Hello,e1\n{STARTED},c2,Hi,e2", None, f"{EVENTS}{STARTED},c1,Hello,e1\n{STARTED},c2,Hi,e25\n",
    ),
    "klaviyo_events/cut_instant.csv": (
        f"{EVENTS}Started Customer Agent Conversation,2026-06-0", None, f"{EVENTS}{STARTED},c3,Hey,e3\n",
    ),
    "klaviyo_events/never.csv": (f"{EVENTS}{STARTED},c4,Bye,e4", None, None),
    # the order's own row: what it makes is no version of the order, as its id is cut
    "shopify_orders/cut_own.csv": (EXPORT + TENT.format(5551)[:-2], None, EXPORT + TENT.format(5551)),
    # another row of an order: its item stands in the order's own row, which another file has brought whole
    "shopify_orders/whole.csv": (EXPORT + TENT.format(700) + STOVE.format(700) + "\n", None, None),
    "orders/cut_item.csv": (
        None, EXPORT + TENT.format(700) + STOVE.format(700)[:-2], EXPORT + TENT.format(700) + STOVE.format(700) + "\n",
    ),
}  # fmt: skip
# What it all is at the end: as if only the files' last versions had come, but for the counts of the others.
GROWN = {
    "select conversation_id, record_id, first_message from events.conversation_started order by all": [
        ("c1", "klaviyo:e1", "Hello"), ("c2", "klaviyo:e25", "Hi"), ("c3", "klaviyo:e3", "Hey"), ("c4", "klaviyo:e4", "Bye"),
    ],
    "select order_id, list_transform(items, lambda one: one.sku) from intermediate.int_orders order by all": [
        ("5551", ["TENT"]), ("700", ["TENT", "STOVE"]),
    ],
    "select file_path, batch_id::int, lines::int, accepted::int, duplicates::int, rejected::int "
    "from health.ingestion_ledger where feed <> 'erasures' and file_path not similar to '.*(never|whole).csv' order by all": [
        ("acme/klaviyo_events/cut_id.csv", 1, 2, 2, 0, 0), ("acme/klaviyo_events/cut_id.csv", 3, 2, 1, 1, 0),
        ("acme/klaviyo_events/cut_instant.csv", 1, 1, 0, 0, 1), ("acme/klaviyo_events/cut_instant.csv", 3, 1, 1, 0, 0),
        ("acme/orders/cut_item.csv", 2, 2, 2, 0, 0), ("acme/orders/cut_item.csv", 3, 2, 0, 2, 0),
        ("acme/shopify_orders/cut_own.csv", 1, 1, 1, 0, 0), ("acme/shopify_orders/cut_own.csv", 3, 1, 1, 0, 0),
    ],
}  # fmt: skip


def test_an_unfinished_row_of_a_vendor_s_table_gives_way(tmp_path: Path) -> None:
    """Events and orders that nobody has stay for ever, or an order keeps the half of an item; and what a row that gave way
    said comes back when its batch is compacted or its person forgotten.
    """
    pipeline = ForgettingPipeline(tmp_path / "run", copy_project(tmp_path / "copy", edits=[PEOPLE]), GROWING_MARTS)
    for look in range(3):
        files = {f"acme/{path}": text.encode() for path, texts in GROWING.items() if (text := texts[look]) is not None}
        pipeline.refresh(files, at=NOW)
        if look == 1:
            assert tuples(pipeline, CUT) == [("e2",), ("555",)], "what is there is taken as it is until then"
    for sql, rows in GROWN.items():
        assert tuples(pipeline, sql) == rows, sql
    pipeline.refresh(request(email="ann@x.example"), at=NOW)
    compact(RawStore(pipeline.data_dir), lambda *_: None)
    pipeline.build(NOW, full_refresh=True)
    for sql, rows in GROWN.items():
        assert tuples(pipeline, sql) == rows, sql
    assert found_in(pipeline.data_dir / "raw", ["ann@x.example"]) == {}


def tuples(pipeline: ForgettingPipeline, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in pipeline.query(sql)]
