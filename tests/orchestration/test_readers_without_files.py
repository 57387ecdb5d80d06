"""What caw shows of a publication that a catalog has alone is what it shows of the file of the same rows (spec §14.4)."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import pytest

import caw
from caw.doctor.health import read_health
from caw.doctor.page import doctor_page
from caw.doctor.trial import choose_source
from caw.engine import CATALOG, PUBLISHED_VIEWS, SPARK_TABLES
from caw.host.permissions import READERS
from caw.publication import FILE_NAME, read_last_run
from caw.publication.catalog_only import publish_views
from caw.publication.tables import LAST_RUN, Relation, tables_of, text, views_of
from caw.report.rows import open_marts
from caw.report.write import pages
from caw.settings import Settings, SettingsError, read_settings
from caw.summary.page import read_summary, render
from tests.support.healthy import NOW
from tests.support.sample_run import SampleRun
from tests.support.shown_build import build

IN_CATALOG = "the catalog alone, in caw_events and four other schemas"


@pytest.fixture(scope="module")
def with_file(sample_run: SampleRun) -> Settings:
    """Of the sample's own data dir."""
    return settings_of(sample_run, sample_run.data_dir)


@pytest.fixture(scope="module")
def without(sample_run: SampleRun, with_file: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Of a data dir that shows the same rows by views of a build."""
    settings = settings_of(sample_run, tmp_path_factory.mktemp("without") / "data")
    shutil.copytree(with_file.state_dir, settings.state_dir)
    (settings.data_dir / CATALOG).write_text("caw_", encoding="ascii")
    file = with_file.published / FILE_NAME
    queries = {(one.schema, one.name): f"from source.{one.path}" for one in relations(file) if one.label != LAST_RUN}
    build(settings, 1, {**queries, ("staging", "people"): "select 'ana@example.com' as email"}, file)
    last_run = read_last_run(file)
    assert last_run is not None
    publish_views(settings, last_run, {}, READERS["owner"])
    return settings


def settings_of(sample: SampleRun, data_dir: Path) -> Settings:
    given = {"CAW_LANDING_DIR": str(sample.landing), "CAW_SEEDS_DIR": str(sample.seeds), "CAW_DATA_DIR": str(data_dir)}
    return read_settings(given)


def relations(file: Path) -> Iterator[Relation]:
    """The tables and views of a published file."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {text(file)} as marts (read_only)")
        yield from [*tables_of(connection, "marts").values(), *views_of(connection, "marts").values()]


def test_doctor_finds_the_same_and_says_where_others_read(with_file: Settings, without: Settings) -> None:
    """A monitor that goes quiet, or that calls everything lost, as soon as files are left out."""
    expected, found = read_health(with_file), read_health(without)
    assert expected is not None and found is not None
    assert replace(found, in_catalog=None) == expected
    assert len(found.metrics) > 4
    page = doctor_page(without, found, None, files_wait=False, now=NOW)
    assert f"as of 2026-06-30 12:00:00 UTC, in {IN_CATALOG}" in page
    with pytest.raises(SettingsError, match="acme_us"):
        choose_source(replace(without, landing_dir=without.data_dir), "acme_uk")


def test_report_and_summary_are_the_same_but_for_where_others_read(with_file: Settings, without: Settings) -> None:
    """Pages without a source, since a view is no table; or a path that people open, on which the next build cuts off."""
    file, views = with_file.published / FILE_NAME, without.data_dir / PUBLISHED_VIEWS
    expected = pages(file)
    assert len(expected) > 1
    assert pages(views) == expected
    with open_marts(views) as connection, pytest.raises(duckdb.PermissionException):
        connection.execute(
            f"from {text(without.data_dir / SPARK_TABLES / '1' / 'staging' / 'people' / 'part.parquet')}"
        )
    seeds = without.seeds_dir
    assert seeds is not None
    of_file, of_views = (read_summary(one, "caw ui", "00000001", NOW, 1.0, seeds=seeds) for one in (file, views))
    assert replace(of_views, published=file, reports=of_file.reports) == of_file
    assert of_views.is_latest
    said = render(of_views)
    assert IN_CATALOG in said and str(views) not in said


def test_frames_and_what_is_exported_have_the_same_tables_types_and_rows(
    with_file: Settings, without: Settings
) -> None:
    """A notebook or an export that lacks a table, or has another type, once files are left out."""
    of_file, of_views = (
        {one.label: [(column.name, column.kind) for column in one.columns] for one in relations(file)}
        for file in (with_file.published / FILE_NAME, without.data_dir / PUBLISHED_VIEWS)
    )
    assert of_views == of_file
    for table in ("retargeting.retargeting_eligibility", "performance.sources", LAST_RUN):
        expected, found = (caw.read(table, data_dir=one.data_dir) for one in (with_file, without))
        assert len(expected)
        pd.testing.assert_frame_equal(in_one_order(found), in_one_order(expected))


def in_one_order(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[frame.astype(str).apply(tuple, axis=1).argsort()].reset_index(drop=True)
