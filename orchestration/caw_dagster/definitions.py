"""The code location. What is loaded here is declared in assets/, checks.py and automation.py."""

import os

import dagster as dg

from caw.settings import read_settings
from caw_dagster.assets.publication import publication_asset
from caw_dagster.assets.raw import raw_assets
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
    return definitions_of(load_project(settings))


def definitions_of(project: Project) -> dg.Definitions:
    """The code location over a parsed dbt project."""
    warehouse = warehouse_assets(project)
    return dg.Definitions(
        assets=[raw_assets(project), warehouse, publication_asset(project, warehouse)],
        asset_checks=[warehouse_checks()],
        jobs=[refresh_job],
        schedules=[refresh_every_five_minutes],
        sensors=[landed_files],
        resources={"run_context": run_context_resource},
        executor=dg.in_process_executor,
    )
