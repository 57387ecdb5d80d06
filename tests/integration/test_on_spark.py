"""All models built on Apache Spark have DuckDB's rows (spec §14.1): a shop's first days and a few lines of every vendor.

A slice of what `make spark` and `make spark-soak` look at, where Spark can be had (tests/support/spark_here.py). Spark's raw
store is elsewhere, so that it is copied.
"""

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from caw.engine import WAREHOUSE
from caw.raw_store.store import RAW
from caw_dagster.engines.raw_store_here import RAW_STORE
from tests.support.both_engines import OF_THE_RUN, names, run
from tests.support.elsewhere import PROTOCOL
from tests.support.engines import differences
from tests.support.pipeline import Pipeline
from tests.support.project import ProjectCopy
from tests.support.small_shop import deliveries
from tests.support.spark_here import NoSpark, spark_python
from tests.support.vendor_files import vendor_files

AS_OF = datetime.fromisoformat("2026-06-30T14:00:00Z")  # when the last of the shop's files have landed


@pytest.fixture
def python() -> Path:
    """Python of an environment with Spark."""
    try:
        return spark_python()
    except NoSpark as why:
        pytest.skip(str(why))


def test_every_table_has_the_same_rows_on_spark(python: Path, project: ProjectCopy, tmp_path: Path) -> None:
    """A change of a model that Spark cannot run, or reads otherwise; an object of the store that its copy lacks."""
    pipeline = Pipeline(tmp_path / "duckdb", project)
    pipeline.deliver(
        {**vendor_files(), **{path: text for files in deliveries().values() for path, text in files.items()}}, AS_OF
    )
    pipeline.build(AS_OF)
    on_spark = tmp_path / "spark"
    shutil.copytree(pipeline.data_dir, on_spark, ignore=shutil.ignore_patterns(f"{WAREHOUSE}*", "target"))
    (on_spark / RAW).rename(tmp_path / RAW)
    given = {"CAW_SEEDS_DIR": str(project.seeds), "CAW_THREADS": "2", RAW_STORE: f"{PROTOCOL}://{tmp_path / RAW}"}
    run("-m", "tests.support.spark_build", str(on_spark), python=python, given=given)
    files = pipeline.data_dir / WAREHOUSE, on_spark / WAREHOUSE
    assert names(files[0]) == names(files[1])
    assert differences(*files, OF_THE_RUN) == []
