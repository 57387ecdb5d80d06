"""Spark that is elsewhere builds what DuckDB builds: on a server of Spark Connect, and on a cluster (spec §14.3).

A worker that dies amid a run costs time; a driver that does, the run, which the next one makes good.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from caw.engine import DUCKDB, SPARK, SPARK_TABLES
from caw.raw_store.store import RawStore
from caw.settings import Settings, SettingsError, read_settings
from caw_dagster.engines.spark_remote import REMOTE, addressed
from caw_dagster.engines.spark_session import register, spark_session
from tests.support.both_engines import LANDING, caw, needs_spark
from tests.support.small_shop import deliveries
from tests.support.spark_elsewhere import STACK, cluster, connect_server, killed, spark_defaults
from tests.support.spark_runs import amid_its_tables, killed_amid_its_tables, land, share_a_key, unlike

pytestmark = needs_spark
SCHEMAS = {"events", "intermediate"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of Spark Connect."""
    with connect_server(tmp_path_factory.mktemp("connect") / "server", STACK) as place:
        yield place


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a data dir with a raw store."""
    (tmp_path / LANDING).mkdir()
    given = {"CAW_LANDING_DIR": str(tmp_path / LANDING), "CAW_DATA_DIR": str(tmp_path / "data")}
    RawStore(tmp_path / "data").prepare()
    return read_settings(given, engine=SPARK)


def new_build(settings: Settings, name: str) -> Path:
    """The folder of a build."""
    build = settings.data_dir / SPARK_TABLES / name
    build.mkdir(parents=True)
    return build


def dbts_cursor() -> Any:
    """What dbt's adapter runs a statement with, and a setting that it gives to it."""
    adapter = import_module("dbt.adapters.spark.session")
    return adapter.Connection(server_side_parameters={"spark.sql.ansi.enabled": "false"}).cursor()


def rows(session: Any, table: str) -> list[tuple[object, ...]]:
    """A table's rows."""
    return [tuple(row) for row in session.sql(f"select * from {table}").collect()]


def test_a_build_on_a_server_takes_its_tables_with_it(server: str, settings: Settings) -> None:
    """Files that go with the catalog's tables, or a server that is full after one run."""
    build = new_build(settings, "first")
    with spark_session(settings, build, SCHEMAS, server):
        dbts_cursor().execute("create table events.made using parquet as select 1 as number")
        ended = build.rename(build.with_name("ended"))
    before = {("events", "made"): ended / "events" / "made"}
    with spark_session(settings, new_build(settings, "second"), SCHEMAS, server) as session:
        register(session, before)
        assert rows(session, "events.made") == [(1,)]


def test_what_a_dead_build_left_on_a_server_goes(server: str, settings: Settings) -> None:
    """A data dir that can never be built again on its server after a crash."""
    dead = new_build(settings, "dead")
    with addressed(server):
        session = import_module("pyspark.sql").SparkSession.builder.getOrCreate()
        session.sql(f"create schema events location '{(dead / 'events').as_uri()}'")
        session.sql("create table events.half using parquet as select 1 as number")
        session.stop()
    with spark_session(settings, new_build(settings, "next"), SCHEMAS, server) as session:
        assert session.catalog.listTables("events") == []


def test_a_schema_of_somebody_elses_stays(server: str, settings: Settings, tmp_path: Path) -> None:
    """Tables of a team that are dropped since they have a name of ours."""
    with addressed(server):
        session = import_module("pyspark.sql").SparkSession.builder.getOrCreate()
        try:
            session.sql(f"create schema events location '{(tmp_path / 'theirs').as_uri()}'")
            session.sql("create table events.theirs using parquet as select 1 as number")
            build = new_build(settings, "build")
            with (
                pytest.raises(SettingsError, match="has a schema events already"),
                spark_session(settings, build, SCHEMAS, server),
            ):
                pass
            session = import_module("pyspark.sql").SparkSession.builder.getOrCreate()
            assert rows(session, "events.theirs") == [(1,)]
        finally:
            session.sql("drop schema if exists events cascade")
            session.stop()


def test_no_error_of_spark_is_written_down(server: str, settings: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    """A cast that fails in silence, since dbt's adapter takes ANSI off; or a run's log that quotes its value."""
    build = new_build(settings, "build")
    with spark_session(settings, build, SCHEMAS, server), pytest.raises(Exception, match="CAST_INVALID_INPUT"):
        cursor = dbts_cursor()
        cursor.execute("select cast('ann@people.example' as int) as number")
        cursor.fetchall()
    assert "ann@people.example" not in "".join(capfd.readouterr())


@pytest.mark.soak
def test_a_run_on_a_server_is_the_same_as_on_duckdb(server: str, tmp_path: Path) -> None:
    """A statement that Spark Connect reads otherwise, or a value that it brings back so."""
    dirs = data_dirs(tmp_path)
    [as_of, *_] = deliveries()
    run_on_duckdb(dirs, as_of)
    caw("run", dirs[SPARK], "--engine", SPARK, "--as-of", as_of, given={REMOTE: server})
    assert unlike(dirs[DUCKDB], dirs[SPARK]) == []


@pytest.mark.soak
def test_a_cluster_may_lose_a_worker_and_a_run_its_driver(tmp_path: Path) -> None:
    """Rows that a dead worker had, or that a dead driver's workers still write."""
    dirs = data_dirs(tmp_path)
    [first, second, *_] = deliveries()
    with cluster(tmp_path / "cluster", workers=2) as spark:
        given = {REMOTE: spark.address, **spark_defaults(tmp_path / "conf")}
        run_on_duckdb(dirs, first)
        with amid_its_tables(dirs[SPARK], first, given) as run:
            killed(spark.workers[0])
            assert run.wait() == 0
        assert unlike(dirs[DUCKDB], dirs[SPARK]) == []
        run_on_duckdb(dirs, second)
        killed_amid_its_tables(dirs[SPARK], second, given)
        caw("run", dirs[SPARK], "--as-of", second, given=given)
        assert unlike(dirs[DUCKDB], dirs[SPARK]) == []
    assert len(list((dirs[SPARK] / SPARK_TABLES).iterdir())) == 1


def data_dirs(folder: Path) -> dict[str, Path]:
    """A data dir for each engine, of one key."""
    dirs = {engine: folder / engine / "data" for engine in (DUCKDB, SPARK)}
    share_a_key(*dirs.values())
    return dirs


def run_on_duckdb(dirs: dict[str, Path], as_of: str) -> None:
    """What is delivered at an instant lands for both engines, and is built on DuckDB."""
    for data_dir in dirs.values():
        land(data_dir.parent / LANDING, deliveries()[as_of])
    caw("run", dirs[DUCKDB], "--engine", DUCKDB, "--as-of", as_of)
