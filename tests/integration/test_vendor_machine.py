"""Spec §2.3.0.2, §2.3.5 and §2.3.11 by a made-up vendor: adjustments of orders, whose people count, what a vendor counts."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.forgetting import ForgettingPipeline, found_in, lines, request
from tests.support.project import Edit, copy_project
from tests.support.toy_vendor import DECLARATION, FEED, message, registered, ticket

NOW = datetime(2026, 6, 2, 12, tzinfo=UTC)
MARTS = ("attributed_orders", "vendor_agreement", "unknown_words", "rejected_records", "int_consents",
         "int_message_sends", "int_needs_a_person")  # fmt: skip
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
    (
        {
            "acme/order_adjustments/1.jsonl": lines(
                adjustment("a1", "O1", "refunded", amount="5.00"), adjustment("x1", "nowhere", "cancelled")
            ),
            f"acme/{FEED}/1.jsonl": lines(changes(10, adjustment("a2", "O1", "refunded", amount="12.00"))),
            "other/profiles/1.jsonl": lines(
                {"profile_id": "own1", "updated_at": "2026-06-01T00:00:00Z", "email": "ANN@x.example"}
            ),
        },
        {"acme": [], "other": []},
    ),
    (
        {f"{source}/{FEED}/2.jsonl": lines(BOUGHT, SHOWN) for source in ("acme", "other")},
        {
            "acme": [("O1", "placed", "12.00", "p1"), ("O4", "placed", "0.00", "p1")],
            "other": [("O1", "placed", "0.00", "own1"), ("O4", "placed", "0.00", "own1")],
        },
    ),
    (
        {f"acme/{FEED}/3.jsonl": lines(changes(11, *(adjustment(f"c{one}", one, "cancelled") for one in ("O1", "O4"))))},
        {"acme": [("O1", "cancelled", "5.00", "p1"), ("O4", "cancelled", "0.00", "p1")]},
    ),
    (
        {
            f"acme/{FEED}/4.jsonl": lines(changes(12, adjustment("cO4", "O4", "cancelled"))),
            "acme/order_adjustments/4.jsonl": lines(adjustment("cO4", "O9", "refunded", amount="1.00")),
        },
        {"acme": [("O1", "placed", "5.00", "p1"), ("O4", "placed", "0.00", "p1")]},
    ),
)  # fmt: skip
ORDERS = "select order_id, status, refunded_total::varchar, profile_id from intermediate.int_orders where source = '{}' order by 1"
AT_THE_END = {
    "select source, order_id, revenue::varchar, profile_id from performance.attributed_orders order by all": [
        ("acme", "O1", "15.00", "p1"), ("acme", "O4", "7.00", "p1"),
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


def test_adjustments_and_people_step_by_step_from_nothing_and_when_she_is_forgotten(tmp_path: Path) -> None:
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
        for full_refresh in (False, True):
            if full_refresh:
                pipeline.build(NOW, full_refresh=True)
                assert tuples(pipeline, ORDERS.format("acme")) == list(STEPS[-1][1]["acme"])
            for sql, rows in AT_THE_END.items():
                assert tuples(pipeline, sql) == rows, sql
        pipeline.deliver(request(email="ann@x.example"), NOW)
        pipeline.forget()
        pipeline.build(NOW)
        assert tuples(pipeline, ORDERS.format("acme")) == [
            ("O1", "placed", "5.00", None), ("O4", "placed", "0.00", None),
        ]  # fmt: skip
        late = changes(13, adjustment("c9", "O1", "cancelled"), adjustment("cO4", "O4", "cancelled"))
        pipeline.deliver({f"acme/{FEED}/5.jsonl": lines(late)}, NOW)
        pipeline.build(NOW)
        assert tuples(pipeline, ORDERS.format("acme")) == [
            ("O1", "cancelled", "5.00", None), ("O4", "placed", "0.00", None),
        ]  # fmt: skip
        assert found_in(pipeline.data_dir / "raw", ["qxnote"]) == {}


def tuples(pipeline: ForgettingPipeline, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in pipeline.query(sql)]
