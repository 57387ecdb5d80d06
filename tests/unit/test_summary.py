"""The summary: what a person reads after a run."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from caw.doctor.needs import Need, Place
from caw.doctor.unknowns import UnknownField, Unknowns, UnknownWord
from caw.publication.notes import Notes, Transcripts
from caw.settings import read_settings
from caw.summary.page import EVENT_TABLES, Intake, Summary, read_summary, render
from caw_dagster.commands.command_lines import look_closer

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
        "Taken in    3 files, 1,234 lines: 1,200 accepted, 20 duplicate, 4 blank,",
        "            10 refused",
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
    shown = render(replace(SUMMARY, intake=replace(INTAKE, reasons=reasons)))
    assert "and 5 for 5 other reasons" in " ".join(shown.split())


def test_what_needs_a_person_stands_first_with_file_line_and_what_to_do() -> None:
    """A refused request to forget somebody was one line among many: nobody was forgotten, and nobody knew."""
    places = [Place(f"acme/erasures/r{number}.csv", number, "bad_value requested_at", "long") for number in range(1, 6)]
    needs = [
        Need("5 requests were refused: correct them.", places),
        Need("1 file could not be read: mend it.", [Place("acme/consents/c.gz", None, "truncated")]),
    ]
    assert render(replace(SUMMARY, needs=needs)).splitlines()[:8] == [
        "Needs you   5 requests were refused: correct them.",
        "              acme/erasures/r1.csv:1: bad_value requested_at",
        "              acme/erasures/r2.csv:2: bad_value requested_at",
        "              acme/erasures/r3.csv:3: bad_value requested_at",
        "              and 2 more: `caw doctor` names them",
        "            1 file could not be read: mend it.",
        "              acme/consents/c.gz: truncated",
        "Refreshed   as of 2025-08-01 00:00:00 UTC, in 12.3 s",
    ]


def test_refused_records_and_superseded_transcripts_are_told_apart_from_lines() -> None:
    intake = replace(
        INTAKE,
        refused_records=[("missing_field occurred_at", 7), ("bad_value products", 2)],
        transcripts=Transcripts(accepted=200, repeats=150),
    )
    shown = render(replace(SUMMARY, intake=intake)).splitlines()
    assert "Refused     6 bad_value occurred_at; 4 not_json" in shown
    place = shown.index("Expanded    9 refused records: 7 missing_field occurred_at; 2 bad_value products")
    assert shown[place + 1] == "Transcripts 150 of 200 repeat an id, and one version of each id is current"


def test_what_nothing_reads_is_one_line_each_with_the_most_frequent_first() -> None:
    unknowns = Unknowns(
        [
            UnknownField("acme", "orders", "mail", 120, "acme/orders/a.csv", "profile.email"),
            UnknownField("acme", "orders", "colour", 7, "acme/orders/a.csv", None),
        ],
        [
            UnknownWord("acme", "chat_transcripts", "tool", "get_order", 3000),
            UnknownWord("acme", "chat_transcripts", "tool", "find", 529),
            UnknownWord("acme", "consents", "status", "paused", 12),
        ],
    )
    shown = render(replace(SUMMARY, unknowns=unknowns)).splitlines()
    place = shown.index("Unknown     2 tools, by transcripts: get_order 3,000; find 529")
    assert shown[place + 1 : place + 3] == [
        "            2 fields: orders.mail 120 (like profile.email); orders.colour 7",
        "            1 word: consents.status paused 12",
    ]


def test_a_line_of_names_ends_where_the_terminal_does_and_counts_the_rest() -> None:
    tools = [
        UnknownWord("acme", "chat_transcripts", "tool", f"a_tool_with_a_name_{number:02}", 1) for number in range(20)
    ]
    [line] = [
        line for line in render(replace(SUMMARY, unknowns=Unknowns([], tools))).splitlines() if "by transcripts" in line
    ]
    assert line == "Unknown     20 tools, by transcripts: a_tool_with_a_name_00 1; and 19 more"
    long = Unknowns([], [UnknownWord("acme", "chat_transcripts", "tool", "x" * 100, 1)])
    assert f"1 tool, by transcripts: {'x' * 39}\N{HORIZONTAL ELLIPSIS} 1" in render(replace(SUMMARY, unknowns=long))


def test_every_row_of_prose_fits_into_80_columns() -> None:
    words = " ".join(["word"] * 60)
    full = replace(
        SUMMARY,
        intake=replace(
            INTAKE,
            reasons=[(f"missing_field a_field_{number}", 1000) for number in range(9)],
            refused_records=[(f"missing_field a_field_{number}", 1000) for number in range(9)],
            transcripts=Transcripts(1_000_000, 999_999),
            troubles=[(f"acme/orders/{number}.gz", words) for number in range(9)],
        ),
        needs=[Need(words, [Place("acme/erasures/r.csv", 1, words)] * 9)],
        unknowns=Unknowns(
            [UnknownField("acme", "orders", "y" * 100, 10**9, None, "z" * 100)],
            [UnknownWord("acme", "consents", "status", "x" * 100, 10**9)],
        ),
    )
    assert [line for line in render(full).splitlines() if len(line) > 80] == []


def test_what_a_file_is_called_cannot_move_the_cursor() -> None:
    odd = "acme/orders/\x1b[2J.gz"
    shown = render(
        replace(
            SUMMARY,
            intake=replace(INTAKE, troubles=[(odd, "truncated")]),
            needs=[Need("Do it.", [Place(odd, 1, "not_json")])],
            unknowns=Unknowns(
                [UnknownField("acme", "orders", "\x1b[2J", 1, odd, None)],
                [UnknownWord("acme", "chat_transcripts", "tool", "\x1b[2J", 1)],
            ),
        )
    )
    assert "\x1b" not in shown and shown.count("\N{REPLACEMENT CHARACTER}[2J") == 4


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
    assert look_closer(settings, {}) == f"{tmp_path}/python -P -m caw_dagster.cli {folders}"
    assert look_closer(settings, {"CAW_UI_COMMAND": "make ui"}) == "make ui"


def test_the_command_to_look_closer_repeats_no_setting_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder of `caw init` the command is `caw ui`: four paths on a line are nothing that anybody copies."""
    (tmp_path / "pyproject.toml").write_text('[tool.caw]\nlanding_dir = "logs"\ndata_dir = "built"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.executable", "/venv/bin/python")
    command = "/venv/bin/python -P -m caw_dagster.cli ui"
    settings = read_settings({})
    assert look_closer(settings, {}) == command
    elsewhere = f"{command} --landing {tmp_path}/logs --data-dir /d"
    assert look_closer(replace(settings, data_dir=Path("/d")), {}) == elsewhere
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "pyproject.toml").write_text('[tool.caw]\nlanding_dir = "."\ndata_dir = "../built"\n')
    monkeypatch.chdir(tmp_path / "logs")
    assert look_closer(settings, {}) != command
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.caw")
    assert look_closer(settings, {}) == f"{command} --landing {tmp_path}/logs --data-dir {tmp_path}/built"


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
            alter table health.ingestion_ledger add column feed varchar default 'chat_transcripts';
            alter table health.ingestion_ledger add column source varchar default 'acme';
            alter table health.ingestion_ledger add column ingested_at timestamptz default '2025-08-01 00:00:00+00';
            create table health.rejected_records as
            select batch_id, 'chat_transcripts' as feed, 'b' as file_path, line_number, reason, field
            from (values
                ('00000002', 1, 'missing_field', 'actor'),
                ('00000002', 2, 'missing_field', 'actor'),
                ('00000002', 2, 'missing_field', 'actor'),
                ('00000002', 2, 'bad_value', 'channel'),
                ('00000001', 1, 'not_json', null)
            ) as t (batch_id, line_number, reason, field);
            create table health.last_run as select timestamptz '2025-08-01 00:00:00+00' as as_of;
            create schema retargeting;
            create table retargeting.retargeting_eligibility as
            select '' as policy_id, '' as status, [''] as failed_gates, '' as profile_id, '' as conversation_id,
                now() as triggered_at, '' as event_id
            limit 0;
            create schema performance;
            create table performance.agent_performance_daily as
            select *
            from (values (date '2025-08-01', 0, 0), (date '2025-07-31', 2, 1)) as t (date, conversations, resolved)
        """)
    notes = Notes("00000002", refused_records=[("missing_field actor", 2), ("bad_value channel", 1)])
    summary = read_summary(file, "make ui", batch_id, AS_OF, 1.0, notes)
    assert summary.intake.files == files
    assert summary.story[-2][1].endswith("  resolved by the agent: 50%"), "none on the day without any"
    if batch_id:
        assert summary.intake.troubles == [("c", "broken"), ("d", "denied")]
        assert summary.intake.reasons == [("missing_field actor", 1)]  # as many as the ledger's refused lines
        assert summary.intake.refused_records == [("missing_field actor", 2), ("bad_value channel", 1)]
        assert summary.intake.lines == 5
