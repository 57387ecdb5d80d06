"""The rows of every table are the same on Spark and on DuckDB, type by type and value by value (spec §14)."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.support.built_sample import AS_OF
from tests.support.engines import differences
from tests.support.pipeline import Pipeline
from tests.support.project import SEEDS_DIR, copy_project

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None or shutil.which("java") is None,
    reason="Spark needs Java and the extra `spark`",
)
PUBLISHED = ("events", "health", "performance", "retargeting", "segments")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sample logs, transcripts too, in DuckDB's warehouse and in Spark's tables."""
    folder = tmp_path_factory.mktemp("both_engines")
    project = copy_project(folder / "project")
    pipeline = Pipeline(folder, project)
    logs = SEEDS_DIR / "sample"
    pipeline.deliver(
        {str(path.relative_to(logs)): path.read_bytes() for path in logs.rglob("*") if path.is_file()}, AS_OF
    )
    pipeline.build(AS_OF)
    return pipeline.data_dir / "warehouse.duckdb", on_spark(pipeline.data_dir, project.directory, folder / "spark")


def on_spark(data_dir: Path, project: Path, out: Path) -> Path:
    """Build a data dir's raw store on Spark, in a process of its own."""
    command = [sys.executable, "-m", "tests.support.spark_build", str(data_dir), str(project), str(out)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-2000:]
    return out


def test_every_table_has_the_same_rows_on_both_engines(both: tuple[Path, Path]) -> None:
    """A model that one engine reads otherwise than the other would give a team other numbers when it grows."""
    assert not list(differences(*both))


def test_spark_builds_every_table_that_duckdb_publishes(both: tuple[Path, Path]) -> None:
    """What Spark lacks could not differ."""
    warehouse, spark = both
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select table_schema || '/' || table_name from information_schema.tables"
        ).fetchall()
    ours = {name for (name,) in tables if name.split("/")[0] in PUBLISHED}
    assert ours
    assert ours <= {str(path.relative_to(spark)) for path in spark.glob("*/*")}
