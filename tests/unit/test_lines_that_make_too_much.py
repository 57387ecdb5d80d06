"""A line whose id, channel or profile is in each of the records that it makes is refused where these come to too much."""

import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from caw.adapters.records import LOG, Expansion, Record
from caw.adapters.refused import within_limits
from caw.adapters.registry import ADAPTERS, expanders
from caw.adapters.tables import MAKES_TOO_MUCH, Tables, expand_batch
from caw.feeds.declared import SEEDS_DIR, feeds
from caw.formats.strict_json import dump_record
from caw.ingest.ingestion import ingest
from caw.limits import DEFAULT_LIMITS, MIB, Limits
from caw.raw_store.schemas import LINE_SCHEMA
from tests.support.small_landing import NOW, put
from tests.unit.test_adapters import whole_lines

FEW = replace(DEFAULT_LIMITS, made_always=50_000, times_made=4)
LONG, TIMES = "x" * 5_000, 40  # of a line's texts, and of the elements of its lists


def transcript(id_length: int, messages: int, **more: Any) -> str:
    at = "2026-06-01T10:00:00Z"
    said = [{"role": "user", "content": "hi"}] * messages
    return json.dumps({"id": "t" * id_length, "start_time": at, "messages": said, **more})


def expanded(*texts: str) -> Tables:
    rows = [
        {"source": "acme", "file_path": "f", "line_number": number, "raw_text": text, "is_erased": False}
        for number, text in enumerate(texts)
    ]
    lines, feed = pa.Table.from_pylist(rows, LINE_SCHEMA), "chat_transcripts"
    return expand_batch(lines, feed, ADAPTERS[feed], expanders(SEEDS_DIR)[feed], [LOG])


def test_a_transcript_with_a_long_id_or_profile_is_refused_and_no_other_one_is() -> None:
    """2,000 messages and an id of 0.4 MB were records of 1.6 GB, in memory at once."""
    profile = {"email": "ann@x.example", "custom": "x" * 400_000}
    bombs = [
        transcript(400_000, 2_000),
        transcript(1, 2_000, profile=profile),
        transcript(1, 2_000, channel="x" * 400_000),
    ]
    made = expanded(transcript(20_000, 50), *bombs, transcript(36, 20_000, profile={"custom": "x" * 500}))
    assert made.lines["reason"].to_pylist() == [None, "too_large", "too_large", "too_large", None]
    assert made.lines["detail"].to_pylist()[1:-1] == [MAKES_TOO_MUCH] * 3
    assert made.lines["raw_text"].to_pylist()[1:-1] == bombs  # nothing is lost
    assert set(made.records[LOG]["line_number"].to_pylist()) == {0, 4}


def test_such_a_line_is_taken_in_and_not_counted_record_by_record(landing: Path, data_dir: Path) -> None:
    """Its file asked for terabytes of memory, after an hour of counting, at every run (spec §2.1.4)."""
    put(landing, "acme/chat_transcripts/a.jsonl", transcript(400_000, 2_000))
    result = ingest(landing, data_dir, NOW, limits=Limits(memory=64_000_000))
    assert [(file.status, file.lines) for file in result.files] == [("loaded", 1)]


def test_what_a_line_may_make_is_its_own_share_and_for_all_lines_little_and_much_at_most() -> None:
    """A line of 16 MiB has a quarter of a GiB: more would be in memory several times."""
    assert [DEFAULT_LIMITS.made_of(size) for size in (0, 65_536, 65_537, MIB, 16 * MIB)] == [
        4 * MIB,
        4 * MIB,
        4 * MIB + 64,
        64 * MIB,
        256 * MIB,
    ]


def test_permissions_and_requests_of_such_a_line_stay() -> None:
    """Who said no is not written to, whatever else the line holds (spec §2.3.2); each no counts once."""
    kept = [Record(feed, {"profile_id": "p"}) for feed in ("consents", "suppressions", "erasures")]
    kept += [Record("suppressions", {"profile_id": "p", "channel": one, "occurred_at": "1"}) for one in ("sms", "all")]
    again = [Record("suppressions", {"profile_id": "p", "channel": "sms", "occurred_at": str(day)}) for day in range(9)]
    others = [Record(LOG, {"text": LONG})] * 100
    made = Expansion(object_id="o", records=[*kept, *again, *others], people=[("email", "a")])
    found = within_limits(made, LONG, FEW)
    assert (found.reason, found.field, found.object_id, found.people) == ("too_large", None, "o", made.people)
    assert list(found.records) == kept


