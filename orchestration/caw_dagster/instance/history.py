"""Keeps Dagster's own history small: the deletion of old runs and of future ticks."""

import shutil
from pathlib import Path
from typing import Any

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

from caw_dagster.instance.runs import JOB_NAME, PULL_JOB, PULL_SCHEDULE, RESCAN_SCHEDULE, SCHEDULE_NAME, SENSOR_NAME

KEPT_RUNS = 300  # a day of ticks and some: what the UI can show; older runs are forgotten with their events
FORGOTTEN_AT_ONCE = 20  # bounds what forgetting costs one tick
TICKING = frozenset({SCHEDULE_NAME, SENSOR_NAME, PULL_SCHEDULE, RESCAN_SCHEDULE})
TOLERANCE_SECONDS = 60.0  # a tick that is being made is no tick ahead
FINISHED = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]


def forget_old_runs(instance: DagsterInstance) -> int:
    """Delete each job's finished runs beyond the kept ones, with events, logs and files; how many were deleted."""
    most = KEPT_RUNS + FORGOTTEN_AT_ONCE
    jobs = [instance.get_runs(RunsFilter(job_name=job, statuses=FINISHED), limit=most) for job in (JOB_NAME, PULL_JOB)]
    old = [run for runs in jobs for run in runs[KEPT_RUNS:]]
    for run in old:
        instance.compute_log_manager.delete_logs(prefix=[run.run_id])
        instance.delete_run(run.run_id)
        _remove_files(Path(instance.root_directory), run.run_id)
    return len(old)


def forget_ticks_ahead(instance: DagsterInstance, now: float) -> list[str]:
    """Let our schedule and sensor go on where the latest tick is of a clock that was ahead; their names.

    Dagster asks neither again before the clock has come to that tick. A daemon that has run all the while keeps
    a schedule's latest tick in mind, too, until it is started again.

    Args:
        instance: whose ticks; it may have others' schedules and sensors, which are left alone.
        now: seconds since 1970.
    """
    names = []
    for state in (state for state in instance.all_instigator_state() if state.instigator_name in TICKING):
        kept = state.instigator_data._asdict() if state.instigator_data else {}
        instants = {name: value for name, value in kept.items() if isinstance(value, float)}
        ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)
        latest = max((*instants.values(), *(tick.timestamp for tick in ticks)), default=0.0)
        if state.instigator_data and latest > now + TOLERANCE_SECONDS:
            instance.purge_ticks(state.instigator_origin_id, state.selector_id, before=latest + 1)
            right: dict[str, Any] = {name: min(value, now) for name, value in instants.items()}
            instance.update_instigator_state(state.with_data(state.instigator_data._replace(**right)))
            names.append(state.instigator_name)
    return names


def _remove_files(home: Path, run_id: str) -> None:
    """Remove what Dagster leaves of a deleted run, where its history is SQLite's: an emptied file, and folders."""
    for path in (home / "history" / "runs").glob(f"{run_id}.db*"):
        path.unlink(missing_ok=True)
    shutil.rmtree(home / "storage" / run_id, ignore_errors=True)
