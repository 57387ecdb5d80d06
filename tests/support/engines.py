"""Compares a warehouse of DuckDB with what Spark made of the same raw store: relation by relation, type and value."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

DIGITS = 12  # significant, of doubles
LEFT_OUT = ("ingested_at",)  # when a file was taken in
SHOWN = 3  # rows of a difference


def differences(warehouse: Path, spark: Path) -> Iterator[str]:
    """One text for each relation of the project that is not the same on both engines.

    Args:
        warehouse: DuckDB's file.
        spark: folders <schema>/<name> of Parquet files.
    """
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
        for folder in sorted(spark.glob("*/*")):
            name = f"{folder.parent.name}.{folder.name}"
            found = _difference(connection, f"warehouse.{name}", f"read_parquet('{folder}/*.parquet')")
            if found:
                yield f"{name}: {found}"


def _difference(connection: duckdb.DuckDBPyConnection, ours: str, theirs: str) -> str | None:
    described, others = (
        [row[:2] for row in connection.execute(f"describe select * from {relation}").fetchall()]
        for relation in (ours, theirs)
    )
    if described != others:
        return f"columns {sorted(set(described) ^ set(others))}"
    columns = ", ".join(_compared(name, kind) for name, kind in described if name not in LEFT_OUT)
    rows = [
        connection.execute(f"select {columns} from {one} except all select {columns} from {other}").fetchall()
        for one, other in ((ours, theirs), (theirs, ours))
    ]
    if not any(rows):
        return None
    return f"{len(rows[0])} rows on DuckDB alone {_shown(rows[0])}, {len(rows[1])} on Spark alone {_shown(rows[1])}"


def _compared(name: str, kind: str) -> str:
    return f"format('{{:.{DIGITS - 1}e}}', {name}) as {name}" if kind == "DOUBLE" else f'"{name}"'


def _shown(rows: Sequence[tuple[object, ...]]) -> str:
    return str(sorted(rows, key=str)[:SHOWN])
