"""The published marts: the last asset, downstream of all that is published and of every check that blocks."""

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg

from orchestration import progress
from orchestration.erasure import finish, must_publish_afresh
from orchestration.publication import SCHEMAS, LastRun, publish
from orchestration.refresh import POOL, Refresh
from orchestration.retries import retried_if_passing
from orchestration.settings import package_version
from orchestration.state import read_built

KEY = dg.AssetKey(["published", "marts"])


def publication_asset(warehouse: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """The published file, depending on every asset of a published schema."""

    @dg.asset(
        key=KEY,
        deps=_published(warehouse),
        group_name="publication",
        kinds={"duckdb", "python"},
        owners=["team:data"],
        tags={"layer": "publication"},
        description="`published/marts.duckdb`, the file that BI tools open, replaced by one rename.",
        pool=POOL,
    )
    def publish_marts(refresh: dg.ResourceParam[Refresh]) -> dg.MaterializeResult[None]:
        settings = refresh.settings
        built = read_built(settings.state_dir)
        if built is None or not built.complete:
            raise dg.Failure(
                "The warehouse's last build was not whole, or a test failed: launch the job `refresh`.",
                allow_retries=False,
            )
        progress.report("Publication", str(settings.published))
        last_run = LastRun(built.run_id, built.instant, datetime.now(UTC), package_version())
        with retried_if_passing():
            published = publish(settings.warehouse, settings.published, last_run, must_publish_afresh(settings))
        finish(settings)
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(str(published.path)),
                "bytes": published.bytes,
                "as_of": built.as_of,
                "rows": dg.MetadataValue.json(published.rows),
            }
        )

    return publish_marts


def _published(warehouse: dg.AssetsDefinition) -> Sequence[dg.AssetKey]:
    return sorted(key for key in warehouse.keys if key.path[0] in SCHEMAS)
