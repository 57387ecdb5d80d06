"""Where a vendor's line has the ids and free texts that its records show, in whatever envelope it has (spec §6.5)."""

from collections.abc import Callable, Collection
from typing import Any

from caw.adapters.adapter import JsonPath, Spots
from caw.adapters.envelopes import AIRBYTE_DATA
from caw.adapters.transcript_values import is_text, parsed

ENVELOPES = (AIRBYTE_DATA, "record", "data", "payload")  # members that may hold the object

# From the names of the holders around a member, the outermost first, and its own, to what it is; None for nothing.
Meaning = Callable[[tuple[str, ...], str], str | None]


def spots_by_name(value: Any, holders: Collection[str], meaning: Meaning, within: tuple[str, ...] = ()) -> Spots:
    """What the members of a parsed line are, by their names.

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


def _prefixed(name: str | int, spots: Spots) -> "dict[JsonPath, str | Spots]":
    return {(name, *path): what for path, what in spots.items()}
