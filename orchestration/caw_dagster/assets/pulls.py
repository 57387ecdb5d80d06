"""The assets of pulls, one per row of `pulls.csv`, with a job and schedules of their own.

No refresh selects them: a vendor that is down must not keep the warehouse from what has landed. They never open the
warehouse, hold no lock of the data dir, and have a pool of their own. What does not belong here: pulling (caw/pull).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from caw.feeds.declared import SEEDS_DIR
from caw.host import progress
from caw.host.locks import Holder
from caw.pull.rows import Row, access_of, read_rows
from caw.pull.run import Places, Pulled, pull_row
from caw.settings import Settings, SettingsError, check_folders, read_settings
from caw_dagster.instance.runs import PULL_JOB, PULL_SCHEDULE, RESCAN_SCHEDULE, active_pulls, fail_dead_runs, living
from caw_dagster.retries import guarded

GROUP = "pull"
POOL = "pull"
EVERY_FIVE_MINUTES = "2-59/5 * * * *"  # not in the minute in which a refresh begins, which waits for what lands
NIGHTLY = "17 3 * * *"
Job = Any  # what define_asset_job gives: its class is named in a private module of Dagster alone


@dataclass(frozen=True)
class Pulls:
    """Definitions of pulls in the code location; none of all three where there are no rows."""

    assets: Sequence[dg.AssetsDefinition] = ()
    jobs: Sequence[Job] = ()
    schedules: Sequence[dg.ScheduleDefinition] = ()


def rows_to_pull(settings: Settings) -> Sequence[Row]:
    """The rows of `pulls.csv`; none where it has a mistake, which every run says before it touches anything."""
    try:
        return read_rows(settings)
    except SettingsError:
        return ()


def key_of(row: Row) -> dg.AssetKey:
    """The asset of a row."""
    return dg.AssetKey(["pull", row.source, row.feed])


def pulls_of(rows: Sequence[Row]) -> Pulls:
    """The assets, the job and the schedules of these rows."""
    if not rows:
        return Pulls()
    job = dg.define_asset_job(
        PULL_JOB,
        selection=dg.AssetSelection.assets(*map(key_of, rows)),
        description="Asks vendors' APIs for what is new, by the rows of seeds/pulls.csv, and lands it. A refresh takes "
        "it in by itself.",
        executor_def=dg.in_process_executor,
    )
    return Pulls([_asset(row) for row in rows], [job], _schedules(job, rows))


def _asset(row: Row) -> dg.AssetsDefinition:
    rescan = dg.Field(bool, default_value=False, description="Ask as far back as rescan_days says.")

    @dg.asset(
        key=key_of(row),
        description=f"What {row.vendor}'s API has for {row.feed} of {row.source}, landed as files of new lines.",
        group_name=GROUP,
        kinds={"python"},
        owners=["team:data"],
        tags={"layer": "raw"},
        pool=POOL,
        config_schema={"rescan": rescan},
    )
    def pull(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        settings = read_settings()
        holder = Holder.now(context.run.run_id)
        with guarded(settings.data_dir):
            check_folders(settings)
            with living(settings.state_dir, holder):
                pulled = _pull(settings, row, bool(context.op_execution_context.op_config["rescan"]))
        progress.say("Pulling", f"{row.name}: {pulled}")
        return dg.MaterializeResult(metadata=_metadata(pulled))

    return pull


def _pull(settings: Settings, row: Row, rescan: bool) -> Pulled:
    places = Places(settings.landing_dir, settings.data_dir, settings.seeds_dir or SEEDS_DIR)
    return pull_row(
        row,
        access_of(row.source, row.vendor),
        places,
        rescan,
        on_page=lambda so_far: progress.report("Pulling", f"{row.name}: page {so_far.pages:,}"),
        on_wait=lambda words: progress.report("Pulling", f"{row.name}: {words}"),
    )


def _metadata(pulled: Pulled) -> dict[str, int | str]:
    return {
        "pages": pulled.pages,
        "objects": pulled.objects,
        "new lines": pulled.lines,
        "files": pulled.files,
        "up to": "nothing was due" if pulled.until is None else pulled.until.isoformat(),
    }


def _schedules(job: Job, rows: Sequence[Row]) -> Sequence[dg.ScheduleDefinition]:
    rescans = {"ops": {key_of(row).to_python_identifier(): {"config": {"rescan": True}} for row in rows}}

    @dg.schedule(
        cron_schedule=EVERY_FIVE_MINUTES,
        name=PULL_SCHEDULE,
        job=job,
        description="Asks vendors' APIs for what is new every five minutes. Skips while a pull waits or works.",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        execution_timezone="UTC",
    )
    def pull_every_five_minutes(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        return _busy(context.instance) or dg.RunRequest()

    @dg.schedule(
        cron_schedule=NIGHTLY,
        name=RESCAN_SCHEDULE,
        job=job,
        description="Asks once a night as far back as rescan_days says, for what arrived late.",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        execution_timezone="UTC",
    )
    def rescan_every_night() -> dg.RunRequest:
        return dg.RunRequest(run_config=rescans)

    return [pull_every_five_minutes, rescan_every_night]


def _busy(instance: dg.DagsterInstance) -> dg.SkipReason | None:
    fail_dead_runs(instance, read_settings().state_dir)
    return dg.SkipReason("a pull waits or works") if active_pulls(instance) else None
