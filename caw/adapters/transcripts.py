"""Expands `chat_transcripts` into records of the conversation log (spec §2.2).

What belongs here: one transcript to records, and the adapter's entry. What does not: the seeds with the rules
(`transcript_seeds.py`), where its texts are (`transcript_spots.py`), and checks of log records, which staging makes.
"""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from caw.adapters.adapter import WORD, Adapter, Expander, SeedRow
from caw.adapters.records import FROM_START, LOG, Expansion, Json, Record
from caw.adapters.transcript_seeds import ABSENT, MARKERS, TOOLS, Rules, Tool, load_rules
from caw.adapters.transcript_spots import spots
from caw.adapters.transcript_values import (
    as_id,
    at,
    has_failed,
    in_result,
    is_absent,
    is_text,
    list_of,
    parsed,
    product_of,
    text_of,
)
from caw.formats.strict_json import dump, parse

SEQUENCE_STEP = 1000  # spec §2.2.3: what a message's index counts in a record's sequence
RESULT = "result"
USER, ASSISTANT, TOOL = "user", "assistant", "tool"
SPEAKERS = {USER: "customer", ASSISTANT: "agent"}
LONGEST_WORD = 100  # characters of an unknown word that are kept (spec §2.0.14)


@dataclass
class _Call:
    """A known tool's call, and what became of it."""

    place: int  # among the message's calls
    tool: Tool
    given: Any  # its arguments, as an object or as JSON text
    has_failed: bool = False

    def argument(self) -> Any:
        """The value at the tool's path in the arguments."""
        given = self.given
        return at(parsed(given) if is_text(given) else given, self.tool.path)


@dataclass(frozen=True)
class _Answer:
    """A call's result."""

    call: _Call
    content: Any
    value: Any  # the JSON value that the content is, or None


@dataclass
class _Walk:
    """A transcript's messages with their roles, calls and results, whose failures are known before records are made."""

    rules: Rules
    messages: Sequence[Json | None]
    roles: list[str | None] = dataclasses.field(default_factory=list)
    calls: dict[int, list[_Call]] = dataclasses.field(default_factory=dict)  # by the message's index, as are answers
    answers: dict[int, _Answer] = dataclasses.field(default_factory=dict)
    unknown_words: Counter[tuple[str, str]] = dataclasses.field(default_factory=Counter)
    skill: str | None = None
    identified: list[tuple[int, str]] = dataclasses.field(default_factory=list)  # (message index, profile_id), by index

    def __post_init__(self) -> None:
        """Read the roles, and find each call's result: that of a repeated id is the latest unanswered call's."""
        pending: dict[str, list[_Call]] = {}
        for index, message in enumerate(self.messages):
            role = None if message is None else self._role(message.get("role"))
            self.roles.append(role)
            if message is None:
                continue
            if role == ASSISTANT:
                self._take_calls(index, message, pending)
            elif role == TOOL and pending:
                waiting = pending.get(as_id(message.get("tool_call_id")) or as_id(message.get("id")))
                if waiting:
                    self._take_answer(index, message, waiting.pop())

    def _role(self, given: Any) -> str | None:
        role = self.rules.role(given) if is_text(given) else None
        if role is None:
            self._note("role", given if is_text(given) else "")
        return role

    def _take_calls(self, index: int, message: Json, pending: dict[str, list[_Call]]) -> None:
        given = list_of(message.get("tool_calls"))
        for place, call in enumerate(given if isinstance(given, list) else []):
            if not isinstance(call, dict):
                continue
            function = call.get("function")
            function = function if isinstance(function, dict) else {}
            name = next((name for name in (call.get("name"), function.get("name")) if is_text(name) and name), "")
            tool = self.rules.tools.get(name)
            if tool is None:
                self._note("tool", name)
                continue
            arguments = call.get("arguments")
            made = _Call(place, tool, function.get("arguments") if arguments is None else arguments)
            self.calls.setdefault(index, []).append(made)
            call_id = as_id(call.get("id"))
            if call_id:
                pending.setdefault(call_id, []).append(made)

    def _take_answer(self, index: int, message: Json, call: _Call) -> None:
        if call.tool.effect:
            content = text_of(message.get("content"))
            value = parsed(content) if is_text(content) else content
            call.has_failed = has_failed(message, content, value)
            self.answers[index] = _Answer(call, content, value)

    def _note(self, field_name: str, word: str) -> None:
        """Count a word that no seed knows; a call without a tool's name, or a message without a role, has none."""
        if shown := word.strip()[:LONGEST_WORD]:
            self.unknown_words[field_name, shown] += 1


