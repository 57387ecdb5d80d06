"""`caw doctor`: what it shows of the sample, and what needs a person. (A test conversation: test_first_hour.py.)"""

import json
import re
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from caw.doctor.health import FailedFile, read_health
from caw.doctor.page import (
    NOT_PUBLISHED,
)
from caw.doctor.runs import latest
from caw.doctor.trial import choose_source, compose, conversation_words, follow, ledger_words
from caw.doctor.unknowns import Unknowns
from caw.erasure import held_files
from caw.publication import FILE_NAME
from caw.settings import SettingsError, read_settings
from caw_dagster.cli import main
from caw_dagster.instance.folders import dagster_home
from caw_dagster.instance.last_runs import read_runs
from tests.orchestration.conftest import Warehouse
from tests.support.healthy import NOW
from tests.support.sample_run import ACCOUNTS, SampleRun


def test_the_sample_is_valid_but_for_what_it_has_on_purpose_and_shown_on_one_screen(sample_run: SampleRun) -> None:
    ran = sample_run.caw("doctor")
    assert (ran.returncode, ran.stderr) == (1, "")
    lines = ran.stdout.splitlines()
    assert len(lines) < 48  # a screen
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


def test_whoever_may_only_read_is_shown_what_stays_unknown(
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
