"""What every reader yields: chunks of numbered lines, with the lexical verdict beside each.

Field by field rules do not live here: staging models apply them, after the raw store.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from caw.feeds.declared import Feed
from caw.feeds.seeds import FieldAlias, field_aliases
from caw.limits import Limits


class UnreadableFile(Exception):
    """A file that cannot be read whole (spec §2.1.4); its message is the ledger's `error`."""


@dataclass(frozen=True)
class Landed:
    """A file to be read, and what is known of it without opening it.

    Attributes:
        path: what to open; where a descriptor is held, a path that names the descriptor, not the file.
        name: the file's own name, whose end says its format.
        source: whose it is.
        folders: the values of `name=value` folders, by the name of the column that they stand for (spec §1.8).
        aliases: the names that teams' own exports give to fields, in the order in which they are tried.
    """

    path: Path
    name: str
    source: str = ""
    folders: Mapping[str, str] = field(default_factory=dict)
    aliases: Sequence[FieldAlias] = field(default_factory=field_aliases)

    @staticmethod
    def at(path: Path) -> "Landed":
        """A file that is known by its path alone."""
        return Landed(path, path.name)


@dataclass(frozen=True)
class Verdicts:
    """What is known of a chunk's non-blank lines; the four arrays have one element per line."""

    line_number: pa.Array  # int64, from 1
    raw_text: pa.Array  # string: what landed, as text
    document: pa.Array  # string: the record as every JSON engine reads it alike; null where raw_text is that already
    problem: pa.Array  # string: too_large, not_utf8, not_json, not_an_object; null for an object
    blank: int = 0  # blank lines of this chunk, counted only
    unknown_fields: pa.Array | None = None  # string: JSON list of the members that no rule reads; null for none
    editor_line: pa.Array | None = None  # int64: where an editor shows the line, if that is not its number


@dataclass(frozen=True)
class Lines:
    """A chunk of one file's lines, still to be judged: readers only cut, so that several chunks are judged at a time.

    Attributes:
        total: lines landed in this chunk, blank ones included.
        size: bytes of their text.
        judge: gives the verdicts, in whichever thread calls it; work that is done again at each call.
    """

    total: int
    size: int
    judge: Callable[[], Verdicts]


Reader = Callable[[Landed, Feed, Limits], Iterator[Lines]]
