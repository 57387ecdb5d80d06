"""A publication that a catalog has alone: what caw reads, what goes, and whatever a run that dies leaves (spec §14.4)."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import duckdb
import pytest

import caw
from caw.engine import CATALOG, DUCKDB, PUBLISHED_VIEWS, SPARK, SPARK_TABLES
from caw.host.permissions import READERS
from caw.publication import FILE_NAME, PARQUET, LastRun, catalog_only, forget_published, publish, read_last_run
from caw.publication.catalog_only import COPY, files_are_published, publish_views
from caw.publication.files import PAST, forgetting_is_due
from caw.publication.place import in_catalog_alone, last_publication, published_file, published_marts, published_tables
from caw.publication.taken_back import resolutions_taken_back
from caw.settings import Settings, SettingsError, read_settings
from caw_dagster.engines import engine_named
from tests.support.dying import Died, dying
from tests.support.shown_build import build

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
RESOLVED, ALL, TOUCHED = (
    ("events", "conversation_resolved"),
    ("performance", "conversations"),
    ("intermediate", "int_conversations_to_rebuild"),
)
ONLY_OWNERS = "nothing is published that this user may read"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a data dir of Spark's that has published in a catalog."""
    read = settings_in(tmp_path)
    (read.data_dir / CATALOG).write_text("caw_", encoding="ascii")
    return read


def settings_in(folder: Path) -> Settings:
    given = {"CAW_DATA_DIR": str(folder / "data"), "CAW_LANDING_DIR": str(folder)}
    read = read_settings(given, engine=SPARK)
    read.state_dir.mkdir(parents=True)
    return read


def built(settings: Settings, number: int) -> None:
    """A build in which so many conversations are resolved, of nine."""
    ids = "select 'acme' as source, i::varchar as conversation_id from range({}) as t (i)"
    build(settings, number, {RESOLVED: ids.format(number), ALL: ids.format(9), TOUCHED: ids.format(9)})


def run_of(number: int) -> LastRun:
    return LastRun(f"run {number}", NOON + timedelta(hours=number), NOON, "1")


def as_views(settings: Settings, number: int) -> None:
    publish_views(settings, run_of(number), {}, READERS["owner"])


def as_files(settings: Settings, number: int, hours: int = 0) -> None:
    """Files of a warehouse of tables with a person in them, of a run so many hours before its turn."""
    tables = settings.data_dir / "publishable.duckdb"
    tables.unlink(missing_ok=True)
    with duckdb.connect(str(tables)) as connection:
        connection.execute("create schema events; create table events.conversation_resolved as select 'Ana' as source")
    last_run = run_of(number)
    publish(tables, settings.published, LastRun(last_run.run_id, last_run.as_of - timedelta(hours=hours), NOON, "1"))
    tables.unlink()


def resolved(settings: Settings) -> int:
    """The number of rows that a reader sees."""
    return len(caw.read("events.conversation_resolved", data_dir=settings.data_dir))


def test_caw_reads_the_last_publication_whatever_is_built_after_it(settings: Settings) -> None:
    """Rows of a build that has failed its tests, or a doctor without tables as soon as the next build begins."""
    built(settings, 1)
    as_views(settings, 1)
    built(settings, 2)  # and fails its tests
    built(settings, 3)
    assert (resolved(settings), last_publication(settings)) == (1, run_of(1))
    assert resolutions_taken_back(settings.warehouse, published_file(settings)) == 0
    as_views(settings, 3)
    built(settings, 2)
    assert (resolved(settings), last_publication(settings)) == (3, run_of(3))
    assert resolutions_taken_back(settings.warehouse, published_file(settings)) == 1
    as_views(settings, 4)
    built(settings, 4)
    folders = {path.name for path in (settings.data_dir / SPARK_TABLES).iterdir()}
    assert folders == {"2", "4", PUBLISHED_VIEWS.name}


def test_a_frame_of_a_build_that_is_gone_says_what_to_do(settings: Settings) -> None:
    """An error that speaks of readers' rights after an erasure, or in a data dir that was moved."""
    built(settings, 1)
    as_views(settings, 1)
    shutil.rmtree(settings.data_dir / SPARK_TABLES / "1")
    with pytest.raises(OSError, match="run `caw run`, which writes it again"):
        resolved(settings)


