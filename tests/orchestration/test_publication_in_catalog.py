"""A run publishes in its engine's catalog before the files, so that what forgets has ended in both (spec §14.4)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import duckdb
import pytest

from caw.engine import PUBLISHED_VIEWS
from caw.publication import FILE_NAME, PARQUET, read_last_run
from caw.publication.catalog_only import COPY
from caw.publication.files import PAST, forgetting_is_due, request_forgetting
from caw.publication.last_run import LastRun
from caw.publication.place import last_publication, publication_of, published_file
from caw.settings import Settings, read_settings
from caw_dagster.assets.publication import publication_asset
from caw_dagster.dbt.state import Built, write_built
from caw_dagster.engines import CatalogRun
from caw_dagster.resources import RunContext

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)


class WithCatalog:
    """An engine with a catalog that may fail, or be the last that a run has done; publications are made of copies."""

    def __init__(self, fails: bool = False) -> None:
        self.fails, self.dies, self.runs, self.copies = fails, False, list[CatalogRun](), 0
        self.shown: LastRun | None = None  # to readers of the catalog

    @contextmanager
    def publishable(self, settings: Settings, manifest: Mapping[str, Any]) -> Iterator[Path]:
        self.copies += 1
        yield settings.warehouse

    def publish_in_catalog(self, settings: Settings, manifest: Mapping[str, Any], run: CatalogRun) -> LastRun | None:
        if self.fails:
            raise PermissionError("of the metastore")
        self.runs.append(run)
        if self.shown is not None and not run.forgets and run.last_run.as_of < self.shown.as_of:
            return self.shown
        self.shown = run.last_run
        if self.dies:
            raise PermissionError("of the data dir")
        return None


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a data dir with a warehouse that is built and tested."""
    read = read_settings({"CAW_DATA_DIR": str(tmp_path), "CAW_LANDING_DIR": str(tmp_path)})
    read.state_dir.mkdir()
    duckdb.connect(str(read.warehouse)).close()
    build(read)
    return read


def build(settings: Settings, name: str = "run", hours: int = 0) -> None:
    """Note that the last build was of this run, as of so many hours after noon."""
    as_of = NOON + timedelta(hours=hours)
    write_built(settings.state_dir, Built("fingerprint", True, name, as_of.isoformat()))


def published(engine: WithCatalog, settings: Settings) -> bool:
    """Whether the asset could be made."""
    return materialized(engine, settings).success


def materialized(engine: WithCatalog, settings: Settings) -> dg.ExecuteInProcessResult:
    """A run of the asset alone."""
    project: Any = SimpleNamespace(engine=engine, manifest={})
    asset = publication_asset(project, SimpleNamespace(keys=[]))  # type: ignore[arg-type]
    context = RunContext(settings, "run", NOON, by_clock=False, full_refresh=False)
    return dg.materialize([asset], resources={"run_context": context}, raise_on_error=False)


def test_what_a_catalog_could_not_forget_the_next_run_forgets(settings: Settings) -> None:
    """A run that ends well, or a request that counts as done, while somebody who was forgotten is in the catalog."""
    engine = WithCatalog(fails=True)
    request_forgetting(settings.published)
    assert not published(engine, settings)
    assert forgetting_is_due(settings.published)
    assert not (settings.published / FILE_NAME).exists()
    engine.fails = False
    assert published(engine, settings)
    assert published(engine, settings)
    assert [(run.forgets, run.by_clock, run.last_run.as_of) for run in engine.runs] == [
        (True, False, NOON),
        (False, False, NOON),
    ]
    assert not forgetting_is_due(settings.published)
    assert read_last_run(settings.published / FILE_NAME) == engine.runs[1].last_run


