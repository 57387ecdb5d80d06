"""The schedule and the sensor: what starts a run, and what holds one back."""

from types import SimpleNamespace

import dagster as dg
import pytest

from caw.host.locks import Holder
from caw.landing.fingerprint import landing_fingerprint, save_fingerprint
from caw_dagster import automation
from caw_dagster.automation import landed_files, refresh_every_five_minutes
from caw_dagster.definitions import definitions_of
from caw_dagster.instance.runs import living
from tests.orchestration.conftest import Warehouse
from tests.orchestration.test_runs import started_run


@pytest.fixture(autouse=True)
def no_watching(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look of the sensor is one look."""
    monkeypatch.setattr(automation, "WATCH_SECONDS", 0.0)


def tick(warehouse: Warehouse, instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    """One look of the sensor."""
    repository = definitions_of(warehouse.project()).get_repository_def()
    outcome = landed_files(dg.build_sensor_context(instance=instance, repository_def=repository))
    assert isinstance(outcome, dg.RunRequest | dg.SkipReason)
    return outcome


def take_in(warehouse: Warehouse) -> None:
    """What a run leaves behind, as far as the sensor looks."""
    save_fingerprint(warehouse.settings.state_dir, landing_fingerprint(warehouse.settings.landing_dir))


def test_a_landed_file_starts_one_run(warehouse: Warehouse, instance: dg.DagsterInstance) -> None:
    before = tick(warehouse, instance)
    assert isinstance(before, dg.RunRequest)
    assert warehouse.run(instance).success
    assert isinstance(tick(warehouse, instance), dg.SkipReason)
    warehouse.land("second.jsonl", "{}")
    after = tick(warehouse, instance)
    assert isinstance(after, dg.RunRequest)
    assert before.run_key != after.run_key


def test_a_file_that_lands_while_the_sensor_watches_is_seen_at_once(
    warehouse: Warehouse, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every delivery waits for the daemon to come back, seconds later.

    The sensor's clock is the test's own: what it does between two looks is no matter of how busy the machine is.
    """
    take_in(warehouse)
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            warehouse.land("second.jsonl", "{}")

    monkeypatch.setattr(automation, "WATCH_SECONDS", 4.5)
    monkeypatch.setattr(automation, "time", SimpleNamespace(monotonic=lambda: sum(pauses), sleep=pause))
    assert isinstance(tick(warehouse, instance), dg.RunRequest)
    assert pauses == [automation.LOOK_EVERY_SECONDS] * 2


def test_the_sensor_stops_watching_before_the_daemon_comes_back(
    warehouse: Warehouse, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tick without an end: the daemon's own patience with it is a minute."""
    take_in(warehouse)
    pauses: list[float] = []
    monkeypatch.setattr(automation, "WATCH_SECONDS", 4.5)
    monkeypatch.setattr(automation, "time", SimpleNamespace(monotonic=lambda: sum(pauses), sleep=pauses.append))
    assert isinstance(tick(warehouse, instance), dg.SkipReason)
    assert sum(pauses) <= 4.5


def test_one_state_of_the_landing_zone_has_one_run_key(warehouse: Warehouse, instance: dg.DagsterInstance) -> None:
    """A run that fails before it took the files in is not launched again every five seconds."""
    first, second = tick(warehouse, instance), tick(warehouse, instance)
    assert isinstance(first, dg.RunRequest) and isinstance(second, dg.RunRequest)
    assert first.run_key == second.run_key


@pytest.mark.parametrize("name", [".hidden.jsonl", "_draft.jsonl", "growing.jsonl.tmp", "growing.part"])
def test_files_that_are_not_landed_yet_start_nothing(
    warehouse: Warehouse, instance: dg.DagsterInstance, name: str
) -> None:
    take_in(warehouse)
    warehouse.land(name, "{}")
    assert isinstance(tick(warehouse, instance), dg.SkipReason)


def test_nothing_is_queued_behind_a_run_at_work(warehouse: Warehouse, instance: dg.DagsterInstance) -> None:
    run_id = started_run(instance)
    with living(warehouse.settings.state_dir, Holder(run_id, 1, "now")):
        assert isinstance(tick(warehouse, instance), dg.SkipReason)
        scheduled = refresh_every_five_minutes(dg.build_schedule_context(instance=instance))
        assert isinstance(scheduled, dg.SkipReason)


def test_a_dead_run_holds_nothing_back(warehouse: Warehouse, instance: dg.DagsterInstance) -> None:
    """Nobody starts the next run if its start is what finds the dead one: the ticks look, too."""
    run_id = started_run(instance)
    lock = warehouse.settings.state_dir / "runs" / f"{run_id}.lock"
    lock.parent.mkdir(exist_ok=True)
    lock.write_text("{}")
    assert isinstance(tick(warehouse, instance), dg.RunRequest)
    assert instance.get_run_by_id(run_id).status == dg.DagsterRunStatus.FAILURE


def test_a_missing_landing_zone_is_said_and_starts_nothing(warehouse: Warehouse, instance: dg.DagsterInstance) -> None:
    landing = warehouse.settings.landing_dir
    landing.rename(landing.with_name("elsewhere"))
    skipped = tick(warehouse, instance)
    assert isinstance(skipped, dg.SkipReason)
    assert str(landing) in str(skipped.skip_message)
