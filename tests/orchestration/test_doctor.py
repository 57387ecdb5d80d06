"""`caw doctor`: what it shows of the sample, and what needs a person. (A test conversation: test_first_hour.py.)"""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from caw.doctor.health import FailedFile, Health, Metric, of_source, read_health
from caw.doctor.needs import Need, Place
from caw.doctor.page import (
    NOT_PUBLISHED,
    SHOWN_FILES,
    SHOWN_PLACES,
    SHOWN_WORDS,
    age,
    doctor_page,
    needs,
)
from caw.doctor.runs import Finished, Runs, latest
from caw.doctor.trial import choose_source, compose, conversation_words, follow, ledger_words
from caw.doctor.unknowns import UnknownField, Unknowns, UnknownWord
from caw.erasure import held_files
from caw.publication import FILE_NAME
from caw.publication.notes import Transcripts
from caw.settings import SettingsError, read_settings
from caw_dagster.cli import main
from caw_dagster.instance.folders import dagster_home
from caw_dagster.instance.last_runs import read_runs
from tests.orchestration.conftest import Warehouse
from tests.support.sample_run import ACCOUNTS, SampleRun

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
FLOWING = Metric("acme", "conversation_started", 5, "2026-06-30 11:00:00", "flowing", "Flowing: fine.")
RARE = Metric("acme", "conversation_escalated", 1, "2026-06-01 11:00:00", "stale", "Stale: rare.")
HEALTHY = Health(NOW, NOW, [FLOWING, RARE], {"acme": 5}, [])
GOOD_RUN = Runs(None, Finished("0123456789", NOW, "success", None))


def test_the_sample_is_valid_but_for_what_it_has_on_purpose_and_shown_on_one_screen(sample_run: SampleRun) -> None:
    ran = sample_run.caw("doctor")
    assert (ran.returncode, ran.stderr) == (1, "")
    lines = ran.stdout.splitlines()
    assert len(lines) < 45
    assert [line for line in lines if line.startswith("acme_")] == sorted(ACCOUNTS)
    started = next(line.split(maxsplit=5) for line in lines if "conversation_started" in line)
    assert started[:5] == ["conversation_started", "138", "last", "2026-06-30", "10:28:30"]
    assert started[5].startswith("flowing") and "nothing to do." in started[5]
    assert any(line.startswith("Last run") and line.endswith("success") for line in lines)
    assert any(line.startswith("Published") and "as of 2026-06-30 12:00:00 UTC" in line for line in lines)
    assert any(line.endswith("all that has landed is ingested") for line in lines)
    found = lines[lines.index("Needs a person:") + 1 :]
    assert [line.partition(":")[0] for line in found if not line.startswith("   ")] == [
        "  Files in places that no feed reads",
        "  Words that no seed knows",
    ]


def test_nothing_published_is_said(tmp_path: Path, sample_run: SampleRun) -> None:
    ran = sample_run.caw("doctor", "--data-dir", str(tmp_path / "empty"))
    assert ran.returncode == 1
    assert NOT_PUBLISHED in ran.stdout and ran.stderr == ""
    assert not (tmp_path / "empty").exists()


def test_a_rare_event_that_went_quiet_needs_nobody() -> None:
    assert needs(HEALTHY, GOOD_RUN, NOW) == []


@pytest.mark.parametrize("status", ["stale", "no_events"])
def test_an_agent_that_fell_silent_needs_somebody(status: str) -> None:
    silent = replace(HEALTHY, metrics=[replace(FLOWING, status=status), RARE])
    assert needs(silent, GOOD_RUN, NOW) == ["acme had conversations, and none has started in the last 24 hours."]
    assert needs(replace(silent, conversations={}), GOOD_RUN, NOW) == []


