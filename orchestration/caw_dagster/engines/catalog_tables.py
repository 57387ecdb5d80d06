"""The published tables of a build on Spark, as a catalog gets them from the files that were built (spec §14.4)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from caw.publication.tables import name
from caw_dagster.engines.catalog_statements import Table, files
from caw_dagster.engines.publishable import descriptions, published
from caw_dagster.engines.shown import Name, shown_folders


def tables_of_a_build(warehouse: Path, manifest: Mapping[str, Any]) -> Sequence[Table]:
    """The published tables that a warehouse of views shows, with what the models say of them.

    Args:
        warehouse: the file of views.
        manifest: dbt's.

    Raises:
        duckdb.CatalogException: a model of a published schema has no table there.
    """
    folders = shown_folders(warehouse)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return [_table(connection, one, folders, node) for one, node in published(warehouse, manifest).items()]


def _table(
    connection: duckdb.DuckDBPyConnection, one: Name, folders: Mapping[Name, Path], node: Mapping[str, Any]
) -> Table:
    path = f"{name(one[0])}.{name(one[1])}"
    [(rows,)] = connection.execute(f"select count(*) from {path}").fetchall()
    columns = [row[0] for row in connection.execute(f"describe from {path}").fetchall()]
    comment, of_columns = descriptions(node)
    return Table(*one, {column: of_columns.get(column, "") for column in columns}, files(folders[one]), rows, comment)
