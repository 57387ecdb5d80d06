"""The report page of the sample's marts, and `caw report`: what is in it, what never is, and what the command refuses."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from caw.feeds.declared import DBT_PROJECT_DIR
from caw.publication.copies import copies_to_write_again, outdating_copies
from caw.report.rows import open_marts, shown_tiles, subjects
from caw.report.tiles import read_tiles
from caw.report.write import Page, page_of, pages
from caw_dagster.cli import main
from tests.support.html_page import foreign
from tests.support.sample_run import ACCOUNTS, SampleRun

KNOWN = ", ".join(sorted(ACCOUNTS))

PERSONAL = frozenset(
    {"profile_id", "email", "phone_number", "external_id", "anonymous_id", "first_name", "last_name", "text"}
    | {"escalation_reason", "conversation_id", "order_id"}
)
LEAST = 8  # characters: a shorter one, as the reason `billing`, may stand on a page for something else


@pytest.fixture(scope="module")
def marts(sample_run: SampleRun) -> Path:
    return sample_run.data_dir / "published" / "marts.duckdb"


@pytest.fixture(scope="module")
def made(marts: Path) -> list[Page]:
    return pages(marts)


@pytest.fixture
def data_dir(marts: Path, tmp_path: Path) -> Path:
    """A data dir with the sample's published file alone."""
    (tmp_path / "data" / "published").mkdir(parents=True)
    (tmp_path / "data" / "state").mkdir()
    shutil.copyfile(marts, tmp_path / "data" / "published" / "marts.duckdb")
    return tmp_path / "data"


def report(data_dir: Path, *arguments: str) -> int:
    return main(["report", "--data-dir", str(data_dir), "--landing", str(data_dir.parent / "landing"), *arguments])


def files_outside_state(data_dir: Path) -> dict[Path, int]:
    """The files of a test with their sizes, but for the lock's."""
    found = (path for path in data_dir.parent.rglob("*") if path.is_file() and data_dir / "state" not in path.parents)
    return {path: path.stat().st_size for path in found}


def personal(landed: Any, name: str = "") -> Iterator[str]:
    """The values of fields that are a person's or were written by one."""
    if isinstance(landed, dict):
        for inner, value in landed.items():
            yield from personal(value, inner)
    elif isinstance(landed, list):
        for value in landed:
            yield from personal(value, name)
    elif name in PERSONAL and isinstance(landed, str) and len(landed) >= LEAST:
        yield landed


def test_every_tile_has_rows_in_the_sample(marts: Path) -> None:
    """SQL that no longer fits the marts, or a tile that is empty for everybody."""
    with open_marts(marts) as connection:
        (subject,) = [one for one in subjects(connection, 28) if one.source == "acme_us"]
        shown = shown_tiles(connection, read_tiles(), subject)
    assert {one.tile.id: one.fault for one in shown if one.fault} == {}
    assert [one.tile.id for one in shown if not one.rows] == []
    assert len(shown) == len(read_tiles())


def test_the_headlines_and_days_are_those_of_the_marts(marts: Path) -> None:
    """Another count than BI tools show, a day that is left out, or a day of one period in the other."""
    with open_marts(marts) as connection:
        (subject,) = [one for one in subjects(connection, 28) if one.source == "acme_us"]
        first, last, shown = subject.from_date, subject.to_date, shown_tiles(connection, read_tiles(), subject)
        started = (
            "from performance.conversations where source = 'acme_us' and not is_preview and started_at is not null"
        )
        now, before = connection.execute(
            f"select count(*) filter (started_local_date between $first and $last), "
            f"count(*) filter (started_local_date between $first - 28 and $first - 1) {started}",
            {"first": first, "last": last},
        ).fetchall()[0]
    numbers, days = shown[0].rows, shown[1].rows
    assert now > before > 0 and numbers[0][:3] == ("Conversations", now, before)
    assert [row[0] for row in days] == [date.fromordinal(first.toordinal() + number) for number in range(28)]
    assert sum(sum(row[1:]) for row in days) == now


def test_days_before_the_first_conversation_are_days_without_any(marts: Path) -> None:
    """A chart of a young source that begins in the middle of the period and seems to fill it."""
    with open_marts(marts) as connection:
        subject = subjects(connection, 366)[0]
        days = shown_tiles(connection, read_tiles()[1:2], subject)[0]
    assert days.fault is None and len(days.rows) == 366 and days.rows[0][0] == subject.from_date
    assert not any(days.rows[0][1:]) and subject.first_date is not None and subject.first_date > subject.from_date


