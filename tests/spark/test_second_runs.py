"""Run after run, Spark's tables are DuckDB's: new records, late ones, a request to be forgotten, nothing new (spec §14).

A run that is killed between two tables changes nothing that is read, and the next one makes it good.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pytest

from caw.engine import DUCKDB, SPARK, SPARK_TABLES, WAREHOUSE
from generator.sample_seeds import write_sample_seeds
from tests.support.both_engines import LANDING, OF_THE_RUN, PUBLISHED, caw, command, environment, names, needs_spark
from tests.support.engines import differences
from tests.support.project import SEEDS_DIR
from tests.support.vendor_files import vendor_files

pytestmark = [needs_spark, pytest.mark.soak]
SAMPLE = SEEDS_DIR / "sample"
# Records of conversations, orders and people that other files have told of before, and feeds of other vendors' kind.
LATE = (
    "acme_us/conversation_log/2026/06/late.jsonl", "acme_eu/conversation_log/2026/06/story.jsonl.gz",
    "acme_us/consents/2026/06/story.jsonl", "acme_us/orders/2026/05-seed1.jsonl",
    "acme_us/chat_transcripts/2026/06/29.json", "acme_us/products/2026/06/stock.csv.gz",
)  # fmt: skip
WITHOUT_INSTANTS = "shop/shopify_orders/webhooks.jsonl"  # its records have that of their ingestion, which differs
FORGOTTEN = "tara-transcript"
REQUEST = {"request_id": "forget-1", "profile_id": FORGOTTEN, "requested_at": "2026-06-30T12:30:00Z"}
CHANGED = "carried/intermediate/int_conversation_records"  # early among the tables that are added to
PATIENCE = 1800  # seconds that a run may take to get there


def deliveries() -> Iterator[tuple[str, Mapping[str, bytes]]]:
    """What lands before each run, and the run's instant."""
    files = {str(path.relative_to(SAMPLE)): path.read_bytes() for path in SAMPLE.rglob("*") if path.is_file()}
    files |= {path: content for path, content in vendor_files().items() if path != WITHOUT_INSTANTS}
    yield "2026-06-30T12:00:00Z", {path: files[path] for path in files.keys() - set(LATE)}
    yield "2026-06-30T13:00:00Z", {path: files[path] for path in LATE}
    yield "2026-06-30T14:00:00Z", {"acme_us/erasures/one.jsonl": json.dumps(REQUEST).encode()}
    yield "2026-06-30T15:00:00Z", {}


def test_run_after_run_is_the_same_on_both_engines(tmp_path: Path) -> None:
    """Rows of touched conversations that stay, or of others that go; and a kill after which rows are lost or doubled."""
    given = {"CAW_SEEDS_DIR": str(write_sample_seeds(tmp_path / "seeds"))}  # with an experiment
    dirs = {engine: tmp_path / engine / "data" for engine in (DUCKDB, SPARK)}
    for number, (as_of, files) in enumerate(deliveries()):
        for engine, data_dir in dirs.items():
            land(data_dir.parent / LANDING, files)
            if engine == SPARK and number == 1:
                killed_amid_its_tables(data_dir, as_of, given)
            caw("run", data_dir, "--engine", engine, "--as-of", as_of, given=given)
        for file in (WAREHOUSE, PUBLISHED):
            both = [data_dir / file for data_dir in dirs.values()]
            assert (as_of, names(both[0])) == (as_of, names(both[1]))
            assert (as_of, differences(*both, OF_THE_RUN)) == (as_of, [])
        assert len(list((dirs[SPARK] / SPARK_TABLES).iterdir())) == 1
    with duckdb.connect(str(dirs[SPARK] / PUBLISHED), read_only=True) as connection:
        [(rows,)] = connection.execute("select count(*) from retargeting.policy_lift").fetchall()
        named = "select count(*) from retargeting.retargeting_eligibility where profile_id = ?"
        [(forgotten,)] = connection.execute(named, [FORGOTTEN]).fetchall()
    assert rows > 0
    assert forgotten == 0


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
        time.sleep(0.2)
    pytest.fail("the run ended, or took too long, before it wrote into such a table")
