"""A dialect of SQLAlchemy for Dagster's SQLite history: connections and compiled statements are used again.

A run writes several hundred events, and Dagster makes an engine and opens a database two or three times for each of
them. SQLite then flushes at every commit, and moves its log into the database whenever the last connection closes;
SQLAlchemy compiles each statement again, as it remembers compiled ones by engine. None of this is data of caw's.
"""

import atexit
import os
import sqlite3
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache

BUSY_SECONDS = 60  # SQLite gives a lock up after 5: on a busy machine a run would fail as another writes its history
KEPT_OPEN = 8  # databases: those of the latest runs, the index over them, the runs, the schedules

File = tuple[int, str, int, int]  # process, path, device and inode: a database that is made again is another one


class _Connection(sqlite3.Connection):
    """A connection that knows the file that it has open."""

    file: File | None = None


_idle: OrderedDict[File, _Connection] = OrderedDict()  # the least recently used first
_compiled: LRUCache[Any, Any] = LRUCache(500)  # statements by their form; Dagster has some fifty
_guard = Lock()


class ReusedConnections(SQLiteDialect_pysqlite):
    """SQLAlchemy's dialect of SQLite whose closed connections stay open, idle, for the next one to the same file.

    Events are flushed at SQLite's checkpoints, not after each of them: a power cut may lose the last ones and cannot
    damage the file (its log is written ahead). Dialects of this class are equal, so that engines share what
    they compile.
    """

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(type(self))

    def connect(self, *arguments: Any, **options: Any) -> Any:
        """An idle connection to the file, or a new one."""
        file = _file(arguments[0])
        with _guard:
            connection = None if file is None else _idle.pop(file, None)
        if connection is None:
            connection = sqlite3.connect(*arguments, **{**options, "factory": _Connection})
            connection.execute("pragma synchronous = normal")
            connection.execute(f"pragma busy_timeout = {BUSY_SECONDS * 1000}")
            connection.file = _file(arguments[0])
        return connection

    def do_close(self, dbapi_connection: Any) -> None:
        """Keep the connection for the next one, unless its file has one already or is gone."""
        unneeded = [dbapi_connection]
        dbapi_connection.rollback()
        file = dbapi_connection.file
        with _guard:
            if file is not None and file not in _idle and _file(file[1]) == file:
                _idle[file] = unneeded.pop()
            while len(_idle) > KEPT_OPEN:
                unneeded.append(_idle.popitem(last=False)[1])
        for connection in unneeded:
            connection.close()


def keep_history_quick() -> None:
    """Let SQLAlchemy open SQLite databases with `ReusedConnections` from now on, in this process."""
    if not event.contains(Engine, "engine_connect", _share_compiled):
        registry.register("sqlite", __name__, ReusedConnections.__name__)
        event.listen(Engine, "engine_connect", _share_compiled)
        atexit.register(close_idle)


def close_idle() -> None:
    """Close the idle connections, so that SQLite tidies up after itself."""
    with _guard:
        while _idle:
            _idle.popitem()[1].close()


def _share_compiled(connection: Connection) -> None:
    if isinstance(connection.dialect, ReusedConnections):
        connection.execution_options(compiled_cache=_compiled)


def _file(path: str) -> File | None:
    """The file that a path names, as this process opens it; None where there is none (memory, a deleted database)."""
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return os.getpid(), path, found.st_dev, found.st_ino
