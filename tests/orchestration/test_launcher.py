"""Runs of the daemon are forks of a process that has read the libraries: what it may know, and how a run is stopped."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.instance import prepare_instance
from orchestration.launcher import KNOWN, WORKER, WarmRunLauncher
from orchestration.locks import LOCK, is_held
from orchestration.settings import Settings
from tests.integration.test_daemon import launch, statuses
from tests.orchestration.test_caw_run import folders, land, query, ui, wait_for
from tests.unit.test_instance import settings

__all__ = ["folders", "settings", "ui"]  # fixtures

# What is forked has one thread, and nothing of caw, which each run reads anew.
LOOK = """
import importlib, os, sys
for name in {known!r}:
    importlib.import_module(name)
threads = len(os.listdir("/proc/self/task")) if sys.platform == "linux" else 1
print(threads, sorted(name for name in sys.modules if name.partition(".")[0] == "orchestration"))
"""


def test_what_is_read_ahead_holds_nothing_of_caw_and_no_thread() -> None:
    """A run would go on with code that was edited since, or hang in a lock that a thread held when it was forked."""
    script = LOOK.format(known=KNOWN)
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "1 []"


@pytest.mark.soak
def test_a_run_is_stopped_from_the_ui_and_the_daemon_goes_on(folders: Path, ui: str) -> None:
    """A run that nobody can stop holds the warehouse for as long as it likes."""
    state = folders / "data" / "state"
    land(folders, "c1")
    run_id = launch(ui)
    wait_for(lambda: statuses(ui)[run_id] == "STARTED" and is_held(state / LOCK))
    asked = f'mutation{{terminateRun(runId: "{run_id}"){{__typename ... on TerminateRunFailure{{message}}}}}}'
    assert query(ui, asked)["terminateRun"] == {"__typename": "TerminateRunSuccess"}
    wait_for(lambda: statuses(ui)[run_id] == "CANCELED")
    later = launch(ui)
    wait_for(lambda: statuses(ui)[later] == "SUCCESS")


@pytest.fixture
def run(settings: Settings) -> Iterator[tuple[dg.DagsterInstance, str]]:
    """An instance as caw sets it up, and a run on it that has started."""
    prepare_instance(settings)
    job = dg.GraphDefinition(name="any", node_defs=[]).to_job()
    with dg.DagsterInstance.get() as instance:
        yield instance, instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED).run_id


def test_a_number_that_is_another_process_s_by_now_is_not_interrupted(
    run: tuple[dg.DagsterInstance, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker died, and the system gave its number to somebody else."""
    instance, run_id = run
    sent: list[Any] = []
    monkeypatch.setattr(os, "kill", lambda *signalled: sent.append(signalled))
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        instance.add_run_tags(run_id, {WORKER: str(stranger.pid)})
        assert not instance.run_launcher.terminate(run_id)
        stranger.communicate(b"\n")
    assert not instance.run_launcher.terminate(run_id)  # the number is nobody's
    assert sent == []
    record = instance.get_run_by_id(run_id)
    assert record is not None and record.status is dg.DagsterRunStatus.STARTED  # the next run finds out that it died


def test_a_run_that_is_over_is_left_alone(run: tuple[dg.DagsterInstance, str]) -> None:
    instance, run_id = run
    assert isinstance(instance.run_launcher, WarmRunLauncher)
    instance.report_run_canceled(instance.get_run_by_id(run_id))
    assert not instance.run_launcher.terminate(run_id)
    assert not instance.run_launcher.terminate("no such run")
