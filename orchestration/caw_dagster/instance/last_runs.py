"""Reads the last runs from Dagster's history: whether one works now, and how the last finished one ended."""

import os
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from caw.doctor.runs import Finished, Runs
from caw.settings import Settings
from caw_dagster.instance.folders import dagster_home, prepare_instance
from caw_dagster.instance.history import FINISHED
from caw_dagster.instance.runs import ACTIVE, JOB_NAME, fail_dead_runs

FAILURES = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}
NO_REASON = "no reason was given"


class RunHistoryError(Exception):
    """The history of runs cannot be opened; the message says which, and why."""


def read_runs(settings: Settings, home: Path) -> Runs:
    """Read the runs of a Dagster instance; in the data dir's own a run whose process is gone is marked as failed.

    Args:
        settings: whose data dir.
        home: DAGSTER_HOME, the data dir's own or one of the user's.

    Raises:
        RunHistoryError: this user may not open it, or it is of another version of Dagster.
    """
    is_own = home == dagster_home(settings)
    try:
        if is_own:
            prepare_instance(settings)
        else:
            os.environ["DAGSTER_HOME"] = str(home)
        return _read(settings, is_own)
    except Exception as refused:  # of Dagster, SQLAlchemy, SQLite or the file system
        words = (str(refused).splitlines() or [type(refused).__name__])[0]
        raise RunHistoryError(f"the history of runs in {home} cannot be opened by this user ({words})") from refused


def _read(settings: Settings, is_own: bool) -> Runs:
    with dg.DagsterInstance.get() as instance:
        if is_own:
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
