"""The tables of a server's catalog are a publication: whole whenever they are read, and gone after an erasure (spec §14.4)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import duckdb
import pytest

import caw
from caw.engine import PUBLISHED_VIEWS, SPARK, SPARK_TABLES
from caw.publication import FILE_NAME, PARQUET
from caw.publication.catalog_only import COPY
from caw.publication.last_run import LastRun
from caw.publication.place import published_file
from caw.publication.tables import text
from caw.settings import Settings, SettingsError, read_settings
from caw_dagster.assets.publication import publication_asset
from caw_dagster.dbt.state import Built, write_built
from caw_dagster.engines import CatalogRun, on_spark
from caw_dagster.engines.catalog_settings import PREFIX
from caw_dagster.engines.catalog_statements import TRIED
from caw_dagster.engines.shown import remove_others, show
from caw_dagster.engines.spark_remote import REMOTE
from caw_dagster.engines.spark_session import connected
from caw_dagster.resources import RunContext
from tests.support.both_engines import needs_spark
from tests.support.dying import Died, dying
from tests.support.spark_elsewhere import STACK, connect_server, metastore

pytestmark = needs_spark
PREFIXES = count()
NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
NAMES = (("events", "feed"), ("segments", "sizes"))
NODES = {
    name: {
        "resource_type": "model", "schema": schema, "alias": name, "description": "One row per thing, it's said.",
        "columns": {"id": {"description": "Its 'id'."}}, "config": {"persist_docs": {"relation": True, "columns": True}},
    }
    for schema, name in NAMES
}  # fmt: skip
ROW = "'a' as id, timestamptz '2026-06-30 12:00:00.000001Z' as at, 1.50::decimal(18, 2) as total, [{'n': 1}] as parts"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the server's metastore and tables."""
    return tmp_path_factory.mktemp("catalog")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    """The address of a server whose catalog outlasts it."""
    with connect_server(folder / "server", {**STACK, **metastore(folder)}) as place:
        yield place


