"""What a killed run left in the warehouse is gone once the next one has begun."""

from pathlib import Path

import duckdb

from tests.support.pipeline import Pipeline
from tests.support.project import ProjectCopy


def test_last_versions_that_a_killed_run_had_still_to_drop_go_and_nothing_else_does(
    project: ProjectCopy, tmp_path: Path
) -> None:
    """Prevents a mart's last version from being published next to it, where the next run does not make that mart again."""
    pipeline = Pipeline(tmp_path, project)
    warehouse = str(pipeline.data_dir / "warehouse.duckdb")
    with duckdb.connect(warehouse) as connection:
        connection.execute("create schema retargeting")
        connection.execute("create table retargeting.retargeting_eligibility as select 1 as policy_id")
        connection.execute("create table retargeting.retargeting_eligibility__dbt_backup as select 1 as policy_id")
        connection.execute("create table retargeting.eligibility_funnel__dbt_tmp as select 1 as policy_id")
        connection.execute("create view retargeting.some_view__dbt_backup as select 1 as policy_id")
        connection.execute("create table retargeting.kept__dbt_backup_by_hand as select 1 as policy_id")
    pipeline.dbt("build", "--select", "retargeting_policies", "--exclude-resource-type", "test")
    with duckdb.connect(warehouse, read_only=True) as connection:
        found = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'retargeting' order by table_name"
        ).fetchall()
    assert found == [("kept__dbt_backup_by_hand",), ("retargeting_eligibility",)]