def test_the_files_of_earlier_publications_go_but_those_of_past_instants_only_with_who_is_forgotten(
    settings: Settings,
) -> None:
    """A person in a file that no run writes again; or a file that somebody has asked for, gone with a setting."""
    as_files(settings, 2)
    as_files(settings, 2, hours=1)
    built(settings, 3)
    as_views(settings, 3)
    assert [path.name for path in settings.published.iterdir()] == [PAST]
    [past] = settings.published.glob(f"{PAST}/*/{FILE_NAME}")
    assert past.is_file()
    forget_published(settings.published)
    as_views(settings, 3)
    assert list(settings.published.iterdir()) == []


def test_whoever_wants_a_file_is_sent_to_the_catalog(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dashboard on views of a build, which the next one removes; a user who is sent to run what he may not."""
    with pytest.raises(SettingsError, match="Nothing is published"):
        published_tables(settings)
    built(settings, 1)
    as_views(settings, 1)
    place = "the catalog alone, in caw_events and four other schemas"
    assert in_catalog_alone(published_tables(settings)) == place
    with pytest.raises(SettingsError, match=f"is in {place}: have tools read it there"):
        published_marts(settings)

    def refused(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refused)
    with pytest.raises(SettingsError, match=ONLY_OWNERS):
        published_file(settings)


@pytest.mark.parametrize("forgets", [False, True])
def test_wherever_it_dies_caw_reads_whole_tables_and_the_next_one_makes_it_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgets: bool
) -> None:
    """Two publications of two runs side by side for ever, or a person who was forgotten and is in one of them."""
    names, deaths = ("remove", "forget_request", "remove_drafts", "_written"), 0
    for name in names:
        for after in count():
            settings = settings_in(tmp_path / name / str(after))
            as_files(settings, 2)
            as_files(settings, 2, hours=1)
            built(settings, 3)
            if forgets:
                forget_published(settings.published)
            died = dies(monkeypatch, name, after, lambda settings=settings: as_views(settings, 3))
            if not died:
                break
            deaths += 1
            assert forgetting_is_due(settings.published) == forgets
            assert resolved(settings) in (1, 3)  # of the file, or of the build
            as_views(settings, 3)
            assert (resolved(settings), published_file(settings)) == (3, settings.data_dir / PUBLISHED_VIEWS)
            left = [path.name for path in settings.published.iterdir()]
            assert left == ([] if forgets else [PAST])
    assert deaths == 5 + 2 * forgets  # five calls without a request: three removals, of drafts, and the views


def dies(monkeypatch: pytest.MonkeyPatch, name: str, after: int, publication: Callable[[], object]) -> bool:
    """Whether a publication dies at this call of a function."""
    with monkeypatch.context() as patched:
        patched.setattr(catalog_only, name, dying(after, getattr(catalog_only, name)))
        try:
            publication()
        except Died:
            return True
    return False


def test_files_come_back_as_the_latest_or_beside_the_views_as_one_of_the_past(settings: Settings) -> None:
    """A run of the past that takes the latest's place, once the setting is back."""
    built(settings, 3)
    as_views(settings, 3)
    tables = settings.data_dir / "publishable.duckdb"
    duckdb.connect(str(tables)).close()
    past = publish(tables, settings.published, run_of(2), latest=last_publication(settings))
    assert past.path.parent.parent.name == PAST
    assert (resolved(settings), last_publication(settings)) == (3, run_of(3))
    back = publish(tables, settings.published, run_of(2), latest=last_publication(settings), by_clock=True)
    assert (back.path, back.ahead) == (settings.published / FILE_NAME, run_of(3).as_of)
    assert published_file(settings) == back.path
    assert read_last_run(back.path) == run_of(2)
    assert (back.path.parent / PARQUET / "current").exists()


@pytest.mark.parametrize(
    ("value", "found"), [(None, True), ("", True), ("1", True), ("on", True), ("0", False), ("off", False)]
)
def test_files_are_published_unless_they_are_left_out(value: str | None, found: bool) -> None:
    """A setting that is there and says nothing takes the files away from everybody."""
    assert files_are_published({} if value is None else {COPY: value}) == found


def test_a_run_that_would_publish_nowhere_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of an hour that nobody can read; or one that writes files of people although it was asked not to."""
    monkeypatch.setenv(COPY, "off")
    with pytest.raises(SettingsError, match=f"{COPY}=off leaves out the files .* would publish nowhere"):
        engine_named(DUCKDB).check(settings_in(settings.data_dir / "other"))
    monkeypatch.setenv(COPY, "no")
    with pytest.raises(SettingsError, match="'no' is not one of 1, on, 0, off"):
        files_are_published()
