"""Expands `chat_transcripts` into records of the conversation log (contract 2.2).

What lives here: one transcript to records, and a batch of raw lines to tables. What does not: the maps of tools and
markers (`transcript_seeds.py`), and the checks that every log record goes through in staging.
"""

import dataclasses
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from orchestration.ingest.lexical import Number, dump, parse
from orchestration.ingest.transcript_seeds import Marker, Tool
from orchestration.ingest.transcript_values import as_id, at, in_result, is_absent, is_text, parsed, text_of

SEQUENCE_STEP = 1000  # contract 2.2: what a message's index counts in a record's sequence
RESULT = "result"
NO_NAME = "(no name)"  # how a call without a tool's name is counted
SPEAKERS = {"user": "customer", "assistant": "agent"}

RAW_LINE = ("batch_id", "ingested_at", "source", "file_path", "line_number")
CATEGORY = "erased_category"  # in the records of a forgotten person's transcript

Json = dict[str, Any]


@dataclass(frozen=True)
class Expansion:
    """A transcript's records, or why it was refused (contract 2.1: reason and field)."""

    reason: str | None = None
    field: str | None = None
    transcript_id: str | None = None
    message_count: int | None = None
    records: Sequence[Json] = ()
    unknown_tools: Counter[str] = dataclasses.field(default_factory=Counter)


@dataclass(frozen=True)
class _Call:
    """A tool call that waits for its result."""

    tool: Tool
    arguments: Any


@dataclass
class _State:
    """What one walk through a transcript has met so far."""

    tools: Mapping[str, Tool]
    skill: str | None = None
    pending: dict[str, list[_Call]] = dataclasses.field(default_factory=dict)
    identified: list[tuple[int, str]] = dataclasses.field(default_factory=list)  # (message index, profile_id), in order
    unknown_tools: Counter[str] = dataclasses.field(default_factory=Counter)


def expand(document: str, tools: Mapping[str, Tool], markers: Sequence[Marker]) -> Expansion:
    """Turn a transcript, the JSON text of an object, into log records in canonical form.

    Instants stay as they were given, and are absent where the transcript knows none; channel and profile are copied:
    staging judges all of them record by record. Roles that the contract does not name make no record.
    """
    transcript = parse(document)
    transcript_id, reason, field = _id_of(transcript)
    if reason is not None:
        return Expansion(reason=reason, field=field)
    messages = transcript.get("messages")
    if is_absent(messages):
        return Expansion(reason="missing_field", field="messages", transcript_id=transcript_id)
    if not isinstance(messages, list) or not all(message is None or isinstance(message, dict) for message in messages):
        return Expansion(reason="bad_value", field="messages", transcript_id=transcript_id)
    state = _State(tools)
    located = list(_records(transcript, transcript_id, messages, state, markers))
    _place_profiles(located, transcript.get("profile"), state.identified)
    records = [record for _, record in located]
    return Expansion(None, None, transcript_id, len(messages), records, state.unknown_tools)


def restored(document: str) -> Expansion:
    """The records of a forgotten person's transcript: they are all that is left of it (contract, section 6)."""
    left = parse(document)
    count = left.get("message_count")
    return Expansion(
        reason=left.get("reason"),
        field=left.get("field"),
        transcript_id=left.get("transcript_id"),
        message_count=None if count is None else int(count),
        records=left.get("records", ()),
    )


