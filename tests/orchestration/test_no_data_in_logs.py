"""No message text, identifier or file name gets into logs, Dagster's history, compute logs or error messages."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from caw.feeds.declared import feeds
from caw_dagster.assets import raw
from tests.orchestration.conftest import Warehouse
from tests.support.canaries import canary, found_in, words_in
from tests.support.run_by_clock import first_run_by_clock
from tests.support.sample_run import SampleRun

# What holds data by purpose: lines, tables, published marts, and the names of files.
DATA = ("raw/", "expanded/", "warehouse.duckdb", "published/", "state/seen_files.parquet", "state/unread_files.parquet")
FAILING_MODELS = {
    "a_conversion_error": "select cast(raw_text as integer) as number from {{ ref('stg_conversation_log') }}",
    "a_constraint": (
        "{{ config(contract={'enforced': true}) }} select raw_text from {{ ref('stg_conversation_log') }} "
        "union all select null"
    ),
    "an_error_of_its_own": "select error(raw_text) as number from {{ ref('stg_conversation_log') }}",
}


@pytest.fixture(scope="module")
def refreshed() -> SampleRun:
    """Every feed's canaries, taken in by `caw run`."""
    made, said = first_run_by_clock()
    assert words_in(said.encode()) == set()
    return made


def test_the_canaries_reach_every_place_that_holds_data(refreshed: SampleRun) -> None:
    """Without this the search below could find nothing because nothing was there."""
    with duckdb.connect(str(refreshed.data_dir / "published" / "marts.duckdb"), read_only=True) as connection:
        count = "select count(distinct feed) from health.{} where {} like '%kanari%'"
        assert connection.execute(count.format("rejected_records", "raw_text")).fetchall() == [(len(feeds()),)]
        assert connection.execute(count.format("ingestion_ledger", "file_path")).fetchall() == [(len(feeds()),)]
        text = "select count(*) from events.conversation_started where first_message like '%kanari%'"
        assert connection.execute(text).fetchone() > (0,)


def test_a_run_leaves_no_canary_outside_of_the_data(refreshed: SampleRun) -> None:
    """Logs are kept, shipped and read by others than the data is."""
    assert found_in(refreshed.data_dir, DATA) == {}


def test_the_summary_tells_no_text(refreshed: SampleRun) -> None:
    """It names files that failed and gives an example of a shopper; what anybody wrote stays out."""
    assert {word for word in words_in(refreshed.said.encode()) if "text" in word} == set()


@pytest.fixture
def failing(warehouse: Warehouse) -> Warehouse:
    """A small project, with a line to stumble over in a file with a telling name."""
    for landed in warehouse.settings.landing_dir.rglob("*.jsonl"):
        landed.unlink()
    warehouse.land(f"{canary('path')}.jsonl", f'{{"text": "{canary("text")}"}}')
    return warehouse


CONSTRAINT = """
version: 2
models:
  - name: a_constraint
    columns:
      - {name: raw_text, data_type: varchar, constraints: [{type: not_null}]}
"""


def run_and_search(
    warehouse: Warehouse, instance: dg.DagsterInstance, capfd: pytest.CaptureFixture[str]
) -> tuple[str, Mapping[str, Any]]:
    """Run, which must fail; what the failure says, and its metadata, once the search for canaries has found none."""
    result = warehouse.run(instance)
    assert not result.success
    said = capfd.readouterr()
    assert words_in((said.out + said.err).encode()) == set()
    assert found_in(warehouse.settings.data_dir, DATA) == {}
    failures = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    data = failures[0].user_failure_data
    return str(data.description), {name: value.value for name, value in data.metadata.items()}


def test_a_database_error_is_reported_without_the_value_it_quotes(
    failing: Warehouse, instance: dg.DagsterInstance, capfd: pytest.CaptureFixture[str]
) -> None:
    """DuckDB says `Could not convert string '...'`, and dbt writes that into its log and run_results.json."""
    folder = failing.project_dir / "models" / "events"
    for name, model in FAILING_MODELS.items():
        (folder / f"{name}.sql").write_text(model)
    (folder / "a_constraint.yml").write_text(CONSTRAINT)
    said, metadata = run_and_search(failing, instance, capfd)
    shown = {line.removeprefix("- ").partition(":")[0]: line for line in metadata["failed"].splitlines()}
    assert shown.keys() == FAILING_MODELS.keys()
    assert said.startswith("dbt build failed: 3 of its nodes, first a")
    assert all("Error" in line and "CAW_SHOW_VALUES=1" in line for line in (said, *shown.values()))


def test_a_failing_data_test_names_itself_and_no_row(
    failing: Warehouse, instance: dg.DagsterInstance, capfd: pytest.CaptureFixture[str]
) -> None:
    failing.land("forbidden.jsonl", f'{{"text": "forbidden {canary("text")}"}}')
    assert "no_forbidden_words: Got 1 result" in run_and_search(failing, instance, capfd)[0]


@pytest.mark.parametrize(
    "error",
    [
        ValueError(f"cannot parse {canary('text')}"),
        PermissionError(13, "Permission denied", f"/landing/{canary('path')}.jsonl"),
        duckdb.ConversionException(f"Conversion Error: Could not convert string '{canary('text')}'"),
    ],
    ids=["a bug", "a file", "a database"],
)
def test_an_unforeseen_error_is_reported_by_its_kind_and_place(
    failing: Warehouse,
    instance: dg.DagsterInstance,
    error: Exception,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stumble(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(raw, "ingest", stumble)
    said, _ = run_and_search(failing, instance, capfd)
    expected = {
        ValueError: "ValueError at caw_dagster/assets/raw.py:",
        PermissionError: "Permission denied",
    }
    assert said.startswith(expected.get(type(error), "Conversion Error"))


def test_whoever_asks_for_values_gets_them(
    failing: Warehouse, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault that depends on a value cannot be mended without it."""
    path = failing.project_dir / "models" / "events" / "stumbling.sql"
    path.write_text(FAILING_MODELS["a_conversion_error"])
    monkeypatch.setitem(os.environ, "CAW_SHOW_VALUES", "1")
    result = failing.run(instance)
    failures = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    assert "kanari" in str(failures[0].user_failure_data.description)
    assert Path(failing.settings.data_dir, "target", "run", "run_results.json").exists()
