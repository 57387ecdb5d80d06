"""Two workers with sources of their own on one raw store, one publication: nothing lost, nothing doubled (spec §14.5)."""

import os
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from caw.publication import FILE_NAME
from caw.raw_store.objects import LocalObjects
from tests.support.crash_site import AFTERWARDS, COMMIT, KILLED, CrashSite, points_of
from tests.support.kept_whole import Content, content_of, difference, files_below, refused_sum
from tests.support.patience import wait_until
from tests.support.sample_run import ACCOUNTS
from tests.support.sudden_ends import Point
from tests.support.warm_caw import Ended, warm_caw
from tests.support.workers import SOURCES, batches_agree, land, taken_in

WORK = "tests.support.workers:work"
EVERY = 1 if "CAW_SOAK" in os.environ else 40  # point


class Site(NamedTuple):
    """What is killed again and again.

    Attributes:
        root: holds landing and data as one delivery before has left them.
        points: what an undisturbed worker passes.
        rows: all lines and ledger rows after undisturbed workers.
        files: the data dir's files then, batches by their place.
    """

    root: Path
    points: list[Point]
    rows: Counter[str]
    files: frozenset[str]

    def copied(self, folder: Path) -> Path:
        shutil.rmtree(folder, ignore_errors=True)
        return Path(shutil.copytree(self.root, folder))


def work(folder: Path, source: str, point: Point | None = None, census: Path | None = None) -> Ended:
    return warm_caw().call(WORK, str(folder / "landing"), str(folder / "data"), source, point=point, census=census)


def store_in(folder: Path) -> LocalObjects:
    return LocalObjects(folder / "data" / "raw")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One day taken in, and the next one landed."""
    root = tmp_path_factory.mktemp("workers") / "site"
    land(root / "landing", 1)
    for source in SOURCES:
        assert work(root, source).code == 0
    land(root / "landing", 2)
    undisturbed = Path(shutil.copytree(root, root.parent / "undisturbed"))
    census = root.parent / "census"
    for source, counted in (("acme", census), ("brand", None)):
        ended = work(undisturbed, source, census=counted)
        assert ended.code == 0, ended.err
    points = [point for point in points_of(census) if not point.name.startswith("read ")]
    yield Site(root, points, taken_in(store_in(undisturbed)), frozenset(files_below(undisturbed / "data")))


def test_points_are_where_a_worker_writes(site: Site) -> None:
    """Else none of the kills below is where it hurts."""
    names = " ".join(point.name for point in site.points)
    for place in ("ingesting/acme/orders/", "raw/orders/batch=00000003", "link raw/batches/00000003.parquet",
                  "raw/given_way/", "state/seen_files", "expanded/records", "remove ingesting/acme"):  # fmt: skip
        assert place in names, place


@pytest.mark.sliced
def test_of_two_workers_either_may_be_killed_at_any_write(site: Site, tmp_path: Path) -> None:
    """Lines of the one that died are there twice, or never; the other's batch goes with them."""
    for place in site.points[::EVERY]:
        folder = site.copied(tmp_path / "site")
        for source, point in (("acme", place), ("brand", None), ("acme", None)):
            if point is None or "brand" not in point.name:
                ended = work(folder, source, point)
                assert ended.code == (KILLED if point else 0), (place, ended.err)
        found = taken_in(store_in(folder))
        assert found == site.rows, (place, found - site.rows, site.rows - found)
        assert batches_agree(store_in(folder)), place
        assert {name for name in files_below(folder / "data") if "/." in name or "ingesting/acme/" in name} == set()


def test_a_worker_commits_while_another_one_reads(site: Site, tmp_path: Path) -> None:
    """One has begun first, and has read as if it were to be batch 3; the other one is batch 3 by then."""
    folder = site.copied(tmp_path / "site")
    caw = warm_caw()
    halted = next(point for point in site.points if point.name.startswith("write ingesting/acme/"))
    first = caw.begin(WORK, str(folder / "landing"), str(folder / "data"), "acme", point=Point(halted.name, 1, "halt"))
    wait_until(first.is_halted)
    assert work(folder, "brand").code == 0
    first.signal(signal.SIGCONT)
    ended = first.wait()
    assert ended.code == 0, ended.err
    assert taken_in(store_in(folder)) == site.rows
    assert batches_agree(store_in(folder))


def published(file: Path) -> Content:
    """What a published file has, but for which batch a line came in: workers have batches of their own."""
    with duckdb.connect(str(file), read_only=True) as connection:
        return content_of(connection, "batch_id")


def test_two_workers_and_one_publication_publish_what_one_run_does(crash_site: CrashSite) -> None:
    """The second worker's batch is committed after the first one was built from, and staging passes it over."""
    crash_site.restore()
    assert {path.name for path in crash_site.landing.iterdir() if path.is_dir()} == set(ACCOUNTS)
    killed = crash_site.caw.start(
        crash_site.landing, crash_site.data_dir, "--source", "acme_us", command="ingest", point=Point(COMMIT)
    )
    assert killed.wait().code == KILLED
    workers = [
        crash_site.caw.start(
            crash_site.landing, crash_site.data_dir, *(f"--source={source}" for source in sources), command="ingest"
        )
        for sources in (("acme_eu", "acme_helpdesk"), ("acme_us", "acme_klaviyo"))
    ]
    for one in workers:
        ended = one.wait()
        assert ended.code == 0, ended.err
        assert "as batch 0000000" in ended.out
    ended = crash_site.run()
    assert ended.code == 0, ended.err
    assert "nothing new in the landing zone" in ended.err
    assert (
        difference(published(crash_site.data_dir / "published" / FILE_NAME), published(crash_site.root / AFTERWARDS))
        == ""
    )
    assert refused_sum(crash_site.data_dir) == []
