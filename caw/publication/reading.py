"""Opens a published file for reading: a connection that is kept shows the file that it opened, also once replaced."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb


@contextmanager
def open_published(file: Path, options: Mapping[str, str] | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A published file, read-only and in UTC, as long as the block lasts.

    Args:
        file: the DuckDB file.
        options: DuckDB's settings.

    Raises:
        duckdb.Error: it cannot be opened.
    """
    with duckdb.connect(str(file), read_only=True, config=dict(options or {})) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
