"""Fields that no rule reads and words that no seed knows, from the published file."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from duckdb import DuckDBPyConnection

from caw.adapters.adapter import WORD, SeedRow
from caw.adapters.registry import ADAPTERS, words_of_adapters
from caw.feeds.declared import feeds
from caw.publication.catalog import has_table
from caw.publication.notes import Transcripts

TOOL = "tool"
ALIASES = "word_aliases"

FIELDS = """
select source, feed, field, lines, first_file_path, nearest
from health.unknown_fields
order by lines desc, source, feed, field
"""
WORDS = """
select source, feed, field, word, lines
from health.unknown_words
order by lines desc, source, feed, field, word
"""


@dataclass(frozen=True)
class UnknownField:
    """A row of health.unknown_fields."""

    source: str
    feed: str
    field: str
    lines: int
    first_file_path: str | None
    nearest: str | None  # the known field whose name is most like it


@dataclass(frozen=True)
class UnknownWord:
    """A row of health.unknown_words; the field `tool` is the name of a tool that was called."""

    source: str
    feed: str
    field: str
    word: str
    lines: int

    @property
    def seed_row(self) -> str:
        """The row that would make it known, and the seed it belongs in; the reader replaces <…>."""
        row = seed_row(self.feed, self.field)
        return f"{row.seed}.csv: {_csv_row(*(cell.replace(WORD, self.word) for cell in row.cells))}"

    @property
    def is_of_fixed_set(self) -> bool:
        """Whether it is a word of a set that caw knows, and counts as the most careful one does; others may be as many
        as they like, such as a vendor's metrics that mean nothing here."""
        return (self.feed, self.field) not in words_of_adapters()


@dataclass(frozen=True)
class Unknowns:
    """Most frequent first."""

    fields: Sequence[UnknownField] = ()
    words: Sequence[UnknownWord] = ()

    @property
    def tools(self) -> Sequence[UnknownWord]:
        """The words that are names of tools."""
        return [word for word in self.words if word.field == TOOL]

    @property
    def other_words(self) -> Sequence[UnknownWord]:
        """The words that are not."""
        return [word for word in self.words if word.field != TOOL]

    @property
    def of_fixed_sets(self) -> Sequence[UnknownWord]:
        """The words that need a row in the aliases."""
        return [word for word in self.words if word.is_of_fixed_set]


def unknowns_of(connection: DuckDBPyConnection) -> Unknowns:
    """Read them from a published file; nothing where an older version wrote it."""
    fields = _rows(connection, "unknown_fields", FIELDS)
    words = _rows(connection, "unknown_words", WORDS)
    return Unknowns([UnknownField(*row) for row in fields], [UnknownWord(*row) for row in words])


def repeats_of(transcripts: Transcripts) -> str:
    """The number of transcripts that are superseded, or supersede another."""
    return f"{transcripts.repeats:,} of {transcripts.accepted:,} repeat an id, and one version of each id is current"


def seed_row(feed: str, field: str) -> SeedRow:
    """The row that would make a word of a feed's field known, as the feed's adapter says, or else an alias."""
    rows = ADAPTERS[feed].seed_rows if feed in ADAPTERS else {}
    return rows.get(field) or SeedRow(ALIASES, (vocabulary(feed, field), WORD, "<word>"))


def vocabulary(feed: str, field: str) -> str:
    """The vocabulary of the alias seed in which a field's words are looked up.

    Of an expanded feed without such a field, that of the first feed of its records that keeps unknown words of it.
    """
    known = feeds().get(feed)
    if known is None or field in known.vocabularies:
        return known.vocabularies[field] if known else field
    made = (feeds()[name] for name in known.makes)
    return next((one.vocabularies[field] for one in made if field in one.keeps), field)


def _rows(connection: DuckDBPyConnection, table: str, sql: str) -> Sequence[tuple[Any, ...]]:
    return connection.execute(sql).fetchall() if has_table(connection, "health", table) else []


def _csv_row(*cells: str) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()
