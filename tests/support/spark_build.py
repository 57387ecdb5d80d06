"""Models built on Spark in a process of its own, by the engine of `caw run`: `python -m tests.support.spark_build`.

    DATA_DIR                   all of them
    DATA_DIR GIVEN MODEL...    some: what they do not make is given, the tables of a DuckDB file

The relations are shown by the data dir's warehouse.duckdb. Ends with 1 where dbt fails, and says which.
"""

import os
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import duckdb

from caw.engine import SPARK
from caw.publication.tables import name, text
from caw.settings import Settings, read_settings
from caw_dagster.dbt.build import dbt_build
from caw_dagster.dbt.project import load_project
from caw_dagster.engines.on_spark import OnSpark
from caw_dagster.instance.folders import environment
from tests.support import elsewhere  # noqa: F401 - a protocol that the raw store may have
from tests.support.engines import relations


class OnGivenTables(OnSpark):
    """Spark, with the tables of a DuckDB file there before dbt begins."""

    def __init__(self, given: Path, made: Collection[str]) -> None:
        self.given, self.made = given, made

    @contextmanager
    def building(self, settings: Settings, names: Collection[tuple[str, str]]) -> Iterator[None]:
        """The tables are written as files of the build, so that they are shown with what dbt makes."""
        with super().building(settings, names):
            session = import_module("pyspark.sql").SparkSession.getActiveSession()
            build = Path(session.conf.get("spark.sql.warehouse.dir").removeprefix("file:"))
            with duckdb.connect(str(self.given), read_only=True) as connection:
                connection.execute("set TimeZone = 'UTC'")
                for relation in relations(connection, self.given.stem):
                    schema, table = relation.split(".")
                    if table not in self.made and (schema, table) in names:
                        folder = build / schema / table
                        folder.mkdir(parents=True)
                        rows, file = f"{name(schema)}.{name(table)}", text(folder / "given.parquet")
                        connection.execute(f"copy (from {rows}) to {file} (format parquet)")
                        session.sql(f"create table {relation} using parquet location '{folder.as_uri()}'")
            yield


def build(data_dir: Path, engine: OnSpark | None = None, models: Collection[str] = ()) -> int:
    """Build the models, without tests, on an engine of the test's own or that of `caw run`; the exit code."""
    settings = read_settings(data_dir=str(data_dir), engine=SPARK)
    os.environ.update(environment(settings))
    project = load_project(settings)
    if engine is not None:
        project = replace(project, engine=engine)
    chosen = [*(["--select", *models] if models else []), "--exclude-resource-type", "test"]
    built = dbt_build(project, settings, True, chosen, lambda _: None)
    if built.succeeded:
        return 0
    print("\n".join(built.failures), built.error or "")
    return 1


def main(data_dir: Path, given: Sequence[str], models: Collection[str]) -> int:
    """Build the models; the exit code."""
    return build(data_dir, OnGivenTables(Path(given[0]).resolve(), models) if given else None, models)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), sys.argv[2:3], sys.argv[3:]))
