"""Compares two DuckDB files, one of each engine: relation by relation, type and value (spec §14.1)."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

DIGITS = 12  # significant, of doubles
LEFT_OUT = ("ingested_at",)  # when a file was taken in
ONE_ENGINE = ("raw", "main")  # schemas in which an engine keeps what is its own
SHOWN = 3  # rows of a difference


def differences(duckdb_file: Path, spark_file: Path, left_out: Mapping[str, Sequence[str]] | None = None) -> list[str]:
    """One text for each relation of Spark's file that is not the same in DuckDB's.

    Args:
        duckdb_file: a warehouse or a published file.
        spark_file: another one, of the same input at the same instant.
        left_out: columns that are not compared, by relation.
    """
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{duckdb_file}' as ours (read_only)")
        connection.execute(f"attach '{spark_file}' as theirs (read_only)")
        return [
            f"{name}: {found}"
            for name in relations(connection, "theirs")
            if (found := _difference(connection, name, (left_out or {}).get(name, ())))
        ]


def relations(connection: duckdb.DuckDBPyConnection, database: str) -> list[str]:
    """`schema.name` of every table and view of an attached file."""
    found = connection.execute(
        "select table_schema || '.' || table_name from information_schema.tables "
        "where table_catalog = $1 and not list_contains($2, table_schema) order by 1",
        [database, list(ONE_ENGINE)],
    ).fetchall()
    return [name for (name,) in found]


def _difference(connection: duckdb.DuckDBPyConnection, name: str, left_out: Sequence[str]) -> str | None:
    try:
        described = [_columns(connection, f"{database}.{name}") for database in ("ours", "theirs")]
    except duckdb.CatalogException:
        return "not on DuckDB"
    if described[0] != described[1]:
        return f"columns {sorted(set(described[0]) ^ set(described[1]))}"
    columns = ", ".join(_compared(*one) for one in described[0] if one[0] not in (*LEFT_OUT, *left_out))
    rows = [
        connection.execute(
            f"select {columns} from {one}.{name} except all select {columns} from {other}.{name}"
        ).fetchall()
        for one, other in (("ours", "theirs"), ("theirs", "ours"))
    ]
    if not any(rows):
        return None
    return f"{len(rows[0])} rows on DuckDB alone {_shown(rows[0])}, {len(rows[1])} on Spark alone {_shown(rows[1])}"


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    return [row[:2] for row in connection.execute(f"describe select * from {relation}").fetchall()]


def _compared(name: str, kind: str) -> str:
    return f"format('{{:.{DIGITS - 1}e}}', {name}) as {name}" if kind == "DOUBLE" else f'"{name}"'


def _shown(rows: Sequence[tuple[object, ...]]) -> str:
    return str(sorted(rows, key=str)[:SHOWN])
