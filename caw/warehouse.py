"""Opens the warehouse for reading outside a run, under the run's lock: a reader would stop a run that writes."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from caw.host.locks import LOCK, Holder, Waiting, exclusive, say_waiting
from caw.settings import Settings, SettingsError


class ReadingError(Exception):
    """The warehouse cannot be read now; the message says why, and what to do."""


@contextmanager
def open_warehouse(
    settings: Settings, reader: str, on_wait: Waiting = say_waiting
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, read-only and in UTC, as long as the block lasts; runs wait meanwhile.

    Args:
        settings: whose warehouse.
        reader: the reader's name, which those who wait for it are shown.
        on_wait: called once, with who holds the data dir, if that is not free at once.

    Raises:
        SettingsError: there is no warehouse.
        ReadingError: it cannot be opened.
    """
    if not settings.warehouse.is_file():
        raise SettingsError(f"There is no warehouse in {settings.data_dir}: run `caw run` first, or set --data-dir.")
    holder = Holder.now(reader)
    try:
        with exclusive(settings.state_dir / LOCK, holder, on_wait), _connected(settings) as connection:
            yield connection
    except OSError as refused:
        raise ReadingError(
            f"The data dir {settings.data_dir} cannot be locked ({refused.strerror}): "
            "run this as the user who runs `caw run`."
        ) from refused


@contextmanager
def _connected(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        connection = duckdb.connect(str(settings.warehouse), read_only=True)
    except duckdb.IOException as refused:
        raise ReadingError(
            f"{settings.warehouse} cannot be opened ({str(refused).splitlines()[0]}): "
            "close the program that has it open, and try again."
        ) from refused
    with connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
