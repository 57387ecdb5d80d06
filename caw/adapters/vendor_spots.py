"""Spots of a vendor's line with ids and free texts that its records show, in any envelope (spec §6.5).

Either the names of members say what they are, wherever they are, or the vendor's object knows its own.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from caw.adapters.adapter import JsonPath, Spots
from caw.adapters.envelopes import AIRBYTE_DATA
from caw.adapters.records import Json
from caw.adapters.transcript_values import is_text, parsed
from caw.adapters.vendor_lines import Shape

# Members that may hold an object: of connectors' envelopes, and of webhooks'.
ENVELOPES = (AIRBYTE_DATA, "record", "data", "payload", "item")

# From the names of the holders around a member, the outermost first, and its own, to what it is; None for nothing.
Meaning = Callable[[tuple[str, ...], str], str | None]


def spots_by_name(value: Any, holders: Collection[str], meaning: Meaning, within: tuple[str, ...] = ()) -> Spots:
    """Spots of the members of a parsed line, by their names.

    Args:
        value: of the line, or inside it.
        holders: names of the members to look into, besides envelopes; also into the JSON that a text is.
        meaning: what a member is.
        within: the holders around the value.
    """
    found: dict[JsonPath, str | Spots] = {}
    for name, inner in value.items() if isinstance(value, dict) else ():
        if name not in holders and name not in ENVELOPES:
            if what := meaning(within, name):
                found[(name,)] = what
        elif is_text(inner):
            if inside := spots_by_name(parsed(inner), holders, meaning, (*within, name)):
                found[(name,)] = inside
        else:
            found |= _prefixed(name, spots_by_name(inner, holders, meaning, (*within, name)))
    for place, inner in enumerate(value if isinstance(value, list) else ()):
        found |= _prefixed(place, spots_by_name(inner, holders, meaning, within))
    return found


def spots_of_object(shape: Shape, of_object: Callable[[Json], Spots], line: Json) -> Spots:
    """The ids and texts of a parsed line.

    Args:
        shape: the feed's.
        of_object: those of a vendor's object, or of what only looks like one.
        line: as it landed.
    """
    found: dict[JsonPath, str | Spots] = {}
    for path, holder in _holders(line, (), tuple(dict.fromkeys((*ENVELOPES, *shape.lists, *shape.singulars)))):
        found |= {(*path, *inner): what for inner, what in of_object(holder).items()}
        text = holder.get(AIRBYTE_DATA)
        if isinstance(text, str) and is_text(text) and isinstance(held := parsed(text), dict):
            found[*path, AIRBYTE_DATA] = spots_of_object(shape, of_object, held)
    return found


def _holders(value: Json, path: JsonPath, names: Sequence[str]) -> Iterator[tuple[JsonPath, Json]]:
    """An object, and all in it that may be the one of an envelope, with their paths; each of the names once."""
    yield path, value
    for name in names:
        if isinstance(held := value.get(name), dict):
            yield from _holders(held, (*path, name), names)


def _prefixed(name: str | int, spots: Spots) -> "dict[JsonPath, str | Spots]":
    return {(name, *path): what for path, what in spots.items()}
