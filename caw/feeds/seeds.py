"""Seeds as Python reads them: rows of the CSV files, and the forms in which their words are compared.

What belongs here: reading a seed, and the words that identify nobody. What does not: the maps of tools and markers
(`transcript_seeds.py`), and checks of a seed's rows (`seed_checks.py`).
"""

import csv
import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from caw.feeds.declared import SEEDS_DIR

ANY_SOURCE = "*"
ABSENT_IDENTIFIERS = "absent_identifiers"
NOTHING = frozenset("0-_")  # a value of nothing but these and white space identifies nobody (spec §2.0.4)


class NoCsvError(Exception):
    """A row that is no CSV."""

    def __init__(self, line: int, reason: object) -> None:
        super().__init__(
            f"the row that begins here is no CSV ({reason}); a quote within a quoted cell is written twice"
        )
        self.line = line


@dataclass(frozen=True)
class FieldAlias:
    """A name that a team's own export gives a field (spec §2.0.9)."""

    source: str  # ANY_SOURCE for all
    feed: str
    field: str
    means: str  # a field of the feed, or `profile.<field>`


def seed_file(seeds: Path, name: str) -> Path:
    """The CSV file of a seed: the folder's own, or the packaged one where it has none."""
    own = seeds / f"{name}.csv"
    return own if own.is_file() else SEEDS_DIR / own.name


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a seed, by column; blank cells are empty texts."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def rows_in(text: str) -> Iterable[tuple[int, list[str]]]:
    """(line, cells) of the rows of a text that are not empty, with the line that an editor shows; raises NoCsvError."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, list[str]]] = []
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as reason:
            raise NoCsvError(line, reason) from reason
        if cells is None:
            return rows
        if cells:
            rows.append((line, cells))
        line = reader.line_num + 1


def completed(path: Path, columns: Sequence[str]) -> str | None:
    """A seed's text as dbt takes it, with blank cells for the columns that it, or a row of it, lacks; None if it is so.

    A team's file may be older than a column, and have empty lines, a byte order mark or line ends of two kinds: DuckDB
    makes rows of some of these, and refuses others.
    """
    try:
        given = path.read_bytes().decode()
        rows = [row for row in csv.reader(io.StringIO(given.removeprefix("\ufeff"), newline="")) if row]
    except (UnicodeDecodeError, csv.Error):  # a run says so before it takes the seed (seed_checks.py)
        return None
    if not rows:
        return None
    header = [*rows[0], *(name for name in columns if name not in rows[0])]
    written = io.StringIO()
    padded = ([*row, *[""] * (len(header) - len(row))] for row in rows[1:])
    csv.writer(written, lineterminator="\n").writerows([header, *padded])
    return None if written.getvalue() == given else written.getvalue()


def word_form(text: str) -> str:
    """The form in which words are compared (spec §2.0.11): NFC, trimmed, lower case, space, - and _ alike."""
    return unicodedata.normalize("NFC", text).strip().lower().replace(" ", "_").replace("-", "_")


def words_of_nobody(seeds: Path) -> frozenset[str]:
    """The words that identify nobody, in the form in which words are compared, as a folder has them now."""
    return frozenset(word_form(row["word"]) for row in rows_of(seed_file(seeds, ABSENT_IDENTIFIERS)))


@cache
def absent_identifiers(seeds: Path = SEEDS_DIR) -> frozenset[str]:
    """The same, read once."""
    return words_of_nobody(seeds)


@cache
def field_aliases(seeds: Path = SEEDS_DIR) -> tuple[FieldAlias, ...]:
    """The aliases in the order in which they are tried: a source's own before those of all, then as in the file."""
    rows = [FieldAlias(row["source"], row["feed"], row["field"], row["means"]) for row in _filled(seeds)]
    return tuple(sorted(rows, key=lambda alias: alias.source == ANY_SOURCE))


def identifies_nobody(text: str, absent: frozenset[str]) -> bool:
    """Whether an identifier counts as absent (spec §2.0.4): a word such as `null`, or only 0 - _ and space."""
    return all(character in NOTHING or character.isspace() for character in text) or word_form(text) in absent


def _filled(seeds: Path) -> list[Mapping[str, str]]:
    rows = rows_of(seed_file(seeds, "field_aliases"))
    return [{name: (value or "").strip() for name, value in row.items()} for row in rows]
