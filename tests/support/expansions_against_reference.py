"""Compares what an adapter makes of one line with what the independent reference makes of it, with its own parts alone.

Records are compared as they are typed, by the reference's checks of their canonical feeds on both sides: `77` and
`"77"` are one id, and members that are null are absent. Of a refused record its reason, its field and its members
count. Of an adapter's records those are compared that `people` leaves.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from caw.adapters.people import of_source
from caw.adapters.records import CATEGORY, FROM_START, INGESTED_AT, Expansion
from caw.adapters.registry import Expand, expander
from caw.formats.strict_json import dump
from tests.reference.jsontext import Number, parse_json
from tests.reference.model import Refused
from tests.reference.seeds import Seeds, read_seeds
from tests.reference.transcripts import expand as expand_transcript
from tests.reference.typed_records import Context, type_record
from tests.reference.values import Cell, is_absent
from tests.reference.vendors.heeded import heeded
from tests.reference.vendors.line import INGESTED_AT as THEIR_INGESTED_AT
from tests.reference.vendors.line import Fields, Part, Says
from tests.reference.vendors.registry import ALL_PARTS, VENDOR_FEEDS
from tests.reference.vendors.taking import Origin, says, take

SOURCE = "acme_us"
LATEST = datetime(2100, 1, 1, tzinfo=UTC)  # no instant of a test is too far ahead
OWN = "own"  # no vendor names the people of the source
TRANSCRIPTS = "chat_transcripts"
LOG = "conversation_log"
INGESTION = "2026-07-01T12:00:00+00:00"
OF_LINE = ("refusal", "object_id", "version_at", "messages", "parts", "is_gone", "took_part", "unknown_words", "metric")
LONGEST_WORD = 100  # of an unknown word

Parted = tuple[str, str | None, Fields]  # feed, part, members
Made = Mapping[str, Any]  # a record that is compared: feed, part, and its typed members or why it is refused


@dataclass(frozen=True)
class Said:
    """What a line says, in one form for both sides."""

    refusal: tuple[str, str | None] | None = None
    object_id: str | None = None
    version_at: str | None = None
    messages: int | None = None  # of a transcript, whose versions they rank
    parts: Sequence[str] = field(default_factory=list)
    is_gone: bool = False
    took_part: bool | None = True
    unknown_words: Sequence[tuple[str, str]] = field(default_factory=list)
    metric: str | None = None
    records: Sequence[Made] = field(default_factory=list)


def differences(
    feed: str, line: Any, seeds: Path, people: Sequence[str] | None = None, is_row: bool = False
) -> list[str]:
    """In what an adapter and the reference differ about a line; empty where they agree.

    Args:
        feed: an expanded feed.
        line: an object, or the text of one.
        seeds: the folder that both read.
        people: the values of `people` for which to compare; this vendor's and `own` by default.
        is_row: whether the line is a row of a table, whose texts are cells: lists and objects where these are due.
    """
    text = line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)
    vendor = OWN if feed == TRANSCRIPTS else VENDOR_FEEDS[feed].vendor
    found: list[str] = []
    for named in people or dict.fromkeys((vendor, OWN)):
        ours, theirs = our_view(feed, text, seeds, vendor, named), their_view(feed, text, seeds, vendor, named, is_row)
        found += [f"people = {named}: {one}" for one in _compared(ours, theirs)]
    return found


def our_view(feed: str, text: str, seeds: Path, vendor: str, people: str) -> Said:
    """What our adapter says of a line, without what `people` does not allow."""
    made, context = _ours(seeds)(feed, text), _context(seeds, vendor, people)
    if made.reason is not None:
        left = [_made(*one, context) for one in _allowed(made, vendor, people)]
        return Said((made.reason, made.field), records=left)
    return Said(
        None,
        made.object_id,
        None if made.version_at is None else made.version_at.astimezone(UTC).isoformat(),
        made.version_rank if feed == TRANSCRIPTS else None,
        sorted(set(made.parts)),
        made.is_gone,
        made.took_part,
        sorted((name, word[:LONGEST_WORD]) for name, word in made.unknown_words),
        made.metric,
        [_made(*one, context) for one in _with_last_profile(feed, list(_allowed(made, vendor, people)))],
    )


def their_view(feed: str, text: str, seeds: Path, vendor: str, people: str, is_row: bool = False) -> Said:
    """What the reference says of a line."""
    record, context = parse_json(text), _context(seeds, vendor, people)
    record = _with_cells(record) if is_row else record
    try:
        if feed == TRANSCRIPTS:
            found = expand_transcript(record, context)
            words = sorted((name, word[:LONGEST_WORD]) for name, word in found.unknown_words)
            given = _with_last_profile(feed, [(LOG, None, one) for one in found.records])
            made = [_made(*one, context) for one in given]
            return Said(None, found.transcript_id, None, found.message_count, unknown_words=words, records=made)
        said, part_of = _noting_parts(says(record, feed, context))
    except Refused as refusal:
        left = (
            []
            if feed == TRANSCRIPTS
            else [_made(name, None, one, context) for name, one in heeded(record, feed, context)]
        )
        return Said((refusal.reason, refusal.field_name), records=left)
    origin = Origin(SOURCE, feed, 1, {}, context, datetime.fromisoformat(INGESTION))
    records = take(said, origin).records
    return Said(
        None,
        said.object_id,
        _instant(said.version[0]) or None,
        None,
        sorted({part.part_id for part in said.parts}),
        said.is_gone,
        said.shows_agent,
        sorted((name, word[:LONGEST_WORD]) for name, word in said.unknown_words),
        said.metric,
        [_made(one.feed, part_of.get(_key(one.feed, one.fields)), one.fields, context) for one in records],
    )


def _noting_parts(said: Says) -> tuple[Says, dict[str, str]]:
    """The same, and a dictionary that has the part of each record once records are made."""
    part_of: dict[str, str] = {}

    def note(part_id: str, records: Sequence[Fields]) -> tuple[Fields, ...]:
        part_of.update({_key(LOG, one): part_id for one in records})
        return tuple(records)

    def noted(part: Part) -> Part:
        note(part.part_id, part.records)
        settle = part.settle
        if settle is None:
            return part
        return replace(part, settle=lambda own, before: note(own.part_id, settle(own, before)))

    return replace(said, parts=tuple(noted(part) for part in said.parts)), part_of


def _allowed(made: Expansion, vendor: str, people: str) -> Iterator[Parted]:
    """(feed, part, members) of the records that `people` leaves, in the reference's JSON (spec §2.3.5)."""
    left = of_source(made, "" if vendor == OWN else vendor, SOURCE, {SOURCE: people})
    for feed, given, part in left.records:
        fields = {name: value for name, value in given.items() if name not in (CATEGORY, FROM_START)}
        text = dump({k: INGESTION if v == INGESTED_AT else v for k, v in fields.items()})
        yield feed, part, parse_json(text)


