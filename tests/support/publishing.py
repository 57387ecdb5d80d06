"""Publications of small warehouses in tests, and all that a reader can see of them."""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from caw.publication import FILE_NAME, PARQUET, LastRun, Published, publish
from caw.publication.last_run import read_last_run

AS_OF = datetime(2025, 8, 1, tzinfo=UTC)
DIED = 9


def change(warehouse: Path, sql: str) -> None:
    """Run SQL on a warehouse."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(sql)


def published(warehouse: Path, number: int, folder: str = "published", as_of: datetime | None = None) -> Published:
    """Publish as the run of this number, five minutes after the one before, next to the warehouse."""
    instant = as_of or AS_OF + timedelta(minutes=5 * number)
    last_run = LastRun(f"run-{number}", instant, AS_OF + timedelta(days=1, minutes=number), "1.2.3")
    return publish(warehouse, warehouse.parent / folder, last_run)


def published_until(warehouse: Path, number: int, calls: int) -> None:
    """Publish in a process that dies after so many calls that change what lies on disk."""
    left = [calls]

    def dying(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                os._exit(DIED)
            return call(*arguments, **options)

        return counted

    for name in ("replace", "rename", "symlink", "link", "fsync", "unlink", "rmdir", "mkdir"):
        setattr(os, name, dying(getattr(os, name)))
    published(warehouse, number)


def content(file: Path) -> dict[str, Any]:
    """All that a client can see of a DuckDB file: catalog, comments, and rows as texts."""
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        seen: dict[str, Any] = {
            "columns": connection.execute(
                "select schema_name, table_name, column_name, data_type, is_nullable, comment from duckdb_columns() "
                "where not internal order by all"
            ).fetchall(),
            "tables": connection.execute(
                "select schema_name, table_name, comment from duckdb_tables() where not internal "
                "union all select schema_name, view_name, comment || sql from duckdb_views() where not internal "
                "order by all"
            ).fetchall(),
        }
        for schema, table, _ in seen["tables"]:
            seen[f"{schema}.{table}"] = sorted(map(repr, connection.execute(f"from {schema}.{table}").fetchall()))
    return seen


def parquet_content(folder: Path) -> dict[str, Any]:
    """Rows and types of every Parquet file of a version, by its path in it."""
    seen = {}
    for file in folder.glob("*/*.parquet"):
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            found = connection.execute(f"from '{file}'")
            kinds = [(column[0], str(column[1])) for column in found.description or []]
            seen[str(file.relative_to(folder))] = (kinds, sorted(map(repr, found.fetchall())))
    return seen


def assert_as_from_nothing(folder: Path, warehouse: Path, scratch: Path) -> None:
    """What is published equals a publication of the same warehouse into an empty folder."""
    last_run = read_last_run(folder / FILE_NAME)
    assert last_run is not None
    fresh = publish(warehouse, scratch, last_run)
    assert content(folder / FILE_NAME) == content(fresh.path)
    assert parquet_content(folder / PARQUET / "current") == parquet_content(fresh.parquet)
    shutil.rmtree(scratch)
