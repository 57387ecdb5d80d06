"""The published schemas of a warehouse of views, as tables: what a publication is made of (spec §14.4).

The file that people copy holds its rows itself, with the constraints of the models' contracts and their descriptions,
as dbt writes them on DuckDB.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from caw.publication.tables import SCHEMAS, name, text
from caw.settings import Settings
from caw_dagster.dbt.project import relation


@contextmanager
def publishable_tables(settings: Settings, draft: Path, manifest: Mapping[str, Any]) -> Iterator[Path]:
    """A copy of the published relations, which goes with the block.

    Args:
        settings: whose warehouse; a copy has the models' limits.
        draft: where to write it.
        manifest: dbt's: contracts and descriptions.
    """
    _remove(draft)
    options: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": settings.memory_limit,
        "threads": str(settings.threads),
        "temp_directory": str(settings.data_dir / "spill"),
    }
    try:
        with duckdb.connect(config=options) as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(f"attach {text(settings.warehouse)} as shown (read_only)")
            connection.execute(f"attach {text(draft)} as tables")
            for node in manifest["nodes"].values():
                if node["resource_type"] == "model" and node["schema"] in SCHEMAS:
                    _copy(connection, node)
        yield draft
    finally:
        _remove(draft)


def _copy(connection: duckdb.DuckDBPyConnection, node: Mapping[str, Any]) -> None:
    schema, table = relation(node)
    path = f"{name(schema)}.{name(table)}"
    connection.execute(f"create schema if not exists tables.{name(schema)}")
    connection.execute(f"create table tables.{path} as from shown.{path}")
    columns = node["columns"]
    required = {column for column, facts in columns.items() if _is_required(facts)} if _has_contract(node) else set()
    for column in required:
        connection.execute(f"alter table tables.{path} alter {name(column)} set not null")
    persisted = node["config"].get("persist_docs") or {}
    if persisted.get("relation") and node["description"]:
        connection.execute(f"comment on table tables.{path} is {text(node['description'])}")
    if persisted.get("columns"):
        for column, facts in columns.items():
            if facts["description"]:
                words = text(facts["description"])
                connection.execute(f"comment on column tables.{path}.{name(column)} is {words}")


def _has_contract(node: Mapping[str, Any]) -> bool:
    """Whether dbt makes the table with the contract's constraints: a view has none."""
    return bool(node["config"].get("contract", {}).get("enforced"))


def _is_required(column: Mapping[str, Any]) -> bool:
    return any(str(constraint["type"]).endswith("not_null") for constraint in column.get("constraints") or ())


def _remove(draft: Path) -> None:
    for path in (draft, draft.with_name(f"{draft.name}.wal")):
        path.unlink(missing_ok=True)
