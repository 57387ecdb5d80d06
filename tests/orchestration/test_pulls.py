"""Pulls in Dagster: assets with a job, schedules and a pool of their own, which no refresh waits for."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from caw.feeds.declared import Feed, feeds
from caw.host import clock
from caw.pull.rows import read_rows
from caw.settings import read_settings
from caw_dagster.assets.pulls import pulls_of, rows_to_pull
from caw_dagster.assets.raw import raw_assets
from caw_dagster.automation import refresh_job
from caw_dagster.instance.runs import JOB_NAME, PULL_JOB, active_pulls, active_runs
from tests.support.fake_klaviyo import KEY, FakeKlaviyo, Trouble
from tests.support.klaviyo_resources import every
from tests.support.pull_site import NOW, SINCE, Clock

ROWS = (
    "source,vendor,feed,metrics,since,lookback_hours,rescan_days\n"
    "acme_us,klaviyo,klaviyo_events,,2026-06-01,,\nacme_us,klaviyo,klaviyo_profiles,,2026-06-01,,\n"
)
EVENTS, PROFILES = (dg.AssetKey(["pull", "acme_us", feed]) for feed in ("klaviyo_events", "klaviyo_profiles"))
NO_PROJECT: Any = SimpleNamespace(manifest={"sources": {}, "nodes": {}})


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeKlaviyo]:
    """The vendor, and the environment of a code location with two rows."""
    for name in ("landing", "seeds"):
        (tmp_path / name).mkdir()
    (tmp_path / "seeds" / "pulls.csv").write_text(ROWS, encoding="utf-8")
    with FakeKlaviyo() as fake:
        fake.events = every(60, 5, SINCE)
        given: Mapping[str, str] = {
            "CAW_SEEDS_DIR": str(tmp_path / "seeds"),
            "CAW_LANDING_DIR": str(tmp_path / "landing"),
            "CAW_DATA_DIR": str(tmp_path / "data"),
            "CAW_PULL_KEY_ACME_US_KLAVIYO": KEY,
            "CAW_PULL_URL_ACME_US_KLAVIYO": fake.url,
        }
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("caw.pull.client.time", Clock())
        monkeypatch.setattr(clock, "now", lambda: NOW)
        yield fake


def location() -> dg.Definitions:
    """The code location's pulls and raw assets, without the dbt project."""
    rows = read_rows(read_settings())
    pulls = pulls_of(rows)
    return dg.Definitions(
        assets=[*pulls.assets, raw_assets(NO_PROJECT, rows)],
        jobs=[refresh_job, *pulls.jobs],
        schedules=pulls.schedules,
        resources={"run_context": dg.ResourceDefinition.none_resource()},
        executor=dg.in_process_executor,
    )


def test_without_rows_there_is_nothing_of_pulls() -> None:
    """The package ships without rows: the code location is as it was."""
    pulls = pulls_of(())
    assert (list(pulls.assets), list(pulls.jobs), list(pulls.schedules)) == ([], [], [])
    assert list(rows_to_pull(read_settings({}))) == []


def test_rows_with_a_mistake_leave_the_code_location_loadable(fake: FakeKlaviyo, tmp_path: Path) -> None:
    (tmp_path / "seeds" / "pulls.csv").write_text(ROWS + "acme_us\n", encoding="utf-8")
    assert list(rows_to_pull(read_settings())) == []


def test_no_refresh_selects_a_pull_and_the_job_of_pulls_nothing_else(fake: FakeKlaviyo) -> None:
    loaded = location()
    refreshed = loaded.resolve_job_def(JOB_NAME).asset_layer.executable_asset_keys
    pulled = loaded.resolve_job_def(PULL_JOB)
    assert pulled.asset_layer.executable_asset_keys == {EVENTS, PROFILES}
    assert {key.path[0] for key in refreshed} == {"raw"} and len(refreshed) >= len(feeds())
    assert {step.definition.pool for step in pulled.graph.nodes} == {"pull"}


def test_a_raw_asset_names_its_pull_as_upstream(fake: FakeKlaviyo, monkeypatch: pytest.MonkeyPatch) -> None:
    known = feeds()
    monkeypatch.setitem(known, "klaviyo_events", known.get("klaviyo_events") or Feed("klaviyo_events", {}))
    monkeypatch.setattr(
        "caw_dagster.assets.raw.declarations", lambda: {"klaviyo_events": {"fields": []}, "orders": {"fields": []}}
    )
    monkeypatch.setattr("caw_dagster.assets.raw.feed_guide", lambda name: {})
    graph = location().resolve_asset_graph()
    assert graph.get(dg.AssetKey(["raw", "klaviyo_events"])).parent_keys == {EVENTS}
    assert graph.get(dg.AssetKey(["raw", "orders"])).parent_keys == set()


def test_the_job_lands_what_is_new_and_a_row_that_fails_does_not_keep_the_others(
    fake: FakeKlaviyo, tmp_path: Path
) -> None:
    """What Dagster keeps for ever has counts alone: neither the key nor anybody's id."""
    fake.troubles = {2: Trouble(401, body=KEY.encode())}  # of profiles: events are two pages
    with dg.DagsterInstance.ephemeral() as instance:
        done = location().resolve_job_def(PULL_JOB).execute_in_process(instance=instance, raise_on_error=False)
        events = [str(entry) for entry in instance.all_logs(done.run_id)]
    assert not done.success
    (landed,) = done.get_asset_materialization_events()
    metadata = {name: value.value for name, value in landed.materialization.metadata.items()}
    assert landed.asset_key == EVENTS
    assert metadata | {"pages": 2, "objects": 5, "new lines": 5, "files": 2} == metadata
    (failure,) = [event for event in done.all_events if event.is_step_failure]
    words = failure.step_failure_data.user_failure_data.description
    assert "the key was refused (HTTP 401): set CAW_PULL_KEY_ACME_US_KLAVIYO to a private key" in words
    assert not [entry for entry in events if KEY in entry or "01PERSON" in entry or "ev0001" in entry]
    assert len(list((tmp_path / "landing").rglob("*.jsonl"))) == 2


def test_the_nightly_schedule_rescans(fake: FakeKlaviyo) -> None:
    loaded = location()
    with dg.DagsterInstance.ephemeral() as instance:
        schedules = {one.name: one for one in loaded.get_repository_def().schedule_defs}
        assert sorted(schedules) == ["pull_every_five_minutes", "rescan_every_night"]
        context = dg.build_schedule_context(instance)
        (request,) = schedules["rescan_every_night"].evaluate_tick(context).run_requests
        job = loaded.resolve_job_def(PULL_JOB)
        for config in ({}, request.run_config):
            assert job.execute_in_process(instance=instance, run_config=config).success
    filters = [query["filter"][0] for query in fake.queries("/api/events") if "page[cursor]" not in query]
    assert [one.partition("(datetime,")[2][:10] for one in filters] == ["2026-06-01", "2026-06-01"]


def test_a_pull_at_work_does_not_keep_a_refresh_from_starting(fake: FakeKlaviyo, tmp_path: Path) -> None:
    """A first pull of a large account takes hours."""
    loaded = location()
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        instance.create_run_for_job(loaded.resolve_job_def(PULL_JOB), status=dg.DagsterRunStatus.STARTED)
        assert (active_pulls(instance), active_runs(instance)) == (1, 0)
        schedule = loaded.get_repository_def().get_schedule_def("pull_every_five_minutes")
        tick = schedule.evaluate_tick(dg.build_schedule_context(instance))
    assert (tick.run_requests, tick.skip_message) == ([], "a pull waits or works")
