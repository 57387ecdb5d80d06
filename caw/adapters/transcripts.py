"""Expands `chat_transcripts` into records of the conversation log (spec §2.2 and §2.3.13).

A line goes one way: a document has an id and a list of messages (`transcript_documents.py`), each message becomes a
turn in one form (`transcript_turns.py`, by the shapes of `transcript_blocks.py`), each turn makes records. What belongs
here: turns to records, and the adapter's entry. What does not: the seeds with the rules (`transcript_seeds.py`), where
its texts are (`transcript_spots.py`), and checks of log records, which staging makes.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from caw.adapters.adapter import WORD, Adapter, Expander, SeedRow
from caw.adapters.records import FROM_START, LOG, Expansion, Json, Record
from caw.adapters.transcript_documents import BAD, ID_NAMES, MESSAGES, MISSING, id_of, messages_of, start_of
from caw.adapters.transcript_seeds import MARKERS, TOOLS, Rules, load_rules
from caw.adapters.transcript_spots import spots
from caw.adapters.transcript_turns import ASSISTANT, USER, Call, Result, Turn, turns_of
from caw.adapters.transcript_values import as_id, in_result, is_absent, is_text, list_of, product_of
from caw.feeds.seeds import ABSENT_IDENTIFIERS
from caw.formats.strict_json import dump, parse
from caw.limits import DEFAULT_LIMITS

SEQUENCE_STEP = 1000  # spec §2.2.3: what a message's index counts in a record's sequence
SHORTEST_MEMBER = 4  # characters of a member of an object, as `"":1`
SPEAKERS = {USER: "customer", ASSISTANT: "agent"}


@dataclass
class _Walk:
    """The state of going through the turns."""

    rules: Rules
    most: int  # records: so many are too much already, by the transcript's id in each (spec §2.1.3)
    skill: str | None = None
    made: int = 0  # records so far
    identified: list[tuple[int, str]] = dataclasses.field(default_factory=list)  # (records before it, profile_id)


def expand(document: str, rules: Rules) -> Expansion:
    """Turn a transcript, the JSON text of an object, into log records in canonical form.

    Instants stay as they were given, and are absent where the transcript knows none; channel and profile are copied:
    staging validates all of them record by record. Roles that no alias knows make no record.
    """
    transcript = parse(document)
    transcript_id, reason, field_name = id_of(transcript)
    if reason is not None:
        return Expansion(reason=reason, field=field_name)
    conversation = [("conversation", transcript_id)]
    messages = messages_of(transcript)
    if messages is None:
        return Expansion(reason="missing_field", field=MESSAGES, object_id=transcript_id, people=conversation)
    if not isinstance(messages, list) or not all(message is None or isinstance(message, dict) for message in messages):
        return Expansion(reason="bad_value", field=MESSAGES, object_id=transcript_id, people=conversation)
    turns, unknown_words = turns_of(messages, rules)
    walk = _Walk(rules, DEFAULT_LIMITS.copies_of(len(transcript_id)))
    fields = list(_records(transcript, transcript_id, turns, walk))
    _place_profiles(fields, transcript.get("profile"), walk.identified)
    return Expansion(
        object_id=transcript_id,
        version_rank=len(messages),
        records=[Record(LOG, one) for one in fields],
        unknown_words=unknown_words,
        people=conversation + [("profile_id", profile_id) for _, profile_id in walk.identified],
    )


def _records(transcript: Json, transcript_id: str, turns: Sequence[Turn | None], walk: _Walk) -> Iterator[Json]:
    """The records in their order, still without profiles."""
    occurred_at = start_of(transcript)
    is_start = occurred_at is not None
    channel = transcript.get("channel")
    for index, turn in enumerate(turns):
        if turn is None:
            continue
        if turn.timestamp is not None:
            occurred_at, is_start = turn.timestamp, False
        if turn.role not in SPEAKERS and not turn.acts:
            continue
        for place, (part, own) in enumerate(_parts(turn, walk)):
            walk.made += 1
            if walk.made > walk.most:
                continue  # the line is refused; who is identified is still noted
            record: Json = {"record_id": f"{transcript_id}:{index}:{part}", "conversation_id": transcript_id}
            if occurred_at is not None:
                record["occurred_at"] = occurred_at
            record["sequence"] = SEQUENCE_STEP * index + place
            record.update(own)
            if channel is not None:
                record["channel"] = channel
            if is_start:
                record[FROM_START] = True
            yield record


def _parts(turn: Turn, walk: _Walk) -> Iterator[tuple[str, Json]]:
    """(part, own fields) of the records that one turn makes, in their order."""
    if turn.role in SPEAKERS:
        yield from _content_parts(turn.text, SPEAKERS[turn.role], walk.rules)
    for act in turn.acts:
        yield from _call_parts(act, walk) if isinstance(act, Call) else _result_parts(act, walk)


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


def _call_parts(call: Call, walk: _Walk) -> Iterator[tuple[str, Json]]:
    """Records of a call at its own message: its skill, and its effect, unless that waits for the result or failed."""
    tool, part = call.tool, f"call{call.place}"
    if tool is None:
        return
    if tool.skill and tool.skill != walk.skill:
        walk.skill = tool.skill
        yield f"{part}:skill", {"record_type": "skill_changed", "skill": tool.skill}
    if call.has_failed or not tool.effect:
        return
    if tool.effect == "escalate":
        reason = call.argument(tool.path)
        reason = dump(reason) if isinstance(reason, dict | list) and not is_absent(reason) else reason
        given = {} if reason is None else {"escalation_reason": reason}
        yield part, {"record_type": "status_changed", "actor": "agent", "status": "escalated", **given}
    elif tool.effect != "identify" and not tool.reads_result:
        yield from _effect(part, tool.effect, call.argument(tool.path), walk)


def _result_parts(result: Result, walk: _Walk) -> Iterator[tuple[str, Json]]:
    """Records of a call's result."""
    tool = result.call.tool
    if tool is None or result.call.has_failed:
        return
    part = f"result{result.place or ''}"
    if tool.reads_result:
        yield from _effect(part, tool.effect, in_result(result.value, result.content, tool.path), walk)
    elif tool.effect == "identify":
        yield from _effect(part, tool.effect, result.call.argument(tool.path), walk)


