"""The run context: the resource that every step asks for. It locks the data dir for one run.

The lock is taken before the first step and released after the last one, so that from ingestion to publication no other
process writes the data dir. Steps learn from it the run's id, instant and settings.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import dagster as dg

from caw.adapters.registry import check_all_seeds
from caw.as_of import parse_as_of
from caw.engine import remember
from caw.feeds.seed_checks import packaged_instead
from caw.host import clock, progress
from caw.host.locks import LOCK, Holder, exclusive
from caw.host.permissions import private_files
from caw.settings import Settings, SettingsError, check_folders, read_settings
from caw_dagster.engines import engine_of
from caw_dagster.instance.folders import environment
from caw_dagster.instance.history import forget_old_runs, forget_ticks_ahead
from caw_dagster.instance.runs import fail_dead_runs, living
from caw_dagster.instance.sqlite import keep_history_quick

POOL = "warehouse"  # instance-wide, one at a time: whoever opens the warehouse

CONFIG = {
    "as_of": dg.Field(
        dg.Noneable(str),
        default_value=None,
        description="The run's instant, ISO 8601, not in the future; now if empty.",
    ),
    "full_refresh": dg.Field(
        bool, default_value=False, description="Rebuild every table from the raw store instead of adding to it."
    ),
}


@dataclass(frozen=True)
class RunContext:
    """The run that has locked the data dir: its settings and instant."""

    settings: Settings
    run_id: str
    as_of: datetime  # UTC
    by_clock: bool  # as_of is the clock's: none was given
    full_refresh: bool

    def write_run_context(self, parsing_fingerprint: str, longest_id: int) -> None:
        """Write this run for the models to read (source `raw.run`)."""
        self.settings.store().write_run_context(self.run_id, self.as_of, parsing_fingerprint, self.by_clock, longest_id)


@dg.resource(config_schema=CONFIG, description=__doc__)
def run_context_resource(context: dg.InitResourceContext) -> Iterator[RunContext]:
    """Lock the data dir for the run, with the environment's settings and the run's own two."""
    if context.run is None or context.instance is None:
        raise dg.DagsterInvariantViolationError("This resource belongs to a run.")
    run_id = context.run.run_id
    config = context.resource_config
    try:
        settings = read_settings()
        check_folders(settings)
        check_all_seeds(settings)
        engine_of(settings).check(settings)
        parse_as_of(config["as_of"], clock.now())
    except SettingsError as wrong:
        raise dg.Failure(str(wrong), allow_retries=False) from wrong
    os.environ.update(environment(settings))
    keep_history_quick()
    with private_files(), holding(settings, run_id, _say_waiting):
        remember(settings.data_dir, settings.engine)
        if lacking := packaged_instead(settings):
            progress.say("Seeds", f"{settings.seeds_dir} lacks {', '.join(lacking)}: the packaged one counts")
        for dead in fail_dead_runs(context.instance, settings.state_dir):
            progress.say("Recovery", f"run {dead[:8]} had died; it is marked failed, and this run takes over its work")
        forget_old_runs(context.instance)
        if woken := forget_ticks_ahead(context.instance, clock.now().timestamp()):
            progress.say("Clock", f"it was ahead: {', '.join(woken)} had waited for it to come to the last tick")
        shutil.rmtree(settings.data_dir / "spill", ignore_errors=True)  # DuckDB's, left by a run that died
        as_of = parse_as_of(config["as_of"], clock.now())
        yield RunContext(settings, run_id, as_of, config["as_of"] is None, config["full_refresh"])


def _say_waiting(holder: str) -> None:
    """As `say_waiting` of locks.py, in the run's own display or log."""
    progress.say("Waiting", f"{holder} holds the data dir")


@contextmanager
def holding(settings: Settings, run_id: str, on_wait: Callable[[str], None]) -> Iterator[None]:
    """Lock the data dir for the block, and show other processes that this run is alive while it waits for the lock."""
    holder = Holder.now(run_id)
    with living(settings.state_dir, holder), exclusive(settings.state_dir / LOCK, holder, on_wait):
        yield
