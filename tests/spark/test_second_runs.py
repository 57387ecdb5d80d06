"""Run after run, Spark's tables are DuckDB's: new records, late ones, a request to be forgotten, nothing new (spec §14).

A run that is killed between two tables changes nothing that is read, and the next one makes it good. Another number of
buckets builds every table once.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from caw.engine import DUCKDB, SPARK, SPARK_TABLES, WAREHOUSE
from caw.erasure.keyring import KEY, read_key
from caw.raw_store.objects import put_bytes
from caw.raw_store.store import RawStore
from generator.sample_seeds import write_sample_seeds
from tests.support.both_engines import (
    LANDING,
    OF_THE_RUN,
    PUBLISHED,
    caw,
    command,
    environment,
    names,
    needs_spark,
)
from tests.support.engines import differences
from tests.support.small_shop import FORGOTTEN, deliveries

pytestmark = [needs_spark, pytest.mark.soak]
KILLED, OTHER_BUCKETS = 1, 4  # of the runs: after one that was killed, and with another number of buckets
BUCKETS = "3"
CHANGED = "carried/intermediate/int_conversation_records"  # early among the tables that are added to
PATIENCE = 1800  # seconds that a run may take to get there


def test_run_after_run_is_the_same_on_both_engines(tmp_path: Path) -> None:
    """Rows of touched conversations that stay, or of others that go; and a kill after which rows are lost or doubled."""
    seeds = {"CAW_SEEDS_DIR": str(write_sample_seeds(tmp_path / "seeds"))}  # with an experiment
    dirs = {engine: tmp_path / engine / "data" for engine in (DUCKDB, SPARK)}
    share_a_key(dirs[DUCKDB], dirs[SPARK])
    found = {}
    for number, (as_of, files) in enumerate(deliveries().items()):
        given = seeds | ({"CAW_SPARK_BUCKETS": BUCKETS} if number == OTHER_BUCKETS else {})
        for engine, data_dir in dirs.items():
            land(data_dir.parent / LANDING, files)
            if engine == SPARK and number == KILLED:
                killed_amid_its_tables(data_dir, as_of, given)
            caw("run", data_dir, "--engine", engine, "--as-of", as_of, given=given)
        found[as_of] = [
            text for file in (WAREHOUSE, PUBLISHED) for text in unlike(*(one / file for one in dirs.values()))
        ]
        assert len(list((dirs[SPARK] / SPARK_TABLES).iterdir())) == 1
    assert found == {as_of: [] for as_of in deliveries()}
    with duckdb.connect(str(dirs[SPARK] / PUBLISHED), read_only=True) as connection:
        [(rows,)] = connection.execute("select count(*) from retargeting.policy_lift").fetchall()
        named = "select count(*) from retargeting.retargeting_eligibility where profile_id = ?"
        [(forgotten,)] = connection.execute(named, [FORGOTTEN]).fetchall()
    assert rows > 0
    assert forgotten == 0


def unlike(ours: Path, theirs: Path) -> list[str]:
    """What a file of Spark's shows otherwise than DuckDB's."""
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


def killed_amid_its_tables(data_dir: Path, as_of: str, given: Mapping[str, str]) -> None:
    """A run that is killed when it has written some buckets; what is read stays as it was."""
    files = (WAREHOUSE, PUBLISHED)
    before = [rows_of(data_dir / file, data_dir.parent / f"before-{file.name}") for file in files]
    process = subprocess.Popen(
        command("run", data_dir, "--as-of", as_of), env=environment(given), start_new_session=True, stdout=subprocess.DEVNULL
    )  # fmt: skip
    try:
        wait_until_written(data_dir / SPARK_TABLES, process)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert [differences(was, data_dir / file) for was, file in zip(before, files, strict=True)] == [[], []]


def rows_of(file: Path, copy: Path) -> Path:
    """A copy of what a DuckDB file shows, as tables: views would show what their files become."""
    with duckdb.connect(str(copy)) as connection:
        connection.execute(f"attach '{file}' as shown (read_only)")
        for relation in names(file):
            connection.execute(f"create schema if not exists {relation.split('.')[0]}")
            connection.execute(f"create table {relation} as from shown.{relation}")
    return copy


def wait_until_written(builds: Path, process: "subprocess.Popen[bytes]") -> None:
    """Until the newest build has a file of a table that is added to which the last one has not."""
    [last] = builds.iterdir()
    known, deadline = {path.name for path in last.rglob("*.parquet")}, time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        files = (path.name for build in builds.iterdir() for path in (build / CHANGED).glob("caw_bucket=*/*.parquet"))
        if set(files) - known:
            return
        time.sleep(0.02)
    pytest.fail("the run ended, or took too long, before it wrote into such a table")