def test_failed_files_and_a_failed_run_need_somebody() -> None:
    broken = replace(HEALTHY, failed_files=[FailedFile("acme/orders/x.gz", "truncated")])
    failed = Runs(None, Finished("0123456789", NOW, "failure", "disk full"))
    assert len(needs(broken, GOOD_RUN, NOW)) == 1
    assert needs(HEALTHY, failed, NOW) == ["The last run failed: disk full"]
    assert needs(HEALTHY, Runs(None, replace(GOOD_RUN.finished, status="canceled")), NOW) == []
    shown = doctor_page(read_settings({}), broken, failed, True, NOW)
    assert "Not read      acme/orders/x.gz: truncated" in shown
    assert "files wait for the next run" in shown


def test_feeds_that_a_gate_needs_and_that_never_landed_are_shown() -> None:
    """A newcomer reads that all is well, and wonders why nobody is eligible."""
    without = replace(HEALTHY, absent_feeds={"no_consent": "consents"})
    page = doctor_page(read_settings({}), without, GOOD_RUN, False, NOW)
    assert "Never landed  consents: without them gate no_consent lets nobody pass" in page
    assert "Never landed" not in doctor_page(read_settings({}), HEALTHY, GOOD_RUN, False, NOW)


def test_refused_requests_need_somebody_first_each_with_file_line_reason_and_detail() -> None:
    """Nobody was forgotten, and the doctor said that nothing needs a person."""
    detail = " ".join(["requested_at is 2026-13-45 and must be a date;"] * 4)
    request = Need("1 request was refused: correct it.", [Place("acme/erasures/r.csv", 2, "bad_value", detail)])
    failed = Runs(None, Finished("0123456789", NOW, "failure", "disk full"))
    found = needs(replace(HEALTHY, needs=[request]), failed, NOW)
    assert found[:2] == ["1 request was refused: correct it.", "  acme/erasures/r.csv:2: bad_value"]
    assert " ".join(line.strip() for line in found[2:-1]) == detail
    assert found[-1] == "The last run failed: disk full"
    shown = doctor_page(read_settings({}), replace(HEALTHY, needs=[request]), GOOD_RUN, False, NOW).splitlines()
    assert "    acme/erasures/r.csv:2: bad_value" in shown[shown.index("Needs a person:") :]


def test_a_file_of_consents_that_could_not_be_read_is_reported_once() -> None:
    unreadable = Need(
        "1 file of consents could not be read: mend it.", [Place("acme/consents/c.gz", None, "truncated")]
    )
    failed = [FailedFile("acme/consents/c.gz", "truncated"), FailedFile("acme/orders/x.gz", "truncated")]
    found = needs(replace(HEALTHY, needs=[unreadable], failed_files=failed), GOOD_RUN, NOW)
    assert found == [
        "1 file of consents could not be read: mend it.",
        "  acme/consents/c.gz: truncated",
        "Files that could not be read: 1; mend them and land them again.",
    ]


def test_a_thousand_refused_lines_are_counted_and_some_named() -> None:
    many = Need("Mend them.", [Place("acme/consents/c.csv", line, "not_json") for line in range(1, 1001)])
    found = needs(replace(HEALTHY, needs=[many]), GOOD_RUN, NOW)
    assert len(found) == 1 + SHOWN_PLACES + 1
    assert found[-1] == f"  and {1000 - SHOWN_PLACES} more"


def test_a_published_instant_that_is_yet_to_come_is_a_finding_and_blames_no_agent() -> None:
    """A clock that once ran ahead: the 24 hours before an instant to come are not over, so nothing is missing yet."""
    ahead = replace(HEALTHY, as_of=NOW + timedelta(days=3), metrics=[replace(FLOWING, status="stale"), RARE])
    assert needs(ahead, GOOD_RUN, NOW) == [
        "What is published is as of 2026-07-03 12:00:00 UTC, which is yet to come: a run's clock was ahead. Set it right "
        "and run `caw run` without --as-of."
    ]
    assert needs(replace(HEALTHY, as_of=NOW), GOOD_RUN, NOW) == []


