"""The dbt project's unit tests on Spark, in a process of its own: `python -m tests.support.spark_units`.

    DATA_DIR RESULTS [MODEL...]

They run as on DuckDB, on a raw store without a line, each before its own model is built. What came of each is written to
RESULTS, as JSON. Rows that a test gives as DuckDB's SQL are given as Spark's, and those of a given relation as one list of
values: Spark puts a relation wherever it is named, and dbt's statement for each row would be planned there again.
"""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import sqlglot
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from caw.engine import DUCKDB, SPARK
from caw.settings import read_settings
from caw_dagster.dbt.build import built_relations
from caw_dagster.dbt.parsing import QUIET, locations
from caw_dagster.dbt.project import load_project
from caw_dagster.instance.folders import environment

# On Spark the model's rows are all of its table's, on DuckDB those that change.
UNSAID = frozenset({"segment_membership_history.a_later_run_sees_who_entered_and_who_left_since"})
FIXTURES = "macro.dbt.get_fixture_sql"
A_STATEMENT_EACH = re.compile(r"{%- for row in rows -%}.*?{%- endfor -%}\n(?=\n{%- if \(rows)", re.DOTALL)
VALUES = """
{%- for row in rows -%}
{%-   set row_values = default_row.copy() -%}
{%-   do row_values.update(format_row(row, column_name_to_data_types)) -%}
{{ "select * from values" if loop.first }} ({{ row_values.values() | join(", ") }}) {{ "," if not loop.last }}
{%- endfor -%}
{%- if rows %} as given ({{ column_name_to_quoted.values() | join(", ") }}) {% endif -%}
"""
WITHOUT_SECONDS = re.compile(r"( \d\d:\d\d)(?=[Z'+-])")  # an instant that Spark does not take


def main(data_dir: Path, results: Path, models: list[str]) -> None:
    """Write a status and dbt's words for each node, by `<model>.<name>` where it is a unit test; of these models, or of all."""
    settings = read_settings(data_dir=str(data_dir), engine=SPARK)
    os.environ.update(environment(settings))
    project = load_project(settings)
    places = locations(project.directory, data_dir / "target" / "units", project.engine)
    arguments = [*QUIET, "--no-write-json", "build", "--exclude-resource-type", "test", *places]
    arguments += ["--select", *models] if models else []
    with project.engine.building(settings, built_relations(project)):
        outcome = dbtRunner(manifest=_said_in_spark(project.parsed())).invoke(arguments)
    ran = {
        result.node.unique_id.removeprefix("unit_test.caw."): (str(result.status), result.message)
        for result in getattr(outcome.result, "results", ())
    }
    results.write_text(json.dumps(ran), encoding="utf-8")


def _said_in_spark(manifest: Manifest) -> Manifest:
    """The manifest without what Spark cannot say; rows are Spark's SQL where they are SQL, and values where they are not."""
    macro = manifest.macros[FIXTURES]
    macro.macro_sql, changed = A_STATEMENT_EACH.subn(lambda _: VALUES, macro.macro_sql)
    assert changed == 1, "dbt gives rows otherwise now"
    for name in UNSAID:
        del manifest.unit_tests[f"unit_test.caw.{name}"]
    for test in manifest.unit_tests.values():
        fixtures: list[Any] = [*test.given, test.expect]
        for fixture in fixtures:
            if isinstance(fixture.rows, str) and fixture.format == "sql":
                [statement] = sqlglot.transpile(fixture.rows, read=DUCKDB, write=SPARK)
                fixture.rows = WITHOUT_SECONDS.sub(r"\1:00", statement)
    return manifest


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), sys.argv[3:])