def _effect(part: str, effect: str, value: Any, walk: _Walk) -> Iterator[tuple[str, Json]]:
    """The record of a recommendation or of a cart, if the value names a product; who is identified is only noted.

    A value of an unexpected type is left for staging to reject.
    """
    if effect == "identify":
        profile_id = as_id(value)
        if profile_id and not walk.rules.names_nobody(profile_id):
            walk.identified.append((walk.made, profile_id))
    elif effect == "recommend":
        products = list_of(value)
        named = products if isinstance(products, list) else [products]
        if isinstance(value, dict) or any(product_of(product) is not None for product in named):
            yield part, {"record_type": "products_recommended", "products": products}
    elif effect == "cart" and product_of(value) is not None:
        yield part, {"record_type": "added_to_cart", "product_id": product_of(value)}


def _place_profiles(records: Sequence[Json], own: Any, identified: Sequence[tuple[int, str]]) -> None:
    """Put the transcript's own profile on all records, and who was identified on those from there on.

    An identification that no record follows is put on the last one. What is made for one is shared by the records that
    it is on, and no more of them are made than are too much for a line.
    """
    waiting, profile = list(reversed(identified)), own
    members = own if isinstance(own, dict) else {}
    left = DEFAULT_LIMITS.copies_of(SHORTEST_MEMBER * len(members))
    for place, record in enumerate(records):
        known: str | None = None
        while waiting and (waiting[-1][0] <= place or place == len(records) - 1):
            known = waiting.pop()[1]
        if known is not None and left:
            profile, left = {**members, "profile_id": known}, left - 1
        if profile is not None:
            record["profile"] = profile


def load(seeds: Path) -> Expander:
    """The adapter by the seeds of a folder; raises ValueError for a wrong row of the tool map or the markers."""
    rules = load_rules(seeds)
    return Expander(rules.fingerprint, partial(_expanded, rules), partial(spots, rules))


def _expanded(rules: Rules, document: str) -> Expansion:
    return expand(document, rules)


ADAPTER = Adapter(
    version=7,
    load=load,
    seeds=(TOOLS, MARKERS, ABSENT_IDENTIFIERS),
    refusals={"missing_field": MISSING, "bad_value": BAD},
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
    may_carry=[("conversation", name) for name in ID_NAMES],  # with an `id`, it may be of many people
)
