"""Where a helpdesk's line has its ids and free texts, whatever envelopes are around the object (spec §6.5)."""

from collections.abc import Callable, Iterator, Sequence

from caw.adapters.adapter import JsonPath, Spots
from caw.adapters.envelopes import AIRBYTE_DATA
from caw.adapters.records import Json
from caw.adapters.transcript_values import is_text, parsed
from caw.adapters.vendor_lines import Shape

HOLDERS = (AIRBYTE_DATA, "record", "data", "item")  # members of envelopes that hold an object


def spots_of(shape: Shape, of_object: Callable[[Json], Spots], line: Json) -> Spots:
    """The ids and texts of a parsed line.

    Args:
        shape: the feed's.
        of_object: those of a vendor's object, or of what only looks like one.
        line: as it landed.
    """
    found: dict[JsonPath, str | Spots] = {}
    for path, holder in _holders(line, (), tuple(dict.fromkeys((*HOLDERS, *shape.lists, *shape.singulars)))):
        found |= {(*path, *inner): what for inner, what in of_object(holder).items()}
        text = holder.get(AIRBYTE_DATA)
        if isinstance(text, str) and is_text(text) and isinstance(held := parsed(text), dict):
            found[*path, AIRBYTE_DATA] = spots_of(shape, of_object, held)
    return found


def _holders(value: Json, path: JsonPath, names: Sequence[str]) -> Iterator[tuple[JsonPath, Json]]:
    """An object, and all in it that may be the one of an envelope, with their paths; each of the names once."""
    yield path, value
    for name in names:
        if isinstance(held := value.get(name), dict):
            yield from _holders(held, (*path, name), names)
