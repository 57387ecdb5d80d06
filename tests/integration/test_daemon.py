"""The daemon behind `caw ui` with a person's hand in it: runs launched at once, and a launched run that is killed."""

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest

from caw.host.locks import LOCK, is_held
from caw.publication import FILE_NAME
from caw_dagster.dbt.state import read_built
from caw_dagster.instance.runs import JOB_NAME
from tests.orchestration.test_caw_run import arguments, folders, land, query, ui, wait_for
from tests.support.cold_caw import CAW, cold_caw, environment
from tests.support.kept_whole import refused_sum

__all__ = ["folders", "ui"]  # fixtures
pytestmark = pytest.mark.soak

LAUNCHES = 2
LOCK_WORDS = ("Could not set lock", "database is locked", "Conflicting lock", "Traceback")
LOCATION = "{repositoriesOrError{... on RepositoryConnection{nodes{name location{name}}}}}"
RUNS = "{runsOrError{... on Runs{results{runId status}}}}"


def launch(address: str) -> str:
    """Press "materialize all": launch the job; the run's id."""
    found = query(address, LOCATION)["repositoriesOrError"]["nodes"][0]
    selector = f'jobName: "{JOB_NAME}", repositoryName: "{found["name"]}"'
    selector += f', repositoryLocationName: "{found["location"]["name"]}"'
    parameters = f"executionParams: {{selector: {{{selector}}}, runConfigData: {{}}}}"
    asked = f"mutation{{launchRun({parameters}){{__typename ... on LaunchRunSuccess{{run{{runId}}}}}}}}"
    return str(query(address, asked)["launchRun"]["run"]["runId"])


def statuses(address: str) -> dict[str, str]:
    return {run["runId"]: run["status"] for run in query(address, RUNS)["runsOrError"]["results"]}


def reasons(address: str, run_id: str) -> list[str]:
    """Why a run failed, in Dagster's words; nothing for one that did not."""
    asked = f'{{runOrError(runId: "{run_id}"){{... on Run{{eventConnection{{events{{... on MessageEvent{{message level}}}}}}}}}}}}'
    events = query(address, asked)["runOrError"]["eventConnection"]["events"]
    return [event["message"] for event in events if event.get("level") == "ERROR"]


def started(root: Path) -> list[tuple[Any, ...]]:
    """The conversations that are published."""
    with duckdb.connect(str(root / "data" / "published" / FILE_NAME), read_only=True) as connection:
        return connection.execute("select conversation_id from events.conversation_started order by all").fetchall()


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


def all_over(address: str) -> bool:
    return set(statuses(address).values()) <= {"SUCCESS", "FAILURE", "CANCELED"}


def test_runs_launched_in_the_ui_while_a_run_is_on_all_succeed(folders: Path, ui: str) -> None:
    """One of them fails on a lock, takes the same lines in again, or is called dead while it waits.

    The sensor and the schedule of the daemon are on, too, and look at the same landing zone.
    """
    land(folders, "c1")
    command = [*CAW, "run", *arguments(folders)]
    by_hand = subprocess.Popen(command, env=environment(), cwd=folders, stderr=subprocess.PIPE, text=True)
    launched = [launch(ui) for _ in range(LAUNCHES)]
    land(folders, "c2")
    _, said = by_hand.communicate()
    assert by_hand.returncode == 0, said
    assert not any(words in said for words in LOCK_WORDS)
    wait_for(lambda: all_over(ui) and started(folders) == [("c1",), ("c2",)])
    ended = statuses(ui)
    assert set(launched) <= set(ended)
    assert set(ended.values()) == {"SUCCESS"}, [reasons(ui, run_id) for run_id in ended]
    assert refused_sum(folders / "data") == []


def test_a_killed_run_of_the_daemon_is_made_good_and_the_daemon_goes_on(folders: Path, ui: str) -> None:
    """Nothing starts any more behind a run that says nothing and never ends."""
    state = folders / "data" / "state"

    def building() -> bool:
        built = read_built(state)
        return built is not None and not built.complete and is_held(state / LOCK)

    land(folders, "c1")
    wait_for(building)
    holder = json.loads((state / LOCK).read_text(encoding="utf-8"))
    os.kill(holder["pid"], signal.SIGKILL)
    plain = cold_caw(["run", *arguments(folders)], folders)
    assert plain.returncode == 0, plain.stderr  # whether it or the daemon's own monitor finds the death first
    assert started(folders) == [("c1",)]
    assert refused_sum(folders / "data") == []
    assert statuses(ui)[holder["run_id"]] == "FAILURE"
    land(folders, "c2")
    wait_for(lambda: started(folders) == [("c1",), ("c2",)])