def test_what_nothing_reads_is_shown_fields_whole_and_words_with_the_seed_row_to_add() -> None:
    fields = [
        UnknownField("acme", "orders", f"field_{number}", 30 - number, "acme/orders/a.csv", None)
        for number in range(30)
    ]
    fields[0] = replace(fields[0], field="mail", nearest="profile.email")
    words = [
        UnknownWord("acme", "consents", "status", f"word_{number}", 99 - number) for number in range(SHOWN_WORDS + 5)
    ]
    words[0] = UnknownWord("acme", "chat_transcripts", "tool", "get_order", 3529)
    unreadable = replace(
        HEALTHY,
        unknowns=Unknowns(fields, words),
        transcripts={"acme": Transcripts(200, 150), "globex": Transcripts(5, 0)},
        at_one_instant={"acme": 1, "initech": 1200},
    )
    shown = doctor_page(read_settings({}), unreadable, GOOD_RUN, False, NOW).splitlines()
    assert "  acme  orders  mail      30 lines  like profile.email  first in acme/orders/a.csv" in shown
    assert "  acme  orders  field_29  1 line                        first in acme/orders/a.csv" in shown
    assert any(
        line.split()
        == ["acme", "chat_transcripts", "tool", "get_order", "3,529", "lines", "agent_tools.csv:", "get_order,,,"]
        for line in shown
    )
    assert any(line.endswith("word_aliases.csv: consent_status,word_1,<word>") for line in shown)
    assert "  and 5 more: see health.unknown_words" in shown
    assert "  acme  150 of 200 repeat an id, and one version of each id is current" in shown
    assert not any(line.startswith("  globex") for line in shown)
    assert "  acme     1 conversation" in shown and "  initech  1,200 conversations" in shown
    assert shown[-2:] == [
        "Needs a person:",
        f"  Words that no seed knows: {SHOWN_WORDS + 4}; until its row, shown above, is in word_aliases.csv, each counts "
        "as the most careful word does.",
    ]
    tools = replace(unreadable, unknowns=Unknowns(fields, words[:1]))
    assert doctor_page(read_settings({}), tools, GOOD_RUN, False, NOW).splitlines()[-1] == "Nothing needs a person."


def test_files_of_which_nothing_was_taken_in_are_findings() -> None:
    """Every line of an export is refused, or five files lie in a folder that nothing reads, and the exit code is 0."""
    refused = [FailedFile("acme/orders/x.jsonl", "2,000 lines refused: see health.rejected_records")]
    strays = [FailedFile(f"acme/reviews/{n}.jsonl", "no feed\x1b[2J") for n in range(SHOWN_FILES + 1)]
    found = needs(replace(HEALTHY, refused_files=refused, misplaced_files=strays), GOOD_RUN, NOW)
    assert found[:3] == [
        "Files of which every line was refused: 1",
        "  acme/orders/x.jsonl: 2,000 lines refused: see health.rejected_records",
        f"Files in places that no feed reads: {SHOWN_FILES + 1}",
    ]
    assert found[-1] == "  and 1 more: see health.ingestion_ledger"
    assert "\x1b" not in doctor_page(read_settings({}), replace(HEALTHY, misplaced_files=strays), GOOD_RUN, False, NOW)


def test_a_publication_that_is_older_than_it_may_be_is_a_finding() -> None:
    """A timer that died is noticed when the agent seems to be off, a day later."""
    later = NOW + timedelta(hours=2, seconds=1)
    assert len(needs(HEALTHY, GOOD_RUN, NOW + timedelta(hours=2))) == 0
    assert needs(HEALTHY, GOOD_RUN, later)[0].startswith("The last publication is 2 hours old")
    assert needs(HEALTHY, GOOD_RUN, later, max_age=timedelta(hours=26)) == []


def test_a_landing_zone_that_is_gone_is_a_finding(tmp_path: Path) -> None:
    gone = read_settings({}, landing=str(tmp_path / "unmounted"))
    shown = doctor_page(gone, HEALTHY, GOOD_RUN, None, NOW).splitlines()
    assert any(line.startswith(f"  There is no landing zone at {tmp_path / 'unmounted'}") for line in shown)


