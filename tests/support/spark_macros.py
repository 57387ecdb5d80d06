"""What Spark makes of rows by macros of the dbt project, in a process of its own: `python -m tests.support.spark_macros`.

    DATA_DIR ASKED FOUND

ASKED is JSON, a list: each with `given`, a Parquet file of rows with a `place`, and `calls` of macros on its columns. FOUND
gets, by the name of the call, what each row gives, as texts and in order.
"""

import json
import os
import sys
from importlib import import_module
from pathlib import Path

from caw.engine import SPARK
from caw.settings import read_settings
from caw_dagster.dbt.build import built_relations
from caw_dagster.dbt.parsing import locations
from caw_dagster.dbt.project import load_project
from caw_dagster.instance.folders import environment
from tests.support.macros import expressions


def main(data_dir: Path, asked: Path, found: Path) -> None:
    """Ask Spark, and write down what it answers."""
    settings = read_settings(data_dir=str(data_dir), engine=SPARK)
    os.environ.update(environment(settings))
    project = load_project(settings)
    places = locations(project.directory, data_dir / "target" / "macros", project.engine)
    answers = {}
    with project.engine.building(settings, built_relations(project)):
        session = import_module("pyspark.sql").SparkSession.getActiveSession()
        for group in json.loads(asked.read_text(encoding="utf-8")):
            for name, sql in expressions(group["calls"], project.parsed(), places).items():
                query = f"select place, cast({sql} as string) as answer from parquet.`{group['given']}` order by place"
                answers[name] = [row.answer for row in session.sql(query).collect()]
    found.write_text(json.dumps(answers), encoding="utf-8")


if __name__ == "__main__":
    main(*(Path(argument).resolve() for argument in sys.argv[1:4]))
