"""A run for which nothing is new but the clock selects what looks at it; any doubt makes it a run of the whole job."""

import uuid
from collections.abc import Callable
from dataclasses import replace

import dagster as dg
import duckdb
import pytest

from caw.host import clock
from caw.ingest.ingestion import ingest
from caw.landing.fingerprint import landing_fingerprint, save_fingerprint
from caw.publication import FILE_NAME, read_last_run
from caw_dagster import execution
from caw_dagster.assets.warehouse import OVERTAKEN
from caw_dagster.clock_runs import clock_job, nothing_is_new, was_overtaken
from caw_dagster.dbt.state import read_built, write_built
from caw_dagster.definitions import definitions_of
from tests.orchestration.conftest import EVENTS, Warehouse

LOOKING_AT_THE_CLOCK = {"intermediate/int_run", *(f"events/{name}" for name in EVENTS)}
THEIR_CHECKS = {
    "not_null_conversation_started_source",
    "accepted_values_conversation_started_raw_text__True___",
    "no_forbidden_words",
}


@pytest.fixture(autouse=True)
def taken_in(warehouse: Warehouse, first: dg.ExecuteInProcessResult) -> None:
    """The landing zone is the one that the first run took in: the fixture makes its file again for each test."""
    save_fingerprint(warehouse.settings.state_dir, landing_fingerprint(warehouse.settings.landing_dir))
    assert nothing_is_new(warehouse.project(), warehouse.settings)


def clock_run(
    warehouse: Warehouse, instance: dg.DagsterInstance, run_id: str | None = None
) -> dg.ExecuteInProcessResult:
    project = warehouse.project()
    job = clock_job(definitions_of(project), project.manifest)
    return job.execute_in_process(instance=instance, raise_on_error=False, run_id=run_id)


def ingest_another(warehouse: Warehouse) -> None:
    """A file lands, and its batch is committed without a build."""
    settings = warehouse.settings
    warehouse.land("second.jsonl", '{"text": "hi again"}')
    ingest(settings.landing_dir, settings.data_dir, clock.now())
    save_fingerprint(settings.state_dir, landing_fingerprint(settings.landing_dir))


def test_it_records_what_looks_at_the_clock_and_publishes_all(
    warehouse: Warehouse, first: dg.ExecuteInProcessResult, instance: dg.DagsterInstance
) -> None:
    result = clock_run(warehouse, instance)
    made = {event.asset_key.to_user_string() for event in result.get_asset_materialization_events() if event.asset_key}
    assert made == {*LOOKING_AT_THE_CLOCK, "published/marts", "published/report"}
    checked = {evaluation.check_name for evaluation in result.get_asset_check_evaluations()}
    assert checked == {*THEIR_CHECKS, "every_tile_could_be_made"}
    shown, built = read_last_run(warehouse.settings.published / FILE_NAME), read_built(warehouse.settings.state_dir)
    assert shown is not None and built is not None
    assert (shown.run_id, built.run_id, built.complete) == (result.run_id, result.run_id, True)
    assert nothing_is_new(warehouse.project(), warehouse.settings), "the next one is alike"


def test_nothing_is_new_only_where_all_is_as_the_last_run_left_it(
    warehouse: Warehouse, first: dg.ExecuteInProcessResult
) -> None:
    project, settings = warehouse.project(), warehouse.settings
    before = read_built(settings.state_dir)
    assert before is not None
    for otherwise in (
        replace(before, complete=False),  # its build died, or a test failed
        replace(before, project_key="another"),
        replace(before, parsing_fingerprint="another"),
        replace(before, batch_id="00000000"),  # a batch came without a build
        replace(before, unreadable=True),  # a file is tried again at every run
        replace(before, run_id="another"),  # it was not published: a check stopped it
    ):
        write_built(settings.state_dir, otherwise)
        assert not nothing_is_new(project, settings), otherwise
    write_built(settings.state_dir, before)
    assert nothing_is_new(project, settings)
    warehouse.land("second.jsonl", '{"text": "hi again"}')
    assert not nothing_is_new(project, settings)


@pytest.mark.parametrize(
    "lose",
    [
        lambda settings: (settings.published / FILE_NAME).unlink(),
        lambda settings: (settings.published / FILE_NAME).write_bytes(b"no database"),
        lambda settings: (settings.state_dir / "warehouse.json").unlink(),
        lambda settings: settings.warehouse.unlink(),
        lambda settings: (settings.state_dir / "landing_taken_in").unlink(),
        lambda settings: (settings.state_dir / "landing_taken_in").write_bytes(b"\xff"),
        lambda settings: (settings.state_dir / "unread_files.parquet").write_bytes(b""),
    ],
)
def test_without_what_says_so_something_may_be_new(
    warehouse: Warehouse, first: dg.ExecuteInProcessResult, lose: Callable[[object], object]
) -> None:
    lose(warehouse.settings)
    assert not nothing_is_new(warehouse.project(), warehouse.settings)


