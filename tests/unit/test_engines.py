"""The comparison of two engines' tables finds what it is there to find, and nothing else."""

from pathlib import Path

import duckdb
import pytest

from tests.support.engines import differences

ROW = "select 'a' as id, 1::bigint as lines, 0.1::double as seconds, ['x'] as tags, timestamptz '2026-01-01 00:00:00Z' as ingested_at"


def compared(folder: Path, ours: str, theirs: str) -> list[str]:
    """The differences between a table of DuckDB and one of the other engine."""
    files = [folder / "duckdb.duckdb", folder / "spark.duckdb"]
    for file, rows in zip(files, (ours, theirs), strict=True):
        with duckdb.connect(str(file)) as connection:
            connection.execute("create schema events")
            connection.execute(f"create table events.feed as {rows}")
    return differences(*files)


@pytest.mark.parametrize(
    "theirs",
    [
        ROW,
        ROW.replace("0.1::double", "0.1000000000000001::double"),
        ROW.replace("2026-01-01 00:00:00Z", "2026-01-02 00:00:00Z"),
    ],
)
def test_the_same_rows_do_not_differ(tmp_path: Path, theirs: str) -> None:
    """Prevents a comparison that reports when a file was taken in, or a double's last binary digit."""
    assert compared(tmp_path, ROW, theirs) == []


@pytest.mark.parametrize(
    "theirs",
    [
        ROW.replace("'a'", "'b'"),
        ROW.replace("'a'", "null"),
        ROW.replace("::bigint", "::integer"),
        ROW.replace("as lines", "as line"),
        ROW.replace("0.1::double", "0.10000000001::double"),
        ROW.replace("['x']", "['x', 'x']"),
        f"{ROW} where false",
        f"{ROW} union all {ROW}",
    ],
)
def test_another_value_type_column_or_number_of_rows_differs(tmp_path: Path, theirs: str) -> None:
    """Prevents a comparison that cannot fail."""
    [found] = compared(tmp_path, ROW, theirs)
    assert found.startswith("events.feed: ")
