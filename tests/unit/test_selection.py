"""What a run builds: all that can have changed since the last whole build, and nothing that it need not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pytest
from dbt.contracts.graph.manifest import Manifest

from caw.raw_store.line_files import put_lines
from caw.raw_store.schemas import LINE_SCHEMA
from caw.raw_store.store import FileVersion, RawStore, part_name
from caw_dagster.dbt.project import Project
from caw_dagster.dbt.selection import changed_nodes, outdated, outdated_by_clock, selection_of
from caw_dagster.dbt.state import Built

BUILT = Built(
    "seeds", True, "run-1", "2025-08-01T00:00:00+00:00", project_key="project", batch_id="00000001", unreadable=False
)


INSTANT = datetime(2025, 8, 1, tzinfo=UTC)
VIEWS = ("orders_seen", "feed")


def node(kind: str, schema: str, *parents: str) -> dict[str, Any]:
    return {"resource_type": kind, "schema": schema, "depends_on": {"nodes": list(parents)}}


def manifest() -> dict[str, Any]:
    """orders -> stg_orders -> orders_seen (a view) -> int_orders -> sales (published); run -> clock -> sales and feed, a
    published view; run -> listed, a run's list; files -> ledger; words -> stg_orders, a seed."""
    nodes = {
        "words": node("seed", "seeds"),
        "stg_orders": node("model", "staging", "orders", "words"),
        "orders_seen": node("model", "intermediate", "stg_orders"),
        "int_orders": node("model", "intermediate", "orders_seen"),
        "stg_profiles": node("model", "staging", "profiles"),
        "clock": node("model", "intermediate", "run"),
        "listed": node("model", "intermediate", "stg_orders", "run"),
        "sales": node("model", "performance", "int_orders", "clock"),
        "feed": node("model", "events", "clock"),
        "ledger": node("model", "health", "files"),
        "words_are_valid": node("test", "tests", "words"),
        "orders_are_valid": node("test", "tests", "int_orders"),
        "sales_agree_with_orders": node("test", "tests", "int_orders", "sales"),
    }
    for name, one in nodes.items():
        meta = {"list_of_run": True} if name == "listed" else {}
        one |= {"name": name, "config": {"materialized": "view" if name in VIEWS else "table", "meta": meta}}
    sources = {name: {"name": name} for name in ("orders", "profiles", "files", "run")}
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
            "stg_orders int_orders stg_profiles clock listed sales ledger orders_are_valid sales_agree_with_orders",
        ),
        (("orders",), "stg_profiles clock listed sales ledger sales_agree_with_orders"),
        (("profiles",), "stg_orders int_orders clock listed sales ledger orders_are_valid sales_agree_with_orders"),
        (("orders", "profiles"), "clock listed sales ledger sales_agree_with_orders"),
        (("orders", "files", "run"), "stg_profiles"),
    ],
)
def test_what_comes_from_old_feeds_alone_is_left_and_the_rest_is_built(old: Sequence[str], built: str) -> None:
    """A seed is the same in the same project, and so is a view; a test is asked again when any of its models is built."""
    assert outdated(manifest(), old) == set(built.split())


def test_by_the_clock_alone_a_runs_list_is_made_again_and_nothing_that_comes_from_it() -> None:
    """What is built by conversation would rebuild the last run's conversations again, at every tick."""
    found = manifest()
    found["child_map"]["listed"] = ["int_orders"]
    assert outdated_by_clock(found) == {"clock", "listed", "sales", "sales_agree_with_orders"}


class SmallProject:
    """What `to_build` asks of a project."""

    key = "project"
    manifest = manifest()


def store_with(tmp_path: Path, *batches: tuple[str, str]) -> RawStore:
    store = RawStore(tmp_path)
    for feed, batch in batches:
        put_lines(store.objects, part_name(feed, batch, 0), [LINE_SCHEMA.empty_table()])
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


def test_dbt_gets_the_chosen_nodes_by_a_tag_next_to_their_own() -> None:
    """A selection that loses the tags of a node, or takes in one that was not chosen."""
    nodes = {name: SimpleNamespace(tags=["nightly"]) for name in ("sales", "clock")}
    arguments = selection_of({"sales"}, cast(Manifest, SimpleNamespace(nodes=nodes)))
    assert arguments == ["--select", "tag:to_build", "--indirect-selection", "empty"]
    assert (nodes["sales"].tags, nodes["clock"].tags) == (["nightly", "to_build"], ["nightly"])


def test_where_nothing_came_only_what_looks_at_the_clock_is_built(tmp_path: Path) -> None:
    store = store_with(tmp_path, ("orders", "00000001"))
    store.commit("00000001", [])
    store.note_unreadable([])
    place = warehouse(tmp_path)
    assert chosen(store, place, BUILT) == outdated_by_clock(manifest())
    store.commit("00000002", [])
    assert chosen(store, place, BUILT) == outdated(manifest(), ("orders", "profiles"))


def test_files_that_could_not_be_read_now_or_then_are_new_to_the_ledger(tmp_path: Path) -> None:
    """They are in no batch, and come and go with the permissions of a file."""
    store = store_with(tmp_path, ("orders", "00000001"))
    store.commit("00000001", [])
    store.note_unreadable([])
    place, all_of_run = warehouse(tmp_path), outdated(manifest(), ("orders", "profiles"))
    assert chosen(store, place, replace(BUILT, unreadable=True)) == all_of_run
    store.note_unreadable([FileVersion("s/orders/a.csv", "s", "orders", None, 0, None, INSTANT, "failed", "locked")])
    assert chosen(store, place, BUILT) == all_of_run


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
