"""Lines of every dialect that were changed at random, and recordings: the reference reads them as the adapter does."""

import contextlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from caw.adapters.transcript_spots import spots
from caw.adapters.transcripts import expand
from caw.feeds.declared import SEEDS_DIR, feeds
from caw.formats import reader_for
from caw.formats.lines import FileToRead
from caw.formats.strict_json import dump, parse
from caw.limits import DEFAULT_LIMITS
from tests.reference import transcripts as reference
from tests.reference.jsontext import compact_json, parse_json
from tests.reference.model import Refused
from tests.reference.seeds import read_seeds
from tests.reference.typed_records import Context
from tests.support import dialects
from tests.support.changed_lines import changed
from tests.support.transcript_messages import SHIPPED

LINES = 360
CONTEXT = Context(read_seeds(SEEDS_DIR, ("dialects",)), "acme", datetime(2026, 7, 1, tzinfo=UTC))
# Spec §2.3.13 does not name `function_call`, and the reference does not read it.
BASES = [line for name, line in dialects.ALL.items() if name != "older chat completions"]
SHARED = Path(os.environ.get("CAW_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")) / "vendors"
RECORDINGS = ("anthropic", "openai", "vercel_ai_sdk")

Read = tuple[Any, ...]


def ours(text: str) -> Read:
    """(reason, field), or (id, number of messages, records, unknown words)."""
    made = expand(text, SHIPPED)
    if made.reason is not None:
        return made.reason, made.field
    found = [_plain(json.loads(dump(record.fields))) for record in made.records]
    return made.object_id, made.version_rank, found, set(made.unknown_words)


def theirs(text: str) -> Read:
    try:
        made = reference.expand(parse_json(text), CONTEXT)
    except Refused as refused:
        return refused.reason, refused.field_name
    words = {(name, word.strip()[:100]) for name, word in made.unknown_words}
    found = [_plain(json.loads(compact_json(record))) for record in made.records]
    return made.transcript_id, made.message_count, found, words


def _plain(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record without absent members; a list of products that is a text reads as that list in both."""
    found = {name: value for name, value in record.items() if value is not None}
    if isinstance(products := found.get("products"), str) and products.startswith("["):
        with contextlib.suppress(json.JSONDecodeError):
            found["products"] = json.loads(products)
    return found


def test_changed_lines_are_read_as_the_reference_reads_them() -> None:
    """A member that is missing, of another type or in another place must neither raise nor be read in another way."""
    rng = Random(20260610)
    refused = 0
    for number in range(LINES):
        text = json.dumps(changed(rng, BASES[number % len(BASES)]))
        assert ours(text) == theirs(text), text
        spots(SHIPPED, parse(text))
        refused += len(ours(text)) == 2
    assert LINES // 20 < refused < LINES // 2


@pytest.fixture(name="documents")
def documents_fixture() -> Path:
    """The gathered documents, a folder a vendor."""
    if not SHARED.is_dir():
        pytest.skip("the vendors' documents are not here")
    return SHARED


def _lines(path: Path) -> list[tuple[str, str | None]]:
    """(text, rejection) of a landed file's lines."""
    reader = reader_for(path.name)
    assert reader is not None
    read = [one.validate() for one in reader(FileToRead.at(path), feeds()["chat_transcripts"], DEFAULT_LIMITS)]
    return [pair for one in read for pair in zip(one.raw_text.to_pylist(), one.rejection.to_pylist(), strict=True)]


def test_recordings_are_refused_with_a_reason(documents: Path) -> None:
    """Answers of APIs, chunks of streams and run states are no conversations; landed by mistake, they say so."""
    seen = 0
    for vendor in RECORDINGS:
        for path in sorted((documents / vendor).glob("*.json*")):
            for text, rejection in _lines(path):
                assert rejection or expand(text, SHIPPED).reason, path.name
                seen += 1
    assert seen > 300


def test_histories_inside_recordings_are_read_as_the_reference_reads_them(documents: Path) -> None:
    """Real histories: of request bodies the messages, of managed agents' sessions the events, each given an id."""
    histories: dict[str, dict[str, Any]] = {}
    for path in sorted([*documents.glob("anthropic/open*.json"), *documents.glob("openai/openllmetry_*.json")]):
        for place, call in enumerate(_objects(json.loads(path.read_text(encoding="utf-8")))):
            for name in ("messages", "input"):
                if isinstance(call.get(name), list):
                    histories[f"{path.stem}:{place}:{name}"] = {"id": "t", "start_time": 1e9, name: call[name]}
    for path in sorted(documents.glob("anthropic/anthropic_managed_*.jsonl")):
        calls = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        events = [body for name, body in calls if name == "client.beta.sessions.events.stream" and "type" in body]
        histories[path.stem] = {"id": "t", "events": events}
    assert len(histories) > 10
    found = {name: ours(json.dumps(one)) for name, one in histories.items()}
    assert found == {name: theirs(json.dumps(one)) for name, one in histories.items()}
    records = [record for one in found.values() for record in one[2]]
    assert {record["record_type"] for record in records} == {"message"}, "a hand-off between agents is no escalation"
    words = {word for one in found.values() for _, word in one[3]}
    assert {"get_weather", "transfer_to_analytics_agent"} <= words
    session = found["anthropic_managed_custom_tools"][2]
    assert [(one["actor"], one["text"][:13]) for one in session] == [
        ("customer", "What's the we"),
        ("agent", "It's currentl"),
    ]


def _objects(value: Any) -> list[dict[str, Any]]:
    """All objects inside a value."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [*([value] if isinstance(value, dict) else []), *(one for part in inner for one in _objects(part))]