def _with_last_profile(feed: str, records: Sequence[Parted]) -> Sequence[Parted]:
    """A transcript's records with the last one's profile alone: the reference puts it on no other."""
    if feed != TRANSCRIPTS:
        return records
    others = [(name, part, {k: v for k, v in fields.items() if k != "profile"}) for name, part, fields in records[:-1]]
    return [*others, *records[-1:]]


def _made(feed: str, part: str | None, fields: Fields, context: Context) -> Made:
    """A record as it is compared."""
    given = {name: _landed(value) for name, value in fields.items() if not is_absent(value)}
    try:
        typed: Made = type_record(feed, given, context)
    except Refused as refusal:
        typed = {"refused": (refusal.reason, refusal.field_name), **{k: _plain(v) for k, v in given.items()}}
    shown = {name: value for name, value in typed.items() if value is not None}
    return {"feed": feed, "id": _key(feed, fields), "part": part, **shown}


def _key(feed: str, fields: Fields) -> str:
    """What names a record for people who read a difference."""
    names = ("record_id", "order_id", "adjustment_id", "message_id", "request_id", "product_id", "profile_id")
    named = next((fields[name] for name in names if not is_absent(fields.get(name))), None)
    channel = fields.get("channel") if feed in ("consents", "suppressions") else None
    return " ".join(str(_plain(one)) for one in (named, channel) if one is not None)


def _with_cells(value: Any) -> Any:
    """A parsed value whose texts are cells of a table."""
    if isinstance(value, dict):
        return {name: _with_cells(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_with_cells(one) for one in value]
    return Cell(value) if isinstance(value, str) else value


def _landed(value: Any) -> Any:
    """A member as it would be landed."""
    if value == THEIR_INGESTED_AT:
        return INGESTION
    return Number(str(value)) if isinstance(value, int) and not isinstance(value, bool) else value


def _plain(value: Any) -> Any:
    """A value without the ways in which equal ones may be written: numbers as text, instants as one ISO form."""
    if isinstance(value, Number):
        return value.text
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return _instant(value) if isinstance(value, str) else value


def _instant(text: str) -> str:
    """A text that is UTC ISO in one form; any other as it is."""
    if not text.endswith("Z") or "T" not in text:
        return text
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        return text


def _compared(ours: Said, theirs: Said) -> Iterator[str]:
    """A sentence for each difference."""
    for name in OF_LINE:
        if getattr(ours, name) != getattr(theirs, name):
            yield f"{name}: ours {getattr(ours, name)!r}, the reference's {getattr(theirs, name)!r}"
    left, right = list(ours.records), list(theirs.records)
    for one in ours.records:
        if one in right:
            left.remove(one)
            right.remove(one)
    for one in left:
        same = next((other for other in right if (other["feed"], other["id"]) == (one["feed"], one["id"])), None)
        if same is None:
            yield f"only ours: {dict(one)!r}"
            continue
        right.remove(same)
        one_is_refused = ("refused" in one) != ("refused" in same)  # the members then have different types
        for name in ["refused"] if one_is_refused else sorted({*one, *same}):
            if one.get(name) != same.get(name):
                where = f"{one['feed']} {one['id']}: {name}"
                yield f"{where}: ours {one.get(name)!r}, the reference's {same.get(name)!r}"
    for other in right:
        yield f"only the reference's: {dict(other)!r}"


@cache
def _ours(seeds: Path) -> Expand:
    return expander(seeds)


@cache
def _seeds(folder: Path) -> Seeds:
    return read_seeds(folder, ALL_PARTS)


@cache
def _context(folder: Path, vendor: str, people: str) -> Context:
    seeds = _seeds(folder)
    return Context(replace(seeds, vendors=replace(seeds.vendors, people={SOURCE: people})), SOURCE, LATEST)