def expand_batch(
    lines: pa.Table, tools: Mapping[str, Tool], markers: Sequence[Marker]
) -> tuple[pa.Table, pa.Table, Counter[str]]:
    """Expand a table of raw `chat_transcripts` lines.

    Args:
        lines: columns batch_id, ingested_at, source, file_path, line_number, raw_text, document, problem, is_erased.
        tools: by name.
        markers: in the order of their position.

    Returns:
        (transcripts, records, unknown tools): one row per line, with its reason if it was refused; one row per record
        made, its JSON in `document`; how often each unknown tool was called.
    """
    unknown: Counter[str] = Counter()
    expansions: list[Expansion] = []
    content_ids: list[str | None] = []
    parents: list[int] = []
    documents: list[str] = []
    categories: list[str | None] = []
    indexes: list[int] = []
    columns = (lines[name].to_pylist() for name in ("raw_text", "document", "problem", "is_erased"))
    for row, (raw_text, document, problem, is_erased) in enumerate(zip(*columns, strict=True)):
        if problem:
            made = Expansion(reason=problem)
        else:
            made = restored(raw_text) if is_erased else expand(document or raw_text, tools, markers)
        categories.extend(record.pop(CATEGORY, None) for record in made.records)
        texts = [dump(record, canonical=True) for record in made.records]
        expansions.append(made)
        content_ids.append(None if made.reason else _content_id(texts, made.message_count))
        parents.extend([row] * len(texts))
        documents.extend(texts)
        indexes.extend(range(len(texts)))
        unknown.update(made.unknown_tools)
    outcome = {
        "reason": pa.array([made.reason for made in expansions], pa.string()),
        "field": pa.array([made.field for made in expansions], pa.string()),
        "transcript_id": pa.array([made.transcript_id for made in expansions], pa.string()),
        "message_count": pa.array([made.message_count for made in expansions], pa.int64()),
        "content_id": pa.array(content_ids, pa.string()),
    }
    transcripts = _with_columns(lines.select([*RAW_LINE, "raw_text"]), outcome)
    of_records = {
        "transcript_id": outcome["transcript_id"].take(pa.array(parents, pa.int64())),
        "record_index": pa.array(indexes, pa.int64()),
        "document": pa.array(documents, pa.string()),
        CATEGORY: pa.array(categories, pa.string()),
    }
    records = _with_columns(lines.select([*RAW_LINE, "is_erased"]).take(pa.array(parents, pa.int64())), of_records)
    return transcripts, records, unknown


def _with_columns(table: pa.Table, columns: Mapping[str, pa.Array]) -> pa.Table:
    for name, column in columns.items():
        table = table.append_column(name, column)
    return table


def _content_id(documents: Sequence[str], message_count: int | None) -> str:
    """What two transcripts share that say the same: sha256, in hex, of their records and number of messages."""
    return hashlib.sha256(f"{message_count}[{','.join(documents)}]".encode()).hexdigest()


def _id_of(transcript: Json) -> tuple[str, str | None, str | None]:
    """(id, None, None), or ("", reason, field): the first of id and conversation_id that is there must be usable."""
    for name in ("id", "conversation_id"):
        value = transcript.get(name)
        if not is_absent(value):
            text = as_id(value)
            return (text, None, None) if text else ("", "bad_value", name)
    return "", "missing_field", "id"


def _records(
    transcript: Json, transcript_id: str, messages: Sequence[Json | None], state: _State, markers: Sequence[Marker]
) -> Iterator[tuple[int, Json]]:
    """(message index, record), in order, still without profiles."""
    occurred_at = transcript.get("start_time")
    for index, message in enumerate(messages):
        if message is None:
            continue
        if not is_absent(message.get("timestamp")):
            occurred_at = message["timestamp"]
        for place, (part, own) in enumerate(_parts(message, index, state, markers)):
            record = {
                "record_id": f"{transcript_id}:{index}:{part}",
                "conversation_id": transcript_id,
                "occurred_at": occurred_at,
                "sequence": SEQUENCE_STEP * index + place,
                **own,
                "channel": transcript.get("channel"),
            }
            yield index, {name: value for name, value in record.items() if value is not None}


def _parts(message: Json, index: int, state: _State, markers: Sequence[Marker]) -> Iterator[tuple[str, Json]]:
    """(part, own fields) of the records that one message makes, in order."""
    role = message.get("role")
    role = role.strip().lower() if isinstance(role, str) else None
    if role in SPEAKERS:
        yield from _content_parts(text_of(message.get("content")), SPEAKERS[role], markers)
        calls = message.get("tool_calls")
        for place, call in enumerate(calls if isinstance(calls, list) else []):
            if isinstance(call, dict):
                yield from _call_parts(call, place, state)
    elif role == "tool":
        yield from _result_parts(message, index, state)


