"""The result of expanding one line: records of canonical feeds, and facts about its object (spec §2.3.2, §2.3.3).

What does not belong here: how a vendor's line is read (a module a vendor), and the tables that are written of it
(tables.py).
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, NamedTuple

from caw.formats.strict_json import dump, parse

Json = dict[str, Any]
LOG = "conversation_log"
LONGEST_WORD = 100  # characters of an unknown word that are kept (spec §2.0.14)
CATEGORY = "erased_category"  # in a log record of a forgotten person: the category that its reason had
# The value of a record's field that stands at the instant at which its line was taken in: put in after versions were
# compared, so that the line landed again is a duplicate (spec §2.3.2).
INGESTED_AT = "ingested_at of the line 5d2f0b7c9e"
# In a log record whose instant, actor or sequence depends on other parts of its object: the rule by which
# int_expanded_placements takes it from the parts that count (spec §2.3.3). Where no part decides, what the record says
# holds.
PLACEMENT = "placement"
FROM_START = "time_from_start"  # in a log record whose instant is its document's start time


class Record(NamedTuple):
    """A record of a canonical feed: of a part of the object, by the part's id, or of the whole."""

    feed: str
    fields: Json
    part: str | None = None


class Mark(NamedTuple):
    """A part as rules of placement need it (spec §2.3.3).

    Attributes:
        part: its id.
        occurred_at: its instant, in UTC.
        sequence: its place among parts of one instant.
        actor: who speaks in its public message; None where it has none.
        is_ai: the AI agent is its author, whether it has a message or not.
        assigns: it gives the conversation to a person or a team.
        transfers: it moves the conversation to another department.
    """

    part: str
    occurred_at: datetime
    sequence: int
    actor: str | None = None
    is_ai: bool = False
    assigns: bool = False
    transfers: bool = False


@dataclass(slots=True)
class Expansion:
    """The records of one line, or why it was refused (spec §2.1.3: reason and field).

    Attributes:
        object_id: the object that the line is a version of; None for a message of a connector's protocol.
        version_at: the version's instant; None is earlier than all.
        version_rank: decides between versions of one instant: the greater is newer.
        records: what is made of it; of a refused line, what `refused` leaves.
        parts: the ids of all parts that this version lists, also of those that make no record.
        marks: what rules of placement ask of these parts, of those of which they ask anything.
        is_gone: the object is deleted, trashed or spam.
        took_part: whether the agent took part in it; None where the line cannot tell.
        unknown_words: how often a word that no seed knows is in it, by (field, word).
        people: identifiers besides those of the records, as (kind, value): all that the mapping reads.
        metric: what the line counts as in the vendor's own numbers, if anything (spec §2.3.11): `conversation_started`.
        listed: of a refused line that holds a list, what each of its objects would have made.
    """

    reason: str | None = None
    field: str | None = None
    object_id: str | None = None
    version_at: datetime | None = None
    version_rank: int | None = None
    records: Sequence[Record] = ()
    parts: Sequence[str] = ()
    marks: Sequence[Mark] = ()
    is_gone: bool = False
    took_part: bool | None = True
    unknown_words: Mapping[tuple[str, str], int] = dataclasses.field(default_factory=dict)
    people: Iterable[tuple[str, str]] = ()
    metric: str | None = None
    listed: Sequence["Expansion"] = ()

    def with_records(self, records: Sequence[Record]) -> "Expansion":
        """The same of other records; quicker than `dataclasses.replace`, once for each line of a vendor's."""
        other = Expansion(*_members(self))
        other.records = records
        return other


_members = attrgetter(*(one.name for one in dataclasses.fields(Expansion)))


def reduced(expansion: Expansion, records: Iterable[Mapping[str, Any]]) -> str:
    """The rest of a forgotten person's line: the text that `restored` reads (spec §2.3.10).

    Args:
        expansion: what the line said, with the ids as they may stay.
        records: what is left of its records, each as {feed, part, fields}.
    """
    left: Json = {
        "object_id": expansion.object_id,
        "version_at": None if expansion.version_at is None else expansion.version_at.astimezone(UTC).isoformat(),
        "version_rank": expansion.version_rank,
        "reason": expansion.reason,
        "field": expansion.field,
        "parts": list(expansion.parts) or None,
        "marks": [{**mark._asdict(), "occurred_at": mark.occurred_at.isoformat()} for mark in expansion.marks] or None,
        "is_gone": expansion.is_gone or None,
        "metric": expansion.metric,
        "records": list(records),
    }
    kept = {name: value for name, value in left.items() if value is not None}
    if expansion.took_part is not True:
        kept["took_part"] = expansion.took_part
    return dump(kept)


def restored(text: str) -> Expansion:
    """The expansion of a forgotten person's line: its records are all that is left of it (spec §6.3).

    What versions before the registry wrote of a transcript has other names, and log records alone.
    """
    left = parse(text)
    rank = left.get("version_rank", left.get("message_count"))
    version_at = left.get("version_at")
    return Expansion(
        reason=left.get("reason"),
        field=left.get("field"),
        object_id=left.get("object_id", left.get("transcript_id")),
        version_at=None if version_at is None else datetime.fromisoformat(version_at),
        version_rank=None if rank is None else int(rank),
        records=[_record(one) for one in left.get("records", ())],
        parts=left.get("parts", ()),
        marks=tuple(_mark(one) for one in left.get("marks", ())),
        is_gone=left.get("is_gone", False),
        took_part=left.get("took_part", True),
        metric=left.get("metric"),
    )


def _mark(left: Json) -> Mark:
    return Mark(
        **{**left, "occurred_at": datetime.fromisoformat(left["occurred_at"]), "sequence": int(left["sequence"])}
    )


def _record(left: Json) -> Record:
    if "fields" in left:
        return Record(left["feed"], left["fields"], left.get("part"))
    return Record(LOG, left)
