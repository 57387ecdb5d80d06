"""The published schemas as DuckDB's catalog has them: tables with their columns, views and comments.

Both databases are attached to one connection, as `warehouse` and as `marts`.
"""

from dataclasses import dataclass

import duckdb

SCHEMAS = ("events", "segments", "retargeting", "performance", "health")
STORAGE_VERSION = "v1.0.0"  # read by every DuckDB from 1.0; the default of 2.0 is read by no 1.x
LAST_RUN = "health.last_run"  # the publication's own table; every other one is the warehouse's


@dataclass(frozen=True)
class Column:
    """A column as the catalog has it."""

    name: str
    kind: str
    required: bool
    comment: str | None


@dataclass(frozen=True)
class Relation:
    """A table or view of a published schema; `sql` is a view's."""

    schema: str
    name: str
    comment: str | None
    columns: tuple[Column, ...]
    sql: str | None = None

    @property
    def label(self) -> str:
        """`schema.table`, for people and for file names."""
        return f"{self.schema}.{self.name}"

    @property
    def path(self) -> str:
        """The quoted name without its database."""
        return f"{name(self.schema)}.{name(self.name)}"

    @property
    def shape(self) -> tuple[tuple[str, str, bool], ...]:
        """Names, types and constraints, in their order, which must be equal for rows to be carried over."""
        return tuple((column.name, column.kind, column.required) for column in self.columns)


def tables_of(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, Relation]:
    """The tables of an attached database's published schemas, by label."""
    found = connection.execute(
        "select schema_name, table_name, comment, null from duckdb_tables() "
        "where database_name = ? and list_contains(?, schema_name) order by schema_name, table_name",
        [database, list(SCHEMAS)],
    ).fetchall()
    return _relations(connection, database, found)


def views_of(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, Relation]:
    """The views of an attached database's published schemas, by label, each after those it was made from."""
    found = connection.execute(
        "select schema_name, view_name, comment, sql from duckdb_views() "
        "where database_name = ? and list_contains(?, schema_name) and not internal order by view_oid",
        [database, list(SCHEMAS)],
    ).fetchall()
    return _relations(connection, database, found)


def create_table(connection: duckdb.DuckDBPyConnection, table: Relation) -> None:
    """Make the table in `marts`, empty, in place of one of this name."""
    parts = [f"{name(column)} {kind}{' not null' if required else ''}" for column, kind, required in table.shape]
    connection.execute(f"create or replace table marts.{table.path} ({', '.join(parts)})")


def comment(connection: duckdb.DuckDBPyConnection, relation: Relation, before: Relation | None = None) -> None:
    """Give the relation in `marts` its comments, as far as they differ from those it has (`before`).

    All in one transaction: each by itself would be flushed to the disk.
    """
    kind = "table" if relation.sql is None else "view"
    target = f"marts.{relation.path}"
    had = {column.name: column.comment for column in before.columns} if before else {}
    statements = [
        f"comment on column {target}.{name(column.name)} is {_comment(column.comment)}"
        for column in relation.columns
        if column.comment != had.get(column.name)
    ]
    if relation.comment != (before.comment if before else None):
        statements.append(f"comment on {kind} {target} is {_comment(relation.comment)}")
    if statements:
        connection.execute("; ".join(["begin", *statements, "commit"]))


def name(identifier: str) -> str:
    """An identifier for SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: object) -> str:
    """A text for SQL, where no parameter is possible."""
    return "'" + str(value).replace("'", "''") + "'"


def _relations(
    connection: duckdb.DuckDBPyConnection, database: str, found: list[tuple[str, str, str | None, str | None]]
) -> dict[str, Relation]:
    columns: dict[tuple[str, str], list[Column]] = {}
    for schema, table, *column in connection.execute(
        "select schema_name, table_name, column_name, data_type, not is_nullable, comment from duckdb_columns() "
        "where database_name = ? and list_contains(?, schema_name) order by schema_name, table_name, column_index",
        [database, list(SCHEMAS)],
    ).fetchall():
        columns.setdefault((schema, table), []).append(Column(*column))
    relations = (
        Relation(schema, table, words, tuple(columns.get((schema, table), ())), sql)
        for schema, table, words, sql in found
    )
    return {relation.label: relation for relation in relations}


def _comment(words: str | None) -> str:
    return "null" if words is None else text(words)
