"""Run after run, Spark's tables are DuckDB's: new records, late ones, a request to be forgotten, nothing new (spec §14).

A run that is killed between two tables changes nothing that is read, and the next one makes it good. Another number of
buckets builds every table once, as DuckDB does when it is asked to: tables of what is new in a run have all rows then.
"""

from pathlib import Path

import duckdb
import pytest

from caw.engine import DUCKDB, SPARK, SPARK_TABLES
from generator.sample_seeds import write_sample_seeds
from tests.support.both_engines import LANDING, PUBLISHED, caw, needs_spark
from tests.support.small_shop import FORGOTTEN, deliveries
from tests.support.spark_runs import killed_amid_its_tables, land, share_a_key, unlike

pytestmark = [needs_spark, pytest.mark.soak]
KILLED, OTHER_BUCKETS = 1, 4  # of the runs: after one that was killed, and with another number of buckets
BUCKETS = "3"


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
            everything = ["--full-refresh"] if engine == DUCKDB and number == OTHER_BUCKETS else []
            caw("run", data_dir, "--engine", engine, "--as-of", as_of, *everything, given=given)
        found[as_of] = unlike(dirs[DUCKDB], dirs[SPARK])
        assert len(list((dirs[SPARK] / SPARK_TABLES).iterdir())) == 1
    assert found == {as_of: [] for as_of in deliveries()}
    with duckdb.connect(str(dirs[SPARK] / PUBLISHED), read_only=True) as connection:
        [(rows,)] = connection.execute("select count(*) from retargeting.policy_lift").fetchall()
        named = "select count(*) from retargeting.retargeting_eligibility where profile_id = ?"
        [(forgotten,)] = connection.execute(named, [FORGOTTEN]).fetchall()
    assert rows > 0
    assert forgotten == 0
