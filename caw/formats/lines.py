"""Input and output of every reader: a file to read, and chunks of numbered lines that can be validated.

What does not belong here: the formats, and rules on fields, which staging models apply after the raw store.
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
class FileToRead:
    """A file to be read, and what is known of it without opening it.

    Attributes:
        path: what to open; where the file is open already, a path that names the descriptor, not the file.
        name: the file's own name, whose end says its format.
        source: whose it is.
        folders: the values of `name=value` folders, by the column's name (spec §1.8).
        aliases: the names that teams' own exports give to fields, in the order in which they are tried.
    """

    path: Path
    name: str
    source: str = ""
    folders: Mapping[str, str] = field(default_factory=dict)
    aliases: Sequence[FieldAlias] = field(default_factory=field_aliases)

    @staticmethod
    def at(path: Path) -> "FileToRead":
        """A file of which only the path is known."""
        return FileToRead(path, path.name)


@dataclass(frozen=True)
class ValidatedLines:
    """A chunk's non-blank lines after validation; the first four arrays have one element per line."""

    line_number: pa.Array  # int64, from 1
    raw_text: pa.Array  # string: the line as text
    document: pa.Array  # string: the record as every JSON engine reads it alike; null where raw_text is that already
    rejection: pa.Array  # string: too_large, not_utf8, not_json, not_an_object; null for an object
    blank: int = 0  # blank lines of this chunk, counted only
    unknown_fields: pa.Array | None = None  # string: JSON list of the members that no rule reads; null for none
    editor_line: pa.Array | None = None  # int64: where an editor shows the line, if that is not its number


@dataclass(frozen=True)
class Lines:
    """A chunk of one file's lines that is still to be validated, so that threads can validate several at a time.

    Attributes:
        total: lines of this chunk, blank ones included.
        size: bytes of their text.
        validate: validates them, in whichever thread calls it; the work is done again at each call.
    """

    total: int
    size: int
    validate: Callable[[], ValidatedLines]


Reader = Callable[[FileToRead, Feed, Limits], Iterator[Lines]]
