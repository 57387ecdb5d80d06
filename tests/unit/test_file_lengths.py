"""No file of code has more than 300 lines: one that has does several things, and asks to be split by them."""

from tests.support.own_files import own_files

MOST_LINES = 300
LONGER = {
    "dbt_project/macros/dialect/duckdb.sql": "one file an engine, to be laid next to the other",
    "dbt_project/macros/dialect/spark.sql": "one file an engine, to be laid next to the other",
    "tests/orchestration/test_job.py": "its tests share one history of runs, which a second file would make again",
}


def test_no_file_of_code_is_longer_than_300_lines() -> None:
    """A module that grows by a little each time, and is a drawer in the end."""
    files = [(name, path) for name, path in own_files(".py", ".sql") if name not in LONGER]
    assert len(files) > len(LONGER)
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in files}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}
