"""Keeps Dagster's own history small and quick: SQLite's flushing, and the deletion of old runs and future ticks."""

import atexit
import contextlib
import shutil
import sqlite3
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Any

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter
from sqlalchemy import event
from sqlalchemy.engine import Engine

from caw_dagster.instance.runs import JOB_NAME, PULL_JOB, PULL_SCHEDULE, RESCAN_SCHEDULE, SCHEDULE_NAME, SENSOR_NAME

KEPT_RUNS = 300  # a day of ticks and some: what the UI can show; older runs are forgotten with their events
FORGOTTEN_AT_ONCE = 20  # bounds what forgetting costs one tick
BUSY_SECONDS = 60  # SQLite gives a lock up after 5: on a busy machine a run would fail as another writes its history
KEPT_OPEN = 8  # databases: those of the latest runs, the index over them, the runs, the schedules
TICKING = frozenset({SCHEDULE_NAME, SENSOR_NAME, PULL_SCHEDULE, RESCAN_SCHEDULE})
TOLERANCE_SECONDS = 60.0  # a tick that is being made is no tick ahead
FINISHED = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]


_open: OrderedDict[str, sqlite3.Connection] = OrderedDict()
_guard = Lock()


def relax_history_sync() -> None:
    """Let Dagster's SQLite history be flushed at its checkpoints instead of after every event.

    A run writes several hundred events, each through two or three connections of its own. SQLite flushes at every
    commit by default, and moves its log into the database whenever the last connection closes, which was after each
    event. A power cut may lose the last events; it cannot damage the files (SQLite's WAL), and it has no data of caw's.
    """
    if not event.contains(Engine, "connect", _relax):
        event.listen(Engine, "connect", _relax)
        atexit.register(close_kept)


def close_kept() -> None:
    """Close the connections that were kept, so that SQLite tidies up after itself."""
    with _guard:
        while _open:
            _open.popitem()[1].close()


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
    """What Dagster leaves of a run that it has deleted, where its history is SQLite's: an emptied file, and folders."""
    for path in (home / "history" / "runs").glob(f"{run_id}.db*"):
        path.unlink(missing_ok=True)
    shutil.rmtree(home / "storage" / run_id, ignore_errors=True)


def _relax(connection: Any, _: object) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("pragma synchronous = normal")
        connection.execute(f"pragma busy_timeout = {BUSY_SECONDS * 1000}")
        for _number, _name, path in connection.execute("pragma database_list").fetchall():
            if path:
                _keep_open(path)


def _keep_open(path: str) -> None:
    """Hold an idle connection to a database, so that no other one is the last to close."""
    with _guard, contextlib.suppress(sqlite3.Error):  # without it all is only slower
        if path not in _open:
            _open[path] = sqlite3.connect(path, check_same_thread=False)
            _open[path].execute("pragma synchronous = normal")
        _open.move_to_end(path)
        _open[path].execute("select 1 from sqlite_master limit 1").fetchall()  # it takes part in the log by reading
        while len(_open) > KEPT_OPEN:
            _open.popitem(last=False)[1].close()
