"""The dbt project as assets: one step, one `dbt build`; models, seeds and snapshots are assets, data tests are checks.

How dbt is run lives in dbt_build.py; what Dagster is told about each node in dbt_events.py.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets
from dagster_dbt.asset_utils import get_subset_selection_for_context

from caw.adapters.expansion import expand_pending
from caw.erasure.run import finish_erasure, forget_people
from caw.feeds.declared import SEEDS_DIR
from caw.host import progress
from caw.host.clock import shown
from caw.ingest.given_way import batches_given_way
from caw.raw_store.segment_history import give_history_back, keep_history, set_history_back
from caw.raw_store.store import RawStore
from caw_dagster.dbt.build import Build, NodeDone, dbt_build
from caw_dagster.dbt.events import DagsterEvent, dagster_events
from caw_dagster.dbt.project import Project
from caw_dagster.dbt.selection import to_build
from caw_dagster.dbt.state import Built, fingerprint_during, read_built, reason_to_rebuild, write_built
from caw_dagster.errors import described
from caw_dagster.resources import POOL, Refresh
from caw_dagster.retries import PASSING_WORDS, SECONDS_BETWEEN, TRIES, guarded, is_passing

EVENT_TABLES = (
    "conversation_started",
    "conversation_resolved",
    "conversation_escalated",
    "product_recommendation_received",
)
# The schedule rebuilds every 5 minutes: six missed ticks are worth a look, two hours a call.
FRESH = dg.FreshnessPolicy.time_window(warn_window=timedelta(minutes=30), fail_window=timedelta(hours=2))
SHOWN_FAILURES = 5
# What it lists counts as built wherever conversations go, so that only a run of the whole project may make it.
BUILT_CONVERSATIONS = "int_conversation_builds"


class Translator(DagsterDbtTranslator):
    """Names and groups: key = schema and name, group = the folder of the model; nothing in the group default."""

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """The event tables have a freshness policy."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        props = self.get_resource_props(manifest, unique_id)
        if spec.key.path[0] == "events" and props["name"] in EVENT_TABLES:
            return spec.replace_attributes(freshness_policy=FRESH)
        return spec

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

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """One team owns the warehouse."""
        return ["team:data"]

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        """dbt's tags, and the layer."""
        return {**super().get_tags(dbt_resource_props), "layer": self.get_group_name(dbt_resource_props)}


def warehouse_assets(project: Project) -> dg.AssetsDefinition:
    """The assets and checks of the whole dbt project, as one step."""
    translator = Translator()

    @dbt_assets(manifest=project.manifest, name="warehouse", dagster_dbt_translator=translator, pool=POOL)
    def build_warehouse(
        context: dg.AssetExecutionContext, refresh: dg.ResourceParam[Refresh]
    ) -> Iterator[DagsterEvent]:
        settings = refresh.settings
        store = RawStore(settings.data_dir)
        with guarded(settings.data_dir):  # what an ingestion that died left, if this run is of the warehouse alone
            finish_erasure(settings)
            store.prepare()
            expand_pending(store, settings.seeds_dir or SEEDS_DIR)
        selection, _ = get_subset_selection_for_context(context, project.manifest, None, None, None, translator, None)
        if selection:
            selection = [*selection, "--exclude", BUILT_CONVERSATIONS]
        before = read_built(settings.state_dir)
        given_way = batches_given_way(store)
        why = reason_to_rebuild(settings.warehouse, before, project.parsing_fingerprint, given_way)
        if why is not None:
            progress.say("Rebuild", f"{why}: every table is rebuilt from the raw store")
        rebuild = refresh.full_refresh or why is not None
        during = Built(
            parsing_fingerprint=fingerprint_during(settings.warehouse, before, project.parsing_fingerprint, rebuild),
            complete=False,
            run_id=refresh.run_id,
            as_of=refresh.as_of.isoformat(),
            by_clock=refresh.by_clock,
            given_way=len(given_way),
        )
        write_built(settings.state_dir, during)
        refresh.write_run_context(project.parsing_fingerprint)
        target = settings.data_dir / "target" / "run"

        def build_selected(selected: Sequence[str] | Set[str]) -> Build:
            return dbt_build(project, target, rebuild, selected, _report_node)

        with guarded(settings.data_dir):
            if not selection and (identities := forget_people(settings, rebuild, build_selected)) is not None:
                _stop_if_failed(identities, settings.data_dir)
            if not settings.warehouse.exists():
                during = replace(during, parsing_fingerprint=project.parsing_fingerprint)
                write_built(settings.state_dir, during)
                give_history_back(store, settings.warehouse)
            if refresh.by_clock:
                _set_history_back(settings.warehouse, refresh.as_of)
        is_whole = not selection
        outdated = to_build(project, store, settings.warehouse, before) if is_whole and not rebuild else set()
        build = build_selected(outdated or selection)
        yield from dagster_events(context, project, translator, settings, build)
        _stop_if_failed(build, settings.data_dir)
        if is_whole:
            keep_history(store, settings.warehouse)
            after = replace(
                during,
                parsing_fingerprint=project.parsing_fingerprint,
                complete=True,
                project_key=project.key,
                batch_id=store.last_batch_id(),
            )
            write_built(settings.state_dir, after)

    return build_warehouse


def _set_history_back(warehouse: Path, as_of: datetime) -> None:
    latest = set_history_back(warehouse, as_of)
    if latest is not None:
        progress.say(
            "Clock",
            f"it was ahead: segment history and sizes went up to {shown(latest)}; "
            f"what is later than this run is now of {shown(as_of)}",
        )


def _report_node(node: NodeDone) -> None:
    progress.report("Models and tests", f"{node.name} {node.status}", node.done, node.total)


def _stop_if_failed(build: Build, data_dir: Path) -> None:
    if build.succeeded:
        return
    words = [*build.failures, *([described(build.error, data_dir)] if build.error else [])]
    if is_passing(build.error) or any(passing in line for passing in PASSING_WORDS for line in words):
        raise dg.RetryRequested(max_retries=TRIES, seconds_to_wait=SECONDS_BETWEEN)
    for line in words[:SHOWN_FAILURES]:
        progress.say("Failed", line)
    raise dg.Failure(
        f"dbt build failed: {len(words)} of its nodes, first {words[0]}",
        metadata={"failed": dg.MetadataValue.md("\n".join(f"- {line}" for line in words))},
        allow_retries=False,
    )
