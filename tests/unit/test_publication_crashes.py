"""A publication that is killed: readers have a whole file all the time, and the next publication makes all good."""

import multiprocessing
import os
import shutil
from pathlib import Path

import duckdb
import pytest

from caw.publication import FILE_NAME, PARQUET, Published, forget_published
from tests.support.publishing import DIED, change, content, parquet_content, published, published_until

CALLS_APART = 1 if "CAW_SOAK" in os.environ else 4
BUILD = """
create schema events; create schema health;
create table events.started as select 'e' || i as event_id, 'old words' as first_message from range(300) as t (i);
create view events.feed as select event_id from warehouse.events.started;
create table health.ledger as select 1 as lines;
"""
FORKED = multiprocessing.get_context("forkserver")  # imports once, and not for each death


@pytest.fixture(scope="module", autouse=True)
def imported() -> None:
    """What is forked has what it needs."""
    FORKED.set_forkserver_preload(["tests.support.publishing"])


def dies_at(warehouse: Path, call: int) -> bool:
    """Whether the publication died at this call; False where it was through before."""
    process = FORKED.Process(target=published_until, args=(warehouse, 1, call))
    process.start()
    process.join()
    assert process.exitcode in (0, DIED)
    return process.exitcode == DIED


@pytest.mark.sliced
@pytest.mark.parametrize("forgetting", [False, True], ids=["on top of the last one", "from nothing"])
def test_wherever_it_dies_readers_have_a_whole_file_and_the_next_one_is_as_if_nothing_was(
    tmp_path: Path, forgetting: bool
) -> None:
    """A half-written file, two publications of two runs, or leftovers that nobody removes."""
    before, fresh = one_published(tmp_path / "before", forgetting)
    expected, files = content(fresh.path), parquet_content(fresh.parquet)
    call, deaths = 0, 0
    while True:
        warehouse = Path(shutil.copytree(before, tmp_path / str(call), symlinks=True)) / "warehouse.duckdb"
        folder = warehouse.parent / "published"
        if not dies_at(warehouse, call):
            break
        deaths += 1
        assert_readable(folder)
        done = published(warehouse, 2)
        assert content(done.path) == expected
        assert parquet_content(folder / PARQUET / "current") == files
        assert sorted(path.name for path in folder.iterdir()) == [FILE_NAME, PARQUET]
        assert not list((folder / PARQUET).glob(".*"))
        assert not forgetting or len(list((folder / PARQUET).iterdir())) == 2  # one version and the link to it
        call += CALLS_APART
    assert deaths >= 5


def one_published(folder: Path, forgetting: bool) -> tuple[Path, Published]:
    """A folder with a warehouse that has changed since it was published; and what a publication of it from nothing gives."""
    folder.mkdir()
    warehouse = folder / "warehouse.duckdb"
    change(warehouse, BUILD)
    published(warehouse, 0)
    change(warehouse, "update events.started set first_message = 'new words' where event_id = 'e7'")
    if forgetting:
        forget_published(folder / "published")
    return folder, published(warehouse, 2, "../fresh")


def assert_readable(folder: Path) -> None:
    """The file and the version that the pointer names are whole, each of one run."""
    with duckdb.connect(str(folder / FILE_NAME), read_only=True) as connection:
        (run,) = connection.execute("select run_id from health.last_run").fetchall()
        (new,) = connection.execute("select count(*) from events.started where first_message = 'new words'").fetchall()
        assert (run, new) in ((("run-0",), (0,)), (("run-1",), (1,)))
    seen = parquet_content(folder / PARQUET / "current")
    assert set(seen) == {
        "events/started.parquet",
        "events/feed.parquet",
        "health/ledger.parquet",
        "health/last_run.parquet",
    }
    assert len(seen["events/started.parquet"][1]) == 300