def inflated(given: Any) -> Iterator[Any]:
    """A line with one of its texts long, and the elements of its lists in it many times."""
    if isinstance(given, dict):
        for name, value in given.items():
            yield from (
                {**{key: many(one) for key, one in given.items()}, name: changed} for changed in inflated(value)
            )
    elif isinstance(given, str):
        yield LONG


def many(value: Any) -> Any:
    """A list with its elements many times, each with an id of its own."""
    if not isinstance(value, list) or not value:
        return {name: many(one) for name, one in value.items()} if isinstance(value, dict) else value
    return [
        {**one, "id": f"{place}"} if isinstance(one, dict) and "id" in one else one
        for place, one in enumerate(value * TIMES)
    ]


@pytest.mark.parametrize("feed", [name for name, one in feeds().items() if one.is_expanded])
def test_no_text_of_a_line_comes_to_more_than_the_limit_in_its_records(feed: str) -> None:
    """Every adapter copies something: a conversation's id, its channel, the customer, the currency of an order."""
    expand = expanders(SEEDS_DIR)[feed].expand
    for line in whole_lines(feed):
        for changed in inflated(line):
            text = json.dumps(changed)
            made = within_limits(expand(text), text, FEW)
            length = sum(len(dump_record(one.fields)) for one in made.records)
            assert length <= FEW.made_of(len(text)) or (made.reason == "too_large" and len(made.records) <= 9), changed


def spread(feed: str, length: int, times: int) -> str:
    """A line of a feed with an id of so many characters, and so many messages or notes in it."""
    at, ids = "2026-06-01T10:00:00Z", [str(number) for number in range(times)]
    said: dict[str, list[Any]] = {
        "chat_transcripts": [{"role": "user", "content": "a"}] * times,
        "klaviyo_agent_conversations": [{"id": one, "role": "user", "content": "a", "created_at": at} for one in ids],
        "gorgias_tickets": [{"id": one, "from_agent": False, "body_text": "a", "created_datetime": at} for one in ids],
        "intercom_conversations": [{"id": one, "part_type": "note", "created_at": 1_780_000_000} for one in ids],
    }
    line: dict[str, Any] = {"id": "t" * length, "start_time": at, "updated_datetime": at, "messages": said[feed]}
    if feed == "intercom_conversations":
        parts = {"conversation_parts": said[feed]}
        line |= {"updated_at": 1_780_000_000, "conversation_parts": parts, "messages": None}
    if feed == "klaviyo_agent_conversations":
        line = {"id": line["id"], "attributes": {"updated_at": at, "messages": said[feed]}}
    return json.dumps(line)


@pytest.mark.parametrize(
    "feed", ["chat_transcripts", "gorgias_tickets", "intercom_conversations", "klaviyo_agent_conversations"]
)
def test_a_long_id_is_refused_before_it_is_in_memory_once_for_each_message(feed: str) -> None:
    """0.4 MB and 2,000 messages were 0.8 GB of ids before the line was refused; of notes, after it was accepted."""
    text = spread(feed, 400_000, 2_000)
    expand = expanders(SEEDS_DIR)[feed].expand
    tracemalloc.start()
    made = within_limits(expand(text), text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (made.reason, list(made.records)) == ("too_large", [])
    assert peak < 1.25 * DEFAULT_LIMITS.made


def test_a_profile_of_many_members_is_not_copied_for_each_message() -> None:
    """4,000 messages with a profile of 5,000 members were 0.4 GB."""
    calls = [{"id": "1", "name": "get_user_details", "arguments": {"user_id": "p1"}}]
    said = [{"role": "assistant", "tool_calls": calls}, {"role": "tool", "tool_call_id": "1", "content": "{}"}]
    text = transcript(1, 0, profile={str(number): 1 for number in range(5_000)})
    text = text.replace(
        '"messages": []', f'"messages": {json.dumps(said + [{"role": "user", "content": "a"}] * 4_000)}'
    )
    expand = expanders(SEEDS_DIR)["chat_transcripts"].expand
    tracemalloc.start()
    made = within_limits(expand(text), text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (made.reason, ("profile_id", "p1") in made.people) == ("too_large", True)
    assert peak < 100 * MIB


def test_parts_that_make_no_record_count_with_the_id_of_their_object() -> None:
    """They are rows of the warehouse, too: 8,000 notes and an id of 0.4 MB ended a run."""
    parts = [str(number) for number in range(60)]
    refused = within_limits(Expansion(object_id="o" * 1_000, parts=parts), "x" * 1_100, FEW)
    taken = within_limits(Expansion(object_id="o" * 800, parts=parts), "x" * 1_100, FEW)
    assert (refused.reason, taken.reason) == ("too_large", None)
