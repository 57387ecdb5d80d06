"""This project on Spark: `caw run --engine spark` on a standalone cluster of this machine, in work/data.

Runs in the environment that has pyspark (requirements/spark.lock). The cluster's processes are children of this one:
their memory and CPU time are the side's.
"""

import os
import sys
from pathlib import Path

from bench.counts import write_counts
from bench.sides.caw_events import event_counts
from caw_dagster.cli import main as caw
from caw_dagster.engines.spark_remote import REMOTE
from tests.support.spark_elsewhere import cluster, spark_defaults

MEMORY = 3  # GB of each worker, which its one executor has
PARTS = 16  # of what is shuffled: some hundred megabytes each where conversations are a million
SETTINGS = {
    "spark.executor.memory": f"{MEMORY}g",
    "spark.sql.shuffle.partitions": str(PARTS),
    "spark.ui.enabled": "false",
}


def main(workers: int, landing: Path, work: Path) -> int:
    """Refresh once; the exit code."""
    with cluster(work / "cluster", workers, f"{MEMORY + 1}g") as spark:
        os.environ.update({REMOTE: spark.address, **spark_defaults(work / "conf", SETTINGS)})
        code = caw(["run", "--engine", "spark", "--landing", str(landing), "--data-dir", str(work / "data")])
    if code == 0:
        write_counts(work, event_counts(work / "data" / "published" / "marts.duckdb"))
    return code


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])))
