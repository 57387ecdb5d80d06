"""Vendor lines as they are taken (spec §2.3.2): what each says, checked record by record, and whether it was said.

Does not live here: which records count when several versions are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..jsontext import Number, compact_json
from ..model import Refused, Row
from ..typed_records import Context, type_record
from .envelopes import is_protocol_message, open_one, unwrap, without_bookkeeping
from .line import INGESTED_AT, Fields, Part, Says, Surroundings, Whole
from .registry import VENDOR_FEEDS

LOG = "conversation_log"  # parts make records of no other feed


@dataclass(frozen=True)
class Origin:
    """The line that a record comes from, and how its records are read.

    Attributes:
        place: in the delivery order. stamp: batch, file, line and ingested_at of the line.
        object_ingested_at: of the object's first accepted line (spec §2.3.2).
    """

    source: str
    feed: str
    place: int
    stamp: Row
    context: Context
    object_ingested_at: datetime


@dataclass(frozen=True)
class Checked:
    """A record after its own feed's checks: its typed row, or the refusal."""

    feed: str
    fields: Fields
    row: Row | None
    refusal: Refused | None
    origin: Origin

    @property
    def content(self) -> tuple[str, Any]:
        """What two lines are compared by: typed content, of a refused record its text."""
        return self.feed, (compact_json(self.fields) if self.row is None else self.row)


@dataclass(frozen=True)
class VendorLine:
    """An accepted line: what it says, and its records as they are with its own parts alone."""

    origin: Origin
    says: Says
    records: Sequence[Checked]

    @property
    def rank(self) -> tuple[tuple[str, ...], int]:
        """The greatest of an object's lines holds: version, then last delivered (spec §2.3.2)."""
        return self.says.version, self.origin.place

    @property
    def content(self) -> Any:
        """All that it says: its records, the parts it lists, and its flags."""
        parts = sorted({part.part_id for part in self.says.parts})
        flags = (self.says.is_gone, self.says.shows_agent)
        return [one.content for one in self.records], parts, flags, self.says.version


def take(said: Says, origin: Origin) -> VendorLine:
    """A line with its records, as they are with its own parts alone."""
    return VendorLine(origin, said, make_records([(part, origin) for part in said.parts], said.whole, origin))


def refusals(line: VendorLine) -> list[tuple[Refused, str]]:
    """Once per reason and field of a line, the first record that has it, as compact JSON (spec §2.3.2)."""
    found: dict[tuple[str, str | None], tuple[Refused, str]] = {}
    for one in line.records:
        if one.refusal is not None:
            key = (one.refusal.reason, one.refusal.field_name)
            found.setdefault(key, (one.refusal, compact_json(one.fields)))
    return list(found.values())


def unknown_words(line: VendorLine) -> set[tuple[str, str]]:
    """(field, word) of what no seed knows, in the line and in its accepted records."""
    words = set(line.says.unknown_words)
    for one in line.records:
        words |= {(name.removesuffix("_text"), text) for name, text in (one.row or {}).items() if is_kept(name, text)}
    return words


def is_kept(name: str, text: Any) -> bool:
    """Whether a typed field is the kept text of an unknown word."""
    return name.endswith("_text") and bool(text)


def says(record: Fields, feed: str, context: Context) -> Says:
    """What a line of a vendor feed says.

    Raises:
        Refused: as spec §2.3.2 says.
    """
    own = VENDOR_FEEDS[feed]
    unwrapped = unwrap(record)
    if unwrapped.is_other:
        return Says(None)
    opened = without_bookkeeping(open_one(unwrapped.record, own.list_names, own.is_object))
    if is_protocol_message(opened) and not own.is_object(opened):
        return Says(None)
    seeds = context.seeds
    return own.expand(
        opened, Surroundings(seeds.vendors, context.source, own.vendor, seeds.names_nobody, unwrapped.topic)
    )


def make_records(parts: Sequence[tuple[Part, Origin]], whole: Whole, origin: Origin) -> list[Checked]:
    """The records of parts and whole, each checked as those of the line that it comes from.

    What depends on other parts (spec §2.3.3) asks those that have an instant and no refused record.
    """
    ordered = sorted(parts, key=lambda one: one[0].order)
    made: list[Checked] = []
    known: list[Part] = []
    for is_settled_later in (False, True):
        for part, own_origin in ordered:
            if (part.settle is not None) is not is_settled_later:
                continue
            before = [one for one in known if one.order < part.order]
            fields = part.records if part.settle is None else part.settle(part, before)
            own = check([(LOG, one) for one in fields], own_origin)
            made += own
            if part.at is not None and all(one.refusal is None for one in own):
                known.append(part)
    return made + check(whole(sorted(known, key=lambda one: one.order)), origin)


def check(records: Iterable[tuple[str, Fields]], origin: Origin) -> list[Checked]:
    """Each record by the checks of its own feed, members that are absent left out."""
    checked = []
    for feed, fields in records:
        landed = {name: _landed(raw, origin) for name, raw in fields.items() if raw is not None}
        row, refused = None, None
        try:
            row = type_record(feed, landed, origin.context)
        except Refused as refusal:
            refused = refusal
        checked.append(Checked(feed, landed, row, refused, origin))
    return checked


def _landed(raw: Any, origin: Origin) -> Any:
    """A member of a record as it would be landed."""
    if raw == INGESTED_AT:
        return origin.object_ingested_at.astimezone(UTC).isoformat()
    if isinstance(raw, bool) or not isinstance(raw, int):
        return raw
    return Number(str(raw))
