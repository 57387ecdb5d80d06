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
from caw_dagster.engines.shown import Name, shown_folders


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
            for one, node in published(settings.warehouse, manifest).items():
                _copy(connection, one)
                _complete(connection, one, node)
        yield draft
    finally:
        _remove(draft)


def published(warehouse: Path, manifest: Mapping[str, Any]) -> Mapping[Name, Mapping[str, Any]]:
    """The node of each relation of a published schema; an empty one where no model makes it."""
    models = _models(manifest)
    names = sorted({*models, *shown_folders(warehouse)})
    return {one: models.get(one, {}) for one in names if one[0] in SCHEMAS}


def descriptions(node: Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:
    """The comments of a model's table, which may be empty, and of those of its columns that have any."""
    persisted = node.get("config", {}).get("persist_docs") or {}
    columns = node.get("columns", {}).items() if persisted.get("columns") else ()
    return (
        str(node["description"] or "") if persisted.get("relation") else "",
        {column: facts["description"] for column, facts in columns if facts["description"]},
    )


def _models(manifest: Mapping[str, Any]) -> Mapping[Name, Mapping[str, Any]]:
    """The models that have a table of their own, by its name."""
    nodes = (node for node in manifest["nodes"].values() if node["resource_type"] == "model")
    return {relation(node): node for node in nodes if node["config"].get("materialized") != "ephemeral"}


def _copy(connection: duckdb.DuckDBPyConnection, one: Name) -> None:
    connection.execute(f"create schema if not exists tables.{name(one[0])}")
    connection.execute(f"create table tables.{_path(one)} as from shown.{_path(one)}")


def _complete(connection: duckdb.DuckDBPyConnection, one: Name, node: Mapping[str, Any]) -> None:
    """Constraints and comments, as a model's node has them; a table that no model makes has none."""
    path, columns = _path(one), node.get("columns", {})
    required = {column for column, facts in columns.items() if _is_required(facts)} if _has_contract(node) else set()
    for column in required:
        connection.execute(f"alter table tables.{path} alter {name(column)} set not null")
    words, of_columns = descriptions(node)
    if words:
        connection.execute(f"comment on table tables.{path} is {text(words)}")
    for column, of_column in of_columns.items():
        connection.execute(f"comment on column tables.{path}.{name(column)} is {text(of_column)}")


def _has_contract(node: Mapping[str, Any]) -> bool:
    """Whether dbt makes the table with the contract's constraints: a view has none."""
    return bool(node.get("config", {}).get("contract", {}).get("enforced"))


def _path(one: Name) -> str:
    return f"{name(one[0])}.{name(one[1])}"


def _is_required(column: Mapping[str, Any]) -> bool:
    return any(str(constraint["type"]).endswith("not_null") for constraint in column.get("constraints") or ())


def _remove(draft: Path) -> None:
    for path in (draft, draft.with_name(f"{draft.name}.wal")):
        path.unlink(missing_ok=True)
