"""`health.last_run`: the one row that names the run that wrote a published file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from caw.publication.reading import open_published

CREATE = """
create or replace table {table} (
    run_id varchar not null,
    as_of timestamptz not null,
    published_at timestamptz not null,
    version varchar not null
)
"""
LAST_RUN_COMMENTS = {
    "run_id": "Dagster's id of the run that wrote this file.",
    "as_of": "The instant at which segments, retargeting and health look at the data.",
    "published_at": "When this file was written.",
    "version": "The version of caw that wrote it.",
}
COMMENT = "One row: the run that wrote this file."


@dataclass(frozen=True)
class LastRun:
    """The one row of `health.last_run`; instants are UTC."""

    run_id: str
    as_of: datetime
    published_at: datetime
    version: str


def write_last_run(connection: duckdb.DuckDBPyConnection, table: str, last_run: LastRun) -> None:
    """Create or replace the table of this path, with its one row."""
    connection.execute(CREATE.format(table=table))
    values = [last_run.run_id, last_run.as_of, last_run.published_at, last_run.version]
    connection.execute(f"insert into {table} values (?, ?, ?, ?)", values)
    connection.execute(f"comment on table {table} is '{COMMENT}'")
    for column, comment in LAST_RUN_COMMENTS.items():
        words = comment.replace("'", "''")
        connection.execute(f"comment on column {table}.{column} is '{words}'")


def read_last_run(file: Path) -> LastRun | None:
    """The row of a published file, DuckDB or Parquet.

    Raises:
        duckdb.Error: it is no published file.
    """
    columns = "run_id, epoch_us(as_of), epoch_us(published_at), version"
    if file.suffix == ".parquet":
        with duckdb.connect(":memory:") as connection:
            row = connection.execute(f"select {columns} from read_parquet(?)", [str(file)]).fetchone()
    else:
        with open_published(file) as connection:
            row = connection.execute(f"select {columns} from health.last_run").fetchone()
    return None if row is None else last_run_of(row)


def last_run_of(row: Sequence[Any]) -> LastRun:
    """The run of a row: its id, as_of and published_at in microseconds since 1970, and the version."""
    run_id, as_of, published_at, version = row
    return LastRun(run_id, _instant(as_of), _instant(published_at), version)


def published_as_of(file: Path) -> datetime | None:
    """The as_of of a published file, UTC; None where there is no file."""
    if not file.exists():
        return None
    shown = read_last_run(file)
    return None if shown is None else shown.as_of


def _instant(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds // 1_000_000, UTC).replace(microsecond=microseconds % 1_000_000)
