"""The raw assets: one per feed, and what else dbt reads as source `raw`. One step, because one batch is one commit.

What does not belong here: how files become lines (caw/ingest); this module runs it and reports the result.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from caw.erasure.run import finish_erasure
from caw.feeds.declared import SEEDS_DIR, declarations, feeds, feeds_making
from caw.host import clock, progress
from caw.ingest.commit import BatchResult
from caw.ingest.ingestion import ingest
from caw.ingest.reading import Progress
from caw.landing.fingerprint import landing_fingerprint, save_fingerprint
from caw.pull.rows import Row
from caw.raw_store.longest_id import LONGEST_OF_FEW
from caw_dagster.assets.pulls import key_of
from caw_dagster.dbt.links import PACKAGE
from caw_dagster.dbt.project import Project
from caw_dagster.dbt.state import read_built
from caw_dagster.documents import feed_guide
from caw_dagster.resources import POOL, RunContext
from caw_dagster.retries import guarded

EXPANDED = "expanded_"  # begins the names of tables that are derived from expanded feeds
EXPANDED_LINES = f"{EXPANDED}lines"


def raw_assets(project: Project, rows: Sequence[Row] = ()) -> dg.AssetsDefinition:
    """The assets of source `raw`: every feed, and whatever else the project reads from the raw store.

    Args:
        project: the parsed dbt project.
        rows: of `pulls.csv`; what a row pulls is upstream of its feed.
    """

    @dg.multi_asset(name="ingest", specs=raw_specs(project, rows), pool=POOL, can_subset=False)
    def ingest_landed_files(
        context: dg.AssetExecutionContext, run_context: dg.ResourceParam[RunContext]
    ) -> Iterator[dg.MaterializeResult[None]]:
        settings = run_context.settings
        with guarded(settings.data_dir):
            finish_erasure(settings)
            fingerprint = landing_fingerprint(settings.landing_dir)
            result = ingest(
                settings.landing_dir,
                settings.data_dir,
                ingested_at=clock.now(),
                progress=_report_progress,
                limits=settings.limits,
                seeds=settings.seeds_dir or SEEDS_DIR,
                threads=settings.threads,
                objects=settings.store().objects,
            )
            save_fingerprint(settings.state_dir, fingerprint)
            before = read_built(settings.state_dir)  # what begins the build counts again
            run_context.write_run_context(project.parsing_fingerprint, before.longest_id if before else LONGEST_OF_FEW)
        progress.say("Ingestion", str(result))
        for key in sorted(context.selected_asset_keys, key=_after_what_it_is_made_of):
            yield dg.MaterializeResult(asset_key=key, metadata=_metadata(key.path[-1], result))

    return ingest_landed_files


def raw_specs(project: Project, rows: Sequence[Row] = ()) -> Sequence[dg.AssetSpec]:
    """One spec per table of the project's source `raw`, and per feed even if no model reads it yet."""
    declared = {
        source["name"]: source for source in project.manifest["sources"].values() if source["source_name"] == "raw"
    }
    shown = {name: _feed_metadata(project, name, feed) for name, feed in declarations().items()}
    names = list(dict.fromkeys([*shown, *declared]))
    pulled = {name: [key_of(row) for row in rows if row.feed == name] for name in names}
    return [_spec(name, declared.get(name, {}), shown.get(name, {}), pulled[name]) for name in names]


def _feed_metadata(project: Project, name: str, feed: Mapping[str, Any]) -> Mapping[str, Any]:
    """The feed's fields as columns, and its chapter of docs/feeds.md."""
    base = project.manifest["nodes"].get(f"model.{PACKAGE}.base_{name}", {"columns": {}})
    words = {column: facts["description"] for column, facts in base["columns"].items()}
    return {"dagster/column_schema": dg.TableSchema(list(_columns(feed, words))), **feed_guide(name)}


def _columns(feed: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[dg.TableColumn]:
    """A feed's fields in checking order, the members of an object as `profile.email`.

    Args:
        feed: as `declarations` gives it.
        words: descriptions by field.
    """
    one_of = feed.get("one_of", ())
    needed = {name: [f"required: one of {', '.join(one_of)}"] for name in one_of}
    for record_type, its in feed.get("record_types", {}).items():
        for name in its["required"]:
            needed.setdefault(name, []).append(f"required in {record_type}")
    for field in feed["fields"]:
        for one in [field, *field.get("members", ())]:
            path = one["name"] if one is field else f"{field['name']}.{one['name']}"
            constraints = dg.TableColumnConstraints(nullable=not one.get("required", False), other=needed.get(path, []))
            yield dg.TableColumn(path, one["kind"], words.get(one["name"]) or one.get("description"), constraints)


def _spec(
    name: str, source: Mapping[str, Any], metadata: Mapping[str, Any], pulled: Sequence[dg.AssetKey]
) -> dg.AssetSpec:
    upstream = _expanded_into(name)
    return dg.AssetSpec(
        key=dg.AssetKey(["raw", name]),
        deps=[*(dg.AssetKey(["raw", feed]) for feed in upstream), *pulled],
        description=source.get("description") or f"Lines of the feed {name}, as they landed.",
        group_name="raw",
        kinds={"parquet", "python"},
        owners=["team:data"],
        tags={"layer": "raw"},
        metadata=metadata,
    )


def _after_what_it_is_made_of(key: dg.AssetKey) -> tuple[bool, dg.AssetKey]:
    """The order in which Dagster wants assets: feeds, then what is expanded from them."""
    return bool(_expanded_into(key.path[-1])), key


def _expanded_into(table: str) -> Sequence[str]:
    """The feeds that a table of expanded lines, or of the records that they make, comes from."""
    if table == EXPANDED_LINES:
        return [name for name, feed in feeds().items() if feed.is_expanded]
    return feeds_making(table.removeprefix(EXPANDED)) if table.startswith(EXPANDED) else []


def _report_progress(step: Progress) -> None:
    progress.report("Ingestion", step.file_path, step.done, step.total)


def _metadata(name: str, result: BatchResult) -> dict[str, Any]:
    batch = {"batch_id": result.batch_id or "none", "new files in all feeds": len(result.files)}
    if name not in feeds():
        return batch
    files = result.of_feed(name)
    failed = [file for file in [*files, *result.unreadable] if file.feed == name and file.status == "failed"]
    return {
        **batch,
        "files": len(files),
        "lines": sum(file.lines for file in files),
        "blank": sum(file.blank for file in files),
        "bytes": sum(file.bytes for file in files),
        "failed files": len(failed),  # which and why is in health.ingestion_ledger: a name may be a person's
        **_unknown_words(result.unknown_words.get(name, {})),
    }


def _unknown_words(words: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    """Counts alone: the words, which may be anybody's, are in health.unknown_words, which erasure reaches."""
    counted: dict[str, Any] = {}
    for kind in sorted({kind for kind, _ in words}):
        times = [count for (one, _), count in words.items() if one == kind]
        counted |= {f"unknown {kind}s": len(times), f"times an unknown {kind} occurs": sum(times)}
    return counted
