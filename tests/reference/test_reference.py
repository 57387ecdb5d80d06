"""Hand-worked cases of intake (spec §1 and §2) and of the events (spec §3)."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from . import Delivery, Warehouse, build
from .cases import at, batch, customer, lines, log, status, write_seeds

LOG = "acme_us/conversation_log/a.jsonl"
Build = Callable[..., Warehouse]


@pytest.fixture(name="run")
def run_fixture(tmp_path: Path) -> Build:
    """Build a warehouse from batches, or from the files of one batch."""
    seeds = write_seeds(tmp_path)

    def run(*deliveries: Delivery | dict[str, bytes], as_of: str = "2025-03-10 12:00", **options: Any) -> Warehouse:
        batches = [one if isinstance(one, Delivery) else batch(one) for one in deliveries]
        return build(batches, seeds, at(as_of), **options)

    return run


def counts(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """status, lines, blank, accepted, duplicates, rejected of every ledger row."""
    names = ("status", "lines", "blank", "accepted", "duplicates", "rejected")
    return [tuple(row[name] for name in names) for row in warehouse.tables["health.ingestion_ledger"]]


def refusals(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """line_number, reason, field of every rejected record."""
    rows = warehouse.tables["health.rejected_records"]
    return [(row["line_number"], row["reason"], row["field"]) for row in rows]


def test_each_line_is_blank_accepted_duplicate_or_rejected_with_its_first_reason(run: Build) -> None:
    first = customer("r1", "2025-03-10T10:00:00Z", text="hi", note="kept raw")
    content = b"\xef\xbb\xbf" + lines(first, " \t\r", {**first, "note": "other"}, {**first, "text": "bye"})
    content += lines("{", '{"a": NaN}', '{"a": "\\ud800"}', "[1]", {"record_id": " "}, {"record_id": 1.5})
    content += lines(customer("r2", "1989-12-31T23:59:59Z"), customer("r3", "2025-03-11T12:00:00.000001Z"))
    content += b'{"a": "\xff"}\n' + lines(log("r4", "2025-03-10T10:00:00Z", "message", actor="robot", text=1))
    content += lines(log(7, "2025-03-11T12:00:00Z", "link_clicked", url="u", quantity="x")).rstrip()  # type: ignore[arg-type]
    warehouse = run({LOG: content})
    assert counts(warehouse) == [("loaded", 15, 1, 2, 1, 11)]
    assert refusals(warehouse) == [
        (4, "conflicting_duplicate", None),
        (5, "not_json", None),
        (6, "not_json", None),
        (7, "not_json", None),
        (8, "not_an_object", None),
        (9, "missing_field", "record_id"),
        (10, "bad_value", "record_id"),
        (11, "bad_value", "occurred_at"),
        (12, "bad_value", "occurred_at"),
        (13, "not_utf8", None),
        (14, "bad_value", "actor"),
    ]
    assert warehouse.tables["health.rejected_records"][9]["raw_text"] == '{"a": "\\xff"}'
    assert [row["record_id"] for row in warehouse.accepted["conversation_log"]] == ["r1", "7"]


def test_a_line_over_one_mebibyte_keeps_its_first_64_kibibytes_cut_at_a_character(run: Build) -> None:
    line = b"x" * 65_535 + "é".encode() * 500_000
    row = run({LOG: line + b"\r\n"}).tables["health.rejected_records"][0]
    digest = hashlib.sha256(line).hexdigest()
    assert row["reason"] == "too_large"
    assert row["raw_text"] == "x" * 65_535 + f" [1065535 bytes, sha256 {digest}]"


def test_ledger_knows_ignored_unknown_failed_and_seen_files(run: Build) -> None:
    order = lines({"order_id": 1, "placed_at": "2025-03-10T10:00:00Z"})
    packed = gzip.compress(order)
    files = {
        "acme_us/orders/_tmp/a.jsonl": order,
        "acme_us/orders/a.jsonl.part": order,
        "acme_us/orders/a.jsonl.gz": packed[:-4],
        "acme_us/orders/b.jsonl.gz": packed + packed,
        "acme_us/orders/c.txt": order,
        "acme_us/notes/d.jsonl": order,
        "e.jsonl": order,
        "acme_us/orders/f.json": b'[{"order_id": 2, "placed_at": 1741600800.1234567}, 3]',
        "acme_us/orders/g.json": b'[{"order_id": NaN}]',
    }
    warehouse = run(batch(files), batch(files, number=2))
    ledger = {row["file_path"]: row for row in warehouse.tables["health.ingestion_ledger"]}
    assert {path: (row["source"], row["feed"], row["status"]) for path, row in ledger.items()} == {
        "acme_us/notes/d.jsonl": ("acme_us", None, "unknown_feed"),
        "acme_us/orders/a.jsonl.gz": ("acme_us", "orders", "failed"),
        "acme_us/orders/b.jsonl.gz": ("acme_us", "orders", "loaded"),
        "acme_us/orders/c.txt": ("acme_us", "orders", "unknown_feed"),
        "acme_us/orders/f.json": ("acme_us", "orders", "loaded"),
        "acme_us/orders/g.json": ("acme_us", "orders", "failed"),
        "e.jsonl": (None, None, "unknown_feed"),
    }
    assert ledger["acme_us/orders/b.jsonl.gz"]["duplicates"] == 1
    assert refusals(warehouse) == [(2, "not_an_object", None)]
    assert warehouse.accepted["orders"][1]["placed_at"] == at("2025-03-10 10:00:00.123456")


def test_values_are_typed_as_section_2_says(run: Build) -> None:
    order = {
        "order_id": " 007",
        "placed_at": "2024-11-03 01:30:00",  # repeated in New York: the first, -04:00
        "updated_at": "2025-03-09T02:30:00.9999999",  # skipped in New York: the offset before the gap, -05:00
        "status": " Refunded\u00a0",
        "currency": " eur ",
        "total": "10.005",
        "refunded_total": 1.004999,
        "items": [None, {}, {"sku": 5, "quantity": 0}, {"product_id": "p", "price": "1e1"}],
        "profile": {"email": "", "external_id": 12},
    }
    bad = [
        {"order_id": True, "placed_at": 0},
        {"order_id": "b", "placed_at": "2025-03-10T24:00:00Z"},
        {"order_id": "b", "placed_at": "2025-03-10T10:00:00+01:0"},
        {"order_id": "b", "placed_at": "2025-03-10T10:00:00Z", "total": -0.001},
        {"order_id": "b", "placed_at": "2025-03-10T10:00:00Z", "items": [{"sku": "s", "quantity": -1.0}]},
        {"order_id": "b", "placed_at": "2025-03-10T10:00:00Z", "profile": {"email": 1}, "total": -1},
    ]
    warehouse = run({"acme_us/orders/a.jsonl": lines(order, *bad)})
    row = warehouse.accepted["orders"][0]
    assert row["order_id"] == " 007"
    assert row["placed_at"] == at("2024-11-03 05:30")
    assert row["updated_at"] == at("2025-03-09 07:30:00.999999")
    assert (row["status"], row["currency"]) == ("refunded", "EUR")
    assert (row["total"], row["refunded_total"]) == (Decimal("10.01"), Decimal("1.00"))
    assert row["items"] == [
        {"product_id": None, "sku": "5", "quantity": 0, "price": None},
        {"product_id": "p", "sku": None, "quantity": 1, "price": Decimal("10.00")},
    ]
    assert row["profile"]["external_id"] == "12"
    fields = ["order_id", "placed_at", "placed_at", "total", "items", "profile.email"]
    assert refusals(warehouse) == [(number, "bad_value", name) for number, name in enumerate(fields, start=2)]


def test_csv_cells_are_read_as_json_only_where_one_is_due(run: Build) -> None:
    content = (
        "product_id,updated_at,sku,title,price,in_stock\r\n"
        '0012,1741600800,true,"Blue, ""big""\nhat",12.5,false\r\n\r\n3,2025-03-10T10:00:00Z,,,,\r\n'
        "4,2025-03-10T10:00:00Z,,,,perhaps"
    )
    warehouse = run({"acme_us/products/a.csv": content.encode()})
    assert counts(warehouse) == [("loaded", 4, 1, 2, 0, 1)]
    first, second = warehouse.accepted["products"]
    assert (first["product_id"], first["sku"], first["in_stock"]) == ("0012", "true", False)
    assert (first["title"], first["price"]) == ('Blue, "big"\nhat', Decimal("12.50"))
    assert (second["sku"], second["price"], second["in_stock"]) == (None, None, True)
    assert refusals(warehouse) == [(4, "bad_value", "in_stock")]


def test_an_object_in_a_csv_cell_is_no_list(run: Build) -> None:
    rows = ["record_id,conversation_id,occurred_at,record_type,products,tags"]
    rows += [
        f"{n},C1,2025-03-10T10:00:00Z,products_recommended,{cell}" for n, cell in enumerate(("{},a", "{,a", "a,{}"))
    ]
    warehouse = run({"acme_us/conversation_log/a.csv": "\n".join(rows).encode()})
    assert [row["products"] for row in warehouse.accepted["conversation_log"]] == [["{"]]
    assert refusals(warehouse) == [(1, "bad_value", "products"), (3, "bad_value", "tags")]


def test_an_empty_list_is_no_profile_in_a_csv_cell_either(run: Build) -> None:
    rows = ["record_id,conversation_id,occurred_at,record_type,actor,profile"]
    rows += [f"{n},C1,2025-03-10T10:00:00Z,message,customer,{cell}" for n, cell in enumerate(("[]", "[1]", "[null]"))]
    warehouse = run({"acme_us/conversation_log/a.csv": "\n".join(rows).encode()})
    assert [row["profile"]["email"] for row in warehouse.accepted["conversation_log"]] == [None, None]
    assert refusals(warehouse) == [(2, "bad_value", "profile")]


def test_versions_collapse_only_when_the_content_is_the_same(run: Build) -> None:
    old = {"profile_id": "p", "updated_at": "2025-03-01T00:00:00Z", "email": "a@x"}
    new = {**old, "updated_at": "2025-03-02T00:00:00Z", "email": "b@x"}
    consent = {"profile_id": "p", "channel": "e-mail", "status": "subscribed", "occurred_at": "2025-03-01T00:00:00Z"}
    files = {
        "acme_us/profiles/a.jsonl": lines(new, old, new),
        "acme_us/consents/a.jsonl": lines({**consent, "channel": "email"}, {**consent, "channel": "EMAIL"}),
    }
    assert counts(run(files)) == [("loaded", 2, 0, 1, 1, 0), ("loaded", 3, 0, 2, 1, 0)]


def test_the_events_of_a_conversation(run: Build) -> None:
    records = [
        log("r0", "2025-03-10T09:59:00Z", "message", actor="agent", channel="fax"),
        customer("r1", "2025-03-10T10:00:00Z", text="hi", tags=[" vip ", "a"]),
        log("r2", "2025-03-10T10:01:00Z", "skill_changed", skill="search", channel="Chat"),
        log("r3", "2025-03-10T10:02:00Z", "products_recommended", products=["p1", {"sku": "s"}, "p1", {}]),
        log("r4", "2025-03-10T10:02:30Z", "products_recommended", products=["p9"], actor="human"),
        status("r5", "2025-03-10T10:03:00Z", "Résolu", tags=["b"]),
        status("r6", "2025-03-10T10:04:00Z", "resolved"),
        customer("r7", "2025-03-10T10:05:00Z", profile={"profile_id": "p"}),
        status("r8", "2025-03-10T10:06:00Z", "handed off", escalation_reason="REFUND-asked for a human"),
        status("r9", "2025-03-10T10:07:00Z", "resolved"),
        status("r10", "2025-03-10T10:07:00Z", "closed"),
    ]
    tables = run({LOG: lines(*reversed(records))}).tables
    (started,) = tables["events.conversation_started"]
    assert started["event_id"] == hashlib.md5(b"20:conversation_started7:acme_us2:c1").hexdigest()
    assert (started["record_id"], started["channel"], started["profile_id"]) == ("r1", "web_chat", "p")
    assert (started["initial_skill"], started["first_message"]) == ("search", "hi")
    (resolved,) = tables["events.conversation_resolved"]
    assert (resolved["record_id"], resolved["tags"], resolved["resolution_seconds"]) == ("r5", ["a", "b", "vip"], 180.0)
    (recommended,) = tables["events.product_recommendation_received"]
    assert (recommended["products"], recommended["product_count"], recommended["layout"]) == (["p1", "s"], 2, "list")
    (escalated,) = tables["events.conversation_escalated"]
    assert (escalated["escalation_category"], escalated["skill"]) == ("shopper_requested", "search")
    properties = {row["event_name"]: json.loads(row["properties"]) for row in tables["events.activity_feed"]}
    assert properties["conversation_resolved"]["resolution_seconds"] == 180.0
    assert len(properties) == 4


def test_a_preview_record_keeps_the_whole_conversation_out_of_the_events(run: Build) -> None:
    records = [customer("r1", "2025-03-10T10:00:00Z"), status("r2", "2025-03-10T10:01:00Z", "open", mode="Preview")]
    assert run({LOG: lines(*records)}).tables["events.conversation_started"] == []


def test_a_profile_is_found_by_current_versions_before_old_ones_and_follows_merges(run: Build) -> None:
    profiles = [
        {"profile_id": "a", "updated_at": "2025-03-01T00:00:00Z", "email": "x@x", "phone_number": "0033 1234567"},
        {"profile_id": "a", "updated_at": "2025-03-02T00:00:00Z", "email": "new@x", "merged_into": "d"},
        {"profile_id": "b", "updated_at": "2025-01-01T00:00:00Z", "email": " X@x"},
        {"profile_id": "d", "updated_at": "2025-01-01T00:00:00Z", "merged_into": "e"},
        {"profile_id": "e", "updated_at": "2025-01-01T00:00:00Z", "merged_into": "d"},
    ]
    records = [
        customer("r1", "2025-03-10T10:00:00Z", "by_email", profile={"email": "x@X "}),
        customer("r1", "2025-03-10T10:00:00Z", "by_old_phone", profile={"phone_number": "+33 (123) 45 67"}),
        customer("r2", "2025-03-10T10:01:00Z", "by_old_phone", profile={"phone_number": "00123"}),
        customer("r1", "2025-03-10T10:00:00Z", "by_id", profile={"profile_id": "nobody", "email": "x@x"}),
        customer("r1", "2025-03-10T10:00:00Z", "by_nothing", profile={"email": "none@x"}),
    ]
    tables = run({LOG: lines(*records), "acme_us/profiles/a.jsonl": lines(*profiles)}).tables
    found = {row["conversation_id"]: row["profile_id"] for row in tables["events.conversation_started"]}
    assert found == {"by_email": "b", "by_old_phone": "d", "by_id": "nobody", "by_nothing": None}
