"""A part of the dbt project built on Spark in a process of its own, by the engine of `caw run`: `python -m tests.support.spark_build`.

    DATA_DIR SELECTION...    the relations are shown by the data dir's warehouse.duckdb

Ends with 1 where dbt fails, and says which.
"""

import os
import sys
from pathlib import Path

from caw.engine import SPARK
from caw.settings import read_settings
from caw_dagster.dbt.build import dbt_build
from caw_dagster.dbt.project import load_project
from caw_dagster.instance.folders import environment


def main(data_dir: Path, selection: list[str]) -> int:
    """Build the selection, without tests; the exit code."""
    settings = read_settings(data_dir=str(data_dir), engine=SPARK)
    os.environ.update(environment(settings))
    chosen = ["--select", *selection, "--exclude-resource-type", "test"]
    built = dbt_build(load_project(settings), settings, True, chosen, lambda _: None)
    if built.succeeded:
        return 0
    print("\n".join(built.failures), built.error or "")
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), sys.argv[2:]))
