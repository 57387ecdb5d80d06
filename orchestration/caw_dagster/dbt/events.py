"""Turns dbt's result events into what Dagster records: materializations with metadata, and check results.

dagster-dbt turns the events into Dagster's; row counts and columns are added from one look at the warehouse after dbt
has closed it, column lineage from lineage.py.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from caw.publication import SCHEMAS
from caw.settings import Settings
from caw_dagster.dbt.build import Build
from caw_dagster.dbt.lineage import as_metadata, lineage_of_project
from caw_dagster.dbt.project import Project, linked, relation

DagsterEvent = (
    dg.Output[Any]
    | dg.AssetMaterialization
    | dg.AssetObservation
    | dg.AssetCheckResult
    | dg.AssetCheckEvaluation
    | dg.MaterializeResult[None]
)
UNCHANGED_SINCE = "unchanged since run"
UNIQUE_ID = "dagster_dbt/unique_id"  # dagster-dbt's key for a test's id in the metadata of its check
RESULT_OF = "result of run"
RESULT_AT = "result from"
REJECTS = ("health", "rejected_records")


@dataclass(frozen=True)
class Catalog:
    """The warehouse's tables, by (schema, table): data types by column, and row counts; refused lines by reason."""

    columns: Mapping[tuple[str, str], Mapping[str, str]]
    rows: Mapping[tuple[str, str], int]
    refused: Mapping[str, int]


class UnchangedTables:
    """The published tables that a run leaves as they are, because nothing new can have reached what they read.

    Dagster would skip the publication, which waits for them, and call them stale although they are as new as the data.
    Each gets a result of its own that names the run which made it, with that run's metadata. Dagster takes results in
    the order of the graph alone.

    Args:
        context: of the step; what it does not select gets no result.
        project: the dbt project.
        translator: gives each node's asset key.
        built: ids of the dbt nodes that this run builds.
    """

    def __init__(
        self,
        context: dg.AssetExecutionContext,
        project: Project,
        translator: DagsterDbtTranslator,
        built: Collection[str],
    ) -> None:
        nodes, self._parents = project.manifest["nodes"], project.manifest["parent_map"]
        left = (name for name, node in nodes.items() if _is_published(node) and name not in built)
        keys = {name: translator.get_asset_key(nodes[name]) for name in left}
        self._keys = {name: key for name, key in keys.items() if key in context.selected_asset_keys}
        self._made = context.instance.event_log_storage.get_latest_materialization_events(self._keys.values())

    def before(self, node: str) -> Iterator[dg.MaterializeResult[None]]:
        """Results of those that a node is made from, each once."""
        yield from self._results(self._keys.keys() & linked([node], self._parents))

    def others(self) -> Iterator[dg.MaterializeResult[None]]:
        """Results of all that had none yet."""
        yield from self._results(set(self._keys))

    def _results(self, names: Collection[str]) -> Iterator[dg.MaterializeResult[None]]:
        for name in sorted(names, key=lambda name: len(linked([name], self._parents))):  # parents have fewer ancestors
            key = self._keys.pop(name)
            event = self._made.get(key)
            made = event.asset_materialization if event else None
            since = {UNCHANGED_SINCE: dg.MetadataValue.dagster_run(event.run_id)} if event else {}
            yield dg.MaterializeResult(asset_key=key, metadata={**since, **(made.metadata if made else {})})


def _is_published(node: Mapping[str, Any]) -> bool:
    return node["resource_type"] == "model" and node["schema"] in SCHEMAS


