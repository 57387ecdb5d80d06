"""Shared by all vendor feeds: from a landed line to its object, its id and its version (spec §2.3.1, §2.3.2).

A vendor's module says where these are (`Shape`) and makes the records of an object; transcripts have their own rules.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from caw.adapters.envelopes import is_message, listed, opened, unwrapped, without_own_members
from caw.adapters.instants import instant
from caw.adapters.records import Expansion, Json
from caw.adapters.refused import refused
from caw.adapters.transcript_values import as_id, is_absent
from caw.formats.strict_json import parse

Members = tuple[str, ...]  # names from the object inwards


@dataclass(frozen=True)
class Shape:
    """The places of a line's object, and of the object's id and version (the table of spec §2.3.9).

    Attributes:
        ids: the members that may hold the id: the first that is there counts.
        version_at: the member with the version's instant, if the feed has one.
        gone_at: the member that has it instead in a line of a list of deletions, where it is there.
        per_second: how many of the unit of an instant that is a number a second has; None where no unit is named.
        lists: names of lists of a document, whose member may be one object instead.
        singulars: names of a member that is the object.
        envelope: takes a webhook's envelope off; None for a message without an object of this feed.
    """

    ids: Sequence[Members] = (("id",),)
    version_at: Members | None = None
    gone_at: Members | None = None
    per_second: int | None = None
    lists: tuple[str, ...] = ()
    singulars: tuple[str, ...] = ()
    envelope: Callable[[Json], Json | None] = lambda line: line


def expanded(text: str, shape: Shape, make: Callable[[Json], Expansion]) -> Expansion:
    """Expand one line of a vendor's feed.

    Args:
        text: of a JSON object.
        shape: the feed's.
        make: what the vendor makes of an object: records, parts and flags; it need not know id and version, and says
            an id only where the line is an object of its own, such as a deletion.
    """
    line = shape.envelope(unwrapped(parse(text)))
    if line is None:
        return Expansion()
    object_id, reason = _id_of(line, shape)
    if reason == "missing_field":
        line = without_own_members(opened(line, (*shape.lists, *shape.singulars)))
        object_id, reason = _id_of(line, shape)
    if object_id is None:
        return Expansion() if is_message(line) else _without_id(line, reason or "", shape, make)
    made = make(line)
    version_at, bad_field = _version_of(line, shape)
    if bad_field:
        return refused(made, "bad_value", bad_field, object_id)
    made.object_id, made.version_at = made.object_id or object_id, version_at
    return made


def _without_id(line: Json, reason: str, shape: Shape, make: Callable[[Json], Expansion]) -> Expansion:
    """A line without a usable id; the objects of a list in it have some."""
    objects = (shape.envelope(one) for one in listed(line, shape.lists))
    return refused(make(line), reason, shape.ids[0][-1], listed=[make(one) for one in objects if one is not None])


def member(line: Any, path: Members) -> Any:
    """The value at a path of members; None where one is missing."""
    for name in path:
        line = line.get(name) if isinstance(line, dict) else None
    return line


def _id_of(line: Json, shape: Shape) -> tuple[str | None, str | None]:
    """(id, None), or (None, reason)."""
    for path in shape.ids:
        given = member(line, path)
        if not is_absent(given):
            found = as_id(given)
            return (found, None) if found else (None, "bad_value")
    return None, "missing_field"


def _version_of(line: Json, shape: Shape) -> tuple[datetime | None, str | None]:
    """(the version's instant, None), or (None, the member that is given and is none)."""
    paths = [path for path in (shape.gone_at, shape.version_at) if path and not is_absent(member(line, path))]
    if not paths:
        return None, None
    found = instant(member(line, paths[0]), shape.per_second)
    return found, paths[0][-1] if found is None else None
