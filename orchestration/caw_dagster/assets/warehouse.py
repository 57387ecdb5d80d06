"""The dbt project as assets: one step, one `dbt build`; models, seeds and snapshots are assets, data tests are checks.

What does not belong here: running dbt (dbt/build.py), and what Dagster records of each node (dbt/events.py).
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets
from dagster_dbt.asset_utils import get_subset_selection_for_context

from caw.host import progress
from caw.landing.fingerprint import landing_fingerprint, saved_fingerprint
from caw_dagster.dbt.build import Build, NodeDone, dbt_build
from caw_dagster.dbt.events import DagsterEvent, UnchangedTables, dagster_events, last_results
from caw_dagster.dbt.project import Project
from caw_dagster.dbt.run_plan import (
    RunPlan,
    begin,
    finish_ingestion,
    forget,
    nodes_to_build,
    remember,
    restore_history,
)
from caw_dagster.dbt.selection import outdated_by_clock
from caw_dagster.dbt.state import was_published
from caw_dagster.documents import cited_sections
from caw_dagster.errors import described
from caw_dagster.resources import POOL, RunContext
from caw_dagster.retries import SECONDS_BETWEEN, TRANSIENT_WORDS, TRIES, guarded, is_transient

EVENT_TABLES = (
    "conversation_started",
    "conversation_resolved",
    "conversation_escalated",
    "product_recommendation_received",
)
# The schedule rebuilds every 5 minutes: six missed ticks are worth a look, two hours a call.
FRESH = dg.FreshnessPolicy.time_window(warn_window=timedelta(minutes=30), fail_window=timedelta(hours=2))
SHOWN_FAILURES = 5
IS_OVERTAKEN = "overtaken"  # in the metadata of such a failure
OVERTAKEN = (
    "More is new than the clock, for which alone this run was started: run `caw run`, or launch the job `refresh`."
)


class Translator(DagsterDbtTranslator):
    """Names and groups: key = schema and name, group = the folder of the model; nothing in the group default."""

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """The event tables have a freshness policy."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        props = self.get_resource_props(manifest, unique_id)
        if spec.key.path[0] == "events" and props["name"] in EVENT_TABLES:
            return spec.replace_attributes(freshness_policy=FRESH)
        return spec

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetCheckSpec | None:
        """The test's description in the yml, which dagster-dbt takes from the test's meta alone."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        if spec is None:
            return None
        return dg.AssetCheckSpec(
            spec.name,
            asset=spec.asset_key,
            description=spec.description or self.get_resource_props(manifest, unique_id).get("description") or None,
            additional_deps=spec.additional_deps,
            blocking=spec.blocking,
            metadata=spec.metadata,
        )

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The folder below models/, or what the node is."""
        if dbt_resource_props["resource_type"] == "seed":
            return "seeds"
        if dbt_resource_props["resource_type"] == "source":
            return str(dbt_resource_props["source_name"])
        folders = dbt_resource_props["fqn"][1:-1]
        return str(folders[0] if folders else dbt_resource_props["resource_type"] + "s")

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The yml's description; the SQL stays out of every page of the UI."""
        described = dbt_resource_props.get("description")
        return str(described or f"dbt {dbt_resource_props['resource_type']} {dbt_resource_props['name']}")

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        """dagster-dbt's, and the sections of the specification that the description cites."""
        return {**super().get_metadata(dbt_resource_props), **cited_sections(self.get_description(dbt_resource_props))}

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """One team owns the warehouse."""
        return ["team:data"]

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        """dbt's tags, and the layer."""
        return {**super().get_tags(dbt_resource_props), "layer": self.get_group_name(dbt_resource_props)}


def keys_by_clock(manifest: Mapping[str, Any]) -> set[dg.AssetKey]:
    """The assets of the warehouse that a run selects for which nothing is new but the clock."""
    translator, nodes = Translator(), manifest["nodes"]
    built = {name for name in outdated_by_clock(manifest) if nodes[name]["resource_type"] != "test"}
    fresh = {name for name, node in nodes.items() if node["schema"] == "events" and node["name"] in EVENT_TABLES}
    return {translator.get_asset_key(nodes[name]) for name in built | fresh}


