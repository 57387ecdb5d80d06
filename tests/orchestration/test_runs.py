"""Dead runs, living runs and waiting runs: an operating-system lock is the truth."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from caw.host.locks import LOCK, Holder, exclusive, is_held
from caw_dagster.instance.history import FORGOTTEN_AT_ONCE, forget_old_runs
from caw_dagster.instance.runs import JOB_NAME, active_runs, fail_dead_runs, living
from caw_dagster.resources import holding
from tests.orchestration.conftest import Warehouse
from tests.support.patience import wait_until

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys
from pathlib import Path
from caw.host.locks import Holder, exclusive
from caw_dagster.instance.runs import living
state, run_id = Path(sys.argv[1]), sys.argv[2]
holder = Holder(run_id, 1, "now")
with living(state, holder), exclusive(state / "run.lock", holder):
    print("held", flush=True)
    sys.stdin.read()  # until it is killed, however long that takes
"""


def hold_elsewhere(state_dir: Path, run_id: str) -> subprocess.Popen[str]:
    """Another process that holds the data dir as this run."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(state_dir), run_id],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def started_run(instance: dg.DagsterInstance, job_name: str = JOB_NAME) -> str:
    """A run that Dagster believes to be at work."""
    run = instance.create_run_for_job(_job(job_name))
    instance.report_dagster_event(_event(run, dg.DagsterEventType.RUN_START), run.run_id)
    return run.run_id


def _job(name: str) -> dg.JobDefinition:
    @dg.job(name=name)
    def empty() -> None: ...

    return empty


def _event(run: dg.DagsterRun, kind: dg.DagsterEventType) -> dg.DagsterEvent:
    return dg.DagsterEvent(event_type_value=kind.value, job_name=run.job_name, message="")


def test_a_killed_run_is_marked_failed_and_a_living_one_is_not(
    warehouse: Warehouse, instance: dg.DagsterInstance
) -> None:
    """With a pool of one, a run that nobody marks failed blocks every later one, for ever."""
    state = warehouse.settings.state_dir
    killed, alive = started_run(instance), started_run(instance)
    process = hold_elsewhere(state, killed)
    with living(state, Holder(alive, os.getpid(), "now")):
        assert fail_dead_runs(instance, state) == []
        kill(process)
        assert fail_dead_runs(instance, state) == [killed]
        assert fail_dead_runs(instance, state) == []
    statuses = [instance.get_run_by_id(run_id).status for run_id in (killed, alive)]
    assert statuses == [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.STARTED]


def test_a_run_without_a_lock_is_dead_only_after_it_had_time_to_take_one(
    warehouse: Warehouse, instance: dg.DagsterInstance
) -> None:
    state, run_id = warehouse.settings.state_dir, started_run(instance)
    now = datetime.now(UTC)
    assert fail_dead_runs(instance, state, now) == []
    assert fail_dead_runs(instance, state, now + timedelta(minutes=10)) == [run_id]


def test_a_run_that_died_before_it_started_holds_nothing_back_for_ever(
    warehouse: Warehouse, instance: dg.DagsterInstance
) -> None:
    """A process killed between a run's creation and its start: the schedule and the sensor wait for it without end."""
    run_id = instance.create_run_for_job(_job(JOB_NAME)).run_id
    state, now = warehouse.settings.state_dir, datetime.now(UTC)
    assert fail_dead_runs(instance, state, now) == [], "it may be about to start"
    assert active_runs(instance) == 1
    assert fail_dead_runs(instance, state, now + timedelta(minutes=10)) == [run_id]
    assert active_runs(instance) == 0


def test_a_run_that_waited_long_in_the_queue_is_not_dead_when_it_starts(
    warehouse: Warehouse, instance: dg.DagsterInstance
) -> None:
    """A run of five minutes is on, and one is launched in the UI: the sensor would call it dead as soon as it starts."""
    run_id = started_run(instance)
    with contextlib.closing(sqlite3.connect(Path(instance.root_directory) / "history" / "runs.db")) as history:
        history.execute("update runs set create_timestamp = datetime(create_timestamp, '-1 hour')")
        history.commit()
    record = instance.get_run_records()[0]
    assert record.update_timestamp - record.create_timestamp > timedelta(minutes=50)
    assert fail_dead_runs(instance, warehouse.settings.state_dir) == []
    assert instance.get_run_by_id(run_id).status == dg.DagsterRunStatus.STARTED


def test_a_run_that_is_about_to_lock_its_file_is_not_dead(warehouse: Warehouse, instance: dg.DagsterInstance) -> None:
    """Two runs start at once, and one looks between the other's making its lock file and locking it."""
    run_id, now = started_run(instance), datetime.now(UTC)
    lock = warehouse.settings.state_dir / "runs" / f"{run_id}.lock"
    lock.parent.mkdir(exist_ok=True)
    lock.touch()
    assert fail_dead_runs(instance, warehouse.settings.state_dir, now) == []
    assert fail_dead_runs(instance, warehouse.settings.state_dir, now + timedelta(minutes=10)) == [run_id]


