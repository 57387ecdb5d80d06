"""Runs on Spark that are looked at, or killed, amid their tables, and what they leave compared with DuckDB's."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from caw.engine import SPARK, SPARK_TABLES, WAREHOUSE
from caw.erasure.keyring import KEY, read_key
from caw.raw_store.objects import put_bytes
from caw.raw_store.store import RawStore
from tests.support.both_engines import OF_THE_RUN, PUBLISHED, command, environment, names
from tests.support.engines import differences

CHANGED = "intermediate/int_conversation_records"  # early among the tables that are added to
PATIENCE = 1800  # seconds that a run may take to get there
FILES = (Path(WAREHOUSE), PUBLISHED)


def unlike(ours: Path, theirs: Path) -> list[str]:
    """What Spark's data dir shows and publishes otherwise than DuckDB's."""
    return [text for file in FILES for text in _unlike(ours / file, theirs / file)]


def _unlike(ours: Path, theirs: Path) -> list[str]:
    there = set(names(ours)) ^ set(names(theirs))
    return [f"{theirs.name}: {text}" for text in [*sorted(there), *differences(ours, theirs, OF_THE_RUN)]]


def share_a_key(*data_dirs: Path) -> None:
    """Pseudonyms are of a data dir's key: with one key they are the same."""
    stores = [RawStore(data_dir) for data_dir in data_dirs]
    for store in stores[1:]:
        put_bytes(store.erasure, KEY, read_key(stores[0].erasure).key)


def land(landing: Path, files: Mapping[str, bytes]) -> None:
    """Put files into a landing zone."""
    for name, content in files.items():
        place = landing / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


@contextmanager
def amid_its_tables(data_dir: Path, as_of: str, given: Mapping[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """A run that has written some of a table that is added to; it is dead when the block has ended."""
    process = subprocess.Popen(
        command("run", data_dir, "--engine", SPARK, "--as-of", as_of),
        env=environment(given), start_new_session=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_until_written(data_dir / SPARK_TABLES, process)
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def killed_amid_its_tables(data_dir: Path, as_of: str, given: Mapping[str, str]) -> None:
    """A run that is killed when it has written some buckets; what is read stays as it was."""
    before = [rows_of(data_dir / file, data_dir.parent / f"before-{file.name}") for file in FILES]
    with amid_its_tables(data_dir, as_of, given):
        pass
    assert [differences(was, data_dir / file) for was, file in zip(before, FILES, strict=True)] == [[], []]


def rows_of(file: Path, copy: Path) -> Path:
    """A copy of what a DuckDB file shows, as tables: views would show what their files become."""
    with duckdb.connect(str(copy)) as connection:
        connection.execute(f"attach '{file}' as shown (read_only)")
        for relation in names(file):
            connection.execute(f"create schema if not exists {relation.split('.')[0]}")
            connection.execute(f"create table {relation} as from shown.{relation}")
    return copy


def _wait_until_written(builds: Path, process: "subprocess.Popen[bytes]") -> None:
    """Until the newest build has a file of that table which no build before it has."""
    known, deadline = set(_written(builds)), time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        if set(_written(builds)) - known:
            return
        time.sleep(0.02)
    pytest.fail("the run ended, or took too long, before it wrote into such a table")


def _written(builds: Path) -> Iterator[str]:
    """The names of the files of that table, made in a build or carried over into it."""
    tables = (table for place in (CHANGED, f"carried/{CHANGED}") for table in builds.glob(f"*/{place}"))
    return (file.name for table in tables for file in table.glob("caw_bucket=*/*.parquet"))
