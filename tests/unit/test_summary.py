"""The summary: what a person reads after a run."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.commands.run import look_closer
from orchestration.settings import read_settings
from orchestration.summary import EVENT_TABLES, Intake, Summary, read_summary, render

AS_OF = datetime(2025, 8, 1, tzinfo=UTC)
INTAKE = Intake(
    files=3,
    lines=1234,
    blank=4,
    accepted=1200,
    duplicates=20,
    rejected=10,
    reasons=[("bad_value occurred_at", 6), ("not_json", 4)],
    troubles=[("acme/orders/x.gz", "truncated")],
)
SUMMARY = Summary(AS_OF, 12.34, INTAKE, {"conversation_started": 80}, Path("/d/published/marts.duckdb"), "make ui")


def test_the_summary_says_what_came_in_what_was_refused_and_where_to_look() -> None:
    assert render(SUMMARY).splitlines() == [
        "Refreshed   as of 2025-08-01 00:00:00 UTC, in 12.3 s",
        "Taken in    3 files, 1,234 lines: 1,200 accepted, 20 duplicate, 4 blank, 10 refused",
        "Refused     6 bad_value occurred_at; 4 not_json",
        "Not loaded  acme/orders/x.gz (truncated)",
        "Events             80 conversation_started",
        "Published   /d/published/marts.duckdb",
        "Look closer make ui",
    ]


def test_nothing_new_is_said() -> None:
    assert "Taken in    nothing new in the landing zone" in render(replace(SUMMARY, intake=Intake()))


def test_long_lists_are_cut_and_counted() -> None:
    reasons = [(f"reason_{number}", 1) for number in range(9)]
    assert "and 5 more" in render(replace(SUMMARY, intake=replace(INTAKE, reasons=reasons)))


def test_a_past_instant_is_said_to_be_one() -> None:
    past = replace(SUMMARY, published=Path("/d/published/as_of/2025-07-01T000000Z/marts.duckdb"))
    assert "the latest stays as it was" in render(past)


def test_the_command_to_look_closer_can_be_copied_into_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a bare clone there is no `caw` on the path, and the UI must find the same landing zone, data and seeds."""
    (tmp_path / "caw").touch(mode=0o755)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    settings = read_settings({}, landing="/my landing", data_dir="/d")
    folders = "ui --landing '/my landing' --data-dir /d"
    monkeypatch.setenv("PATH", "/nowhere")
    assert look_closer(settings, {}) == f"{tmp_path}/caw {folders}"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert look_closer(settings, {}) == f"caw {folders}"
    assert look_closer(replace(settings, seeds_dir=Path("/s")), {}) == f"CAW_SEEDS_DIR=/s caw {folders}"
    (tmp_path / "caw").unlink()
    assert look_closer(settings, {}) == f"{tmp_path}/python -m orchestration.cli {folders}"
    assert look_closer(settings, {"CAW_UI_COMMAND": "make ui"}) == "make ui"


@pytest.mark.parametrize(("batch_id", "files"), [("00000002", 2), (None, 0)])
def test_the_counts_are_those_of_the_batch_and_of_files_that_still_cannot_be_read(
    tmp_path: Path, batch_id: str | None, files: int
) -> None:
    file = tmp_path / "marts.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema health; create schema events")
        for table in EVENT_TABLES:
            connection.execute(f"create table events.{table} as select 1")
        connection.execute("""
            create table health.ingestion_ledger as
            select * from (values
                ('a', '00000001', 'loaded', null, 9, 0, 9, 0, 0),
                ('b', '00000002', 'loaded', null, 5, 1, 2, 1, 1),
                ('c', '00000002', 'failed', 'broken', 0, 0, 0, 0, 0),
                ('d', null, 'failed', 'denied', 0, 0, 0, 0, 0)
            ) as t (file_path, batch_id, status, error, lines, blank, accepted, duplicates, rejected);
            create table health.rejected_records as
            select '00000002' as batch_id, 'missing_field' as reason, 'actor' as field;
            create table health.last_run as select timestamptz '2025-08-01 00:00:00+00' as as_of;
            create schema retargeting;
            create table retargeting.retargeting_eligibility as
            select '' as policy_id, '' as status, [''] as failed_gates, '' as profile_id, '' as conversation_id,
                now() as triggered_at, '' as event_id
            limit 0;
            create schema performance;
            create table performance.agent_performance_daily as
            select date '2025-08-01' as date, 0 as conversations, 0 as resolved
        """)
    summary = read_summary(file, "make ui", batch_id, AS_OF, 1.0)
    assert summary.intake.files == files
    if batch_id:
        assert summary.intake.troubles == [("c", "broken"), ("d", "denied")]
        assert summary.intake.reasons == [("missing_field actor", 1)]
        assert summary.intake.lines == 5
