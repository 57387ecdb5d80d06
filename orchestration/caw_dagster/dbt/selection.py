"""Selects the nodes of the dbt project that a run has to build: all that may have changed since the last whole build.

A node is left as it is when none of the feeds that it comes from has a new batch, however far up, nor anything else
that it reads can be new: seeds, SQL and settings are the same project (`Project.key`), and what looks at the clock
comes from the source `run`, which is new in every run. A view need not be rebuilt, whatever is new below it. Where
nothing came at all, only what looks at the clock is built.
"""

import contextlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import duckdb
from dbt.contracts.graph.manifest import Manifest

from caw.feeds.declared import feeds, feeds_making
from caw.raw_store.store import RawStore
from caw_dagster.dbt.project import Project, linked
from caw_dagster.dbt.state import Built

LOG = "conversation_log"
RUN = "run"  # the source with the run's instant
LIST_OF_RUN = "list_of_run"  # in the meta of a model: what the run rebuilds, so that the last run's list is wrong
TAG = "to_build"
NO_MORE_TESTS = ("--indirect-selection", "empty")  # than are chosen


def changed_nodes(project: Project, store: RawStore, warehouse: Path, before: Built | None) -> set[str]:
    """The ids of the nodes that a run has to build; none where it has to build the whole project.

    Args:
        project: as this run builds it.
        store: the raw store, after ingestion.
        warehouse: to be added to, not rebuilt.
        before: what the last build left.
    """
    if before is None or not before.complete or before.project_key != project.key or before.batch_id is None:
        return set()
    if _run_in(warehouse) != before.run_id:
        return set()
    if store.last_batch_id() == before.batch_id and not before.unreadable and not store.has_unreadable():
        return outdated_by_clock(project.manifest)
    return outdated(project.manifest, _without_news(_feeds_after(store, before.batch_id)))


def outdated(manifest: Mapping[str, Any], old: Collection[str]) -> set[str]:
    """The ids of the models, seeds and tests to build when nothing is new in these tables of the source."""
    return _linked(manifest, [key for key, source in manifest["sources"].items() if source["name"] not in old])


def outdated_by_clock(manifest: Mapping[str, Any]) -> set[str]:
    """The ids of the models and tests to build when nothing is new but the run's instant."""
    lists = {key for key, node in manifest["nodes"].items() if node["config"].get("meta", {}).get(LIST_OF_RUN)}
    runs = [key for key, source in manifest["sources"].items() if source["name"] == RUN]
    readers = {child for key in runs for child in manifest["child_map"][key]}
    return _linked(manifest, readers - lists) | lists


def _linked(manifest: Mapping[str, Any], new: Collection[str]) -> set[str]:
    nodes = manifest["nodes"]
    views = {key for key, node in nodes.items() if node["config"].get("materialized") == "view"}
    return (linked(new, manifest["child_map"]) & nodes.keys()) - views


def _without_news(new: Collection[str]) -> set[str]:
    """The tables of the source in which nothing is new, by the feeds that have new lines.

    A run's lists of conversations to rebuild are made of the log and of what is expanded into it, and must be that
    run's own if anything came: these always count as new then.
    """
    new = {*new, LOG, *feeds_making(LOG)}
    made = {f"expanded_{feed}" for feed in feeds() if feeds_making(feed) and new.isdisjoint(feeds_making(feed))}
    return (feeds().keys() - new) | made


def selection_of(chosen: Collection[str], parsed: Manifest) -> list[str]:
    """dbt's arguments that select these nodes and no others.

    They are tagged: dbt looks for every name that it is given among all nodes, which takes longer than to build a few.

    Args:
        chosen: ids of nodes.
        parsed: the project that dbt is going to run; its nodes get the tag.
    """
    for key in chosen:
        parsed.nodes[key].tags = [*parsed.nodes[key].tags, TAG]
    return ["--select", f"tag:{TAG}", *NO_MORE_TESTS]


def _feeds_after(store: RawStore, batch_id: str) -> set[str]:
    """The feeds that have lines in a later batch."""
    return {feed for feed in feeds() if any(last > batch_id for last in store.batches_with_lines(feed))}


def _run_in(warehouse: Path) -> str | None:
    """The run that built the warehouse, as the warehouse has it: the file may have been put there by hand."""
    with contextlib.suppress(duckdb.Error), duckdb.connect(str(warehouse), read_only=True) as connection:
        row = connection.execute("select run_id from intermediate.int_run").fetchone()
        return None if row is None else str(row[0])
    return None
