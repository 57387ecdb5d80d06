"""`caw doctor`: whether data flows and whether a person is needed; with --send-test, follows a test conversation."""

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import duckdb

from caw.adapters.registry import check_all_seeds
from caw.doctor.health import of_source, read_health
from caw.doctor.page import MAX_AGE, doctor_page, needs
from caw.doctor.pulls import late_pulls
from caw.doctor.runs import Runs, latest
from caw.doctor.trial import Step, choose_source, compose, follow, land
from caw.erasure.keyring import KeyLostError
from caw.explain.page import table
from caw.host import clock
from caw.host.printable import terminal_width, wrapped
from caw.landing.fingerprint import landing_fingerprint, saved_fingerprint
from caw.publication.copies import copies_to_write_again
from caw.publication.place import in_catalog_alone
from caw.settings import Settings, SettingsError, check_folders, read_settings
from caw.summary.page import render_held_files
from caw_dagster.commands.run import log_of, run_job
from caw_dagster.instance.folders import dagster_home

NEEDS_A_PERSON = 1
FAILED = 1
MOST_HOURS = 87_600  # ten years


def main(arguments: Namespace) -> int:
    """Look, or send a test; the exit code.

    Raises:
        SettingsError: before anything is touched.
    """
    settings = read_settings(landing=arguments.landing, data_dir=arguments.data_dir)
    if arguments.send_test:
        check_folders(settings)
        check_all_seeds(settings)
        return _send_test(settings, arguments.source)
    return _look(settings, arguments.source, _max_age(arguments.max_age))


def _max_age(hours: float | None) -> timedelta:
    if hours is None:
        return MAX_AGE
    if not 0 <= hours <= MOST_HOURS:  # also false for what is no number
        raise SettingsError(f"--max-age {hours:g} is not a number of hours from 0 to {MOST_HOURS:,}.")
    return timedelta(hours=hours)


def _look(settings: Settings, source: str | None, max_age: timedelta) -> int:
    try:
        health = read_health(settings)
    except duckdb.Error as refused:
        print(
            f"caw: the published file cannot be read ({str(refused).splitlines()[0]}): run `caw run` to write another.",
            file=sys.stderr,
        )
        return FAILED
    if health is not None and source is not None:
        known = sorted({metric.source for metric in health.metrics})
        if source not in known:
            raise SettingsError(f"--source {source!r} is not known: the sources are {', '.join(known) or 'none'}.")
        health = of_source(health, source)
    runs, not_checked = _runs(settings)
    files_wait = None
    if settings.landing_dir.is_dir():
        files_wait = landing_fingerprint(settings.landing_dir) != saved_fingerprint(settings.state_dir)
    held: Sequence[str] = ()
    lost: list[str] = []
    try:
        held = import_module("caw.erasure.held_files").still_holding(settings.landing_dir, settings.store())
    except OSError as refused:
        not_checked.append(f"which landed files name forgotten people ({refused.strerror}: {refused.filename})")
    except KeyLostError as gone:
        lost.append(str(gone))
    now = clock.now()
    late = [*lost, *([] if source is not None else late_pulls(settings, now, max_age))]
    reminders = [render_held_files(held, at_most=len(held))] if held else []
    reminders += copies_to_write_again(settings.state_dir)
    page = doctor_page(settings, health, runs, files_wait, now, max_age, not_checked, late, reminders)
    print(wrapped(page, terminal_width()))  # a pipe gets a line a finding
    missing = settings.landing_dir if files_wait is None else None
    return NEEDS_A_PERSON if needs(health, runs, now, max_age, missing, late) else 0


def _runs(settings: Settings) -> tuple[Runs | None, list[str]]:
    """The last runs, of the data dir's own Dagster and of DAGSTER_HOME's, and what could not be read."""
    own = dagster_home(settings)
    homes = dict.fromkeys([own, Path(os.environ.get("DAGSTER_HOME") or own)])
    runs: Runs | None = None
    not_checked: list[str] = []
    for home in filter(Path.is_dir, homes):
        last_run = import_module("caw_dagster.instance.last_runs")  # imports Dagster: seconds
        try:
            runs = latest(runs, last_run.read_runs(settings, home))
        except last_run.RunHistoryError as refused:
            not_checked.append(str(refused))
    return runs, not_checked


def _send_test(settings: Settings, source: str | None) -> int:
    trial = compose(choose_source(settings, source), clock.now())
    place = land(settings, trial)
    steps = [Step("landed", True, str(place))]
    outcome = run_job(settings, None, False)
    if outcome.failure is not None or outcome.published is None:
        steps.append(
            Step("taken in, built, tested and published", False, f"{outcome.failure} (log: {log_of(settings)})")
        )
    else:
        found = in_catalog_alone(outcome.published) or str(outcome.published)
        steps.append(Step("taken in, built, tested and published", True, found))
        steps += follow(outcome.published, trial)
    print(f"Test conversation {trial.conversation_id} of {trial.source}")
    _print_steps(steps)
    failed = [step for step in steps if not step.ok]
    print("Data flows." if not failed else f"Data does not flow: it stopped at `{failed[0].name}`.")
    return FAILED if failed else 0


def _print_steps(steps: Sequence[Step]) -> None:
    for line in table([("ok" if step.ok else "failed", step.name, step.found) for step in steps]):
        print(line)