def expand(document: str, rules: Rules) -> Expansion:
    """Turn a transcript, the JSON text of an object, into log records in canonical form.

    Instants stay as they were given, and are absent where the transcript knows none; channel and profile are copied:
    staging validates all of them record by record. Roles that no alias knows make no record.
    """
    transcript = parse(document)
    transcript_id, reason, field_name = _id_of(transcript)
    if reason is not None:
        return Expansion(reason=reason, field=field_name)
    messages = list_of(transcript.get("messages"))
    if is_absent(messages):
        return Expansion(reason="missing_field", field="messages", object_id=transcript_id)
    if not isinstance(messages, list) or not all(message is None or isinstance(message, dict) for message in messages):
        return Expansion(reason="bad_value", field="messages", object_id=transcript_id)
    walk = _Walk(rules, messages)
    located = list(_records(transcript, transcript_id, walk))
    _place_profiles(located, transcript.get("profile"), walk.identified)
    records = [Record(LOG, record) for _, record in located]
    return Expansion(
        object_id=transcript_id, version_rank=len(messages), records=records, unknown_words=walk.unknown_words
    )


def _id_of(transcript: Json) -> tuple[str, str | None, str | None]:
    """(id, None, None), or ("", reason, field): the first of id and conversation_id that is there must be usable."""
    for name in ("id", "conversation_id"):
        value = transcript.get(name)
        if not is_absent(value):
            text = as_id(value)
            return (text, None, None) if text else ("", "bad_value", name)
    return "", "missing_field", "id"


def _records(transcript: Json, transcript_id: str, walk: _Walk) -> Iterator[tuple[int, Json]]:
    """(message index, record), in message order, still without profiles."""
    occurred_at = transcript.get("start_time")
    is_start = not is_absent(occurred_at)
    for index, message in enumerate(walk.messages):
        if message is None:
            continue
        if not is_absent(message.get("timestamp")):
            occurred_at, is_start = message["timestamp"], False
        for place, (part, own) in enumerate(_parts(message, index, walk)):
            record = {
                "record_id": f"{transcript_id}:{index}:{part}",
                "conversation_id": transcript_id,
                "occurred_at": occurred_at,
                "sequence": SEQUENCE_STEP * index + place,
                **own,
                "channel": transcript.get("channel"),
                FROM_START: is_start or None,
            }
            yield index, {name: value for name, value in record.items() if value is not None}


def _parts(message: Json, index: int, walk: _Walk) -> Iterator[tuple[str, Json]]:
    """(part, own fields) of the records that one message makes, in their order."""
    role = walk.roles[index]
    if role in SPEAKERS:
        yield from _content_parts(text_of(message.get("content")), SPEAKERS[role], walk.rules)
        for call in walk.calls.get(index, ()):
            yield from _call_parts(call, index, walk)
    elif index in walk.answers:
        yield from _result_parts(walk.answers[index], index, walk)


def _content_parts(text: Any, actor: str, rules: Rules) -> Iterator[tuple[str, Json]]:
    """The message that a text is, and what its markers say; they are cut out."""
    pattern = rules.marker_pattern
    found = pattern.findall(text) if pattern and is_text(text) else []
    if found and pattern:
        text = pattern.sub("", text).strip()
    if not is_absent(text):
        yield "content", {"record_type": "message", "actor": actor, "text": text}
    for place, marker in enumerate(found):
        yield f"marker{place}", {"record_type": "status_changed", "actor": "agent", "status": rules.status_of[marker]}


