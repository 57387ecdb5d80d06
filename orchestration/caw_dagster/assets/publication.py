"""The published marts: the last asset, downstream of all that is published and of every check that blocks."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import dagster as dg

from caw.engine import PUBLISHED_VIEWS
from caw.host import clock, progress
from caw.host.permissions import READERS
from caw.publication import SCHEMAS, LastRun, Published, publish
from caw.publication.catalog_only import InCatalog, files_are_published, publish_views
from caw.publication.copies import outdating_copies
from caw.publication.files import forgetting_is_due, publication_folder, remove
from caw.publication.notes import take_notes, write_notes
from caw.publication.place import last_publication, published_file
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
        "`published/parquet/current`, each replaced by one rename; or a catalog's tables alone (CAW_SPARK_COPY).",
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
        run = CatalogRun(last_run, built.by_clock, forgetting_is_due(settings.published))
        with guarded(settings.data_dir):
            taken_back = resolutions_taken_back(settings.warehouse, published_file(settings))
            published = _publish(project, settings, run)
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
                "as_of": built.as_of,
                "rows": dg.MetadataValue.json(published.rows),
                **_of_files(published),
            }
        )

    return publish_marts


def _publish(project: Project, settings: Settings, run: CatalogRun) -> Published | InCatalog:
    """In the engine's catalog, if the settings ask for that; then as files, or as views for caw itself.

    What the catalog shows may be later than what is shown here: then a run was killed between the two, and whether this
    one is of the past is the catalog's to say.
    """
    latest = None if run.forgets else last_publication(settings)
    with _tables(project, settings, run, latest) as tables:
        later = project.engine.publish_in_catalog(settings, project.manifest, run)
        if later is None or tables is not None:
            return _publish_here(tables, settings, run, later or latest)
    with _tables(project, settings, run, later) as tables:
        return _publish_here(tables, settings, run, later)


def _tables(
    project: Project, settings: Settings, run: CatalogRun, latest: LastRun | None
) -> AbstractContextManager[Path | None]:
    """The tables that files are made of; None for a run that leaves none. A run of the past always leaves some."""
    folder = publication_folder(settings.published, latest, run.last_run.as_of, run.by_clock)
    if files_are_published() or folder != settings.published:
        return project.engine.publishable(settings, project.manifest)
    return nullcontext()


def _publish_here(
    tables: Path | None, settings: Settings, run: CatalogRun, latest: LastRun | None
) -> Published | InCatalog:
    """As files of these tables, or as views where there are none."""
    with outdating_copies(settings.state_dir) if run.forgets else nullcontext():
        if tables is None:
            return publish_views(settings, run.last_run, options(settings), READERS[settings.readers], latest)
        return _publish_files(tables, settings, run, latest)


def _publish_files(tables: Path, settings: Settings, run: CatalogRun, latest: LastRun | None) -> Published:
    """As files; those of the latest run take the place of views."""
    readers = READERS[settings.readers]
    done = publish(tables, settings.published, run.last_run, options(settings), run.by_clock, readers, latest)
    if done.path.parent == settings.published:
        remove(settings.data_dir / PUBLISHED_VIEWS)
    return done


def _of_files(published: Published | InCatalog) -> Mapping[str, Any]:
    """The metadata of a publication that only one of files has."""
    if isinstance(published, InCatalog):
        return {}
    return {
        "parquet": dg.MetadataValue.path(str(published.parquet)),
        "bytes": published.bytes,
        "changed relations": len(published.changed),
    }


def options(settings: Settings) -> Mapping[str, str]:
    """DuckDB's settings: publication and report have the models' limits."""
    return {
        "memory_limit": settings.memory_limit,
        "threads": str(settings.threads),
        "temp_directory": str(settings.data_dir / "spill"),
    }


def _published(warehouse: dg.AssetsDefinition) -> Sequence[dg.AssetKey]:
    return sorted(key for key in warehouse.keys if key.path[0] in SCHEMAS)