def test_a_long_run_that_has_just_given_up_its_lock_is_not_dead(
    warehouse: Warehouse, instance: dg.DagsterInstance
) -> None:
    """The next run gets the data dir before Dagster has written that this one succeeded, and would call it failed."""
    run_id, later = started_run(instance), datetime.now(UTC) + timedelta(minutes=10)
    state = warehouse.settings.state_dir
    with living(state, Holder(run_id, os.getpid(), "now")):
        pass
    os.utime(state / "runs" / f"{run_id}.lock", (later.timestamp() - 1, later.timestamp() - 1))
    assert fail_dead_runs(instance, state, later) == []


def test_runs_of_other_jobs_are_left_alone_on_an_instance_that_is_not_our_own(
    warehouse: Warehouse, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    """A production instance may serve other code locations; our own has also the runs that the UI starts by itself."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with dg.DagsterInstance.local_temp(str(tmp_path)) as shared:
        started_run(shared, "someone_elses")
        assert fail_dead_runs(shared, warehouse.settings.state_dir, tomorrow) == []
    own = started_run(instance, "__ASSET_JOB")
    assert fail_dead_runs(instance, warehouse.settings.state_dir, tomorrow) == [own]


def test_the_next_run_recovers_from_a_killed_one_without_a_daemon(
    warehouse: Warehouse, instance: dg.DagsterInstance
) -> None:
    killed = started_run(instance)
    kill(hold_elsewhere(warehouse.settings.state_dir, killed))
    assert warehouse.run(instance).success
    assert instance.get_run_by_id(killed).status == dg.DagsterRunStatus.FAILURE
    assert active_runs(instance) == 0
    left = list((warehouse.settings.state_dir / "runs").glob("*.lock"))
    assert killed not in [lock.stem for lock in left]
    assert not any(is_held(lock) for lock in left)


def test_pool_slots_of_a_dead_run_are_freed(warehouse: Warehouse, instance: dg.DagsterInstance) -> None:
    """An instance of the user's own may count pool slots by step; those outlive their process."""
    storage, killed = instance.event_log_storage, started_run(instance)
    storage.set_concurrency_slots("warehouse", 1)
    assert storage.claim_concurrency_slot("warehouse", killed, "step").is_claimed
    kill(hold_elsewhere(warehouse.settings.state_dir, killed))
    fail_dead_runs(instance, warehouse.settings.state_dir)
    assert storage.claim_concurrency_slot("warehouse", "the next one", "step").is_claimed


def test_a_second_run_waits_and_says_for_who(tmp_path: Path) -> None:
    waited: list[str] = []
    process = hold_elsewhere(tmp_path, "first-run")
    assert is_held(tmp_path / LOCK)

    def on_wait(who: str) -> None:
        waited.append(who)
        kill(process)

    with exclusive(tmp_path / LOCK, Holder("second", os.getpid(), "now"), on_wait):
        assert is_held(tmp_path / LOCK)
    assert waited == ["run first-ru (process 1, since now)"]
    assert not is_held(tmp_path / LOCK)


def test_a_waiting_run_counts_as_living(warehouse: Warehouse, instance: dg.DagsterInstance) -> None:
    """Three at once: the second waits, and the third must not declare it dead."""
    state = warehouse.settings.state_dir
    first = hold_elsewhere(state, started_run(instance))
    waiting_id = started_run(instance)
    command = [sys.executable, "-c", HOLD, str(state), waiting_id]
    waiting = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    wait_until(lambda: is_held(state / "runs" / f"{waiting_id}.lock"))
    assert fail_dead_runs(instance, state) == []
    kill(first)
    waiting.kill()
    waiting.communicate()


def test_the_lock_is_given_up_when_the_block_raises(warehouse: Warehouse) -> None:
    with pytest.raises(ValueError), holding(warehouse.settings, "run", print):
        raise ValueError
    assert not is_held(warehouse.settings.state_dir / LOCK)


def test_old_runs_are_forgotten_a_few_at_a_time(
    warehouse: Warehouse, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """288 runs a day must not grow the history without bound: neither in rows nor in files."""
    monkeypatch.setattr("caw_dagster.instance.history.KEPT_RUNS", 2)
    runs = [warehouse.run(instance).run_id for _ in range(2)]
    for _ in range(3):
        run = instance.create_run_for_job(_job(JOB_NAME))
        instance.report_dagster_event(_event(run, dg.DagsterEventType.RUN_SUCCESS), run.run_id)
    assert forget_old_runs(instance) == 3 <= FORGOTTEN_AT_ONCE
    assert len(instance.get_runs()) == 2
    left = [path for path in Path(instance.root_directory).rglob("*") if any(run_id in path.name for run_id in runs)]
    assert left == []  # neither events nor logs
    kept = {run.run_id for run in instance.get_runs()}
    assert {path.stem for path in Path(instance.root_directory, "history", "runs").glob("*.db")} == kept | {"index"}
