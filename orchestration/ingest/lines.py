"""What every reader yields: chunks of numbered lines, with the lexical verdict beside each.

Field by field rules do not live here: staging models apply them, after the raw store.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from orchestration.ingest.feeds import Feed
from orchestration.ingest.limits import Limits


class UnreadableFile(Exception):
    """A file that cannot be read whole (contract 2.1); its message is the ledger's `error`."""


@dataclass(frozen=True)
class Verdicts:
    """What is known of a chunk's non-blank lines; the four arrays have one element per line."""

    line_number: pa.Array  # int64, from 1
    raw_text: pa.Array  # string: what landed, as text
    document: pa.Array  # string: the record as every JSON engine reads it alike; null where raw_text is that already
    problem: pa.Array  # string: too_large, not_utf8, not_json, not_an_object; null for an object
    blank: int = 0  # blank lines of this chunk, counted only


@dataclass
class Lines:
    """A chunk of one file's lines.

    They are judged when the first of the columns is asked for, by the thread that asks: readers only cut files, and
    the chunks of one file can be judged at the same time.

    Attributes:
        total: lines landed in this chunk, blank ones included.
        size: bytes of their text.
        judge: gives the verdicts; called once.
    """

    total: int
    size: int
    judge: Callable[[], Verdicts]
    judged: Verdicts | None = field(default=None, init=False)

    @property
    def verdicts(self) -> Verdicts:
        """The columns, and how many lines are blank.

        No `cached_property`: in Python 3.11 all instances share one lock, and threads would wait for each other.
        """
        if self.judged is None:
            self.judged = self.judge()
        return self.judged

    @property
    def line_number(self) -> pa.Array:
        """See `Verdicts`, as for all that follows."""
        return self.verdicts.line_number

    @property
    def raw_text(self) -> pa.Array:
        """What landed, as text."""
        return self.verdicts.raw_text

    @property
    def document(self) -> pa.Array:
        """The record as every JSON engine reads it alike, where raw_text is not that already."""
        return self.verdicts.document

    @property
    def problem(self) -> pa.Array:
        """What is wrong with a line."""
        return self.verdicts.problem

    @property
    def blank(self) -> int:
        """Blank lines, counted only."""
        return self.verdicts.blank


Reader = Callable[[Path, Feed, Limits], Iterator[Lines]]
