"""The report page of each source, after the publication that it is read from (spec §9)."""

from collections.abc import Iterator

import dagster as dg

from caw.host import progress
from caw.host.permissions import READERS
from caw.publication.place import folder_of, publication_of
from caw.report.write import pages, write_all
from caw_dagster.assets.publication import KEY as PUBLISHED
from caw_dagster.assets.publication import options
from caw_dagster.dbt.state import read_built
from caw_dagster.resources import POOL, RunContext
from caw_dagster.retries import guarded

KEY = dg.AssetKey(["published", "report"])
CHECK = dg.AssetCheckSpec(
    "every_tile_could_be_made",
    asset=KEY,
    description="Every tile of `dashboards/customer_agent.yml` has its rows, on the page of every source (the "
    "specification, §9.1). A failed one says so in its place.",
)
SHOWN = 20  # failed tiles in the check's metadata


def report_asset() -> dg.AssetsDefinition:
    """The pages, next to the published file that this run wrote."""

    @dg.asset(
        key=KEY,
        deps=[PUBLISHED],
        group_name="publication",
        kinds={"python"},
        owners=["team:data"],
        tags={"layer": "publication"},
        description="`published/report/<source>/index.html`: one page a source for people, without any person in it, "
        "from the tiles of `dashboards/customer_agent.yml`; replaced by one rename.",
        check_specs=[CHECK],
        pool=POOL,
    )
    def write_report(run_context: dg.ResourceParam[RunContext]) -> Iterator[dg.MaterializeResult[None]]:
        settings = run_context.settings
        built = read_built(settings.state_dir)
        marts = None if built is None else publication_of(settings, built.run_id, built.instant)
        if marts is None:
            raise dg.Failure("Nothing is published yet: launch the job `refresh`.", allow_retries=False)
        progress.report("Report", str(settings.published))
        with guarded(settings.data_dir):
            made = pages(marts, options=options(settings))
            written = write_all(made, folder_of(marts), READERS[settings.readers])
        faults = [fault for one in made for fault in one.faults]
        yield dg.MaterializeResult(
            metadata={"path": dg.MetadataValue.path(str(written)), "pages": len(made)},
            check_results=[
                dg.AssetCheckResult(
                    passed=not faults,
                    asset_key=KEY,
                    check_name=CHECK.name,
                    severity=dg.AssetCheckSeverity.WARN,
                    metadata={
                        "found": len(faults),
                        "first": dg.MetadataValue.md("\n".join(f"- {one}" for one in faults[:SHOWN])),
                    },
                )
            ],
        )

    return write_report
