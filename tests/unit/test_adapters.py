"""The registry of adapters, and what it and the declarations say of the same feeds."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from caw.adapters.adapter import Adapter, Expander
from caw.adapters.records import INGESTED_AT, Expansion, Record, reduced, restored
from caw.adapters.registry import ADAPTERS, expander, expanders, seeds_of_adapters
from caw.adapters.tables import expand_batch
from caw.feeds.declared import SEEDS_DIR, Feed, declarations, feeds, feeds_making
from caw.feeds.seed_checks import declared_seeds
from caw.formats import reader_for
from caw.formats.lines import FileToRead
from caw.formats.strict_json import parse
from caw.limits import DEFAULT_LIMITS
from caw.raw_store.schemas import LINE_SCHEMA
from tests.support.odd_lines import hostile_lines
from tests.support.toy_vendor import FEED, MAKES, registered, ticket
from tests.support.vendor_files import vendor_files

WHOLE: dict[str, Any] = {
    "chat_transcripts": {
        "id": "t",
        "start_time": "2026-06-30T08:00:00Z",
        "profile": {"email": "ann@x.example"},
        "messages": [
            {"role": "user", "content": "hello", "timestamp": "2026-06-30T08:00:00Z"},
            {
                "role": "assistant",
                "content": [{"type": "text", "text": "one moment ###STOP###"}],
                "tool_calls": [{"id": "1", "function": {"name": "find_user_id_by_email", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "1", "content": "ann"},
        ],
    },
    "intercom_contacts": {
        "id": "c",
        "email": "ann@x.example",
        "phone": "+15550100",
        "external_id": "e",
        "created_at": 1782800000,
        "updated_at": 1782800000,
        "unsubscribed_from_emails": True,
        "merge_history": [{"source_contact_id": "d", "merged_at": 1782800000}],
    },
    "zendesk_users": {"id": 1, "email": "ann@x.example", "phone": "+15550100", "updated_at": "2026-06-30T08:00:00Z"},
    "shopify_products": {
        "id": 1,
        "title": "Lamp",
        "updated_at": "2026-06-30T08:00:00Z",
        "variants": [{"id": 2, "sku": "l", "price": "9.90", "inventory_quantity": 1, "inventory_policy": "deny"}],
    },
}


def test_every_expanded_feed_has_an_adapter_and_every_adapter_a_feed() -> None:
    """A feed that is landed and never expanded, or an adapter whose feed is unknown to readers and models."""
    assert set(ADAPTERS) == {name for name, feed in feeds().items() if feed.is_expanded}


def test_expanded_feeds_make_records_of_canonical_feeds_and_read_seeds_that_there_are() -> None:
    """A misspelt feed, whose records no model takes in; a misspelt seed, whose change rebuilds nothing."""
    canonical = {name for name, feed in feeds().items() if not feed.is_expanded}
    assert all(set(feed.makes) <= canonical for feed in feeds().values())
    assert seeds_of_adapters() <= {seed.name for seed in declared_seeds()}


@pytest.mark.parametrize("feed", [name for name, one in feeds().items() if one.is_expanded])
@pytest.mark.parametrize(
    "line, is_refused",
    [
        ("{}", True),
        ('{"id": [1]}', True),
        ('{"id": {"a": 1}, "messages": [[]]}', True),
        ('{"id": "x", "messages": 5}', None),  # an object of most feeds
    ],
)
def test_no_line_makes_an_adapter_raise(feed: str, line: str, is_refused: bool | None) -> None:
    """One odd line in a delivery ends the run."""
    assert (expander(SEEDS_DIR)(feed, line).reason is not None) or is_refused is None
    assert expanders(SEEDS_DIR)[feed].spots(parse(line)) is not None


@pytest.mark.parametrize("feed", [name for name, one in feeds().items() if one.is_expanded])
def test_no_value_anywhere_in_a_line_makes_an_adapter_raise(feed: str) -> None:
    """A number beyond all numbers, in one member of one line, ends the run that took it in and every later one."""
    adapter = expanders(SEEDS_DIR)[feed]
    for line in whole_lines(feed):
        for text in hostile_lines(line):
            adapter.expand(text)
            assert adapter.spots(parse(text)) is not None


def whole_lines(feed: str) -> Sequence[Any]:
    """Lines of a feed with nearly all that one may have: the largest that other tests land."""
    landed = [
        json.loads(line)
        for path, content in vendor_files().items()
        if path.split("/")[1] == feed and path.endswith(".jsonl")
        for line in content.splitlines()
    ]
    return sorted(landed, key=lambda one: len(json.dumps(one)))[-2:] or [WHOLE[feed]]


def test_a_vendor_is_known_only_where_a_test_asks_for_it() -> None:
    """The made-up vendor is known to whoever imports its module."""
    assert FEED not in ADAPTERS and FEED not in feeds() and FEED not in declarations()
    with registered():
        assert FEED in feeds_making("orders")
        assert expander(SEEDS_DIR)(FEED, json.dumps(ticket("1", 10))).object_id == "1"
        assert set(feeds()[FEED].record_feeds) == set(MAKES)
    assert FEED not in feeds_making("orders") and FEED not in ADAPTERS


def test_what_stands_at_the_instant_of_ingestion_does_not_make_a_version() -> None:
    """The same redaction, landed again, is another request; or the request has no instant."""
    record = Record("erasures", {"request_id": "toy:r", "requested_at": INGESTED_AT, "email": "ann@x.example"})
    adapter = Adapter(version=1, load=lambda _: expander_of_one)
    expander_of_one = Expander("", lambda _: Expansion(object_id="1", records=[record]), lambda _: {})
    days = [datetime(2026, 6, day, 10, tzinfo=UTC) for day in (1, 2)]
    rows = [
        {"batch_id": f"0000000{day.day}", "ingested_at": day, "source": "acme", "file_path": "f", "line_number": 1,
         "raw_text": "{}", "is_erased": False} for day in days
    ]  # fmt: skip
    made = expand_batch(pa.Table.from_pylist(rows, LINE_SCHEMA), FEED, adapter, expander_of_one, ["erasures"])
    assert len(set(made.lines["content_id"].to_pylist())) == 1
    instants = [json.loads(text)["requested_at"] for text in made.records["erasures"]["document"].to_pylist()]
    assert instants == [day.isoformat() for day in days]


@pytest.mark.parametrize("took_part", [True, False, None])
def test_what_stays_of_a_forgotten_persons_line_is_read_as_it_was_written(took_part: bool | None) -> None:
    """A later expansion puts the line under another version, or forgets that the object is gone."""
    fields = {"record_id": "toy:m1", "sequence": "1"}
    given = Expansion(
        object_id="1",
        version_at=datetime(2026, 6, 1, 10, 0, 0, 5, tzinfo=UTC),
        version_rank=3,
        records=[Record("conversation_log", fields, "m1"), Record("orders", {"order_id": "o"})],
        parts=["m1", "m2"],
        is_gone=True,
        took_part=took_part,
        metric="conversation_started",
    )
    records = [
        {"feed": "conversation_log", "part": "m1", "fields": fields},
        {"feed": "orders", "fields": {"order_id": "o"}},
    ]
    assert restored(reduced(given, records)) == given


def test_a_json_api_document_s_resources_are_put_into_its_elements(tmp_path: Path) -> None:
    """Spec §2.3.1: a metric's name is in `included` alone; a resource that is not there leaves no trace."""
    document = {
        "data": [
            {
                "type": "event",
                "id": "1",
                "relationships": {
                    "metric": {"data": {"type": "metric", "id": "m"}},
                    "profile": {"data": {"type": "profile", "id": "gone"}},
                    "lists": {"data": [{"type": "list", "id": "l2"}, {"type": "list", "id": "l1"}]},
                    "empty": {"data": None},
                },
            },
            {"type": "event", "id": "2"},
        ],
        "included": [
            {"type": "metric", "id": "m", "attributes": {"name": "Placed Order", "total": 12.10}},
            {"type": "list", "id": "l1", "attributes": None},
            {"type": "list", "id": "l2"},
        ],
        "links": {"next": None},
    }
    path = tmp_path / "page.json"
    path.write_text(json.dumps(document).replace("12.1", "12.10"))
    read = reader_for("page.json")
    assert read is not None
    feed = Feed(FEED, {}, makes=MAKES, lists=("data",))
    found = [one.validate().raw_text.to_pylist() for one in read(FileToRead.at(path), feed, DEFAULT_LIMITS)]
    rows = [row for rows in found for row in rows]
    first, second = (json.loads(row) for row in rows)
    assert first["included"] == {"metric": {"id": "m", "name": "Placed Order", "total": 12.1}, "list": {"id": "l2"}}
    assert '"total":12.10' in rows[0] and second == {"type": "event", "id": "2"}


@pytest.mark.parametrize("feed", [name for name, one in feeds().items() if one.is_expanded])
@pytest.mark.parametrize(
    "name", ["data", "record", "item", "payload", "_airbyte_data", "messages", "conversations", "tickets"]
)
def test_an_envelope_in_an_envelope_and_so_on_is_looked_into_once(feed: str, name: str) -> None:
    """A line of a hundred envelopes, each looked into twice, is one that no erasure comes to the end of."""
    line = f'{{"id":"1","{name}":' * 100 + "1" + "}" * 100
    expanders(SEEDS_DIR)[feed].expand(line)
    assert expanders(SEEDS_DIR)[feed].spots(parse(line)) is not None
