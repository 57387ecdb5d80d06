"""Rows of tiles, from one publication opened read-only, and the period that they are of."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from caw.publication.catalog import has_table
from caw.publication.place import folders_of_rows
from caw.publication.reading import open_published
from caw.publication.tables import text
from caw.report.tiles import COLUMNS, Tile, TileError

MOST_ROWS = 1000  # of a tile; a part of them would be read as all
# Names of columns that would show a person or their words.
HIDDEN = frozenset(
    {"profile_id", "email", "phone", "phone_number", "external_id", "first_name", "last_name", "first_message"}
    | {"text", "raw_text", "escalation_reason", "conversation_id", "order_id", "file_path"}
)
SOURCES = """
select
    source,
    conversations,
    first_date,
    timezone,
    (select as_of from health.last_run),
    cast((select as_of from health.last_run) at time zone timezone as date),
    (
        select count(*)
        from performance.conversations as conversations
        where conversations.source = sources.source
            and not is_preview
            and started_local_date = cast((select as_of from health.last_run) at time zone timezone as date)
    )
from performance.sources as sources
order by source
"""


@dataclass(frozen=True)
class Subject:
    """The subject of one page: a source, and whole local dates that end the day before as_of's, both included."""

    source: str
    conversations: int  # of all time
    first_date: date | None  # of its first conversation
    timezone: str
    as_of: datetime
    from_date: date
    to_date: date
    today: int  # conversations of as_of's own day, which is not over

    @property
    def days(self) -> int:
        """The number of days in the period."""
        return (self.to_date - self.from_date).days + 1


@dataclass(frozen=True)
class Shown:
    """A tile with its rows, or with the sentence why it has none."""

    tile: Tile
    columns: Sequence[str] = ()
    rows: Sequence[tuple[Any, ...]] = ()
    fault: str | None = None


@contextmanager
def open_marts(file: Path, options: Mapping[str, str] | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A published file, read-only, in UTC, and without a way to files other than it and those that its views name.

    Raises:
        duckdb.Error: it cannot be opened.
    """
    with open_published(file, options) as connection:
        if folders := folders_of_rows(file):
            connection.execute(f"set allowed_directories = [{', '.join(map(text, folders))}]")
        connection.execute("set enable_external_access = false")
        yield connection


def subjects(connection: duckdb.DuckDBPyConnection, days: int) -> Sequence[Subject]:
    """Every landed source, with the period of its page; none of a cut-down dbt project, which publishes no sources."""
    if not has_table(connection, "performance", "sources"):
        return []
    return [
        Subject(source, conversations, first, zone, as_of, today - timedelta(days), today - timedelta(1), of_today)
        for source, conversations, first, zone, as_of, today, of_today in connection.execute(SOURCES).fetchall()
    ]


def shown_tiles(connection: duckdb.DuckDBPyConnection, tiles: Sequence[Tile], subject: Subject) -> Sequence[Shown]:
    """The tiles of a source's page; without conversations, those that need none."""
    return [
        _shown(connection, tile, subject) for tile in tiles if subject.conversations or not tile.needs_conversations
    ]


def _shown(connection: duckdb.DuckDBPyConnection, tile: Tile, subject: Subject) -> Shown:
    try:
        columns, rows = _rows(connection, tile, subject)
    except TileError as wrong:
        return Shown(tile, fault=str(wrong))
    except (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException) as refused:
        return Shown(tile, fault=str(refused).splitlines()[0])  # of the declared SQL alone
    except duckdb.Error as refused:  # its words may quote a value
        return Shown(tile, fault=f"its SQL failed ({type(refused).__name__})")
    return Shown(tile, columns, rows)


def _rows(
    connection: duckdb.DuckDBPyConnection, tile: Tile, subject: Subject
) -> tuple[Sequence[str], Sequence[tuple[Any, ...]]]:
    statements = connection.extract_statements(tile.sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise TileError("its SQL is not one SELECT")
    values = {"source": subject.source, "from_date": subject.from_date, "to_date": subject.to_date}
    named = statements[0].named_parameters
    if unknown := named - values.keys():
        raise TileError(f"its SQL names ${', $'.join(sorted(unknown))}, which a tile is not given")
    connection.execute(statements[0], {name: values[name] for name in named})
    columns = [one[0] for one in connection.description or ()]
    if hidden := HIDDEN.intersection(columns):
        raise TileError(f"it would show {', '.join(sorted(hidden))}")
    if lacking := [one for one in COLUMNS[tile.kind] if one not in columns]:
        raise TileError(f"its SQL gives no column {', '.join(lacking)}")
    rows = connection.fetchmany(MOST_ROWS + 1)
    if len(rows) > MOST_ROWS:
        raise TileError(f"its SQL gives more than {MOST_ROWS:,} rows")
    return columns, rows