def test_one_source_can_be_looked_at_alone() -> None:
    other = replace(FLOWING, source="globex", status="stale")
    both = replace(
        HEALTHY,
        metrics=[FLOWING, RARE, other],
        conversations={"acme": 5, "globex": 1},
        failed_files=[FailedFile("globex/orders/x.gz", "truncated")],
        needs=[
            Need("Name the people.", source="globex"),
            Need("Mend it.", [Place("globex/consents/c.csv", 1, "not_json")]),
        ],
    )
    assert len(needs(both, GOOD_RUN, NOW)) == 5
    assert needs(of_source(both, "acme"), GOOD_RUN, NOW) == []
    assert needs(of_source(both, "globex"), GOOD_RUN, NOW) == needs(both, GOOD_RUN, NOW)


def test_whoever_may_only_read_is_reported_what_stays_unknown(
    sample_run: SampleRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], clean_environment: None
) -> None:
    """A monitoring user got a traceback of 80 lines."""
    import dagster as dg

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "the history, or the key")

    monkeypatch.setattr(dg.DagsterInstance, "get", refused)
    monkeypatch.setattr(held_files, "still_holding", refused)
    folders = ["--landing", str(sample_run.landing), "--data-dir", str(sample_run.data_dir)]
    main(["doctor", *folders])
    said = capsys.readouterr()
    assert "Published" in said.out and said.err == ""
    not_checked = [line for line in said.out.splitlines() if line.startswith("Not looked at")]
    assert len(not_checked) == 2 and all("ermi" in line for line in not_checked)


def test_runs_of_a_dagster_of_ones_own_count(warehouse: Warehouse, tmp_path: Path) -> None:
    """The refreshes run on the team's own instance, and the doctor says that none has finished yet."""
    import dagster as dg

    home = tmp_path / "theirs"
    home.mkdir()
    with dg.DagsterInstance.local_temp(str(home)) as theirs:
        run_id = warehouse.run(theirs).run_id
    own = read_runs(warehouse.settings, dagster_home(warehouse.settings))
    found = latest(own, read_runs(warehouse.settings, home))
    assert own.finished is None
    assert found.finished is not None and (found.finished.run_id, found.finished.status) == (run_id, "success")


def test_a_published_file_of_an_older_version_is_read_as_far_as_it_goes(sample_run: SampleRun, tmp_path: Path) -> None:
    """The first look after an upgrade, before the first run."""
    changed = sample_run.copied(tmp_path)
    (changed.data_dir / "state" / "notes.json").unlink()
    with duckdb.connect(str(changed.data_dir / "published" / FILE_NAME)) as connection:
        connection.execute("drop table if exists health.unknown_fields; drop table if exists health.unknown_words")
        connection.execute("alter table health.rejected_records drop column if exists detail")
    settings = read_settings({}, landing=str(changed.landing), data_dir=str(changed.data_dir))
    health = read_health(settings)
    assert (health.needs, health.unknowns, health.transcripts) == ([], Unknowns([], []), {})


def test_a_failed_file_counts_until_it_is_mended_or_gone(sample_run: SampleRun, tmp_path: Path) -> None:
    """A trouble that can never be ticked off is soon not read any more."""
    changed = sample_run.copied(tmp_path)
    name = "acme_us/orders/broken.jsonl.gz"
    with duckdb.connect(str(changed.data_dir / "published" / FILE_NAME)) as connection:
        row = "insert into health.ingestion_ledger values (?, 'acme_us', 'orders', 'x', 1, '1', ?, ?, ?, 0, 0, 0, 0, 0)"
        connection.execute(row, [name, NOW, "failed", "truncated"])
    settings = read_settings({}, landing=str(changed.landing), data_dir=str(changed.data_dir))
    (changed.landing / name).write_bytes(b"?")
    assert read_health(settings).failed_files == [FailedFile(name, "truncated")]
    (changed.landing / name).unlink()
    assert read_health(settings).failed_files == []
    (changed.landing / name).write_bytes(b"?")
    with duckdb.connect(str(changed.data_dir / "published" / FILE_NAME)) as connection:
        connection.execute(row, [name, NOW + timedelta(hours=1), "loaded", None])
    assert read_health(settings).failed_files == []