def test_nothing_of_a_person_is_on_a_page(sample_run: SampleRun, made: list[Page]) -> None:
    """An address, an id, a message or a reason that somebody wrote is mailed around with the page."""
    files = [path for path in sample_run.landing.rglob("*.jsonl") if "export-with-mistakes" not in path.name]
    lines = [line for path in files for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    words = {word for line in lines if line.startswith("{") for word in personal(json.loads(line))}
    assert len(words) > 1000
    assert [word for word in sorted(words) for one in made if word in one.html] == []
    assert [foreign(one.html) for one in made] == [set()] * len(made)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--days", "0"], "--days 0 is not from 1 to 366"),
        (["--days", "-1"], "--days -1 is not"),
        (["--days", "abc"], "invalid int value"),
        (["--days", "100000"], "--days 100000 is not"),
        (["--source", "nobody"], f"'nobody' is not known: the sources are {KNOWN}"),
        (["--out", "page.html"], f"give --source, one of {KNOWN}"),
        (["--source", "acme_us", "--out", "."], "is a folder"),
        (["--source", "acme_us", "--out", ""], "is a folder"),
        (["--source", "acme_us", "--out", "new/"], "is a folder"),
        (["--source", "acme_us", "--out", "~nobody-here/x"], "is no path"),
        (["--source", "acme_us", "--out", "data/published/marts.duckdb"], "has its own files"),
        (["--source", "acme_us", "--out", "landing/acme/x.html"], "has its own files"),
    ],
)
def test_the_command_refuses_in_a_sentence_and_writes_nothing(
    data_dir: Path,
    arguments: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A slip that overwrites the marts, lands a page as data, or ends in a traceback."""
    monkeypatch.chdir(data_dir.parent)
    before = files_outside_state(data_dir)
    assert report(data_dir, *arguments) == 2
    shown = capsys.readouterr().err
    assert said in shown and shown.count("\n") == 1
    assert files_outside_state(data_dir) == before


def test_the_command_writes_the_pages_of_other_days_and_elsewhere(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page of the wrong days, one that others may write, or one that an erasure does not know of."""
    published, out = data_dir / "published", data_dir.parent / "a folder" / "page.html"
    assert report(data_dir, "--days", "7") == 0
    assert capsys.readouterr().out.split() == [str(page_of(published, one)) for one in sorted(ACCOUNTS)]
    assert "7 days, 2026-06-23 to 2026-06-29" in page_of(published, "acme_us").read_text(encoding="utf-8")
    assert page_of(published, "acme_us").stat().st_mode & 0o777 == 0o640
    assert report(data_dir, "--days", "1", "--source", "acme_us", "--out", str(out)) == 0
    assert "1 day, 2026-06-29 to 2026-06-29" in out.read_text(encoding="utf-8")
    with outdating_copies(data_dir / "state"):
        pass
    (again,) = copies_to_write_again(data_dir / "state")
    assert f"caw report --days 1 --out '{out}' --data-dir {data_dir} --source acme_us" in again


def test_without_a_publication_the_command_says_what_to_do(
    tmp_path: Path, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(tmp_path / "none") == 2
    assert "run `caw run` first" in capsys.readouterr().err
    with duckdb.connect(str(data_dir / "published" / "marts.duckdb")) as connection:
        connection.execute("drop table performance.sources")
    assert report(data_dir) == 2
    assert "an older caw published it" in capsys.readouterr().err
    (data_dir / "published" / "marts.duckdb").write_text("no database")
    assert report(data_dir) == 1
    assert re.fullmatch(r"caw: the report cannot be made: .*\n", capsys.readouterr().err)


def test_a_failed_tile_is_named_by_the_command_and_the_page_is_written(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiles = [replace(one, sql="selec") if one.id == "lift" else one for one in read_tiles()]
    monkeypatch.setattr("caw.report.write.read_tiles", lambda: tiles)
    assert report(data_dir, "--source", "acme_us") == 0
    said = capsys.readouterr()
    assert said.err.startswith("caw: lift: Parser Error") and said.out.endswith("acme_us/index.html\n")
    html = page_of(data_dir / "published", "acme_us").read_text(encoding="utf-8")
    assert "This tile could not be made: Parser Error" in html and 'id="headlines"' in html


def test_the_documentation_is_one_file_with_our_overview_and_no_path_of_the_machine(
    sample_run: SampleRun, tmp_path: Path
) -> None:
    """A page that begins with dbt's own words, or shows who reads it where the server's folders are."""
    out = tmp_path / "docs.html"
    ran = sample_run.caw("docs", "--out", str(out))
    assert (ran.returncode, ran.stdout) == (0, f"{out}\n"), ran.stderr
    page = out.read_text(encoding="utf-8")
    assert "From the raw logs of an AI customer agent" in page and "default-src 'none'" in page
    assert "performance.headlines" in page and "failed_gates" in page
    assert [one for one in (sample_run.data_dir, sample_run.seeds, DBT_PROJECT_DIR.parent) if str(one) in page] == []


@pytest.mark.parametrize(
    ("folder", "out", "said"), [("data", "data/docs.html", "has its own files"), ("none", "x", "run `caw run` first")]
)
def test_the_documentation_is_refused_in_a_sentence(
    data_dir: Path, folder: str, out: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page in the place of the warehouse."""
    beside = data_dir.parent
    assert main(["docs", "--data-dir", str(beside / folder), "--out", str(beside / out)]) == 2
    assert said in capsys.readouterr().err and not (beside / out).exists()
