"""The code location. What is loaded here is declared in assets/, checks.py and automation.py."""

import os
from collections.abc import Sequence

import dagster as dg

from caw.pull.rows import Row
from caw.settings import read_settings
from caw_dagster.assets.publication import publication_asset
from caw_dagster.assets.pulls import pulls_of, rows_to_pull
from caw_dagster.assets.raw import raw_assets
from caw_dagster.assets.report import report_asset
from caw_dagster.assets.warehouse import warehouse_assets
from caw_dagster.automation import landed_files, refresh_every_five_minutes, refresh_job
from caw_dagster.checks import warehouse_checks
from caw_dagster.dbt.project import Project, load_project
from caw_dagster.instance.folders import environment
from caw_dagster.resources import run_context_resource


@dg.definitions
def definitions() -> dg.Definitions:
    """Everything Dagster knows of caw; the dbt project is parsed here if its content is new, never at import."""
    settings = read_settings()
    os.environ.update(environment(settings))
    return definitions_of(load_project(settings), rows_to_pull(settings))


def definitions_of(project: Project, rows: Sequence[Row] = ()) -> dg.Definitions:
    """The code location over a parsed dbt project, and over the rows of `pulls.csv`."""
    warehouse, pulls = warehouse_assets(project), pulls_of(rows)
    return dg.Definitions(
        assets=[
            *pulls.assets,
            raw_assets(project, rows),
            warehouse,
            publication_asset(project, warehouse),
            report_asset(),
        ],
        asset_checks=[warehouse_checks()],
        jobs=[refresh_job, *pulls.jobs],
        schedules=[refresh_every_five_minutes, *pulls.schedules],
        sensors=[landed_files],
        resources={"run_context": run_context_resource},
        executor=dg.in_process_executor,
    )