def dagster_events(
    context: dg.AssetExecutionContext,
    project: Project,
    translator: DagsterDbtTranslator,
    settings: Settings,
    build: Build,
    unchanged: UnchangedTables | None,
) -> Iterator[DagsterEvent]:
    """The build's events, with row counts, column schema and column lineage on the materializations.

    Args:
        context: of the step.
        project: the dbt project.
        translator: gives each node's asset key.
        settings: whose warehouse.
        build: what dbt has done.
        unchanged: what a whole run leaves as it is; None where dbt chose what to build.
    """
    manifest = project.manifest
    nodes = [manifest["nodes"][raw["data"]["node_info"]["unique_id"]] for raw in build.events]
    catalog = read_catalog(settings.warehouse, {relation(node) for node in nodes})
    lineage = lineage_of_project(project, build.target, catalog.columns)
    everything = {**manifest["nodes"], **manifest["sources"]}
    keys = {
        name: translator.get_asset_key(node) for name, node in everything.items() if node["resource_type"] != "test"
    }
    for raw, node in zip(build.events, nodes, strict=True):
        name = node["unique_id"]
        yield from unchanged.before(name) if unchanged else ()
        columns = {column: {"data_type": kind} for column, kind in catalog.columns.get(relation(node), {}).items()}
        message = DbtCoreCliEventMessage(raw, {"columns": columns})
        for event in message.to_default_asset_events(manifest, translator, context, build.target):
            if isinstance(event, dg.Output):
                facts = {**_facts(catalog, node), **as_metadata(lineage.get(name, {}), keys)}
                yield event.with_metadata({**event.metadata, **facts})
            else:
                yield event
    yield from unchanged.others() if unchanged else ()


def last_results(context: dg.AssetExecutionContext, built: Collection[str]) -> Iterator[dg.AssetCheckResult]:
    """The last results of the checks that this run leaves out because nothing new can have reached what they read.

    Dagster plans every check of a run, and shows one without a result as skipped. Each result names the run that it is
    of; a check without a known result gets none.

    Args:
        context: of the step, which selects all checks.
        built: ids of the dbt nodes that this run builds and tests.
    """
    left_out = [spec.key for spec in context.assets_def.check_specs if spec.metadata[UNIQUE_ID] not in built]
    if not left_out:
        return
    summaries = context.instance.event_log_storage.get_asset_check_summary_records(left_out)
    for key in left_out:
        record = summaries[key].last_completed_check_execution_record
        if record is None or record.event is None or (last := record.evaluation) is None:
            continue
        obtained: dict[str, dg.MetadataValue[Any]] = {
            RESULT_OF: dg.MetadataValue.dagster_run(record.run_id),
            RESULT_AT: dg.MetadataValue.timestamp(record.event.timestamp),
        }
        yield dg.AssetCheckResult(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=last.passed,
            severity=last.severity,
            description="Not run again: nothing that it reads has changed since. This is its last result.",
            metadata={**obtained, **last.metadata},  # which names an earlier run where that one left it out, too
        )


def read_catalog(warehouse: Path, built: Collection[tuple[str, str]]) -> Catalog:
    """Columns of the warehouse, and row counts and refusals of what was built; empty where it does not exist."""
    if not warehouse.exists():
        return Catalog({}, {}, {})
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        columns: dict[tuple[str, str], dict[str, str]] = {}
        for schema, table, column, kind in connection.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns() "
            "where not internal order by schema_name, table_name, column_index"
        ).fetchall():
            columns.setdefault((schema, table), {})[column] = kind
        tables = connection.execute("select schema_name, table_name from duckdb_tables() where not internal").fetchall()
        if not tables:  # another engine's stand here as views of their files
            tables = connection.execute(
                "select schema_name, view_name from duckdb_views() where not internal"
            ).fetchall()
        rows = {name: _count(connection, *name) for name in tables if name in built}
        refused: dict[str, int] = {}
        if REJECTS in rows:
            counted = "select reason, count(*) from health.rejected_records group by reason order by 2 desc, 1"
            refused = dict(connection.execute(counted).fetchall())
    return Catalog(columns, rows, refused)


def _count(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> int:
    row = connection.execute(f'select count(*) from "{schema}"."{table}"').fetchone()
    return int(row[0]) if row else 0


def _facts(catalog: Catalog, node: Mapping[str, Any]) -> dict[str, Any]:
    name = relation(node)
    facts: dict[str, Any] = {"dagster/row_count": catalog.rows[name]} if name in catalog.rows else {}
    if name == REJECTS:
        facts |= {f"refused: {reason}": count for reason, count in catalog.refused.items()}
    return facts
