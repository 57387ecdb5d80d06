"""The warehouse as views over another engine's tables, and the copy that a publication is made of."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from caw.publication.tables import text
from caw.settings import read_settings
from caw_dagster.engines.publishable import publishable_tables
from caw_dagster.engines.shown import remove_others, show, shown_folders

FEED, SIZES = ("events", "feed"), ("segments", "sizes")


def table(folder: Path, name: tuple[str, str], rows: str) -> Path:
    """A table's folder as Spark writes it."""
    place = folder.joinpath(*name)
    place.mkdir(parents=True)
    duckdb.execute(f"copy ({rows}) to {text(place / 'part-00000.parquet')} (format parquet)")
    (place / "_SUCCESS").touch()
    return place


def read(warehouse: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_a_warehouse_shows_what_was_built_and_of_the_rest_what_was_there(tmp_path: Path) -> None:
    """A build that stopped half-way and leaves a warehouse without the other half."""
    warehouse, folder = tmp_path / "warehouse.duckdb", tmp_path / "spark"
    first = {
        FEED: table(folder / "it's 1", FEED, "select 1 as n"),
        SIZES: table(folder / "it's 1", SIZES, "select 1 as n"),
    }
    show(warehouse, first, [FEED, SIZES])
    show(warehouse, {FEED: table(folder / "2", FEED, "select 2 as n")}, [FEED, SIZES])
    assert read(warehouse, "select feed.n, sizes.n from events.feed, segments.sizes") == [(2, 1)]
    show(warehouse, {}, [FEED])
    assert shown_folders(warehouse) == {FEED: folder / "2" / "events" / "feed"}


def test_builds_of_which_nothing_is_shown_go(tmp_path: Path) -> None:
    """A disk full of what killed builds left; or tables that are removed while the warehouse reads them."""
    warehouse, folder = tmp_path / "warehouse.duckdb", tmp_path / "spark"
    shown = table(folder / "2", FEED, "select 2 as n")
    table(folder / "dead", FEED, "select 1 as n")
    (folder / "publishable.duckdb").touch()
    show(warehouse, {FEED: shown}, [FEED])
    remove_others([warehouse], folder)
    assert [path.name for path in folder.iterdir()] == ["2"]
    assert read(warehouse, "select n from events.feed") == [(2,)]


def node(schema: str, name: str, columns: dict[str, Any], enforced: bool = True) -> dict[str, Any]:
    config = {"contract": {"enforced": enforced}, "persist_docs": {"relation": True, "columns": True}}
    described = f"It's {name}."
    return {
        "resource_type": "model", "schema": schema, "alias": name, "config": config,
        "description": described, "columns": columns,
    }  # fmt: skip


def test_what_is_published_are_tables_with_constraints_and_comments(tmp_path: Path) -> None:
    """A file of views into a data dir, or one whose columns say less than DuckDB's."""
    settings = read_settings({"CAW_DATA_DIR": str(tmp_path), "CAW_LANDING_DIR": str(tmp_path)})
    rows = "select 'a' as id, null::decimal(18, 2) as total"
    folders = {name: table(tmp_path / "spark", name, rows) for name in (FEED, SIZES, ("staging", "stg"))}
    show(settings.warehouse, folders, list(folders))
    columns = {
        "id": {"description": "The 'id'.", "constraints": [{"type": "not_null"}]},
        "total": {"description": "", "constraints": []},
    }
    manifest = {"nodes": {
        "feed": node("events", "feed", columns),
        "sizes": node("segments", "sizes", columns, enforced=False),
        "stg": node("staging", "stg", columns),
    }}  # fmt: skip
    draft = tmp_path / "publishable.duckdb"
    with publishable_tables(settings, draft, manifest) as file:
        assert read(file, "from events.feed") == [("a", None)]
        assert read(file, "select table_name, comment from duckdb_tables() order by 1") == [
            ("feed", "It's feed."),
            ("sizes", "It's sizes."),
        ]
        found = read(
            file,
            "select table_name, column_name, data_type, is_nullable, comment from duckdb_columns() where not internal order by table_name, column_index",
        )
        assert found == [
            ("feed", "id", "VARCHAR", False, "The 'id'."),
            ("feed", "total", "DECIMAL(18,2)", True, None),
            ("sizes", "id", "VARCHAR", True, "The 'id'."),
            ("sizes", "total", "DECIMAL(18,2)", True, None),
        ]
    assert not draft.exists()


def test_what_has_no_table_is_not_missed_and_a_table_that_is_missing_is(tmp_path: Path) -> None:
    """A team's model that is put into others, or a table made by its hook, which stops publication; half a publication."""
    settings = read_settings({"CAW_DATA_DIR": str(tmp_path), "CAW_LANDING_DIR": str(tmp_path)})
    show(settings.warehouse, {FEED: table(tmp_path / "spark", FEED, "select 1 as n")}, [FEED])
    part = node("events", "part", {})
    part["config"] = {"materialized": "ephemeral"}
    with publishable_tables(settings, tmp_path / "draft.duckdb", {"nodes": {"part": part}}) as file:
        assert read(file, "select table_name from duckdb_tables()") == [("feed",)]
    lost = {"nodes": {"lost": node("events", "lost", {})}}
    with pytest.raises(duckdb.CatalogException), publishable_tables(settings, tmp_path / "draft.duckdb", lost):
        pass


def test_a_null_where_the_contract_allows_none_is_not_published(tmp_path: Path) -> None:
    """A file in which an id that every reader counts on is missing."""
    settings = read_settings({"CAW_DATA_DIR": str(tmp_path), "CAW_LANDING_DIR": str(tmp_path)})
    show(settings.warehouse, {FEED: table(tmp_path / "spark", FEED, "select null::varchar as id")}, [FEED])
    columns = {"id": {"description": "", "constraints": [{"type": "not_null"}]}}
    manifest = {"nodes": {"feed": node("events", "feed", columns)}}
    with pytest.raises(duckdb.ConstraintException), publishable_tables(settings, tmp_path / "draft.duckdb", manifest):
        pass
    assert not (tmp_path / "draft.duckdb").exists()
