"""Spark's statements of a publication in a catalog, and the tables that they are made for (spec §14.4)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from caw.publication.last_run import LastRun
from caw.publication.tables import text
from caw_dagster.engines.catalog_statements import (
    Place,
    Table,
    create_schema,
    create_table,
    files,
    last_run_table,
    show,
)
from caw_dagster.engines.catalog_tables import tables_of_a_build
from caw_dagster.engines.shown import show as show_folders

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)


def test_what_is_said_of_a_table_goes_along_whatever_its_signs() -> None:
    """A description with an apostrophe that ends a statement, or a path with a sign of SQL."""
    place = Place("caw_", "0123", "Of a 'data' \\dir.", "delta")
    assert create_schema(place, "caw_events") == (
        r"create schema `caw_events` comment 'Of a \'data\' \\dir.' with dbproperties ('caw.data_dir' = '0123')"
    )
    table = Table("events", "feed", {"id": "It's \\d.", "n`": ""}, files(Path("/a b/`c`")), 1, "The 'feed'.")
    assert create_table(place, "b", table) == (
        r"create table `caw_build_b`.`events__feed` using delta comment 'The \'feed\'.' "
        r"as select `id`, `n``` from parquet.`/a b/``c```"
    )
    assert show(place, "b", table) == (
        r"create or replace view `caw_events`.`feed` (`id` comment 'It\'s \\d.', `n```) comment 'The \'feed\'.' "
        r"tblproperties ('caw.build' = 'b') as select `id`, `n``` from `caw_build_b`.`events__feed`"
    )


def test_the_run_itself_is_a_row_with_its_instants() -> None:
    """An instant that Spark reads in another zone, so that runs of the past are published."""
    table = last_run_table(LastRun("r", NOON, NOON + timedelta(microseconds=5), "1'0"))
    assert table.source == (
        r"values ('r', timestamp '2026-06-30T12:00:00+00:00', timestamp '2026-06-30T12:00:00.000005+00:00', '1\'0') "
        "as last_run (run_id, as_of, published_at, version)"
    )
    assert dict(table.properties) == {"caw.as_of": "2026-06-30T12:00:00+00:00"}


def test_a_catalog_gets_what_a_build_has_of_the_published_schemas(tmp_path: Path) -> None:
    """An intermediate table that everybody reads, the number of a bucket among the columns, or a description that is lost."""
    names = (("events", "feed"), ("intermediate", "int_feed"))
    for schema, name in names:
        folder = tmp_path / "spark" / schema / name / "caw_bucket=1"
        folder.mkdir(parents=True)
        rows = "select 'a' as id, range as n from range(3)"
        duckdb.execute(f"copy ({rows}) to {text(folder / 'part.parquet')} (format parquet)")
    warehouse = tmp_path / "warehouse.duckdb"
    show_folders(warehouse, {one: tmp_path / "spark" / one[0] / one[1] for one in names}, names)
    described = {"id": {"description": "The id."}, "n": {"description": ""}}
    config = {"persist_docs": {"relation": True, "columns": True}}
    node = {"resource_type": "model", "schema": "events", "alias": "feed", "config": config, "columns": described}
    manifest = {"nodes": {"feed": {**node, "description": "One row per thing."}}}
    folder = tmp_path / "spark" / "events" / "feed"
    assert tables_of_a_build(warehouse, manifest) == [
        Table("events", "feed", {"id": "The id.", "n": ""}, f"parquet.`{folder}`", 3, "One row per thing.")
    ]
    lost = {"nodes": {"lost": {**node, "alias": "lost", "description": ""}}}
    with pytest.raises(duckdb.CatalogException):
        tables_of_a_build(warehouse, lost)