def test_a_run_without_files_leaves_none_and_one_of_the_past_leaves_them_beside_what_is_shown(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows outside the catalog; a copy that is made for nothing; a run that was asked for and left nothing at all."""
    engine, views = WithCatalog(), settings.data_dir / PUBLISHED_VIEWS
    assert published(engine, settings)
    monkeypatch.setenv(COPY, "0")
    build(settings, "second", hours=2)
    ran = materialized(engine, settings)
    (found,) = ran.asset_materializations_for_node("published__marts")
    assert found.metadata["path"].value == str(views)
    assert "parquet" not in found.metadata
    assert list(settings.published.iterdir()) == []
    build(settings, "past", hours=1)
    assert published(engine, settings)
    assert [path.name for path in settings.published.iterdir()] == [PAST]
    [past] = settings.published.glob(f"{PAST}/*/{FILE_NAME}")
    assert [(one.run_id if one else None) for one in (read_last_run(past), last_publication(settings))] == [
        "past",
        "second",
    ]
    assert (published_file(settings), engine.copies, len(engine.runs)) == (views, 2, 3)


def test_once_files_are_published_again_nothing_else_shows_what_is(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A doctor that goes on showing a build of last week; or a file that takes its rows from one."""
    engine = WithCatalog()
    monkeypatch.setenv(COPY, "0")
    assert published(engine, settings)
    monkeypatch.delenv(COPY)
    build(settings, "again", hours=1)
    assert published(engine, settings)
    assert sorted(path.name for path in settings.published.iterdir()) == [FILE_NAME, PARQUET]
    assert published_file(settings) == settings.published / FILE_NAME
    assert not (settings.data_dir / PUBLISHED_VIEWS).exists()


def test_what_is_forgotten_without_files_is_forgotten_only_once_the_catalog_has_ended(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that counts as done while somebody is in the catalog, or in files from before the setting."""
    assert published(WithCatalog(), settings)
    monkeypatch.setenv(COPY, "0")
    request_forgetting(settings.published)
    assert not published(WithCatalog(fails=True), settings)
    assert forgetting_is_due(settings.published)
    build(settings, "past", hours=-1)  # the latest nonetheless: what is of a later instant must go
    engine = WithCatalog()
    assert published(engine, settings)
    assert [run.forgets for run in engine.runs] == [True]
    assert list(settings.published.iterdir()) == []
    last = last_publication(settings)
    assert last is not None and last.run_id == "past"


@pytest.mark.parametrize(("first", "then"), [("0", "0"), ("0", "1"), ("1", "0"), ("1", "1"), (None, "0")])
def test_a_run_of_the_past_after_one_that_died_between_catalog_and_data_dir_is_one_of_the_past_in_both(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, first: str | None, then: str
) -> None:
    """A doctor, or a file for tools, that shows an instant before the catalog's as the latest, which no run was asked for."""
    engine = WithCatalog()
    if first is not None:
        monkeypatch.setenv(COPY, first)
        assert published(engine, settings)
    before, engine.dies = published_file(settings), True
    build(settings, "second", hours=2)
    assert not published(engine, settings)
    monkeypatch.setenv(COPY, then)
    build(settings, "past", hours=1)
    assert published(engine, settings)
    assert (published_file(settings), seen(engine, settings)) == (before, ["second", "run" if first else None])
    past = publication_of(settings, "past", NOON + timedelta(hours=1))
    assert past is not None and past.parent.parent == settings.published / PAST
    assert read_last_run(past) == engine.runs[-1].last_run
    engine.dies = False
    build(settings, "next", hours=3)
    assert published(engine, settings)
    assert seen(engine, settings) == ["next", "next"]
    assert publication_of(settings, "next", NOON + timedelta(hours=3)) == published_file(settings)
    assert [(settings.published / FILE_NAME).exists(), (settings.data_dir / PUBLISHED_VIEWS).exists()] == [
        then == "1",
        then == "0",
    ]


@pytest.mark.parametrize("copy", ["0", "1"])
def test_an_erasure_that_died_between_catalog_and_data_dir_is_done_by_the_next_run_of_whatever_instant(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, copy: str
) -> None:
    """Somebody who was forgotten in a file of a past instant, since the catalog says that the next run is one of the past."""
    engine = WithCatalog()
    assert published(engine, settings)
    build(settings, "asked for", hours=-2)
    assert published(engine, settings)
    request_forgetting(settings.published)
    build(settings, "forgets", hours=2)
    engine.dies = True
    assert not published(engine, settings)
    engine.dies = False
    monkeypatch.setenv(COPY, copy)
    build(settings, "past", hours=1)
    assert published(engine, settings)
    assert seen(engine, settings) == ["past", "past"]
    assert not (settings.published / PAST).exists()
    assert not forgetting_is_due(settings.published)


def seen(engine: WithCatalog, settings: Settings) -> list[str | None]:
    """The runs that readers see as the last: in the catalog, and in the data dir."""
    return [one.run_id if one else None for one in (engine.shown, last_publication(settings))]
