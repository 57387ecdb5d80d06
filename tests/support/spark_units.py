"""The dbt project's unit tests on Spark, in a process of its own: `python -m tests.support.spark_units`.

    DATA_DIR RESULTS [MODEL...]    of these models, or of all; what came of each is written to RESULTS, as JSON

They run over the tables of the data dir's last run on Spark, whose columns they ask for, and leave them as they are. It is
`dbt test` that runs them: `dbt build` runs one only where it builds its model, too. Rows that a test gives as DuckDB's SQL are
given as Spark's.
"""

import contextlib
import json
import os
import re
import sys
from pathlib import Path

import sqlglot
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from caw.engine import DUCKDB, SPARK
from caw.settings import read_settings
from caw_dagster.dbt.build import built_relations
from caw_dagster.dbt.parsing import QUIET, locations
from caw_dagster.dbt.project import load_project
from caw_dagster.instance.folders import environment

WITHOUT_SECONDS = re.compile(r"( \d\d:\d\d)(?=[Z'+-])")  # an instant that Spark does not take


class NothingToShow(Exception):
    """Ends a build that has made no table."""


def main(data_dir: Path, results: Path, models: list[str]) -> None:
    """Write a status and dbt's words for each test, by `<model>.<name>`."""
    settings = read_settings(data_dir=str(data_dir), engine=SPARK)
    os.environ.update(environment(settings))
    project = load_project(settings)
    places = locations(project.directory, data_dir / "target" / "units", project.engine)
    chosen = [f"{model},test_type:unit" for model in models] or ["test_type:unit"]
    arguments = [*QUIET, "--no-write-json", "test", *places, "--select", *chosen]
    with contextlib.suppress(NothingToShow), project.engine.building(settings, built_relations(project)):
        outcome = dbtRunner(manifest=_said_in_spark(project.parsed())).invoke(arguments)
        ran = {
            result.node.unique_id.removeprefix("unit_test.caw."): (str(result.status), result.message)
            for result in getattr(outcome.result, "results", ())
            if str(result.node.resource_type) == "unit_test"
        }
        raise NothingToShow
    results.write_text(json.dumps(ran), encoding="utf-8")


def _said_in_spark(manifest: Manifest) -> Manifest:
    """The manifest, with the rows of its unit tests in Spark's SQL where they are SQL."""
    for test in manifest.unit_tests.values():
        for given in (*test.given, test.expect):
            if isinstance(given.rows, str) and given.format == "sql":
                [statement] = sqlglot.transpile(given.rows, read=DUCKDB, write=SPARK)
                given.rows = WITHOUT_SECONDS.sub(r"\1:00", statement)
    return manifest


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), sys.argv[3:])
