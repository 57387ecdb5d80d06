"""Several at once: runs wait for each other, and a reader has the published file open all the while."""

import signal
import threading
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from functools import partial

import duckdb
import pytest

from caw.publication import FILE_NAME, LastRun, publish
from tests.support.crash_site import COMMIT, LOCK_WORDS, CrashSite
from tests.support.kept_whole import content_of, published
from tests.support.patience import wait_until
from tests.support.sudden_ends import Point

PUBLICATIONS = 10
LOOK_EVERY = 0.02  # seconds: a tool that never rests leaves the publications half of the time


def _is_seen(instant: datetime, seen: Collection[datetime], failures: Collection[str]) -> bool:
    return instant in seen or bool(failures)


@pytest.mark.soak
def test_a_second_run_waits_for_the_first_and_says_so(crash_site: CrashSite) -> None:
    """A person sees an error of a lock, or two runs take the same files in twice.

    The first is halted while it holds the data dir, until the second has said that it waits. A slice: test_crashes.py,
    where the first is killed then.
    """
    crash_site.restore()
    with crash_site.reader() as reader:
        first = crash_site.start(Point(COMMIT, action="halt"))
        wait_until(first.is_halted)
        second = crash_site.start()
        wait_until(lambda: "Waiting: run " in second.said())
        assert f"(process {first.pid}, since " in second.said()
        first.signal(signal.SIGCONT)
        ended = [first.wait(), second.wait()]
    for one in ended:
        assert one.code == 0, one.err
        assert "Recovery" not in one.err, "neither was dead"
        assert not any(words in one.out + one.err for words in LOCK_WORDS)
    assert "nothing new in the landing zone" in ended[1].err
    assert crash_site.wrongs(reader) == []


def test_a_reader_keeps_its_file_through_ten_publications_and_the_next_connection_sees_the_last(
    crash_site: CrashSite,
) -> None:
    """A publication waits for a BI tool, or takes the file from under an open query."""
    crash_site.restore()
    folder = crash_site.data_dir / "published"
    expected = published(crash_site.data_dir)
    first = datetime(2026, 7, 1, tzinfo=UTC)
    seen: set[datetime] = set()
    ended = threading.Event()
    failures: list[str] = []

    def look() -> None:
        """A tool that connects again for each query, while another connection stays open."""
        while not ended.wait(LOOK_EVERY):
            try:
                with duckdb.connect(str(folder / FILE_NAME), read_only=True) as connection:
                    connection.execute("set TimeZone = 'UTC'")
                    row = connection.execute("select as_of from health.last_run").fetchone()
                    seen.add(row[0] if row else first)
            except duckdb.Error as refused:
                failures.append(str(refused))

    reader = threading.Thread(target=look)
    reader.start()
    try:
        for number in range(PUBLICATIONS):
            instant = first + timedelta(hours=number)
            publish(crash_site.data_dir / "warehouse.duckdb", folder, LastRun("run", instant, instant, "1"))
            if number % 3 == 0:  # the others it may miss, so that publications also come while it looks
                wait_until(partial(_is_seen, instant, seen, failures))
    finally:
        ended.set()
        reader.join()
    assert failures == []
    with duckdb.connect(str(folder / FILE_NAME), read_only=True) as connection:
        assert connection.execute("select epoch(as_of) from health.last_run").fetchall() == [(instant.timestamp(),)]
        found = content_of(connection)
    assert found['health."last_run"'] != expected['health."last_run"']
    assert {**found, 'health."last_run"': 0} == {**expected, 'health."last_run"': 0}
    assert len(seen) >= len(range(0, PUBLICATIONS, 3))


@pytest.mark.soak
def test_five_runs_started_together_leave_what_one_leaves(crash_site: CrashSite) -> None:
    """The same without a hand on it: all start at once, on a data dir that none of them has seen."""
    crash_site.restore()
    with crash_site.reader() as reader:
        started = [crash_site.start() for _ in range(5)]
        ended = [one.wait() for one in started]
    assert [one.code for one in ended] == [0] * 5, [one.err for one in ended]
    assert crash_site.wrongs(reader) == []
