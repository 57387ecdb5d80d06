"""`caw generate`: logs of any size, for trying things out and for measuring; in a checkout of the project only."""

import math
import sys
from argparse import Namespace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import caw
from caw.as_of import parse_as_of
from caw.settings import SettingsError

CHECKOUT = Path(caw.__file__).resolve().parents[1]
GENERATOR = "generator"
MOST_DAYS = 3650  # ten years: a run takes no record from before 1990 (spec §2.1.3), and the calendar ends somewhere


def main(arguments: Namespace) -> int:
    """Write the logs and say what was written; the exit code.

    Raises:
        SettingsError: this is no checkout (what is installed has no generator), a number is out of range, or `--until`
            is no past instant.
    """
    if not (CHECKOUT / GENERATOR).is_dir():
        raise SettingsError("the generator is not installed with caw: run `caw generate` in a checkout of the project")
    _check_numbers(arguments)
    until = parse_as_of(arguments.until, datetime.now(UTC).replace(microsecond=0), "--until")
    sys.path.insert(0, str(CHECKOUT))
    command = import_module(f"{GENERATOR}.command")
    return int(command.run(Path(arguments.directory), arguments.conversations, arguments.days, arguments.seed, until))


def _check_numbers(arguments: Namespace) -> None:
    for option, given, least, most in (
        ("--conversations", arguments.conversations, 1, math.inf),
        ("--days", arguments.days, 1, MOST_DAYS),
        ("--seed", arguments.seed, 0, math.inf),
    ):
        if given < least:
            raise SettingsError(f"{option} {given} is too small: give {least} or more")
        if given > most:
            raise SettingsError(f"{option} {given} is too large: give {most} or less")
