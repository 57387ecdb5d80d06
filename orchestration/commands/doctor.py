"""`caw doctor`: whether data flows and whether a person is needed; with --send-test, one test conversation's way."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from importlib import import_module

import duckdb

from orchestration import clock
from orchestration.commands.run import log_of, refresh
from orchestration.doctor.health import read_health
from orchestration.doctor.page import needs, screen
from orchestration.doctor.trial import Step, choose_source, compose, follow, land
from orchestration.explain.page import table
from orchestration.instance import dagster_home
from orchestration.landed import landing_fingerprint, taken_in
from orchestration.settings import Settings, SettingsError, check_folders, read_settings
from orchestration.summary import render_still_holding

NEEDS_A_PERSON = 1
FAILED = 1


def main(arguments: Namespace) -> int:
    """Look, or send a test; the exit code.

    Raises:
        SettingsError: before anything is touched.
    """
    settings = read_settings(landing=arguments.landing, data_dir=arguments.data_dir)
    if arguments.send_test:
        check_folders(settings)
        return _send_test(settings, arguments.source)
    if arguments.source is not None:
        raise SettingsError("--source goes with --send-test; without it, every source is shown.")
    return _look(settings)


def _look(settings: Settings) -> int:
    try:
        health = read_health(settings)
    except duckdb.Error as refused:
        print(
            f"caw: the published file cannot be read ({str(refused).splitlines()[0]}): run `caw run` to write it anew.",
            file=sys.stderr,
        )
        return FAILED
    runs = None
    if dagster_home(settings).is_dir():
        runs = import_module("orchestration.doctor.last_run").read_runs(settings)  # imports Dagster: seconds
    files_wait = None
    if settings.landing_dir.is_dir():
        files_wait = landing_fingerprint(settings.landing_dir) != taken_in(settings.state_dir)
    now = clock.now()
    print(screen(settings, health, runs, files_wait, now))
    if held := import_module("orchestration.erasure.forgotten").still_holding(
        settings.landing_dir, settings.data_dir / "raw" / "erasure"
    ):
        print(render_still_holding(held, shown=len(held)))
    return NEEDS_A_PERSON if needs(health, runs, now) else 0


def _send_test(settings: Settings, source: str | None) -> int:
    trial = compose(choose_source(settings, source), clock.now())
    place = land(settings, trial)
    steps = [Step("landed", True, str(place))]
    outcome = refresh(settings, None, False)
    if outcome.failure is not None or outcome.published is None:
        steps.append(
            Step("taken in, built, tested and published", False, f"{outcome.failure} (log: {log_of(settings)})")
        )
    else:
        steps.append(Step("taken in, built, tested and published", True, str(outcome.published)))
        steps += follow(outcome.published, trial)
    print(f"Test conversation {trial.conversation_id} of {trial.source}")
    _print_steps(steps)
    failed = [step for step in steps if not step.ok]
    print("Data flows." if not failed else f"Data does not flow: it stopped at `{failed[0].name}`.")
    return FAILED if failed else 0


def _print_steps(steps: Sequence[Step]) -> None:
    for line in table([("ok" if step.ok else "failed", step.name, step.found) for step in steps]):
        print(line)
