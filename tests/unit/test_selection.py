"""What a run builds: all that can have changed since the last whole build, and nothing that it need not."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pytest
from dbt.contracts.graph.manifest import Manifest

from caw.raw_store.store import LINE_SCHEMA, RawStore, write_whole
from caw_dagster.dbt.project import Project
from caw_dagster.dbt.selection import changed_nodes, outdated, selection_of
from caw_dagster.dbt.state import Built

BUILT = Built("seeds", True, "run-1", "2025-08-01T00:00:00+00:00", project_key="project", batch_id="00000001")


VIEWS = ("orders_seen", "feed")


def node(kind: str, schema: str, *parents: str) -> dict[str, Any]:
    return {"resource_type": kind, "schema": schema, "depends_on": {"nodes": list(parents)}}


def manifest() -> dict[str, Any]:
    """orders -> stg_orders -> orders_seen (a view) -> int_orders -> sales (published); run -> clock -> sales and feed, a
    published view; words -> stg_orders, a seed."""
    nodes = {
        "words": node("seed", "seeds"),
        "stg_orders": node("model", "staging", "orders", "words"),
        "orders_seen": node("model", "intermediate", "stg_orders"),
        "int_orders": node("model", "intermediate", "orders_seen"),
        "stg_profiles": node("model", "staging", "profiles"),
        "clock": node("model", "intermediate", "run"),
        "sales": node("model", "performance", "int_orders", "clock"),
        "feed": node("model", "events", "clock"),
        "words_are_valid": node("test", "tests", "words"),
        "orders_are_valid": node("test", "tests", "int_orders"),
        "sales_agree_with_orders": node("test", "tests", "int_orders", "sales"),
    }
    for name, one in nodes.items():
        one |= {"name": name, "config": {"materialized": "view" if name in VIEWS else "table"}}
    sources = {name: {"name": name} for name in ("orders", "profiles", "run")}
    children: dict[str, list[str]] = {name: [] for name in (*nodes, *sources)}
    for name, one in nodes.items():
        for parent in one["depends_on"]["nodes"]:
            children[parent].append(name)
    return {"nodes": nodes, "sources": sources, "child_map": children}


@pytest.mark.parametrize(
    ("old", "built"),
    [
        (
            (),
            "stg_orders int_orders stg_profiles clock sales feed orders_are_valid sales_agree_with_orders",
        ),
        (("orders",), "stg_profiles clock sales feed sales_agree_with_orders"),
        (("profiles",), "stg_orders int_orders clock sales feed orders_are_valid sales_agree_with_orders"),
        (("orders", "profiles"), "clock sales feed sales_agree_with_orders"),
    ],
)
def test_what_comes_from_old_feeds_alone_is_left_and_the_rest_is_built(old: Sequence[str], built: str) -> None:
    """A seed is the same in the same project, and so is a view that is not published; a test is asked again when any of
    its models is built."""
    assert outdated(manifest(), old) == set(built.split())


def test_what_is_published_is_built_in_every_run() -> None:
    """Dagster skips the publication when one of the tables it waits for brings nothing."""
    found = manifest()
    found["nodes"]["sales"]["depends_on"]["nodes"] = ["int_orders"]
    found["child_map"]["clock"] = []
    assert "sales" in outdated(found, ("orders", "profiles"))


class SmallProject:
    """What `to_build` asks of a project."""

    key = "project"
    manifest = manifest()


def store_with(tmp_path: Path, *batches: tuple[str, str]) -> RawStore:
    store = RawStore(tmp_path)
    for feed, batch in batches:
        write_whole(LINE_SCHEMA.empty_table(), store.batch_folder(feed, batch) / "part-00000.parquet")
    return store


def warehouse(tmp_path: Path, run_id: str = "run-1") -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema intermediate")
        connection.execute("create table intermediate.int_run as select ? as run_id", [run_id])
    return path


def chosen(store: RawStore, place: Path, before: Built | None) -> set[str]:
    return changed_nodes(cast(Project, SmallProject()), store, place, before)


def test_a_feed_with_a_later_batch_is_new(tmp_path: Path) -> None:
    store = store_with(tmp_path, ("orders", "00000001"), ("profiles", "00000001"), ("profiles", "00000002"))
    found = chosen(store, warehouse(tmp_path), BUILT)
    assert "stg_profiles" in found
    assert "stg_orders" not in found


def test_a_compacted_batch_is_as_new_as_its_last(tmp_path: Path) -> None:
    store = store_with(tmp_path, ("orders", "00000001-00000002"), ("profiles", "00000000-00000001"))
    found = chosen(store, warehouse(tmp_path), BUILT)
    assert "stg_orders" in found
    assert "stg_profiles" not in found


def test_dbt_is_told_the_chosen_nodes_by_a_tag_beside_their_own() -> None:
    """A selection that loses the tags of a node, or takes in one that was not chosen."""
    nodes = {name: SimpleNamespace(tags=["nightly"]) for name in ("sales", "clock")}
    arguments = selection_of({"sales"}, cast(Manifest, SimpleNamespace(nodes=nodes)))
    assert arguments == ["--select", "tag:to_build", "--indirect-selection", "empty"]
    assert (nodes["sales"].tags, nodes["clock"].tags) == (["nightly", "to_build"], ["nightly"])


@pytest.mark.parametrize(
    "before",
    [
        None,
        replace(BUILT, complete=False),
        replace(BUILT, project_key="another"),
        replace(BUILT, project_key=None, batch_id=None),
        replace(BUILT, run_id="run-2"),
    ],
    ids=["no build", "part of one", "of another project", "of an older version", "of another warehouse"],
)
def test_without_a_whole_build_of_this_project_all_is_built(tmp_path: Path, before: Built | None) -> None:
    assert chosen(store_with(tmp_path, ("orders", "00000001")), warehouse(tmp_path), before) == set()


def test_a_damaged_warehouse_is_built_whole(tmp_path: Path) -> None:
    broken = tmp_path / "warehouse.duckdb"
    broken.write_bytes(b"no database")
    assert chosen(store_with(tmp_path, ("orders", "00000001")), broken, BUILT) == set()
