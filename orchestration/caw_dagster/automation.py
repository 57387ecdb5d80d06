"""The schedule and the sensor: a run every five minutes, because marts depend on the clock, and soon after a file
lands.

Both skip while a run waits or works: that run, or the one after it, ingests the files.
"""

import time

import dagster as dg

from caw.landing.fingerprint import landing_fingerprint, saved_fingerprint
from caw.settings import Settings, read_settings
from caw_dagster.assets.pulls import GROUP as PULLS
from caw_dagster.instance.runs import JOB_NAME, SCHEDULE_NAME, SENSOR_NAME, active_runs, fail_dead_runs

EVERY_FIVE_MINUTES = "*/5 * * * *"
# Dagster's daemon comes back to a sensor after five seconds, and not before: the sensor watches for most of them. With
# those five as its interval, it would be passed over by a hair every other time.
WATCH_SECONDS = 4.5
LOOK_EVERY_SECONDS = 0.5
SHARE_OF_LOOKING = 0.1  # of the time at most: a landing zone of very many files is looked at less often
INTERVAL_SECONDS = 1

refresh_job = dg.define_asset_job(
    JOB_NAME,
    selection=(dg.AssetSelection.all() - dg.AssetSelection.groups(PULLS)) | dg.AssetSelection.all_asset_checks(),
    description="One whole refresh: ingests what has landed, builds and checks the warehouse, and publishes the marts "
    "if no check that blocks has failed. The schedule, the sensor and `caw run` launch this job.",
    executor_def=dg.in_process_executor,
)


@dg.schedule(
    cron_schedule=EVERY_FIVE_MINUTES,
    name=SCHEDULE_NAME,
    job=refresh_job,
    description="Refreshes everything every five minutes, because segments and eligibility depend on the clock as "
    "well as on new files. Skips while a run waits or works.",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    execution_timezone="UTC",
)
def refresh_every_five_minutes(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Start a run every five minutes, unless one waits or works."""
    return _busy(context.instance, read_settings()) or dg.RunRequest()


@dg.sensor(
    name=SENSOR_NAME,
    job=refresh_job,
    description="Refreshes everything within seconds of a new or changed file in the landing zone. Skips while a run "
    "waits or works, which ingests the file, or is followed by one that does.",
    minimum_interval_seconds=INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def landed_files(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Start a run as soon as something lands that no run has ingested; one run per state of the landing zone."""
    settings = read_settings()
    deadline = time.monotonic() + WATCH_SECONDS
    while True:
        began = time.monotonic()
        outcome = _look(context.instance, settings)
        pause = max(LOOK_EVERY_SECONDS, (time.monotonic() - began) / SHARE_OF_LOOKING)
        if isinstance(outcome, dg.RunRequest) or time.monotonic() + pause > deadline:
            return outcome
        time.sleep(pause)


def _look(instance: dg.DagsterInstance, settings: Settings) -> dg.RunRequest | dg.SkipReason:
    if not settings.landing_dir.is_dir():
        return dg.SkipReason(f"there is no landing zone at {settings.landing_dir}")
    if busy := _busy(instance, settings):
        return busy
    found = landing_fingerprint(settings.landing_dir)
    if found == saved_fingerprint(settings.state_dir):
        return dg.SkipReason("nothing new in the landing zone")
    return dg.RunRequest(run_key=found)


def _busy(instance: dg.DagsterInstance, settings: Settings) -> dg.SkipReason | None:
    """The reason to start no run now; a run whose process is gone does not count, and is marked failed here."""
    fail_dead_runs(instance, settings.state_dir)
    return dg.SkipReason("a run waits or works") if active_runs(instance) else None
