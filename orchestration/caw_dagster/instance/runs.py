"""Finds runs whose process died: a run holds a lock file of its own from its start to its end.

A process that is killed cannot report it, and Dagster would keep its run as started for ever, and runs that wait for it
too. The kernel releases a dead process's lock, by which the next run, with a daemon or without, recognises it.
"""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

from caw.host.locks import Holder, exclusive, is_held

JOB_NAME = "refresh"
SCHEDULE_NAME = "refresh_every_five_minutes"
SENSOR_NAME = "landed_files"
PULL_JOB = "pull"
PULL_SCHEDULE = "pull_every_five_minutes"
RESCAN_SCHEDULE = "rescan_every_night"
GRACE = timedelta(minutes=3)  # a cold process may need this long from its launch to its lock
UNFINISHED = [  # a run that was created and never started counts: its process can die in these seconds, too
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]
ACTIVE = [DagsterRunStatus.QUEUED, *UNFINISHED]
DIED = "The process of this run ended without a word; the next run found that out by its lock and takes over its work."


@contextmanager
def living(state_dir: Path, holder: Holder) -> Iterator[None]:
    """Show other processes that this run is alive, as long as the block lasts."""
    path = _lock_of(state_dir, holder.run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(path, holder):
        try:
            yield
        finally:
            os.truncate(path, 0)  # no longer signed: what comes after the lock takes Dagster a moment more


def fail_dead_runs(instance: DagsterInstance, state_dir: Path, now: datetime | None = None) -> list[str]:
    """Mark the runs failed whose process is gone, free their pool slots, and return their ids."""
    now = now or datetime.now(UTC)
    records = instance.get_run_records(RunsFilter(statuses=UNFINISHED))
    dead = [record.dagster_run for record in records if _is_dead(instance, record, state_dir, now)]
    for run in dead:
        instance.report_run_failed(run, DIED)
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    _remove_left_locks(instance, state_dir, now)
    return [run.run_id for run in dead]


def active_runs(instance: DagsterInstance) -> int:
    """Count the runs that wait or work, pulls aside: they touch nothing of a refresh, and a first one takes hours."""
    return instance.get_runs_count(RunsFilter(statuses=ACTIVE)) - active_pulls(instance)


def active_pulls(instance: DagsterInstance) -> int:
    """Count the runs of the job that pulls which wait or work."""
    return instance.get_runs_count(RunsFilter(job_name=PULL_JOB, statuses=ACTIVE))


def _is_dead(instance: DagsterInstance, record: dg.RunRecord, state_dir: Path, now: datetime) -> bool:
    lock = _lock_of(state_dir, record.dagster_run.run_id)
    if is_held(lock):
        return False
    with contextlib.suppress(FileNotFoundError):
        left = lock.stat()
        # Signed: its process is gone. Not signed: it is about to sign, or it gave the lock up and says how it ended.
        return left.st_size > 0 or now.timestamp() - left.st_mtime > GRACE.total_seconds()
    # No lock file: it ended before it could take one, or it is about to. On an instance that is not the data dir's own,
    # runs of other jobs may be another code location's.
    ours = record.dagster_run.job_name in (JOB_NAME, PULL_JOB) or instance.root_directory == str(
        state_dir.parent / "dagster"
    )
    # Since its last update, not since it was created: it may have waited in the queue for longer.
    return ours and now - record.update_timestamp.astimezone(UTC) > GRACE


def _remove_left_locks(instance: DagsterInstance, state_dir: Path, now: datetime) -> None:
    """Remove the lock files of runs that ended; a young one of an unknown run may be about to be locked, and stays."""
    for lock in (state_dir / "runs").glob("*.lock"):
        with contextlib.suppress(FileNotFoundError):
            run = instance.get_run_by_id(lock.stem)
            over = run is not None and run.is_finished
            old = now.timestamp() - lock.stat().st_mtime > GRACE.total_seconds()
            if (over or old) and not is_held(lock):
                lock.unlink()


def _lock_of(state_dir: Path, run_id: str) -> Path:
    return state_dir / "runs" / f"{run_id}.lock"
