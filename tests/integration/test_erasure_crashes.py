"""An erasure that is killed, or finds the disk full, at any of its writes: the next run finishes it.

Each time the data dir is as the plan left it that was just written; compared is what an undisturbed erasure leaves.
"""

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
import pytest

from caw.erasure import run as erasure
from caw.erasure.keyring import IS_PSEUDONYM
from caw.raw_store.store import RawStore
from tests.support.crash_site import KILLED, points_of
from tests.support.dying import Died, dying
from tests.support.forgetting import (
    EMAIL,
    GONE,
    NOW,
    ForgettingPipeline,
    found_in,
    planted,
    request,
    words_of,
)
from tests.support.kept_whole import files_below
from tests.support.sudden_ends import Point
from tests.support.warm_caw import Ended, warm_caw

FINISH = "tests.support.forgetting:finish"
HER_WORDS = sorted(words_of(planted()))
EVERY = 1 if "CAW_SOAK" in os.environ else 80  # point; half of it on, another one finds the disk full


class Site(NamedTuple):
    """What a run left that died when its plan was written, and what an undisturbed one makes of it."""

    planned: Path  # holds landing and data
    points: list[Point]
    files: frozenset[str]
    rows: Counter[str]

    def ended(self, folder: Path, point: Point | None = None, census: Path | None = None) -> Ended:
        return warm_caw().call(FINISH, str(folder / "landing"), str(folder / "data"), point=point, census=census)

    def copied(self, folder: Path) -> Path:
        shutil.rmtree(folder, ignore_errors=True)
        return Path(shutil.copytree(self.planned, folder, symlinks=True))


def rows_below(data_dir: Path) -> Counter[str]:
    """Every row of the raw store's files; a pseudonym, which a key of its own makes in each data dir, by one word."""
    found: Counter[str] = Counter()
    for path in (data_dir / "raw").rglob("*.parquet"):
        place = re.sub(IS_PSEUDONYM, "erased", str(path.relative_to(data_dir)))
        rows = pq.read_table(path, partitioning=None).to_pylist()
        if path.name == "identifiers.parquet":  # hashes
            found[place] += len(rows)
        else:
            found.update(f"{place} {re.sub(IS_PSEUDONYM, 'erased', repr(row))}" for row in rows)
    return found


@pytest.fixture(scope="module")
def site(before_request: ForgettingPipeline, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Her files and her request, taken in; the plan is written, and nothing of it carried out."""
    planned = tmp_path_factory.mktemp("planned")
    pipeline = before_request.copied_to(planned)
    pipeline.deliver(request(email=EMAIL), ingested_at=NOW)
    (pipeline.data_dir / "published").mkdir()
    with pytest.MonkeyPatch.context() as patched, pytest.raises(Died):
        patched.setattr(erasure, "begin_forgetting", dying(0, erasure.begin_forgetting))
        pipeline.forget()
    assert erasure.plan_of(RawStore(pipeline.data_dir).erasure).read()
    shutil.rmtree(pipeline.data_dir / "target")
    shutil.rmtree(pipeline.data_dir / "expanded")

    whole = Site(planned, [], frozenset(), Counter())
    undisturbed = whole.copied(tmp_path_factory.mktemp("undisturbed") / "site")
    census = undisturbed / "census"
    ended = whole.ended(undisturbed, census=census)
    assert ended.code == 0, ended.err
    points = [point for point in points_of(census) if not point.name.startswith("read ")]
    data_dir = undisturbed / "data"
    yield Site(planned, points, frozenset(files_below(data_dir)), rows_below(data_dir))


def test_points_are_at_every_write_of_the_memory_and_of_the_store(site: Site) -> None:
    """Else none of the kills below is where it hurts."""
    names = " ".join(point.name for point in site.points)
    for place in ("raw/erasure/key", "raw/erasure/files.parquet", "raw/erasure/records.parquet",
                  "raw/erasure/identifiers.parquet", "raw/erasure/plan.parquet", "raw/conversation_log/",
                  "raw/batches/", "raw/history/", "warehouse.duckdb"):  # fmt: skip
        assert place in names, place


@pytest.mark.sliced
@pytest.mark.parametrize("action", ["kill", "full"])
def test_an_erasure_that_ends_at_any_write_is_finished_by_the_next_run(site: Site, tmp_path: Path, action: str) -> None:
    """A file of the memory without the others stops every later run, or half of the person stays for ever."""
    first = 0 if action == "kill" else EVERY // 2
    for place in site.points[first::EVERY]:
        folder = site.copied(tmp_path / "site")
        point = Point(place.name, place.occurrence, action)
        died = site.ended(folder, point)
        assert died.code == (KILLED if action == "kill" else 1), (point, died.err)
        ended = site.ended(folder)
        assert ended.code == 0, (point, ended.err)
        assert found_in(folder / "data", [*HER_WORDS, *GONE]) == {}, point
        assert rows_below(folder / "data") == site.rows, point
        assert files_below(folder / "data") == site.files, point
