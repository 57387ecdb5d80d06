"""A build on Spark begins with the tables of the last one, and changes nothing of them."""

from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import duckdb
import pytest

from caw.publication.tables import text
from caw_dagster.engines import carried

FEED, SIZES = ("events", "feed"), ("segments", "sizes")


def written(folder: Path, rows: str, part: str = "part-0.parquet") -> Path:
    """A file of a table, as Spark writes it."""
    folder.mkdir(parents=True, exist_ok=True)
    duckdb.execute(f"copy ({rows}) to {text(folder / part)} (format parquet)")
    return folder / part


def rows(folder: Path) -> list[tuple[object, ...]]:
    found = duckdb.execute(f"from read_parquet({text(f'{folder}/**/*.parquet')}, hive_partitioning = false) order by 1")
    return found.fetchall()


def refused(source: str, place: str) -> NoReturn:
    raise OSError


@pytest.mark.parametrize("link", [None, refused], ids=["linked", "copied, where there are no links"])
def test_what_a_build_removes_and_adds_is_its_own(
    tmp_path: Path, link: Callable[[str, str], None] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed build that took rows from tables which `caw explain` still reads."""
    if link is not None:
        monkeypatch.setattr("caw_dagster.engines.carried.os.link", link)
    last = tmp_path / "1" / "events" / "feed"
    gone = written(last / "caw_bucket=0", "select 1 as n")
    written(last / "caw_bucket=1", "select 2 as n")
    (last / "_SUCCESS").touch()
    place = carried.carry({FEED: last}, tmp_path / "2")[FEED]
    assert rows(place) == [(1,), (2,)]
    assert not (place / "_SUCCESS").exists()
    (place / gone.relative_to(last)).unlink()
    written(place / "caw_bucket=2", "select 3 as n")
    assert rows(place) == [(2,), (3,)]
    assert rows(last) == [(1,), (2,)]


def test_a_table_is_where_the_build_made_it_or_else_where_it_was_carried_to(tmp_path: Path) -> None:
    """Rows of the last build in place of this one's; a disk that holds both; a table that is lost with a failed model."""
    last = {name: written(tmp_path / "1" / name[0] / name[1], "select 1 as n").parent for name in (FEED, SIZES)}
    build = tmp_path / "2"
    places = carried.carry(last, build)
    written(build / "events" / "feed", "select 2 as n")
    tables = carried.tables_in(build, [FEED])
    assert {name: rows(folder) for name, folder in tables.items()} == {FEED: [(2,)], SIZES: [(1,)]}
    assert not places[FEED].exists()
    assert {carried.build_of(folder) for folder in tables.values()} == {build}


def test_many_small_files_become_one(tmp_path: Path) -> None:
    """A table that every tick adds a file to, and that every run opens a thousand files of."""
    last = tmp_path / "1" / "events" / "feed"
    for number in range(carried.MOST_FILES + 1):
        written(last, f"select {number} as n, timestamptz '2026-01-01 00:00:00Z' as at", f"part-{number}.parquet")
    place = carried.carry({FEED: last}, tmp_path / "2")[FEED]
    assert len(list(place.iterdir())) == 1
    assert rows(place) == rows(last)
    assert len(rows(place)) == carried.MOST_FILES + 1