@pytest.fixture
def prefix(monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a test's own schemas."""
    own = f"caw{next(PREFIXES)}_"
    monkeypatch.setenv(PREFIX, own)
    return own


@pytest.fixture
def settings(tmp_path: Path, server: str, prefix: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of a data dir that publishes there."""
    monkeypatch.setenv(REMOTE, server)
    read = read_settings({"CAW_LANDING_DIR": str(tmp_path), "CAW_DATA_DIR": str(tmp_path / "data")}, engine=SPARK)
    read.state_dir.mkdir(parents=True)
    return read


def published(settings: Settings, number: int, forgets: bool = False) -> None:
    """A build whose tables have so many rows, published as a run's."""
    built(settings, number)
    run = CatalogRun(LastRun(f"run {number}", NOON, NOON, "1"), by_clock=True, forgets=forgets)
    on_spark.ENGINE.publish_in_catalog(settings, {"nodes": NODES}, run)


def built(settings: Settings, number: int) -> None:
    """A build whose tables have so many rows, in buckets and not."""
    folders = {(schema, name): settings.data_dir / SPARK_TABLES / str(number) / schema / name for schema, name in NAMES}
    for (_, name), folder in folders.items():
        place = folder / "caw_bucket=1" if name == "feed" else folder
        place.mkdir(parents=True, exist_ok=True)
        rows = f"select {ROW}, range as number from range({number})"
        duckdb.execute(f"set TimeZone = 'UTC'; copy ({rows}) to {text(place / 'part.parquet')} (format parquet)")
    show(settings.warehouse, folders, NAMES)
    remove_others((settings.warehouse, settings.data_dir / PUBLISHED_VIEWS), settings.data_dir / SPARK_TABLES)


def materialized(settings: Settings, number: int) -> bool:
    """Whether a build's publication, as a run's asset, succeeds."""
    built(settings, number)
    write_built(settings.state_dir, Built("fingerprint", True, f"run {number}", NOON.isoformat(), by_clock=True))
    project: Any = SimpleNamespace(engine=on_spark.ENGINE, manifest={"nodes": NODES})
    asset = publication_asset(project, SimpleNamespace(keys=[]))  # type: ignore[arg-type]
    context = RunContext(settings, f"run {number}", NOON, by_clock=True, full_refresh=False)
    return dg.materialize([asset], resources={"run_context": context}).success


def rows(session: Any, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in session.sql(query).collect()]


def numbers(session: Any, prefix: str) -> tuple[int, ...]:
    """Of the rows that readers see in each table, all of which are whole."""
    found = [
        rows(session, f"select count(*), count(distinct number) from {prefix}{schema}.{name}") for schema, name in NAMES
    ]
    assert all(one == distinct for [(one, distinct)] in found)
    return tuple(one for [(one, _)] in found)


class Watched:
    """A session that has something done before each statement that changes what readers see."""

    def __init__(self, session: Any, first: Callable[[Any], object]) -> None:
        self.session, self.first = session, first

    def __getattr__(self, name: str) -> Any:
        return getattr(self.session, name)

    def sql(self, statement: str) -> Any:
        if statement.startswith(("create or replace view", "drop")) and TRIED not in statement:
            self.first(self.session)
        return self.session.sql(statement)


def watch(monkeypatch: pytest.MonkeyPatch, first: Callable[[Any], object]) -> None:
    """Have this done before each such statement of the next publications."""

    @contextmanager
    def begun(place: str) -> Iterator[Any]:
        with connected(place) as session:
            yield Watched(session, first)

    monkeypatch.setattr(on_spark, "connected", begun)


def builds(folder: Path, prefix: str) -> list[str]:
    """The folders of builds that the server's tables lie in."""
    return sorted(path.name for path in (folder / "warehouse").glob(f"{prefix}build_*"))


def test_a_build_is_seen_as_it_is_with_what_is_said_of_it(settings: Settings, server: str, prefix: str) -> None:
    """A value of another type, the number of a bucket among the columns, or a description that is lost."""
    published(settings, 1)
    with connected(server) as session:
        assert numbers(session, prefix) == (1, 1)
        assert rows(session, f"select id, unix_micros(at), total, parts[0].n from {prefix}events.feed") == [
            ("a", int(NOON.timestamp()) * 1_000_000 + 1, Decimal("1.50"), 1)
        ]
        assert rows(session, f"select run_id, as_of = published_at, version from {prefix}health.last_run") == [
            ("run 1", True, "1")
        ]
        columns = {name: (kind, words) for name, kind, words in rows(session, f"describe {prefix}events.feed")}
        described = dict(row[:2] for row in rows(session, f"describe extended {prefix}events.feed"))
    assert columns == {
        "id": ("string", "Its 'id'."), "at": ("timestamp", None), "total": ("decimal(18,2)", None),
        "parts": ("array<struct<n:int>>", None), "number": ("bigint", None),
    }  # fmt: skip
    assert described["Comment"] == "One row per thing, it's said."
    past = CatalogRun(LastRun("of the past", NOON - timedelta(seconds=1), NOON, "1"), by_clock=False, forgets=False)
    later = on_spark.ENGINE.publish_in_catalog(settings, {"nodes": NODES}, past)
    assert later == LastRun("run 1", NOON, NOON, "1")
    with pytest.raises(SettingsError, match=f"has {prefix}events, .* which this data dir has not made"):
        published(replace(settings, data_dir=settings.data_dir.with_name("other")), 1)


def test_readers_see_whole_tables_at_any_time_and_nobody_who_was_forgotten(
    settings: Settings, folder: Path, server: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A view without its table, a run that is killed and whose half stays, or a person in a file that no table names."""
    seen: list[tuple[int, ...]] = []
    published(settings, 1)
    watch(monkeypatch, lambda session: seen.append(numbers(session, prefix)))
    published(settings, 2)
    assert seen == [(1, 1), (2, 1), (2, 2)]
    assert len(builds(folder, prefix)) == 2
    watch(monkeypatch, dying(5, lambda session: None))  # four remove the build before the last
    with pytest.raises(Died):
        published(settings, 3)
    with connected(server) as session:
        assert numbers(session, prefix) == (3, 2)
    watch(monkeypatch, lambda session: seen.append(numbers(session, prefix)))
    published(settings, 4, forgets=True)
    assert set(seen[3:]) == {(3, 2), (4, 2), (4, 4)}
    [build] = builds(folder, prefix)
    with connected(server) as session:
        schemas = [schema for (schema,) in rows(session, f"show schemas like '{prefix}build_*'")]
    assert schemas == [build.removesuffix(".db")]


def test_the_catalog_alone_has_the_rows_until_files_are_wanted_again(
    settings: Settings, server: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy that stays in the data dir; caw's own readers on a build that is gone, or on views once there is a file."""
    assert materialized(settings, 1)
    monkeypatch.setenv(COPY, "off")
    on_spark.ENGINE.check(settings)
    assert materialized(settings, 2)
    built(settings, 3)
    assert list(settings.published.iterdir()) == []
    with connected(server) as session:
        assert numbers(session, prefix) == (2, 2)
    frame = caw.read("events.feed", data_dir=settings.data_dir)
    assert frame["number"].tolist() == [0, 1]
    assert frame["total"].tolist() == [Decimal("1.50")] * 2
    assert caw.read("health.last_run", data_dir=settings.data_dir)["run_id"].tolist() == ["run 2"]
    monkeypatch.delenv(COPY)
    assert materialized(settings, 4)
    assert sorted(path.name for path in settings.published.iterdir()) == [FILE_NAME, PARQUET]
    assert published_file(settings) == settings.published / FILE_NAME
    assert len(caw.read("segments.sizes", data_dir=settings.data_dir)) == 4
    with connected(server) as session:
        assert numbers(session, prefix) == (4, 4)
