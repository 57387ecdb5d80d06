"""Runs for which nothing is new but the clock: whether one is, and what it selects of the job `refresh`.

Dagster writes down each selected asset and check of a run three times and looks up what each is made of, which takes
longer than to build the few tables that look at the clock. Such a run selects these, their checks, the tables with a
freshness policy, and the publication; whatever else is selected, the whole job for one, is done as it is asked for.
"""

import contextlib
from collections.abc import Mapping
from typing import Any

import dagster as dg

from caw.landing.fingerprint import landing_fingerprint, saved_fingerprint
from caw.settings import Settings
from caw_dagster.assets.publication import KEY as PUBLISHED
from caw_dagster.assets.report import CHECK as REPORT_CHECK
from caw_dagster.assets.report import KEY as REPORT
from caw_dagster.assets.warehouse import IS_OVERTAKEN, keys_by_clock
from caw_dagster.dbt.events import UNIQUE_ID
from caw_dagster.dbt.project import Project
from caw_dagster.dbt.selection import outdated_by_clock
from caw_dagster.dbt.state import read_built, reason_to_rebuild, was_published
from caw_dagster.instance.runs import JOB_NAME


def clock_job(location: dg.Definitions, manifest: Mapping[str, Any]) -> dg.JobDefinition:
    """The job `refresh` without what does not look at the clock; `location` has all of it.

    The checks of each selected table are in it: one that is materialized again has no results of checks but those of
    that run.
    """
    keys, nodes = keys_by_clock(manifest), outdated_by_clock(manifest)
    specs = location.resolve_assets_def(min(keys)).check_specs
    checks = {spec.key for spec in specs if spec.metadata[UNIQUE_ID] in nodes or spec.asset_key in keys}
    return location.resolve_job_def(JOB_NAME).get_subset(
        asset_selection={*keys, PUBLISHED, REPORT}, asset_check_selection={*checks, REPORT_CHECK.key}
    )


def nothing_is_new(project: Project, settings: Settings) -> bool:
    """Whether the last run built and published all that is there, with this project, and a run would take in nothing.

    The caller does not hold the data dir's lock: the warehouse is not opened, and the run looks again once it does.
    """
    store, before = settings.store(), read_built(settings.state_dir)
    with contextlib.suppress(OSError, ValueError):  # a damaged file: the whole job writes it again
        return (
            before is not None
            and before.complete
            and (before.project_key, before.batch_id) == (project.key, store.last_batch_id())
            and was_published(before, settings)
            and settings.warehouse.is_file()
            and reason_to_rebuild(settings.warehouse, before, project.parsing_fingerprint) is None
            and not (before.unreadable or store.has_unreadable() or store.failed_in_older_versions())
            and landing_fingerprint(settings.landing_dir) == saved_fingerprint(settings.state_dir)
        )
    return False


def was_overtaken(result: dg.ExecuteInProcessResult) -> bool:
    """Whether such a run stopped because more was new when it had the lock."""
    failures = (event.step_failure_data.user_failure_data for event in result.all_events if event.is_step_failure)
    return any(failure is not None and IS_OVERTAKEN in failure.metadata for failure in failures)
