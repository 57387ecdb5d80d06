"""Looks up tables and columns of a published file: one that an older version wrote lacks newer ones."""

from duckdb import DuckDBPyConnection


def has_table(connection: DuckDBPyConnection, schema: str, table: str) -> bool:
    """Whether there is such a table or view."""
    return bool(_columns(connection, schema, table))


def has_column(connection: DuckDBPyConnection, schema: str, table: str, column: str) -> bool:
    """Whether there is such a table or view, with this column."""
    return column in _columns(connection, schema, table)


def _columns(connection: DuckDBPyConnection, schema: str, table: str) -> set[str]:
    found = connection.execute(
        "select column_name from information_schema.columns where table_schema = ? and table_name = ?", [schema, table]
    ).fetchall()
    return {name for (name,) in found}