def _content_parts(text: Any, actor: str, markers: Sequence[Marker]) -> Iterator[tuple[str, Json]]:
    statuses = {marker.marker: marker.status for marker in markers}
    found: list[str] = []
    if statuses and is_text(text):
        pattern = "|".join(re.escape(marker) for marker in statuses)
        found = re.findall(pattern, text)
        text = re.sub(pattern, "", text)
    if not is_absent(text):
        yield "content", {"record_type": "message", "actor": actor, "text": text}
    for place, marker in enumerate(found):
        yield f"marker{place}", {"record_type": "status_changed", "actor": "agent", "status": statuses[marker]}


def _call_parts(call: Json, place: int, state: _State) -> Iterator[tuple[str, Json]]:
    given_function = call.get("function")
    function: Json = given_function if isinstance(given_function, dict) else {}
    name = next((name for name in (call.get("name"), function.get("name")) if isinstance(name, str) and name), NO_NAME)
    tool = state.tools.get(name)
    if tool is None:
        state.unknown_tools[name] += 1
        return
    if tool.skill and tool.skill != state.skill:
        state.skill = tool.skill
        yield f"call{place}:skill", {"record_type": "skill_changed", "skill": tool.skill}
    given = call.get("arguments") if call.get("arguments") is not None else function.get("arguments")
    arguments = parsed(given) if isinstance(given, str) and not isinstance(given, Number) else given
    call_id = as_id(call.get("id"))
    if call_id:
        state.pending.setdefault(call_id, []).append(_Call(tool, arguments))
    if tool.effect == "escalate":
        reason = at(arguments, tool.path)
        yield (
            f"call{place}",
            {"record_type": "status_changed", "actor": "agent", "status": "escalated", "escalation_reason": reason},
        )
    elif tool.effect == "recommend" and not tool.reads_result:
        yield from _recommendation(f"call{place}", at(arguments, tool.path))


def _result_parts(message: Json, index: int, state: _State) -> Iterator[tuple[str, Json]]:
    """What a call's result makes; the call is the latest one of that id that has no result yet."""
    call_id = as_id(message.get("tool_call_id")) or as_id(message.get("id"))
    waiting = state.pending.get(call_id)
    call = waiting.pop() if waiting else None
    content = text_of(message.get("content"))
    if call is None:
        return
    result = parsed(content) if is_text(content) else content
    failed = message.get("error") is True or (isinstance(result, dict) and result.get("error") is True)
    tool = call.tool
    value = in_result(result, content, tool.path) if tool.reads_result else at(call.arguments, tool.path)
    if tool.effect == "identify":
        profile_id = as_id(value)
        if profile_id and not failed and not (is_text(content) and content.startswith("Error")):
            state.identified.append((index, profile_id))
    elif tool.effect == "recommend" and tool.reads_result:
        yield from _recommendation(RESULT, value)


def _recommendation(part: str, products: Any) -> Iterator[tuple[str, Json]]:
    """A recommending record, unless there is nothing to recommend; what is no list is for staging to refuse."""
    if is_absent(products) or (isinstance(products, list) and all(map(_names_nothing, products))):
        return
    yield part, {"record_type": "products_recommended", "products": products}


def _names_nothing(product: Any) -> bool:
    """True for an element that is absent, and for an object without any of the fields that name a product."""
    if isinstance(product, dict):
        return all(is_absent(product.get(name)) for name in ("product_id", "sku", "id"))
    return is_absent(product)


def _place_profiles(located: Sequence[tuple[int, Json]], own: Any, identified: Sequence[tuple[int, str]]) -> None:
    """Put the transcript's own profile on all records, and who was identified on those from there on.

    An identification that no record follows stands on the last one.
    """
    last = len(located) - 1
    for place, (index, record) in enumerate(located):
        known = [profile_id for since, profile_id in identified if since <= index or place == last]
        if known:
            record["profile"] = {**(own if isinstance(own, dict) else {}), "profile_id": known[-1]}
        elif own is not None:
            record["profile"] = own