def _call_parts(call: _Call, index: int, walk: _Walk) -> Iterator[tuple[str, Json]]:
    """What a call makes at its own message: its skill, and its effect, unless that waits for the result or failed."""
    tool, part = call.tool, f"call{call.place}"
    if tool.skill and tool.skill != walk.skill:
        walk.skill = tool.skill
        yield f"{part}:skill", {"record_type": "skill_changed", "skill": tool.skill}
    if call.has_failed or not tool.effect:
        return
    if tool.effect == "escalate":
        reason = call.argument()
        reason = dump(reason) if isinstance(reason, dict | list) and not is_absent(reason) else reason
        yield (
            part,
            {"record_type": "status_changed", "actor": "agent", "status": "escalated", "escalation_reason": reason},
        )
    elif tool.effect != "identify" and not tool.reads_result:
        yield from _effect(part, tool.effect, call.argument(), index, walk)


def _result_parts(answer: _Answer, index: int, walk: _Walk) -> Iterator[tuple[str, Json]]:
    """What a call's result makes."""
    tool = answer.call.tool
    if answer.call.has_failed:
        return
    if tool.reads_result:
        yield from _effect(RESULT, tool.effect, in_result(answer.value, answer.content, tool.path), index, walk)
    elif tool.effect == "identify":
        yield from _effect(RESULT, tool.effect, answer.call.argument(), index, walk)


def _effect(part: str, effect: str, value: Any, index: int, walk: _Walk) -> Iterator[tuple[str, Json]]:
    """The record of a recommendation or of a cart, if the value names a product; who is identified is only noted.

    A value of an unexpected type is left for staging to reject.
    """
    if effect == "identify":
        profile_id = as_id(value)
        if profile_id and not walk.rules.names_nobody(profile_id):
            walk.identified.append((index, profile_id))
    elif effect == "recommend":
        products = list_of(value)
        named = products if isinstance(products, list) else [products]
        if isinstance(value, dict) or any(product_of(product) is not None for product in named):
            yield part, {"record_type": "products_recommended", "products": products}
    elif effect == "cart" and product_of(value) is not None:
        yield part, {"record_type": "added_to_cart", "product_id": product_of(value)}


def _place_profiles(located: Sequence[tuple[int, Json]], own: Any, identified: Sequence[tuple[int, str]]) -> None:
    """Put the transcript's own profile on all records, and who was identified on those from there on.

    An identification that no record follows is put on the last one.
    """
    last = len(located) - 1
    for place, (index, record) in enumerate(located):
        known = [profile_id for since, profile_id in identified if since <= index or place == last]
        if known:
            record["profile"] = {**(own if isinstance(own, dict) else {}), "profile_id": known[-1]}
        elif own is not None:
            record["profile"] = own


def load(seeds: Path) -> Expander:
    """The adapter by the seeds of a folder; raises ValueError for a wrong row of the tool map or the markers."""
    rules = load_rules(seeds)
    return Expander(rules.fingerprint, partial(_expanded, rules), partial(spots, rules.reasons))


def _expanded(rules: Rules, document: str) -> Expansion:
    return expand(document, rules)


ADAPTER = Adapter(
    version=2,
    load=load,
    seeds=(TOOLS, MARKERS, ABSENT),
    refusals={
        "missing_field": "is missing: a transcript has an id and a list of messages.",
        "bad_value": "is not as a transcript has it: an id is a text or a whole number, messages are a list of objects "
        "with role and content.",
    },
    needs_record=True,
    lists_every_refusal=True,
    as_written=False,
    is_conversation=True,
    seed_rows={"tool": SeedRow(TOOLS, (WORD, "", "", ""))},
    carries=(
        ("conversation", "id"),
        ("conversation", "conversation_id"),
        ("profile_id", "profile.profile_id"),
        ("email", "profile.email"),
        ("phone", "profile.phone_number"),
        ("external_id", "profile.external_id"),
        ("anonymous_id", "profile.anonymous_id"),
    ),
)
