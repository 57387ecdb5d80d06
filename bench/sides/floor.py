"""The floor: one hand-written DuckDB script (floor.sql) over the landed files, into one database file."""

import sys
from pathlib import Path

import duckdb

from bench.counts import EVENT_TABLES, write_counts
from caw.feeds.declared import SEEDS_DIR

SCRIPT = Path(__file__).with_name("floor.sql")
MEMORY_LIMIT = "12GB"  # of DuckDB's buffers; the process is held to the limit of all sides


def main(landing: Path, work: Path) -> None:
    """Run the script; tables go to work/floor.duckdb."""
    with duckdb.connect(str(work / "floor.duckdb")) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set variable landing = ?", [str(landing)])
        connection.execute("set variable seeds = ?", [str(SEEDS_DIR)])
        connection.execute(SCRIPT.read_text(encoding="utf-8"))
        counts = {name: connection.table(name).count("*").fetchall()[0][0] for name in EVENT_TABLES}
    write_counts(work, counts)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
