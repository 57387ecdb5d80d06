"""A clock that once ran ahead freezes nothing: `caw run` three times, the second one six days ahead of the others."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from caw.host import clock
from caw.publication import FILE_NAME
from caw_dagster.cli import main
from tests.support.run_by_clock import CLOCKED, first_run_by_clock, logged, spoken
from tests.support.warm_caw import warm_caw

DAYS_AHEAD = 6
OURS = f"source = '{CLOCKED}'"


def run_ahead(landing: str, data_dir: str, days: str) -> int:
    """`caw run` by a clock that is so many days ahead; in a process of its own."""
    right, ahead = clock.now, timedelta(days=float(days))
    clock.now = lambda: right() + ahead
    return main(["run", "--landing", landing, "--data-dir", data_dir])


@dataclass(frozen=True)
class Site:
    """A landing zone and a data dir; `said` is what the runs printed, in their order."""

    root: Path
    said: list[str]

    @property
    def data_dir(self) -> Path:
        return self.root / "data"

    @property
    def published(self) -> Path:
        return self.data_dir / "published"

    def land(self, conversation_id: str) -> None:
        """A conversation of an hour ago."""
        path = self.root / "landing" / CLOCKED / "conversation_log" / f"{conversation_id}.jsonl"
        path.write_bytes(logged(conversation_id, spoken(datetime.now(UTC) - timedelta(hours=1))))

    def run(self, days_ahead: float) -> None:
        run = "tests.orchestration.test_clock_ahead:run_ahead"
        ran = warm_caw().call(run, str(self.root / "landing"), str(self.data_dir), str(days_ahead))
        assert ran.code == 0, ran.err
        self.said.append(ran.err + ran.out)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.published / FILE_NAME), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The clock is right, six days ahead, and right again; something lands before each run."""
    first, said = first_run_by_clock()
    made = Site(tmp_path_factory.mktemp("clock_ahead"), [said + first.said])
    first.copied(made.root)
    made.land("ahead")
    made.run(DAYS_AHEAD)
    assert made.rows("select max(entered_at) > current_timestamp from segments.segment_membership_history") == [(True,)]
    made.land("after")
    made.run(0)
    return made


def test_the_run_with_a_right_clock_is_published_as_the_latest_and_says_why(site: Site) -> None:
    assert site.rows("select as_of <= current_timestamp from health.last_run") == [(True,)]
    assert site.rows(f"select count(*) from events.conversation_started where {OURS}") == [(3,)]
    assert not (site.published / "as_of").exists()
    shown = [line for line in site.said[-1].splitlines() if line.startswith("Clock: it was ahead")]
    assert len(shown) == 2  # of the history, and of what was published
    assert all("Clock" not in said for said in site.said[:-1])


def test_no_stay_is_of_an_instant_that_has_not_come_and_the_run_records_its_own(site: Site) -> None:
    """Spec §4.11, by hand: run 0 is the first, run 1 the one that was ahead, whose instants become run 2's."""
    (last,) = site.rows("select epoch_us(as_of) from health.last_run")[0]
    (first,) = site.rows("select min(epoch_us(as_of)) from segments.segment_sizes")[0]
    names = {first: "run 0", last: "run 2", None: None}
    found = site.rows(
        "select segment_id, profile_id, epoch_us(entered_at), epoch_us(exited_at) "
        f"from segments.segment_membership_history where {OURS}"
    )
    stays = [(segment, profile, names[entered], names[exited]) for segment, profile, entered, exited in found]
    expected = [
        ("started_conversation_ever", "of first", "run 0", None),
        ("started_conversation_last_30_days", "of first", "run 0", None),
        ("escalated_ever", "of first", "run 0", None),
        # eight days ago for the run that was ahead, two days ago for the next one
        ("escalated_last_7_days", "of first", "run 0", "run 2"),
        ("escalated_last_7_days", "of first", "run 2", None),
        ("started_conversation_ever", "of ahead", "run 2", None),
        ("started_conversation_last_30_days", "of ahead", "run 2", None),
        # quiet for six days, and not quiet for a day
        ("abandoned_conversation_last_7_days", "of ahead", "run 2", "run 2"),
        ("started_conversation_ever", "of after", "run 2", None),
        ("started_conversation_last_30_days", "of after", "run 2", None),
    ]
    assert sorted(stays, key=str) == sorted(expected, key=str)


def test_sizes_have_one_row_a_segment_and_run_and_count_the_members_of_now(site: Site) -> None:
    (last,) = site.rows("select as_of from health.last_run")[0]
    instants = site.rows(
        f"select as_of, count(*), count(distinct segment_id) from segments.segment_sizes where {OURS} group by as_of"
    )
    assert len(instants) == 2 and all(rows == segments for _, rows, segments in instants)
    counted = site.rows(
        "select segment_id, members from segments.segment_sizes as sizes, health.last_run as run "
        f"where sizes.as_of = run.as_of and members > 0 and {OURS} order by all"
    )
    assert max(as_of for as_of, _, _ in instants) == last
    assert counted == [
        ("escalated_ever", 1),
        ("escalated_last_7_days", 1),
        ("started_conversation_ever", 3),
        ("started_conversation_last_30_days", 3),
    ]


def test_what_the_raw_store_keeps_is_what_was_published(site: Site) -> None:
    """A warehouse that starts from the copy must not bring the wrong instants back."""
    for table in ("segment_membership_history", "segment_sizes"):
        kept = duckdb.sql(f"from '{site.data_dir}/raw/history/{table}.parquet' order by all").fetchall()
        assert kept == site.rows(f"from segments.{table} order by all")
