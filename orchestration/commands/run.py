"""`caw run`: the job that the schedule and the sensor launch, in this process, with a progress bar and a summary."""

import sys
import time
from argparse import Namespace
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING

from orchestration import progress
from orchestration.instance import prepare_instance
from orchestration.settings import check_folders, parse_as_of, read_settings
from orchestration.terminal import Display, diverted_output

if TYPE_CHECKING:
    from orchestration.execution import Outcome

FAILED = 1


def main(arguments: Namespace) -> int:
    """Refresh once; the exit code.

    Raises:
        SettingsError: before anything is touched.
    """
    began = time.monotonic()
    settings = read_settings(landing=arguments.landing, data_dir=arguments.data_dir)
    parse_as_of(arguments.as_of, datetime.now(UTC))
    check_folders(settings)
    prepare_instance(settings)
    log = settings.log_dir / "caw.log"
    with diverted_output(log) as terminal, Display(terminal) as display, progress.listening(display):
        progress.report("Starting", "Dagster and dbt")
        execution = import_module("orchestration.execution")  # seconds: after the checks, and behind the display
        outcome: Outcome = execution.execute(arguments.as_of, arguments.full_refresh)
    if outcome.failure is not None or outcome.published is None or outcome.as_of is None:
        print(f"caw: {outcome.failure} (log: {log})", file=sys.stderr)
        return FAILED
    summary = import_module("orchestration.summary")
    seconds = time.monotonic() - began
    print(
        summary.render(
            summary.read_summary(outcome.published, settings.data_dir, outcome.batch_id, outcome.as_of, seconds)
        )
    )
    return 0
