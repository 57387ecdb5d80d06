"""Dagster's word on the last runs: whether one works now, and how the last finished one ended."""

from dataclasses import dataclass
from datetime import UTC, datetime

import dagster as dg

from orchestration.history import FINISHED
from orchestration.instance import prepare_instance
from orchestration.runs import ACTIVE, JOB_NAME, fail_dead_runs
from orchestration.settings import Settings

FAILURES = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}
NO_REASON = "no reason was given"


@dataclass(frozen=True)
class Finished:
    """How a run ended."""

    run_id: str
    ended_at: datetime  # UTC
    status: str  # Dagster's word, in lower case: success, failure, canceled
    why: str | None  # of a failed one

    @property
    def failed(self) -> bool:
        """Whether it failed; a canceled one was ended by a person."""
        return self.status == "failure"


@dataclass(frozen=True)
class Runs:
    """The runs that matter now."""

    working: str | None  # the id of one that works or waits
    finished: Finished | None  # the last


def read_runs(settings: Settings) -> Runs:
    """Ask the data dir's own instance; a run whose process is gone counts as failed, and is marked so."""
    prepare_instance(settings)
    with dg.DagsterInstance.get() as instance:
        fail_dead_runs(instance, settings.state_dir)
        working = instance.get_runs(dg.RunsFilter(job_name=JOB_NAME, statuses=ACTIVE), limit=1)
        records = instance.get_run_records(dg.RunsFilter(job_name=JOB_NAME, statuses=FINISHED), limit=1)
        finished = [_finished(instance, record) for record in records]
    return Runs(working[0].run_id if working else None, finished[0] if finished else None)


def _finished(instance: dg.DagsterInstance, record: dg.RunRecord) -> Finished:
    run = record.dagster_run
    ended = datetime.fromtimestamp(record.end_time or record.update_timestamp.timestamp(), UTC)
    why = _why(instance, run.run_id) if run.status is dg.DagsterRunStatus.FAILURE else None
    return Finished(run.run_id, ended, run.status.value.lower(), why)


def _why(instance: dg.DagsterInstance, run_id: str) -> str:
    """The words of the first step that failed, else of the run's own end."""
    words = [_words(entry.dagster_event) for entry in instance.all_logs(run_id, of_type=FAILURES)]
    return " ".join((words or [NO_REASON])[0].split())


def _words(event: dg.DagsterEvent | None) -> str:
    if event is None or not event.is_step_failure:
        return (event and event.message) or NO_REASON
    data = event.step_failure_data
    described = data.user_failure_data.description if data.user_failure_data else None
    return described or (data.error.message if data.error else NO_REASON)
