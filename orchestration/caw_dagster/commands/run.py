"""`caw run`: the job that the schedule and the sensor launch, in this process, with a progress bar and a summary."""

import atexit
import gc
import sys
import time
from argparse import Namespace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from caw.adapters.registry import check_all_seeds
from caw.as_of import parse_as_of
from caw.feeds.declared import SEEDS_DIR
from caw.host import progress
from caw.host.permissions import private_files
from caw.host.printable import printable_lines
from caw.host.terminal import Display, diverted_output
from caw.publication.copies import copies_to_write_again
from caw.publication.notes import read_notes
from caw.settings import Settings, check_folders, read_settings
from caw_dagster.commands.command_lines import command_line, look_closer
from caw_dagster.engines import engine_of
from caw_dagster.instance.folders import prepare_instance

if TYPE_CHECKING:
    from caw_dagster.execution import Outcome

FAILED = 1
OBJECTS_BETWEEN_COLLECTIONS = 50_000  # 700 by default; dbt makes as many for each of its nodes


def main(arguments: Namespace) -> int:
    """Run the job once and print its summary; the exit code.

    Raises:
        SettingsError: before anything is touched.
    """
    began = time.monotonic()
    settings = read_settings(landing=arguments.landing, data_dir=arguments.data_dir, engine=arguments.engine)
    parse_as_of(arguments.as_of, datetime.now(UTC))
    check_folders(settings)
    check_all_seeds(settings)
    engine_of(settings).check(settings)
    outcome = run_job(settings, arguments.as_of, arguments.full_refresh)
    if outcome.failure is not None or outcome.published is None or outcome.as_of is None:
        print(printable_lines(f"caw: {outcome.failure} (log: {log_of(settings)})"), file=sys.stderr)
        return FAILED
    summary = import_module("caw.summary.page")
    seconds = time.monotonic() - began
    read = summary.read_summary(
        outcome.published,
        look_closer(settings),
        outcome.batch_id,
        outcome.as_of,
        seconds,
        read_notes(settings.state_dir),
        settings.seeds_dir or SEEDS_DIR,
    )
    print(summary.render(read))
    held = import_module("caw.erasure.held_files").still_holding(settings.landing_dir, settings.store())
    if held:
        print(f"{summary.render_held_files(held)} (`{command_line(settings, 'doctor')}` names all)")
    for line in copies_to_write_again(settings.state_dir):
        print(line)
    return 0


def run_job(settings: Settings, as_of: str | None, full_refresh: bool) -> "Outcome":
    """Run the job `refresh` with a progress display; all other output goes to the log.

    Args:
        settings: checked ones.
        as_of: the run's instant as it was given; now where it is None.
        full_refresh: rebuild every table from the raw store.
    """
    with private_files():
        prepare_instance(settings)
        with diverted_output(log_of(settings)) as terminal, Display(terminal) as display, progress.listening(display):
            progress.report("Starting", "Dagster and dbt")
            execution = _loaded("caw_dagster.execution")  # seconds: after the checks, and behind the display
            outcome: Outcome = execution.execute(as_of, full_refresh)
    return outcome


def _loaded(name: str) -> ModuleType:
    """Import a module with all that it needs, whose million objects Python's garbage collector then leaves alone.

    It would look through them again and again, and find nothing: a tenth of a small run's time.
    """
    gc.disable()
    try:
        module = import_module(name)
        gc.freeze()
        atexit.register(gc.unfreeze)  # else libraries complain at the end that their objects were never given back
    finally:
        gc.enable()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    return module


def log_of(settings: Settings) -> Path:
    """The log file of Dagster, dbt and Python."""
    return settings.log_dir / "caw.log"