def test_one_that_something_overtakes_builds_and_publishes_nothing(
    warehouse: Warehouse, first: dg.ExecuteInProcessResult, instance: dg.DagsterInstance
) -> None:
    """It would build a part of what came in, without the check that its ledger adds up."""
    ingest_another(warehouse)
    result = clock_run(warehouse, instance)
    [failure] = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    assert failure.user_failure_data is not None and failure.user_failure_data.description == OVERTAKEN
    shown = read_last_run(warehouse.settings.published / FILE_NAME)
    assert shown is not None and shown.run_id == first.run_id
    assert not nothing_is_new(warehouse.project(), warehouse.settings)
    assert warehouse.run(instance).success


def test_one_that_is_tried_again_after_a_passing_error_goes_on(
    warehouse: Warehouse, first: dg.ExecuteInProcessResult, instance: dg.DagsterInstance
) -> None:
    """Its first try has left a build that did not end."""
    before, run_id = read_built(warehouse.settings.state_dir), str(uuid.uuid4())
    assert before is not None
    write_built(warehouse.settings.state_dir, replace(before, complete=False, run_id=run_id))
    assert clock_run(warehouse, instance, run_id).success
    after = read_built(warehouse.settings.state_dir)
    assert after is not None and (after.run_id, after.complete) == (run_id, True)


def test_one_that_waited_while_a_file_landed_stops(
    warehouse: Warehouse, first: dg.ExecuteInProcessResult, instance: dg.DagsterInstance
) -> None:
    """A request to forget somebody that landed while a run waited for the lock is carried out by that run."""
    warehouse.land("second.jsonl", '{"text": "hi again"}')
    assert was_overtaken(clock_run(warehouse, instance))


def test_one_that_is_overtaken_by_a_run_that_publishes_nothing_stops(
    warehouse: Warehouse,
    first: dg.ExecuteInProcessResult,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It would publish what a check that blocks has stopped, and which no check of its own looks at."""
    with monkeypatch.context() as ledger_that_does_not_add_up:
        ledger_that_does_not_add_up.setattr("caw_dagster.checks._rows_of", lambda *_: ["one sum"])
        assert not warehouse.run(instance).success
    built = read_built(warehouse.settings.state_dir)
    assert built is not None and built.complete
    assert was_overtaken(clock_run(warehouse, instance))
    shown = read_last_run(warehouse.settings.published / FILE_NAME)
    assert shown is not None and shown.run_id == first.run_id


def test_one_that_is_overtaken_stops_before_anything_is_tried_again(
    warehouse: Warehouse,
    first: dg.ExecuteInProcessResult,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Somebody has the warehouse open: the second try took the first one's mark for its word that nothing was new."""
    ingest_another(warehouse)
    refusals = [dg.RetryRequested(max_retries=1, seconds_to_wait=0)]

    def locked_at_first(_: object) -> None:
        if refusals:
            raise refusals.pop()

    monkeypatch.setattr("caw_dagster.assets.warehouse.restore_history", locked_at_first)
    assert was_overtaken(clock_run(warehouse, instance))
    monkeypatch.undo()
    assert warehouse.run(instance).success
    with duckdb.connect(str(warehouse.settings.published / FILE_NAME), read_only=True) as connection:
        assert connection.execute("select count(*) from events.conversation_started").fetchall() == [(2,)]


def test_caw_run_goes_on_with_the_whole_job_where_one_is_overtaken(
    warehouse: Warehouse, first: dg.ExecuteInProcessResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came in while it waited for the lock; or a warehouse that somebody put there by hand. Nothing has failed."""
    ingest_another(warehouse)
    monkeypatch.setattr(execution, "load_project", lambda _: warehouse.project())
    monkeypatch.setattr(execution, "nothing_is_new", lambda *_: True)
    outcome = execution.execute(None, full_refresh=False)
    assert outcome.failure is None and outcome.published is not None
    with duckdb.connect(str(outcome.published), read_only=True) as connection:
        assert connection.execute("select count(*) from events.conversation_started").fetchall() == [(2,)]
    with dg.DagsterInstance.get() as instance:
        ended = [run.status for run in instance.get_runs(limit=2)]
    assert ended == [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.CANCELED], "the latest first"
