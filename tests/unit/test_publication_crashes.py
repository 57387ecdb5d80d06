"""A publication that is killed: readers have a whole file all the time, and the next publication makes all good."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from caw.publication import FILE_NAME, PARQUET, forget_published
from tests.support.publishing import change, content, parquet_content, published

CALLS_APART = 1 if "CAW_SOAK" in os.environ else 4
ROOT = Path(__file__).resolve().parents[2]
BUILD = """
create schema events; create schema health;
create table events.started as select 'e' || i as event_id, 'old words' as first_message from range(300) as t (i);
create view events.feed as select event_id from warehouse.events.started;
create table health.ledger as select 1 as lines;
"""
# Publishes in a process that dies at the n-th call that changes what lies on disk.
DYING = """
import os, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.support.publishing import published
left = int(sys.argv[2])

def dying(call):
    def counted(*arguments, **options):
        global left
        left -= 1
        if left < 0:
            os._exit(9)
        return call(*arguments, **options)
    return counted

for name in ("replace", "rename", "symlink", "link", "fsync", "unlink", "rmdir", "mkdir"):
    setattr(os, name, dying(getattr(os, name)))
published(Path(sys.argv[1]), 1)
"""


def dies_at(warehouse: Path, call: int) -> bool:
    """Whether the publication died at this call; False where it was through before."""
    script = DYING.format(root=str(ROOT))
    done = subprocess.run([sys.executable, "-c", script, str(warehouse), str(call)], check=False, capture_output=True)
    assert done.returncode in (0, 9), done.stderr.decode()
    return done.returncode == 9


@pytest.mark.parametrize("forgetting", [False, True], ids=["on top of the last one", "from nothing"])
def test_wherever_it_dies_readers_have_a_whole_file_and_the_next_one_is_as_if_nothing_was(
    tmp_path: Path, forgetting: bool
) -> None:
    """A half-written file, two publications of two runs, or leftovers that nobody removes."""
    call, deaths = 0, 0
    while True:
        warehouse = tmp_path / str(call) / "warehouse.duckdb"
        warehouse.parent.mkdir()
        change(warehouse, BUILD)
        published(warehouse, 0)
        change(warehouse, "update events.started set first_message = 'new words' where event_id = 'e7'")
        folder = warehouse.parent / "published"
        if forgetting:
            forget_published(folder)
        if not dies_at(warehouse, call):
            break
        deaths += 1
        assert_readable(folder)
        done = published(warehouse, 2)
        fresh = published(warehouse, 2, "fresh")
        assert content(done.path) == content(fresh.path)
        assert parquet_content(folder / PARQUET / "current") == parquet_content(fresh.parquet)
        assert sorted(path.name for path in folder.iterdir()) == [FILE_NAME, PARQUET]
        assert not list((folder / PARQUET).glob(".*"))
        assert not forgetting or len(list((folder / PARQUET).iterdir())) == 2  # one version and the link to it
        call += CALLS_APART
    assert deaths >= 5


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