def warehouse_assets(project: Project) -> dg.AssetsDefinition:
    """The assets and checks of the whole dbt project, as one step."""
    translator = Translator()

    @dbt_assets(manifest=project.manifest, name="warehouse", dagster_dbt_translator=translator, pool=POOL)
    def build_warehouse(
        context: dg.AssetExecutionContext, run_context: dg.ResourceParam[RunContext]
    ) -> Iterator[DagsterEvent]:
        settings = run_context.settings
        is_by_clock = context.selected_asset_keys == keys_by_clock(project.manifest)

        def build(nodes: Sequence[str] | Set[str]) -> Build:
            return dbt_build(project, settings, plan.rebuild, nodes, _report_node)

        with guarded(settings.data_dir):
            finish_ingestion(settings)
            plan = begin(project, run_context, [] if is_by_clock else _selection(context, project, translator))
            if is_by_clock:
                _stop_if_overtaken(plan)
            _stop_if_failed(forget(plan, build), settings.data_dir)
            restore_history(plan)
            nodes = outdated_by_clock(project.manifest) if is_by_clock else nodes_to_build(plan)
            yield from _recorded(context, translator, plan, nodes, build(nodes))
            remember(plan)

    return build_warehouse


def _recorded(
    context: dg.AssetExecutionContext,
    translator: Translator,
    plan: RunPlan,
    nodes: Sequence[str] | Set[str],
    built: Build,
) -> Iterator[DagsterEvent]:
    """Record a build's results in Dagster, also those of a failed one, which then raises."""
    project, settings = plan.project, plan.settings
    is_part_of_whole = isinstance(nodes, Set) and bool(nodes)
    unchanged = UnchangedTables(context, project, translator, nodes) if is_part_of_whole else None
    yield from dagster_events(context, project, translator, settings, built, unchanged)
    _stop_if_failed(built, settings.data_dir)
    if is_part_of_whole:
        yield from last_results(context, nodes)


def _selection(context: dg.AssetExecutionContext, project: Project, translator: Translator) -> Sequence[str]:
    """dbt's arguments for the part that a run selects; none for the whole project."""
    part, _ = get_subset_selection_for_context(context, project.manifest, None, None, None, translator, None)
    return part


def _stop_if_overtaken(plan: RunPlan) -> None:
    """Stop a run that selects what looks at the clock where more is new, or where checks that it leaves out are due.

    It looks before anything that is tried again: the first try leaves a build that did not end.
    """
    before = plan.before
    if before is not None and before.run_id == plan.run.run_id:
        return
    settings = plan.settings
    is_checked = before is not None and was_published(before, settings)
    is_taken_in = landing_fingerprint(settings.landing_dir) == saved_fingerprint(settings.state_dir)
    if not (is_checked and is_taken_in) or nodes_to_build(plan) != outdated_by_clock(plan.project.manifest):
        raise dg.Failure(OVERTAKEN, metadata={IS_OVERTAKEN: True}, allow_retries=False)


def _report_node(node: NodeDone) -> None:
    progress.report("Models and tests", f"{node.name} {node.status}", node.done, node.total)


def _stop_if_failed(build: Build | None, data_dir: Path) -> None:
    if build is None or build.succeeded:
        return
    words = [*build.failures, *([described(build.error, data_dir)] if build.error else [])]
    if is_transient(build.error) or any(part in line for part in TRANSIENT_WORDS for line in words):
        raise dg.RetryRequested(max_retries=TRIES, seconds_to_wait=SECONDS_BETWEEN)
    for line in words[:SHOWN_FAILURES]:
        progress.say("Failed", line)
    raise dg.Failure(
        f"dbt build failed: {len(words)} of its nodes, first {words[0]}",
        metadata={"failed": dg.MetadataValue.md("\n".join(f"- {line}" for line in words))},
        allow_retries=False,
    )
