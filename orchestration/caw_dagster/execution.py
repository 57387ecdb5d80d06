"""Runs the job `refresh` in this process. What does not belong here: what the job consists of (definitions.py)."""

import contextlib
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg

from caw.host import progress
from caw.host.disk_trouble import explained
from caw.ingest.commit import BatchResult
from caw.settings import read_settings
from caw_dagster.assets.publication import KEY as PUBLISHED
from caw_dagster.assets.pulls import rows_to_pull
from caw_dagster.clock_runs import clock_job, nothing_is_new, was_overtaken
from caw_dagster.dbt.parsing import ProjectError
from caw_dagster.dbt.project import load_project
from caw_dagster.definitions import definitions_of
from caw_dagster.errors import described
from caw_dagster.instance.runs import JOB_NAME
from caw_dagster.instance.sqlite import keep_history_quick

INTERRUPTED = "UNEXPECTED_TERMINATION"  # Dagster's word
GAVE_WAY = "More was new than the clock: a run of the whole job goes on in its place."


@dataclass(frozen=True)
class Outcome:
    """A run's outcome: what it published, or the one line that says why it did not."""

    failure: str | None
    published: Path | None = None
    as_of: datetime | None = None  # UTC
    batch_id: str | None = None  # the run's batch; None where nothing was new


def execute(as_of: str | None, full_refresh: bool) -> Outcome:
    """Run the job on the instance that the environment names; failures are returned, and their trace goes to stderr.

    Args:
        as_of: the run's instant as it was given, ISO 8601; now where it is None.
        full_refresh: rebuild every table from the raw store.

    Raises:
        KeyboardInterrupt: Ctrl-C, at whatever step; the run counts as canceled and not as failed.
    """
    try:
        return _execute(as_of, full_refresh)
    except ProjectError as refused:
        return Outcome(explained(f"the dbt project does not parse: {' '.join(str(refused).split())}"))
    except Exception as unforeseen:
        with contextlib.suppress(OSError):  # the log's disk may be full
            traceback.print_tb(unforeseen.__traceback__)
        return Outcome(explained(f"the run ended: {described(unforeseen, read_settings().data_dir)}", unforeseen))


def _execute(as_of: str | None, full_refresh: bool) -> Outcome:
    settings = read_settings()
    project = load_project(settings)
    location = definitions_of(project, rows_to_pull(settings))
    config = {"resources": {"run_context": {"config": {"as_of": as_of, "full_refresh": full_refresh}}}}
    keep_history_quick()
    with dg.DagsterInstance.get() as instance:
        if not full_refresh and nothing_is_new(project, settings):
            progress.say("Ingestion", str(BatchResult(None)))
            result = _run(clock_job(location, project.manifest), instance, config)
            if not was_overtaken(result):
                return _outcome(result)
            _cancel(instance, result.run_id, GAVE_WAY)
        return _outcome(_run(location.resolve_job_def(JOB_NAME), instance, config))


def _run(job: dg.JobDefinition, instance: dg.DagsterInstance, config: Mapping[str, Any]) -> dg.ExecuteInProcessResult:
    """Run a job; a run that was interrupted counts as canceled, and raises KeyboardInterrupt."""
    result = job.execute_in_process(
        instance=instance, run_config=config, raise_on_error=False, tags={"caw/launched_by": "caw run"}
    )
    if _was_interrupted(result):
        _cancel(instance, result.run_id, "Ended by a person, or by the service manager.")
        raise KeyboardInterrupt
    return result


def _cancel(instance: dg.DagsterInstance, run_id: str, why: str) -> None:
    """Let a run that Dagster calls failed count as canceled."""
    if (run := instance.get_run_by_id(run_id)) is not None:
        instance.report_run_canceled(run, why)


def _was_interrupted(result: dg.ExecuteInProcessResult) -> bool:
    """Whether Ctrl-C or a signal ended the run; Dagster calls it a failure unless it was asked for in the UI."""
    failures = (event.job_failure_data for event in result.all_events if event.is_job_failure)
    return any(data.failure_reason is not None and data.failure_reason.value == INTERRUPTED for data in failures)


def _outcome(result: dg.ExecuteInProcessResult) -> Outcome:
    if not result.success:
        return Outcome(explained(_why(result)))
    published = _metadata(result, PUBLISHED)
    batch_id = _metadata(result, dg.AssetKey(["raw", "conversation_log"])).get("batch_id", "none")
    return Outcome(
        failure=None,
        published=Path(str(published["path"])),
        as_of=datetime.fromisoformat(str(published["as_of"])),
        batch_id=None if batch_id == "none" else str(batch_id),
    )


def _metadata(result: dg.ExecuteInProcessResult, key: dg.AssetKey) -> dict[str, object]:
    for event in result.get_asset_materialization_events():
        if event.asset_key == key:
            return {name: value.value for name, value in event.materialization.metadata.items()}
    return {}


def _why(result: dg.ExecuteInProcessResult) -> str:
    for event in result.all_events:
        if event.is_step_failure:
            return f"the run failed in step {event.step_key}: {_first_words(event)}"
    for event in result.all_events:
        if event.is_failure and event.message:
            return f"the run failed: {' '.join(event.message.split())}"
    return "the run failed"


def _first_words(event: dg.DagsterEvent) -> str:
    data = event.step_failure_data
    described = data.user_failure_data.description if data.user_failure_data else None
    error = data.error.cause or data.error if data.error else None
    words = described or (error.message if error else "no reason was given")
    return " ".join(words.split())
