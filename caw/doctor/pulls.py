"""Rows of `pulls.csv` that nobody pulls, or that fail each time: a refresh goes on without them, and doctor says so."""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from caw.pull.cursor import last_finished
from caw.pull.rows import Row, read_rows
from caw.pull.run import memory_of
from caw.settings import Settings, SettingsError


def late_pulls(settings: Settings, now: datetime, max_age: timedelta) -> Sequence[str]:
    """A sentence for each row whose last whole pull is older than that.

    Args:
        settings: whose folders.
        now: the instant from which ages are counted.
        max_age: how old a pull may be.
    """
    try:
        rows = read_rows(settings)
    except SettingsError:  # every run says what is wrong with the seed
        return []
    return [sentence for row in rows for sentence in _of_row(row, settings, now, max_age)]


def _of_row(row: Row, settings: Settings, now: datetime, max_age: timedelta) -> Iterator[str]:
    command = f"`caw pull --source {row.source} --feed {row.feed}`"
    try:
        last = last_finished(memory_of(row, settings.data_dir))
    except (OSError, sqlite3.Error):
        yield f"What is known of the last pull of {row.name} cannot be read: {command} says why."
        return
    if last is None:
        yield f"{row.name} is in pulls.csv, and no pull of it has come to its end yet: {command} says why."
    elif now - last > max_age:
        yield f"The last whole pull of {row.name} was at {last:%Y-%m-%d %H:%M} UTC: {command} says why."
