"""Runs the warehouse without Dagster: land files, ingest, build with dbt, read the tables."""

import contextlib
import os
import re
import shutil
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from caw.ingest.ingestion import ingest
from caw.raw_store.objects import Objects
from caw.raw_store.store import RawStore
from caw_dagster.dbt.links import PACKAGE
from caw_dagster.dbt.project import linked
from caw_dagster.dbt.selection import changed_nodes, selection_of
from caw_dagster.dbt.state import Built
from tests.support.project import ProjectCopy, locations, quiet

Row = dict[str, Any]

TABLES = (
    "health.ingestion_ledger",
    "health.rejected_records",
    "health.unknown_words",
    "health.event_metrics",
    "events.conversation_started",
    "events.conversation_resolved",
    "events.conversation_escalated",
    "events.product_recommendation_received",
    "events.activity_feed",
    "events.recommended_products",
    "performance.conversations",
    "performance.attributed_orders",
    "performance.agent_performance_daily",
    "performance.skill_performance_daily",
    "performance.sources",
    "performance.orders",
    "performance.order_items",
    "performance.headlines",
    "performance.recommendation_funnel",
    "performance.product_performance_daily",
    "performance.conversation_tags",
    "performance.escalations_daily",
    "segments.shoppers",
    "segments.segment_membership",
    "segments.segment_sizes",
    "segments.segment_membership_history",
    "retargeting.retargeting_eligibility",
    "retargeting.promotion_exclusions",
    "retargeting.eligibility_funnel",
    "retargeting.failed_gates",
    "retargeting.message_outcomes",
    "retargeting.experiment_units",
    "retargeting.policy_lift",
)


BATCH = re.compile(r"\b([0-9]{8})\b")  # in the path of a batch's files


class BuildFailed(Exception):
    """dbt could not build the warehouse; the message names the nodes."""


class Pipeline:
    """One landing zone and data dir, fed delivery by delivery."""

    def __init__(self, folder: Path, project: ProjectCopy, marts: Sequence[str] = ()) -> None:
        self.project = project
        self.marts = marts  # the models to build, with all they come from; the whole project where none is named
        self.landing = folder / "landing"
        self.data_dir = folder / "data"
        self.landing.mkdir(parents=True, exist_ok=True)
        self.data_dir.mkdir(exist_ok=True)
        self.objects: Objects | None = None  # the raw store's, where it is not in the data dir
        self.runs = 0
        self.built: Built | None = None  # what the last build left, as a run notes it
        self.is_outdated = False  # a row that an earlier batch brought gave way: a run rebuilds from the raw store

    def deliver(self, files: Mapping[str, bytes], ingested_at: datetime) -> str | None:
        """Land files and take them in; the batch's id, None where nothing was new."""
        for file_path, content in files.items():
            path = self.landing / file_path
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}.draft")
            draft.write_bytes(content)
            draft.replace(path)
        before = self._given_way()
        report = ingest(
            self.landing, self.data_dir, ingested_at=ingested_at, seeds=self.project.seeds, objects=self.objects
        )
        self.is_outdated |= self._given_way() != before
        return report.batch_id

    def _given_way(self) -> list[tuple[Any, ...]]:
        """Every row of a CSV file that gave way to a later version of it."""
        path = self.data_dir / "raw" / "given_way" / "lines.parquet"
        if not path.is_file():
            return []
        with duckdb.connect() as connection:
            return connection.execute("select * from read_parquet(?) order by all", [str(path)]).fetchall()

    def build(self, as_of: datetime, full_refresh: bool = False, without: Sequence[str] = ()) -> None:
        """One dbt build as a run makes it, but for tests, and for these models, as if it had died before them.

        Raises:
            BuildFailed: dbt could not.
        """
        self.runs += 1
        store, project, run_id = RawStore(self.data_dir, self.objects), self.project.as_run, f"run-{self.runs}"
        store.write_run_context(run_id, as_of, "-")
        full_refresh, self.is_outdated = full_refresh or self.is_outdated, False
        before, self.built, longest_id = self.built, None, store.longest_id()
        full_refresh |= before is not None and before.longest_id != longest_id
        more = [*(["--full-refresh"] if full_refresh else []), *(["--exclude", *without] if without else [])]
        chosen = set() if more else changed_nodes(project, store, self.data_dir / "warehouse.duckdb", before)
        if self.marts and chosen:
            chosen &= linked((f"model.{PACKAGE}.{name}" for name in self.marts), project.manifest["parent_map"])
        elif self.marts:
            more += ["--select", *(f"+{name}" for name in self.marts)]
        self.dbt("build", "--exclude-resource-type", "test", *more, chosen=chosen)
        if not without:
            left = Built("-", True, run_id, as_of.isoformat(), project.key, store.last_batch_id())
            self.built = replace(left, longest_id=longest_id)

    def dbt(self, command: str, *arguments: str, chosen: Set[str] = frozenset()) -> None:
        """One dbt command on these nodes, or on all, unit tests left out; raises BuildFailed."""
        target = self.data_dir / "target"
        arguments = (*quiet(), "--no-write-json", command, *locations(self.project.directory, target), *arguments)
        arguments += ("--exclude-resource-type", "unit_test")
        parsed = self.project.manifest()
        if chosen:
            arguments += tuple(selection_of(chosen, parsed))
        os.environ["CAW_DATA_DIR"] = str(self.data_dir)
        with contextlib.chdir(self.data_dir):
            try:
                outcome = dbtRunner(manifest=parsed).invoke(list(arguments))
            finally:
                close_warehouse()
        if not outcome.success:
            raise BuildFailed(_why(outcome))

    def tables(self, names: Sequence[str] = TABLES) -> dict[str, list[Row]]:
        """Tables of the warehouse as lists of rows; instants are UTC."""
        with duckdb.connect(str(self.data_dir / "warehouse.duckdb"), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            return {name: rows_of(connection, f"select * from {name}") for name in names}

    def query(self, sql: str) -> list[Row]:
        """Rows of a query on the warehouse."""
        with duckdb.connect(str(self.data_dir / "warehouse.duckdb"), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            return rows_of(connection, sql)


class Replay(Pipeline):
    """A pipeline whose deliveries were taken in before, by another one: their batches are copied."""

    def __init__(self, folder: Path, project: ProjectCopy, taken_in: Pipeline) -> None:
        super().__init__(folder, project)
        self.taken_in = taken_in
        self.delivered = 0

    def deliver(self, files: Mapping[str, bytes], ingested_at: datetime) -> str | None:
        """The next of the other pipeline's batches, whatever is given."""
        self.delivered += 1
        store = self.taken_in.data_dir
        for path in (path for path in store.rglob("*.parquet") if path.is_file()):
            batch = BATCH.search(str(path.relative_to(store)))
            target = self.data_dir / path.relative_to(store)
            if not target.exists() and (batch is None or int(batch[1]) <= self.delivered):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
        return f"{self.delivered:08d}"


def rows_of(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    """The rows of a query as dictionaries."""
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def close_warehouse() -> None:
    """Give the file up: the adapter keeps it open for the life of the process otherwise."""
    with contextlib.suppress(Exception):  # there is no environment if dbt stopped before it opened one
        DuckDBConnectionManager.env().close()
    DuckDBConnectionManager.close_all_connections()


def _why(outcome: Any) -> str:
    if outcome.exception is not None:
        return str(outcome.exception)
    results = getattr(outcome.result, "results", None) or []
    bad = [one for one in results if str(one.status) in ("error", "fail", "runtime error")]
    return "; ".join(f"{one.node.name}: {' '.join(str(one.message).split())[:1500]}" for one in bad)
