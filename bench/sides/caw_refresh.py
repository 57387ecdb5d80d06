"""This project, the whole refresh: `caw run` as a user starts it, in work/data."""

import sys
from pathlib import Path

from bench.counts import write_counts
from bench.sides.caw_events import event_counts
from caw_dagster.cli import main as caw


def main(landing: Path, work: Path) -> int:
    """Refresh once; the exit code."""
    code = caw(["run", "--landing", str(landing), "--data-dir", str(work / "data")])
    if code == 0:
        write_counts(work, event_counts(work / "data" / "published" / "marts.duckdb"))
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
