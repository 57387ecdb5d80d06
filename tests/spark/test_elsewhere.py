"""Spark that is elsewhere builds what DuckDB builds: on a server of Spark Connect, and on a cluster (spec §14.3).

A worker that dies amid a run costs time; a driver that does, the run, which the next one makes good.
"""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from caw.engine import DUCKDB, SPARK, SPARK_TABLES, WAREHOUSE
from caw.raw_store.store import RawStore
from caw.settings import Settings, SettingsError, read_settings
from caw_dagster.engines.spark_remote import REMOTE, addressed
from caw_dagster.engines.spark_session import register, spark_session
from tests.support.both_engines import LANDING, PUBLISHED, caw, needs_spark
from tests.support.small_shop import deliveries
from tests.support.spark_elsewhere import LOOPBACK, STACK, cluster, connect_server, free_port, killed, spark_defaults
from tests.support.spark_runs import amid_its_tables, land, share_a_key, unlike

pytestmark = needs_spark
SCHEMAS = {"events", "intermediate"}
AS_OF, FIRST = next(iter(deliveries().items()))  # a shop's first files, and the instant of the run on them


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


def test_a_server_that_says_nothing_is_waited_for_no_longer_than_a_sentence_takes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that holds its lock for ten minutes, since pyspark tries again and again: there is no server, or another kind."""
    monkeypatch.setattr("caw_dagster.engines.spark_remote.ANSWER_SECONDS", 1)
    with socket.create_server((LOOPBACK, 0)) as silent:
        for port in (free_port(), silent.getsockname()[1]):
            with (
                pytest.raises(SettingsError, match=f"Nothing answers at {REMOTE}"),
                spark_session(settings, settings.data_dir, SCHEMAS, f"sc://{LOOPBACK}:{port}"),
            ):
                pass


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


def test_a_server_that_dies_is_given_up_before_long(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that holds its lock for ten minutes at each of its statements: pyspark asks again and again."""
    monkeypatch.setattr("caw_dagster.engines.spark_outage.PATIENCE_SECONDS", 1)
    build = new_build(settings, "build")
    with ExitStack() as stack:
        server = stack.enter_context(connect_server(settings.data_dir / "server", STACK))
        with (
            pytest.raises(SettingsError, match=f"The server of {REMOTE} stopped answering"),
            spark_session(settings, build, SCHEMAS, server) as session,
        ):
            stack.close()
            with suppress(Exception):  # a model's statement, which dbt reports
                dbts_cursor().execute("select 1 as number")
            session.sql("select 1 as number").collect()


@pytest.fixture(scope="module")
def on_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data dir of a run on DuckDB."""
    data_dir = tmp_path_factory.mktemp("on_duckdb") / "data"
    land(data_dir.parent / LANDING, FIRST)
    caw("run", data_dir, "--engine", DUCKDB, "--as-of", AS_OF)
    return data_dir


@pytest.fixture
def on_spark(on_duckdb: Path, tmp_path: Path) -> Path:
    """A data dir for Spark, in which nothing has run: what has landed, and the key, are the other's."""
    land(tmp_path / LANDING, FIRST)
    share_a_key(on_duckdb, tmp_path / "data")
    return tmp_path / "data"


@pytest.mark.soak
def test_a_server_on_a_cluster_that_loses_a_worker_builds_the_same(on_duckdb: Path, on_spark: Path) -> None:
    """A statement that Spark Connect reads otherwise, or rows that a dead worker had."""
    folder = on_spark.parent
    with cluster(folder / "cluster", workers=2) as spark:
        settings = {**STACK, "spark.master": spark.address, "spark.driver.host": LOOPBACK}
        with (
            connect_server(folder / "server", settings) as server,
            amid_its_tables(on_spark, AS_OF, {REMOTE: server}) as run,
        ):
            killed(spark.workers[0])
            assert run.wait() == 0
    assert unlike(on_duckdb, on_spark) == []


@pytest.mark.soak
def test_a_run_on_a_cluster_that_loses_its_driver_is_made_good(on_duckdb: Path, on_spark: Path) -> None:
    """Half of a build that is read, or that a dead driver's workers still write into the next one."""
    with cluster(on_spark.parent / "cluster", workers=2) as spark:
        given = {REMOTE: spark.address, **spark_defaults(on_spark.parent / "conf")}
        with amid_its_tables(on_spark, AS_OF, given):
            pass  # it is killed
        assert [(on_spark / name).exists() for name in (WAREHOUSE, PUBLISHED)] == [False, False]
        caw("run", on_spark, "--engine", SPARK, "--as-of", AS_OF, given=given)
    assert unlike(on_duckdb, on_spark) == []
    assert len(list((on_spark / SPARK_TABLES).iterdir())) == 1
