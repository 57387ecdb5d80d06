"""The tables of the last build, carried over into a build by links (spec §14.4).

A build that adds to tables must not touch those that readers see, nor copy what it leaves as it is. Spark never changes
a Parquet file: it adds files and removes them. So a build begins with a hard link to each file of the last one; what it
adds and removes is in its own folder alone, and a build that dies leaves the last one as it was.
"""

import os
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb

from caw.engine import CARRIED
from caw.publication.tables import text
from caw_dagster.engines.shown import FILES, Name

MOST_FILES = 64  # of a table that rows are appended to: every batch adds a file, and each is opened by every reader


def carry(before: Mapping[Name, Path], build: Path) -> Mapping[Name, Path]:
    """Link tables into a build; their folders there.

    Args:
        before: the folder of each table of the last build.
        build: the folder of this one.
    """
    return {name: _linked(folder, build / CARRIED / name[0] / name[1]) for name, folder in before.items()}


def build_of(table: Path) -> Path:
    """The folder of the build in which a table's folder is."""
    above = table.parent.parent
    return above.parent if above.name == CARRIED else above


def tables_in(build: Path, built: Collection[Name]) -> Mapping[Name, Path]:
    """The folder of each table at the end of a build: its own, or where it made none, the one carried over.

    Args:
        build: its folder. What was carried over and then made goes.
        built: the tables that the engine knows at the end.
    """
    made = {name: build / name[0] / name[1] for name in built if (build / name[0] / name[1]).is_dir()}
    for schema, table in made:
        shutil.rmtree(build / CARRIED / schema / table, ignore_errors=True)
    kept = {(path.parent.name, path.name): path for path in (build / CARRIED).glob("*/*")}
    return {**kept, **made}


def _linked(folder: Path, place: Path) -> Path:
    """A folder's files in another place; many files of one folder are put together."""
    ignored = shutil.ignore_patterns("_*", ".*")
    parts = list(folder.glob("*.parquet"))
    if len(parts) <= MOST_FILES:
        shutil.copytree(folder, place, copy_function=_link, ignore=ignored)
    else:
        place.mkdir(parents=True)
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(
                f"copy (from read_parquet({text(f'{folder}/{FILES}')}, hive_partitioning = false)) "
                f"to {text(place / 'together.parquet')} (format parquet)"
            )
    return place


def _link(source: str, place: str) -> None:
    try:
        os.link(source, place)
    except OSError:  # a file system without links
        shutil.copyfile(source, place)