def test_a_run_that_failed_is_reported_in_its_own_words(warehouse: Warehouse) -> None:
    import dagster as dg

    from caw_dagster.instance.folders import prepare_instance

    warehouse.land("forbidden.jsonl", '{"text": "forbidden"}')
    prepare_instance(warehouse.settings)
    with dg.DagsterInstance.get() as instance:
        run_id = warehouse.run(instance).run_id
    runs = read_runs(warehouse.settings, dagster_home(warehouse.settings))
    assert runs.working is None
    assert (runs.finished.run_id, runs.finished.failed) == (run_id, True)
    assert "no_forbidden_words" in runs.finished.why


def test_two_tests_never_share_a_name_and_say_that_they_are_tests() -> None:
    first, second = compose("acme", NOW), compose("acme", NOW)
    assert first.conversation_id != second.conversation_id
    ids = [record["record_id"] for record in (*first.records, *second.records)]
    assert len(set(ids)) == len(ids)
    assert all(record["mode"] == "preview" for record in first.records)
    assert re.fullmatch(r"acme/conversation_log/caw-doctor-test-20260630T120000Z-[0-9a-f]{12}\.jsonl", first.file_path)
    assert json.loads(json.dumps(first.records)) == list(first.records)


def test_a_test_that_did_not_arrive_is_reported_step_by_step(sample_run: SampleRun) -> None:
    steps = follow(sample_run.data_dir / "published" / FILE_NAME, compose("acme_us", NOW))
    assert [(step.ok, step.found) for step in steps] == [
        (False, "no row for the file"),
        (False, "no row for the conversation"),
        (True, "0 events"),
    ]
    assert ledger_words([("loaded", 4, 3, 1)]) == "loaded: 4 lines, 3 accepted, 1 refused"
    assert conversation_words([(False, 1, 1, 0, 1, "resolved")]) == "live, messages: 1 customer, 1 agent, 0 human"


def test_the_source_of_a_test_is_a_known_one(sample_run: SampleRun, tmp_path: Path) -> None:
    """A slip of the pen would be a source of its own in every table, for ever."""
    settings = read_settings({}, landing=str(sample_run.landing), data_dir=str(sample_run.data_dir))
    assert choose_source(settings, None) == "acme_eu"
    assert choose_source(settings, "acme_us") == "acme_us"
    with pytest.raises(SettingsError, match="make the folder"):
        choose_source(settings, "acme_su")
    (tmp_path / "landing").mkdir()
    fresh = read_settings({}, landing=str(tmp_path / "landing"), data_dir=str(tmp_path / "data"))
    assert choose_source(fresh, "first") == "first"
    with pytest.raises(SettingsError, match="--source"):
        choose_source(fresh, None)
    with pytest.raises(SettingsError, match="lower-case"):
        choose_source(fresh, "../out")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--source", "acme_su"], f"the sources are {', '.join(sorted(ACCOUNTS))}"),
        (["--send-test", "--landing", "nowhere"], "create that folder"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(sample_run: SampleRun, arguments: list[str], words: str) -> None:
    ran = sample_run.caw("doctor", *arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert words in ran.stderr and ran.stderr.count("\n") == 1


def test_a_published_file_that_is_none_is_said_to_be(sample_run: SampleRun, tmp_path: Path) -> None:
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / FILE_NAME).write_bytes(b"x" * 5000)
    ran = sample_run.caw("doctor", "--data-dir", str(tmp_path))
    assert ran.returncode == 1
    assert "run `caw run` to write another" in ran.stderr and "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("seconds", "words"), [(-5, "0 s"), (59, "59 s"), (60, "1 minute"), (7300, "2 hours"), (1e6, "11 days")]
)
def test_ages_are_reported_in_their_greatest_unit(seconds: float, words: str) -> None:
    assert age(timedelta(seconds=seconds)) == words
