"""Dagster's own history, kept small and quick: SQLite's flushing, and the runs that are forgotten."""

import shutil
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter
from sqlalchemy import event
from sqlalchemy.engine import Engine

from orchestration.runs import JOB_NAME

KEPT_RUNS = 300  # a day of ticks and some: what the UI can show; older runs are forgotten with their events
FORGOTTEN_AT_ONCE = 20  # bounds what forgetting costs one tick
FINISHED = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]


def relax_history_sync() -> None:
    """Let Dagster's SQLite history be flushed at its checkpoints instead of after every event.

    A run writes several hundred events, each with two commits: on a busy disk that took 32 s for 430 events, and 6 s
    this way. A power cut may cost the last events; it cannot damage the files (SQLite's WAL), and no data of ours is
    in there.
    """
    if not event.contains(Engine, "connect", _sync_at_checkpoints):
        event.listen(Engine, "connect", _sync_at_checkpoints)


def forget_old_runs(instance: DagsterInstance) -> int:
    """Delete finished runs beyond the kept ones, with their events, logs and files; how many went."""
    runs = instance.get_runs(RunsFilter(job_name=JOB_NAME, statuses=FINISHED), limit=KEPT_RUNS + FORGOTTEN_AT_ONCE)
    for run in runs[KEPT_RUNS:]:
        instance.compute_log_manager.delete_logs(prefix=[run.run_id])
        instance.delete_run(run.run_id)
        _remove_files(Path(instance.root_directory), run.run_id)
    return len(runs[KEPT_RUNS:])


def _remove_files(home: Path, run_id: str) -> None:
    """What Dagster leaves of a run that it has deleted, where its history is SQLite's: an emptied file, and folders."""
    for path in (home / "history" / "runs").glob(f"{run_id}.db*"):
        path.unlink(missing_ok=True)
    shutil.rmtree(home / "storage" / run_id, ignore_errors=True)


def _sync_at_checkpoints(connection: Any, _: object) -> None:
    if isinstance(connection, Connection):
        connection.execute("pragma synchronous = normal")
