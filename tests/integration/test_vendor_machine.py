"""Spec §2.3.0.2, §2.3.5 and §2.3.11 by a made-up vendor: adjustments of orders, whose people count, what a vendor counts.
Spec §1.6 by two real ones: tables of theirs that are still being written.

In acme and in grown, where the tables are, the vendor names the people; in other it does not.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from caw.raw_store.compaction import compact
from caw.raw_store.store import RawStore
from tests.support.forgetting import ForgettingPipeline, found_in, lines, request
from tests.support.project import ProjectCopy
from tests.support.toy_vendor import FEED, message, registered, ticket

NOW = datetime(2026, 6, 2, 12, tzinfo=UTC)
MARTS = ("attributed_orders", "vendor_agreement", "unknown_words", "rejected_records", "int_consents",
         "int_message_sends", "int_orders", "ingestion_ledger", "conversation_started")  # fmt: skip
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
OF = "where source in ('acme', 'other')"
AT_THE_END = {
    f"select source, order_id, revenue::varchar, profile_id from performance.attributed_orders {OF} order by all": [
        ("acme", "O4", "7.00", "p1"),
        ("other", "O1", "20.00", "own1"), ("other", "O4", "7.00", "own1"),
    ],
    f"select source, profile_id, status from intermediate.int_consents {OF}": [("acme", "p1", "subscribed")],
    f"select source, message_id, profile_id from intermediate.int_message_sends {OF}": [("acme", "s1", "p1")],
    f"select source, feed, field, word, lines::int from health.unknown_words {OF} order by all": [
        ("acme", FEED, "mood", "grumpy", 1), ("other", FEED, "mood", "grumpy", 1),
    ],
    "select vendor, name, vendor_count::int, our_count::int, explanation from health.vendor_agreement "
    "where source = 'acme' order by name": [
        ("toy", "conversation_escalated", 0, 0, None), ("toy", "conversation_resolved", 0, 0, None),
        ("toy", "conversation_started", 1, 1, None), ("toy", "product_recommendation_received", 1, 0, None),
    ],
    f"select count(*)::int from health.rejected_records {OF}": [(0,)],
}  # fmt: skip


EVENTS = "type,datetime,property_conversation_id,property_first_message,id\n"
STARTED = "Started Customer Agent Conversation,2026-06-01T09:00:00Z"
EXPORT = "Name,Email,Created at,Lineitem quantity,Lineitem sku,Total,Id\n"
TENT = "#{0},wim@x.example,2026-06-01 09:00:00 +0000,1,TENT,20.00,{0}\n"
STOVE = "#{0},wim@x.example,,2,STOVE"
# path below grown -> the file at each look; None: it is as it was
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
    # another row of an order: its item is in the order's own row, which another file has brought whole
    "shopify_orders/whole.csv": (EXPORT + TENT.format(700) + STOVE.format(700) + "\n", None, None),
    "orders/cut_item.csv": (
        None, EXPORT + TENT.format(700) + STOVE.format(700)[:-2], EXPORT + TENT.format(700) + STOVE.format(700) + "\n",
    ),
}  # fmt: skip
CUT = """select replace(record_id, 'klaviyo:', '') from events.conversation_started where conversation_id = 'c2'
union all select order_id from intermediate.int_orders where starts_with(order_id, '555')"""
# What it all is at the end: as if only the files' last versions had come, but for the counts of the others.
GROWN = {
    "select conversation_id, record_id, first_message from events.conversation_started "
    "where source = 'grown' order by all": [
        ("c1", "klaviyo:e1", "Hello"), ("c2", "klaviyo:e25", "Hi"), ("c3", "klaviyo:e3", "Hey"), ("c4", "klaviyo:e4", "Bye"),
    ],
    "select order_id, list_transform(items, lambda one: one.sku) from intermediate.int_orders "
    "where source = 'grown' order by all": [
        ("5551", ["TENT"]), ("700", ["TENT", "STOVE"]),
    ],
    "select file_path, batch_id::int, lines::int, accepted::int, duplicates::int, rejected::int "
    "from health.ingestion_ledger where source = 'grown' and feed <> 'erasures' "
    "and file_path not similar to '.*(never|whole).csv' order by all": [
        ("grown/klaviyo_events/cut_id.csv", 1, 2, 2, 0, 0), ("grown/klaviyo_events/cut_id.csv", 4, 2, 1, 1, 0),
        ("grown/klaviyo_events/cut_instant.csv", 1, 1, 0, 0, 1), ("grown/klaviyo_events/cut_instant.csv", 4, 1, 1, 0, 0),
        ("grown/orders/cut_item.csv", 2, 2, 2, 0, 0), ("grown/orders/cut_item.csv", 4, 2, 0, 2, 0),
        ("grown/shopify_orders/cut_own.csv", 1, 1, 1, 0, 0), ("grown/shopify_orders/cut_own.csv", 4, 1, 1, 0, 0),
    ],
}  # fmt: skip


def look(number: int) -> dict[str, bytes]:
    """What has changed of the growing files at a look."""
    return {f"grown/{path}": text.encode() for path, texts in GROWING.items() if (text := texts[number]) is not None}


@pytest.fixture(scope="module")
def course(project_of_a_vendor: ProjectCopy, tmp_path_factory: pytest.TempPathFactory) -> Sequence[ForgettingPipeline]:
    """What each build left: those of the three steps, the one after the last look, and the one that all is forgotten in.

    Rows that gave way have everything built from the raw store, so the last look has a build of its own.
    """
    made: list[ForgettingPipeline] = [ForgettingPipeline(tmp_path_factory.mktemp("run"), project_of_a_vendor, MARTS)]
    with registered("klaviyo"):
        for files in ({**STEPS[0][0], **look(0)}, {**STEPS[1][0], **look(1)}, STEPS[2][0], look(2)):
            made.append(made[-1].copied_to(tmp_path_factory.mktemp("run")))
            made[-1].refresh(files, at=NOW)
        made.append(made[-1].copied_to(tmp_path_factory.mktemp("run")))
        asked = {"acme": request(email="ann@x.example"), "grown": request(email="wim@x.example")}
        made[-1].deliver(
            {path.replace("acme", source): text for source, one in asked.items() for path, text in one.items()}, NOW
        )
        made[-1].forget()
        made[-1].deliver({f"acme/{FEED}/4.jsonl": lines(changes(12))}, NOW)
        compact(RawStore(made[-1].data_dir), lambda *_: None)
        made[-1].build(NOW, full_refresh=True)
    return made[1:]


def test_adjustments_and_people_step_by_step_and_when_she_is_forgotten(course: Sequence[ForgettingPipeline]) -> None:
    """An order keeps a refund that was taken back, or never learns of one that came before it; another vendor's ids split
    a shopper in two; or an erasure changes what an order brought in.
    """
    for pipeline, (files, orders) in zip(course, STEPS, strict=False):
        for source, expected in orders.items():
            assert tuples(pipeline, ORDERS.format(source)) == list(expected), files.keys()
    for sql, rows in AT_THE_END.items():
        assert tuples(course[2], sql) == rows, sql
    assert tuples(course[4], ORDERS.format("acme")) == [("O1", "placed", "5.00", None), ("O4", "placed", "0.00", None)]
    assert found_in(course[4].data_dir / "raw", ["qxnote"]) == {}


def test_an_unfinished_row_of_a_vendor_s_table_gives_way(course: Sequence[ForgettingPipeline]) -> None:
    """Events and orders that nobody has stay for ever, or an order keeps the half of an item; and what a row that gave way
    said comes back when its batch is compacted or its person forgotten.
    """
    assert tuples(course[1], CUT) == [("e2",), ("555",)], "what is there is taken as it is until then"
    for pipeline in course[3:]:
        for sql, rows in GROWN.items():
            assert tuples(pipeline, sql) == rows, sql
    assert found_in(course[4].data_dir / "raw", ["wim@x.example"]) == {}


def tuples(pipeline: ForgettingPipeline, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in pipeline.query(sql)]
