"""Which raw lines carry, or name, whom."""

import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from orchestration.erasure.finding import IdentifierFinder
from orchestration.erasure.identifiers import PLACES, Identifier
from orchestration.ingest.expansion import expander
from orchestration.ingest.feeds import SEEDS_DIR, feeds
from orchestration.ingest.raw_store import LINE_SCHEMA


def finder(feed: str) -> IdentifierFinder:
    """A finder with the shipped tool map."""
    return IdentifierFinder(feeds()[feed], expander(SEEDS_DIR))


def lines(*texts: str, problem: str | None = None) -> pa.Table:
    """Raw lines of one file."""
    rows: list[dict[str, Any]] = [
        {"batch_id": "00000001", "ingested_at": datetime(2026, 1, 1, tzinfo=UTC), "source": "acme", "file_path": "f",
         "line_number": number, "raw_text": text, "problem": problem, "is_erased": False}
        for number, text in enumerate(texts, 1)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, LINE_SCHEMA)


PERSON = {"profile_id": 12, "email": "\u00a0Ann@X.example ", "phone_number": "0049 30 1234567", "external_id": "e",
          "anonymous_id": "a"}  # fmt: skip
KNOWN = {Identifier("profile_id", "12"), Identifier("email", "ann@x.example"), Identifier("phone", "49301234567")}
RECORDS: dict[str, tuple[dict[str, Any], set[Identifier]]] = {
    "conversation_log": ({"conversation_id": "c", "profile": PERSON}, KNOWN | {Identifier("conversation", "c")}),
    "chat_transcripts": ({"id": "c", "profile": PERSON, "messages": []}, KNOWN | {Identifier("conversation", "c")}),
    "orders": ({"order_id": 7, "profile": PERSON}, KNOWN | {Identifier("order", "7")}),
    "profiles": (
        {**PERSON, "merged_into": "m", "anonymous_ids": ["a1", "a2"]},
        KNOWN | {Identifier("profile_id", "m"), Identifier("anonymous_id", "a1"), Identifier("anonymous_id", "a2")},
    ),
    "consents": (PERSON, {Identifier("profile_id", "12")}),
    "suppressions": (PERSON, {Identifier("profile_id", "12")}),
    "message_sends": (PERSON, {Identifier("profile_id", "12")}),
    "erasures": (PERSON, KNOWN),
}


@pytest.mark.parametrize("feed", [name for name in feeds() if name != "products"])
def test_every_feed_of_people_shows_whom_its_lines_carry(feed: str) -> None:
    """A feed, or a field of one, by which a person is known is forgotten about when people are forgotten."""
    record, expected = RECORDS[feed]
    for identifier in expected:
        assert finder(feed).carrying(lines("{}", json.dumps(record)), [identifier]) == [1], identifier
    assert (
        finder(feed).carrying(lines(json.dumps(record)), [Identifier("profile_id", "1"), Identifier("order", "c")])
        == []
    )
    assert set(PLACES) == set(RECORDS)


def test_a_transcript_shows_whom_its_tools_identify() -> None:
    """Who is learnt in mid-conversation stands in no profile of the transcript."""
    call = {"id": "k", "name": "find_user_id_by_email", "arguments": "{}"}
    messages = [
        {"role": "user", "content": "hi", "timestamp": 1e9},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "k", "content": "ann_1"},
    ]
    found = finder("chat_transcripts").carrying(
        lines(json.dumps({"id": "t", "messages": messages})), [Identifier("profile_id", "ann_1")]
    )
    assert found == [0]


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ('{"email": "Ann@X.example", "te', Identifier("email", "ann@x.example")),
        ("call +49 (30) 1234-567 now", Identifier("phone", "49301234567")),
        ('{"conversation_id":"c 1","x', Identifier("conversation", "c 1")),
        ('{"profile_id":"p"', Identifier("profile_id", "p")),
    ],
)
def test_a_line_that_is_no_record_shows_what_may_be_an_identifier(text: str, identifier: Identifier) -> None:
    """A broken line keeps the person that a whole one would lose."""
    broken = lines("nothing", text, problem="not_json")
    assert finder("orders").carrying(broken, [identifier]) == [1]


def test_a_name_is_found_however_json_writes_it() -> None:
    """An escaped letter or slash hides an identifier in somebody else's line."""
    texts = [json.dumps({"text": "of Zo\u00e9/42!"}), '{"text": "of zo\u00e9\\/42"}', '{"text": "zo\u00c9/42"}', "{}"]
    assert finder("conversation_log").naming(lines(*texts), ["zo\u00e9/42"]) == [0, 1, 2]
