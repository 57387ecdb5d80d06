"""The published marts: the last asset, downstream of all that is published and of every check that blocks."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext

import dagster as dg

from caw.host import clock, progress
from caw.host.permissions import READERS
from caw.publication import SCHEMAS, LastRun, publish
from caw.publication.copies import outdating_copies
from caw.publication.files import forgetting_is_due
from caw.publication.notes import take_notes, write_notes
from caw.publication.taken_back import resolutions_taken_back
from caw.settings import Settings
from caw.version import package_version
from caw_dagster.dbt.project import Project
from caw_dagster.dbt.state import read_built
from caw_dagster.engines import CatalogRun
from caw_dagster.resources import POOL, RunContext
from caw_dagster.retries import guarded

KEY = dg.AssetKey(["published", "marts"])


def publication_asset(project: Project, warehouse: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """The published file, depending on every asset of a published schema."""

    @dg.asset(
        key=KEY,
        deps=_published(warehouse),
        group_name="publication",
        kinds={"duckdb", "python"},
        owners=["team:data"],
        tags={"layer": "publication"},
        description="`published/marts.duckdb`, the file that BI tools open, and the same marts as Parquet in "
        "`published/parquet/current`, each replaced by one rename.",
        pool=POOL,
    )
    def publish_marts(run_context: dg.ResourceParam[RunContext]) -> dg.MaterializeResult[None]:
        settings = run_context.settings
        built = read_built(settings.state_dir)
        if built is None or not built.complete:
            raise dg.Failure(
                "The warehouse's last build was not whole, or a test failed: launch the job `refresh`.",
                allow_retries=False,
            )
        progress.report("Publication", str(settings.published))
        last_run = LastRun(built.run_id, built.instant, clock.now(), package_version())
        with guarded(settings.data_dir), project.engine.publishable(settings, project.manifest) as tables:
            taken_back = resolutions_taken_back(settings.warehouse, settings.published)
            forgets = forgetting_is_due(settings.published)
            run = CatalogRun(last_run, built.by_clock, forgets)
            project.engine.publish_in_catalog(settings, project.manifest, run)
            with outdating_copies(settings.state_dir) if forgets else nullcontext():
                published = publish(
                    tables,
                    settings.published,
                    last_run,
                    options(settings),
                    built.by_clock,
                    READERS[settings.readers],
                )
            write_notes(settings.state_dir, take_notes(settings.warehouse, built.batch_id, taken_back))
        if published.ahead is not None:
            progress.say(
                "Clock",
                f"it was ahead: what was published until now is as of {clock.shown(published.ahead)}, "
                f"and is replaced by this run, as of {clock.shown(built.instant)}",
            )
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(str(published.path)),
                "parquet": dg.MetadataValue.path(str(published.parquet)),
                "bytes": published.bytes,
                "as_of": built.as_of,
                "rows": dg.MetadataValue.json(published.rows),
                "changed relations": len(published.changed),
            }
        )

    return publish_marts


def options(settings: Settings) -> Mapping[str, str]:
    """DuckDB's settings: publication and report have the models' limits."""
    return {
        "memory_limit": settings.memory_limit,
        "threads": str(settings.threads),
        "temp_directory": str(settings.data_dir / "spill"),
    }


def _published(warehouse: dg.AssetsDefinition) -> Sequence[dg.AssetKey]:
    return sorted(key for key in warehouse.keys if key.path[0] in SCHEMAS)
