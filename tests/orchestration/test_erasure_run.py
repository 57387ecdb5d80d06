"""An erasure as a person sees it: `caw erase`, `caw run`, and a data dir in which nobody is found."""

import shutil
from pathlib import Path

import duckdb
import pytest

from tests.support.forgetting import EMAIL, GONE, PATH_WITH_HER, found_in, planted, words_of
from tests.support.run_by_clock import first_run_by_clock
from tests.support.sample_run import SampleRun

HER_WORDS = sorted(words_of(planted()))
EARLIER = "2026-03-10T000000Z"


@pytest.fixture
def refreshed(tmp_path: Path) -> SampleRun:
    """Her files, taken in by `caw run`, and a file of a past instant, as a run with --as-of leaves it."""
    made = first_run_by_clock()[0].copied(tmp_path)
    published = made.data_dir / "published"
    shutil.copytree(published, published / "as_of" / EARLIER, symlinks=True)
    return made


def words_in_page(page: Path, refreshed: SampleRun) -> list[str]:
    """What of hers is on the page, which must be of the run that forgot her."""
    text = page.read_text(encoding="utf-8")
    assert page.stat().st_mtime > (refreshed.landing.parent / "elsewhere.html").stat().st_mtime
    return [word for word in (*HER_WORDS, *GONE) if word in text]


def test_nobody_is_found_after_a_run_and_it_says_what_is_left_to_clean(refreshed: SampleRun) -> None:
    """Dagster's history, a log, a Parquet version or a file of a past instant still holds her; or nobody is shown where."""
    published = refreshed.data_dir / "published"
    assert len(list(published.glob("as_of/*/marts.duckdb"))) == 1
    assert set(found_in(refreshed.data_dir, HER_WORDS)) == set(HER_WORDS)

    copied = ("report", "--source", "acme", "--out", str(refreshed.landing.parent / "elsewhere.html"))
    assert refreshed.caw(*copied).returncode == 0
    asked = refreshed.caw("erase", "--email", EMAIL, "--source", "acme", "--landing", str(refreshed.landing))
    assert asked.returncode == 0 and "next run" in asked.stdout
    ran = refreshed.caw("run")

    assert ran.returncode == 0, ran.stderr
    assert found_in(refreshed.data_dir, [*HER_WORDS, *GONE]) == {}
    assert list(published.glob("as_of/*")) == []
    with duckdb.connect(str(published / "marts.duckdb"), read_only=True) as connection:
        started = "select count(*) from events.conversation_started where source in ('acme', 'brand')"
        assert connection.execute(started).fetchone() == (9,)  # 4 hers
    again = f"Write again caw report --days 28 --out {copied[-1]} --data-dir {refreshed.data_dir} --source acme"
    doctor = refreshed.caw("doctor").stdout
    assert again in ran.stdout and again in doctor
    assert words_in_page(published / "report" / "acme" / "index.html", refreshed) == []
    (left,) = [line for line in doctor.splitlines() if line.startswith("Clean up")]
    named = left.partition(": ")[2].split("; ")
    of_hers = [name for name in named if name.startswith("acme/")]
    assert len(of_hers) == 10  # 7 of hers, the request, a profile of hers, a word of Bob's
    assert f"Clean up    {len(named)} landed files" in ran.stdout  # and of people that canaries forget
    assert PATH_WITH_HER in left and "acme/erasures/" in left and "conversation_log/strangers" not in left
