"""The dbt project built on Spark from the raw store of a data dir, in a process of its own: `python -m tests.support.spark_build`.

    DATA_DIR PROJECT_DIR OUT    every relation of the project is written to OUT/<schema>/<name>, as Parquet

Ends with 1 where dbt fails or a test does, and says which.
"""

import sys
from pathlib import Path

from dbt.cli.main import dbtRunner

from caw.feeds.declared import DBT_PROJECT_DIR
from caw_dagster.dbt.spark import TARGET, spark_session

GOOD = frozenset({"success", "pass", "warn", "no-op"})


def main(data_dir: Path, project: Path, out: Path) -> int:
    """Build all, test all, and write what was built; the exit code."""
    target = data_dir / "target_spark"
    places = ["--project-dir", str(project), "--profiles-dir", str(DBT_PROJECT_DIR), "--target", TARGET]
    places += ["--target-path", str(target), "--log-path", str(target)]
    with spark_session(data_dir) as session:
        outcome = dbtRunner().invoke(["--log-level", "none", "build", "--exclude-resource-type", "unit_test", *places])
        results = getattr(outcome.result, "results", None) or []
        bad = [f"{one.node.name}: {one.message}" for one in results if str(one.status) not in GOOD]
        if not outcome.success or bad:
            print("\n".join(bad) or outcome.exception)
            return 1
        for node in (one.node for one in results):
            is_relation = node.resource_type in ("seed", "model") and node.config.materialized != "ephemeral"
            if is_relation:
                place = str(out / node.schema / node.name)
                session.table(f"{node.schema}.{node.name}").coalesce(1).write.mode("overwrite").parquet(place)
    return 0


if __name__ == "__main__":
    sys.exit(main(*(Path(argument).resolve() for argument in sys.argv[1:])))
