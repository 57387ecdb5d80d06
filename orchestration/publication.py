"""Write, audit, publish: the marts as one new file, put in place of the old one by one rename.

BI tools open `published/marts.duckdb` and nothing else. The file is written beside its place under a name that starts
with a dot, in the oldest storage format that DuckDB still writes, so that older clients read it; tables keep their NOT
NULL and their comments, views stay views. Plain Python: Dagster's part is assets/publication.py.
"""

import os
import shutil
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

SCHEMAS = ("events", "segments", "retargeting", "performance", "health")
FILE_NAME = "marts.duckdb"
STORAGE_VERSION = "v1.0.0"  # read by every DuckDB from 1.0; the default of 2.0 is read by no 1.x
LAST_RUN = """
create table marts.health.last_run (
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


@dataclass(frozen=True)
class LastRun:
    """The one row of `health.last_run`; instants are UTC."""

    run_id: str
    as_of: datetime
    published_at: datetime
    version: str


@dataclass(frozen=True)
class Published:
    """What a publication did: the file, and its rows by `schema.table`."""

    path: Path
    rows: dict[str, int]
    bytes: int


def publish(warehouse: Path, published: Path, last_run: LastRun, afresh: bool = False) -> Published:
    """Write the warehouse's published schemas to a new file and put it in its place.

    Args:
        warehouse: the built and tested warehouse; the caller holds the data dir's lock.
        published: the folder of published files.
        last_run: what `health.last_run` says of this run.
        afresh: keep nothing of what was published before, because somebody in it was forgotten (contract, section 6):
            this run takes the place of the latest even if it looks at an earlier instant, and past instants go.

    Raises:
        OSError, duckdb.Error: nothing has changed for the readers.
    """
    remove_drafts(published)
    place = published / FILE_NAME if afresh else place_of(published, last_run.as_of)
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".{FILE_NAME}.{uuid.uuid4().hex}.tmp")
    try:
        rows = _write(warehouse, draft, last_run)
        _sync(draft)
        size = draft.stat().st_size
        draft.replace(place)
        _sync(place.parent)
    finally:
        draft.unlink(missing_ok=True)
    if afresh:
        shutil.rmtree(published / "as_of", ignore_errors=True)
    return Published(place, rows, size)


def place_of(published: Path, as_of: datetime) -> Path:
    """Where a run at this instant publishes: beside the latest file if that one is later (contract, section 5)."""
    latest = published / FILE_NAME
    if (shown := published_as_of(latest)) is None or as_of >= shown:
        return latest
    return published / "as_of" / instant_name(as_of) / FILE_NAME


def published_as_of(file: Path) -> datetime | None:
    """The as_of of a published file, UTC; None where there is no file."""
    if not file.exists():
        return None
    with duckdb.connect(str(file), read_only=True) as connection:
        row = connection.execute("select epoch_us(as_of) from health.last_run").fetchone()
    return (
        None
        if row is None
        else datetime.fromtimestamp(row[0] // 1_000_000, UTC).replace(microsecond=row[0] % 1_000_000)
    )


def instant_name(instant: datetime) -> str:
    """An instant as a folder's name: no colon, seconds and, if there are any, microseconds."""
    text = instant.astimezone(UTC).strftime("%Y-%m-%dT%H%M%S")
    return f"{text}.{instant.microsecond:06d}Z" if instant.microsecond else f"{text}Z"


def remove_drafts(published: Path) -> None:
    """Remove what a publication that died left behind."""
    for draft in [*published.glob(f".{FILE_NAME}.*"), *published.glob(f"as_of/*/.{FILE_NAME}.*")]:
        draft.unlink(missing_ok=True)


def _write(warehouse: Path, draft: Path, last_run: LastRun) -> dict[str, int]:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {_text(warehouse)} as warehouse (read_only)")
        connection.execute(f"attach {_text(draft)} as marts (storage_version '{STORAGE_VERSION}')")
        rows: dict[str, int] = {}
        for schema in SCHEMAS:
            connection.execute(f"create schema if not exists marts.{schema}")
            rows |= _copy_tables(connection, schema)
        for schema in SCHEMAS:
            _copy_views(connection, schema)
        connection.execute(LAST_RUN)
        values = [last_run.run_id, last_run.as_of, last_run.published_at, last_run.version]
        connection.execute("insert into marts.health.last_run values (?, ?, ?, ?)", values)
        connection.execute("comment on table marts.health.last_run is 'One row: the run that wrote this file.'")
        for column, comment in LAST_RUN_COMMENTS.items():
            connection.execute(f"comment on column marts.health.last_run.{column} is {_text(comment)}")
        connection.execute("checkpoint marts")
        connection.execute("use memory")
        connection.execute("detach marts")
    return rows


def _copy_tables(connection: duckdb.DuckDBPyConnection, schema: str) -> dict[str, int]:
    found = "select table_name, comment from duckdb_tables() where database_name = 'warehouse' and schema_name = ?"
    rows: dict[str, int] = {}
    for table, comment in connection.execute(found + " order by table_name", [schema]).fetchall():
        columns = _columns(connection, schema, table)
        name = f"marts.{schema}.{_name(table)}"
        parts = [f"{_name(column)} {kind}{' not null' if required else ''}" for column, kind, required, _ in columns]
        connection.execute(f"create table {name} ({', '.join(parts)})")
        copied = connection.execute(f"insert into {name} from warehouse.{schema}.{_name(table)}").fetchone()
        rows[f"{schema}.{table}"] = int(copied[0]) if copied else 0
        _comment(connection, "table", name, comment, columns)
    return rows


def _copy_views(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    found = (
        "select view_name, sql, comment from duckdb_views() "
        "where database_name = 'warehouse' and schema_name = ? and not internal order by view_oid"
    )
    connection.execute("use marts")
    for view, sql, comment in connection.execute(found, [schema]).fetchall():
        connection.execute(sql)  # DuckDB keeps a view's SQL without the name of its own database
        columns = _columns(connection, schema, view)
        _comment(connection, "view", f"marts.{schema}.{_name(view)}", comment, columns)


def _columns(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> list[tuple[str, str, bool, str | None]]:
    return connection.execute(
        "select column_name, data_type, not is_nullable, comment from duckdb_columns() "
        "where database_name = 'warehouse' and schema_name = ? and table_name = ? order by column_index",
        [schema, table],
    ).fetchall()


def _comment(
    connection: duckdb.DuckDBPyConnection,
    kind: str,
    name: str,
    comment: str | None,
    columns: Iterable[tuple[str, str, bool, str | None]],
) -> None:
    if comment:
        connection.execute(f"comment on {kind} {name} is {_text(comment)}")
    for column, _, _, words in columns:
        if words:
            connection.execute(f"comment on column {name}.{_name(column)} is {_text(words)}")


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
