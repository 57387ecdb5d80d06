"""Hand-worked cases of what all vendor feeds share (spec §2.3.0 to §2.3.9)."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from typing import Any

from .. import build
from ..cases import at, batch, lines
from .cases import AS_OF, SOURCE, counts, log, refusals, rows, vendor_seeds, warehouse

NAME = "Started Conversation with Customer Agent"


def started(event_id: str, text: str = "hi", **own: Any) -> dict[str, Any]:
    """A Klaviyo event as a connector lands it."""
    properties = {"Conversation ID": "c", "First message": text}
    return {"id": event_id, "type": NAME, "datetime": "2026-06-10T10:00:00Z", "event_properties": properties, **own}


def ticket(ticket_id: int, updated: str, **own: Any) -> dict[str, Any]:
    """A Gorgias ticket that the agent answered, with one message of the customer."""
    message = {
        "id": 7,
        "from_agent": False,
        "public": True,
        "body_text": "hello",
        "created_datetime": "2026-06-10T10:00:00+00:00",
        "sender": {"id": 5, "email": "a@x.example"},
    }
    found = {"id": ticket_id, "updated_datetime": updated, "tags": [{"name": "ai_answered"}], "channel": "chat"}
    return {**found, "customer": {"id": 5, "email": "a@x.example"}, "messages": [message], **own}


def test_connectors_envelopes_are_opened_and_their_other_messages_make_nothing(tmp_path: Path) -> None:
    files = {
        "klaviyo_events/airbyte.jsonl": [
            {"_airbyte_ab_id": "1", "_airbyte_data": started("e1")},
            {"_airbyte_data": json.dumps(started("e2"))},
            {"_airbyte_data": "{"},
            {"type": "RECORD", "record": {"stream": "events", "data": started("e3"), "emitted_at": 1}},
        ],
        "klaviyo_events/singer.jsonl": [
            {"type": "SCHEMA", "stream": "events", "schema": {}},
            {"type": "STATE", "value": {}},
            {"type": "STATE", "value": {}},
            {"type": "RECORD", "stream": "events", "record": started("e4")},
            {"type": "state", "value": {}},
        ],
        "klaviyo_events/dlt.jsonl": started("e1", _dlt_id="x", _dlt_load_id="1", _airbyte_raw_id="2"),
        "klaviyo_events/init": b"",
        "klaviyo_events/airbyte.csv": b'_airbyte_ab_id,_airbyte_data\n1,"'
        + json.dumps(started("e5")).replace('"', '""').encode()
        + b'"\n',
    }
    built = warehouse(tmp_path, files)
    ledger = {row["file_path"].rpartition("/")[2]: row for row in built.tables["health.ingestion_ledger"]}
    names = ("accepted", "duplicates", "rejected")
    assert {name: tuple(row[one] for one in names) for name, row in ledger.items()} == {
        "airbyte.csv": (1, 0, 0),
        "airbyte.jsonl": (3, 0, 1),
        "dlt.jsonl": (0, 1, 0),
        "singer.jsonl": (4, 0, 1),
    }
    assert {one[0] for one in log(built, "record_id")} == {f"klaviyo:e{number}" for number in range(1, 6)}
    assert refusals(built) == [("missing_field", "id")] * 2


def test_a_document_is_opened_by_its_list_names_and_a_line_holds_one_object(tmp_path: Path) -> None:
    one = {"id": 3, "total_price": "1", "created_at": "2026-06-10T10:00:00Z", "refunds": [{"id": 9}]}
    files = {
        "shopify_orders/a.json": {"orders": [{**one, "id": 1}, 5]},
        "shopify_orders/b.json": {"order": {**one, "id": 2}},
        "shopify_orders/c.json": one,
        "shopify_orders/d.jsonl": [{"order": {**one, "id": 4}}, {"orders": [one]}],
        "shopify_orders/e.json": [{**one, "id": 5}],
    }
    built = warehouse(tmp_path, files)
    assert counts(built) == [(1, 0, 1), (1, 0, 0), (1, 0, 0), (1, 0, 1), (1, 0, 0)]
    assert [row[0] for row in rows(built, "orders", "order_id")] == ["1", "2", "3", "4", "5"]
    assert refusals(built) == [("not_an_object", None), ("missing_field", "id")]


def test_of_versions_the_greatest_instant_holds_then_the_last_delivered(tmp_path: Path) -> None:
    new = ticket(1, "2026-06-10T12:00:00+0000", tags=["ai_close", "vip"])
    old = ticket(1, "2026-06-10T11:00:00+00:00", tags=["ai_handover"])
    taken_back = ticket(1, "2026-06-10T12:00:00Z", tags=["ai_answered"])
    built = warehouse(tmp_path, {"gorgias_tickets/a.jsonl": [new, old, new, {**new, "note": 1}]})
    assert counts(built) == [(2, 2, 0)]
    assert log(built, "record_id", "sequence") == [
        ("gorgias:7", 10),
        ("gorgias:tags", 29),  # one step before the resolution, at its instant: there is no agent message
        ("gorgias:resolved", 30),
    ]
    later = warehouse(tmp_path, {"gorgias_tickets/a.jsonl": [new, old, taken_back, new]})
    assert counts(later) == [(3, 1, 0)]  # the last line says again what was said: taken_back stays the last accepted
    assert log(later, "record_id") == [("gorgias:7",)]


def test_an_object_that_is_gone_has_no_records_until_a_newer_version_says_otherwise(tmp_path: Path) -> None:
    first = ticket(1, "2026-06-10T11:00:00Z")
    spam = ticket(1, "2026-06-10T12:00:00Z", spam=True)
    back = ticket(1, "2026-06-10T13:00:00Z")
    for files in permutations([first, spam]):
        assert warehouse(tmp_path, {"gorgias_tickets/a.jsonl": list(files)}).counted["conversation_log"] == []
    trashed = ticket(1, "2026-06-10T12:00:00Z", trashed_datetime="2026-06-10T12:00:00Z")
    assert warehouse(tmp_path, {"gorgias_tickets/a.jsonl": [first, trashed]}).counted["conversation_log"] == []
    built = warehouse(tmp_path, {"gorgias_tickets/a.jsonl": [spam, back, first]})
    assert log(built, "record_id") == [("gorgias:7",)]


def test_a_part_that_a_newer_version_lists_without_a_record_takes_its_record_along(tmp_path: Path) -> None:
    hidden = ticket(1, "2026-06-10T12:00:00Z")
    hidden["messages"] = [{**hidden["messages"][0], "public": False}]
    assert (
        warehouse(tmp_path, {"gorgias_tickets/a.jsonl": [ticket(1, "2026-06-10T11:00:00Z"), hidden]}).counted[
            "conversation_log"
        ]
        == []
    )
    without = ticket(1, "2026-06-10T12:00:00Z", messages=[])
    built = warehouse(tmp_path, {"gorgias_tickets/a.jsonl": [without, ticket(1, "2026-06-10T11:00:00Z")]})
    assert log(built, "record_id") == [("gorgias:7",)]  # a part outlives a version that does not list it


def test_a_line_without_usable_id_or_version_instant_is_rejected(tmp_path: Path) -> None:
    bad = [ticket(1, "yesterday"), {**ticket(1, ""), "id": {"a": 1}}, {**ticket(1, ""), "id": None}]
    good = ticket(1, "")
    content = lines(*bad, good, "[1]", '{"id": 1, "id": NaN}')
    built = warehouse(tmp_path, {"gorgias_tickets/a.jsonl": content})
    assert counts(built) == [(1, 0, 5)]
    assert refusals(built) == [
        ("bad_value", "updated_datetime"),
        ("bad_value", "id"),
        ("missing_field", "id"),
        ("not_an_object", None),
        ("not_json", None),
    ]


def test_refused_records_stand_once_a_reason_under_each_accepted_version(tmp_path: Path) -> None:
    def late(updated: str) -> dict[str, Any]:
        found = ticket(1, updated)
        message = {**found["messages"][0], "created_datetime": "never"}
        return {**found, "messages": [message, {**message, "id": 8}]}

    lines_ = [late("2026-06-10T11:00:00Z"), late("2026-06-10T11:00:00Z"), late("2026-06-10T12:00:00Z")]
    built = warehouse(tmp_path, {"gorgias_tickets/a.jsonl": lines_})
    assert counts(built) == [(2, 1, 0)]
    rejected = built.tables["health.rejected_records"]
    assert [(row["line_number"], row["feed"], row["reason"], row["field"]) for row in rejected] == [
        (1, "gorgias_tickets", "bad_value", "occurred_at"),
        (3, "gorgias_tickets", "bad_value", "occurred_at"),
    ]


def test_a_canonical_record_goes_before_a_vendors_and_their_versions_are_of_one_object(tmp_path: Path) -> None:
    own = {
        "record_id": "klaviyo:e1",
        "conversation_id": "c",
        "occurred_at": "2026-06-10T09:00:00Z",
        "record_type": "message",
        "actor": "customer",
        "text": "ours",
    }
    moment = "2026-06-10T10:00:00Z"
    order = {"id": 1, "total_price": "10.00", "created_at": moment, "updated_at": moment, "line_items": []}
    canonical = {"order_id": "1", "placed_at": moment, "total": "20"}
    files = {
        "conversation_log/a.jsonl": own,
        "klaviyo_events/a.jsonl": [started("e1"), started("e2", "second")],
        "orders/a.jsonl": canonical,
        "shopify_orders/z.jsonl": order,
    }
    built = warehouse(tmp_path, files)
    assert log(built, "record_id", "text") == [("klaviyo:e1", "ours"), ("klaviyo:e2", "second")]
    assert [row["total"] for row in built.counted["orders"]] == [Decimal("10.00"), Decimal("20.00")]
    attributed = {"updated_at": "2026-06-10T10:00:01Z"}
    newer = warehouse(tmp_path, {**files, "shopify_orders/z.jsonl": {**order, **attributed}})
    assert len(newer.counted["orders"]) == 2


def test_adjustments_cancel_and_refund_feed_by_feed_at_most_the_total(tmp_path: Path) -> None:
    moment = "2026-06-10T10:00:00Z"
    orders = [
        {"order_id": name, "placed_at": moment, "total": 30, "refunded_total": 4, "profile": {"profile_id": "p"}}
        for name in ("1", "2", "3")
    ]
    refund = {"kind": "refunded", "occurred_at": "2026-06-20T10:00:00Z"}
    files = {
        "orders/a.jsonl": orders,
        "order_adjustments/a.jsonl": [
            {"adjustment_id": "a", "order_id": 1, "amount": "5", **refund},
            {"adjustment_id": "b", "order_id": 1, "amount": 6, **refund},
            {"adjustment_id": "b", "order_id": 1, "amount": "6.00", **refund},
            {"adjustment_id": "b", "order_id": 1, "amount": 7, **refund},
            {"adjustment_id": "c", "order_id": 2, "amount": 99, **refund},
            {"adjustment_id": "d", "order_id": 3, **refund, "kind": "Cancelled"},
            {"adjustment_id": "e", "order_id": "none", **refund},
            {"adjustment_id": "f", "order_id": 1, **refund, "kind": "returned"},
            {"adjustment_id": "g", "kind": "refunded"},
        ],
        "shopify_orders/a.jsonl": {
            "id": 50,
            "order_id": 1,
            "processed_at": moment,
            "transactions": [{"kind": "refund", "status": "success", "amount": "9.00"}],
        },
        "conversation_log/a.jsonl": {
            "record_id": "r",
            "conversation_id": "c",
            "occurred_at": moment,
            "record_type": "message",
            "actor": "customer",
            "profile": {"profile_id": "p"},
        },
    }
    built = warehouse(tmp_path, files)
    assert refusals(built) == [("conflicting_duplicate", None), ("bad_value", "kind"), ("missing_field", "order_id")]
    revenue = {row["order_id"]: row["revenue"] for row in built.tables["performance.attributed_orders"]}
    assert revenue == {"1": Decimal("19.00"), "2": Decimal("0.00")}  # 30 less max(4, 5 + 6, 9); 30 less 30; cancelled


def test_vendor_feeds_are_unknown_feeds_until_they_are_built(tmp_path: Path) -> None:
    files = {f"{SOURCE}/klaviyo_events/a.jsonl": lines(started("e1")), f"{SOURCE}/gorgias_tickets/a.jsonl": b""}
    built = build([batch(files)], vendor_seeds(tmp_path), at(AS_OF), built=["klaviyo_events"])
    found = {row["file_path"]: row["status"] for row in built.tables["health.ingestion_ledger"]}
    assert found == {f"{SOURCE}/klaviyo_events/a.jsonl": "loaded", f"{SOURCE}/gorgias_tickets/a.jsonl": "unknown_feed"}


def test_what_stands_at_ingestion_stands_at_that_of_the_objects_first_accepted_line(tmp_path: Path) -> None:
    deletion = {"id": 1, "admin_graphql_api_id": "gid://shopify/Order/1"}
    built = warehouse(
        tmp_path, {"shopify_orders/a.jsonl": deletion}, {"shopify_orders/b.jsonl": {"id": 1, "_dlt_id": "x"}}
    )
    assert counts(built) == [(1, 0, 0), (0, 1, 0)]
    assert rows(built, "order_adjustments", "occurred_at", "kind") == [(at("2026-07-01 01:00"), "cancelled")]


def test_an_unfinished_row_of_a_connectors_table_gives_way(tmp_path: Path) -> None:
    """Spec §1.6: the event of a cut id is nobody's, and neither a version of the whole one nor a duplicate."""
    head = "type,datetime,property_conversation_id,id\n"
    row = f"{NAME},2026-06-10T10:00:00Z,c,e1"
    path = "klaviyo_events/grow.csv"
    cut, other, whole = head + row, {"klaviyo_events/o.jsonl": started("e1")}, f"{head}{row}\n"
    built = warehouse(tmp_path, {path: cut.encode()}, other, {path: f"{head}{row}0\n".encode()})
    assert counts(built) == [(1, 0, 0)] * 3
    ids = log(built, "record_id", "batch_id")
    assert sorted(ids) == [("klaviyo:e1", "batch_2"), ("klaviyo:e10", "batch_3")]
    same = warehouse(tmp_path, {path: cut.encode()}, {path: whole.encode()}, {path: (whole + row).encode()})
    assert counts(same) == [(1, 0, 0), (1, 0, 0), (0, 2, 0)]
