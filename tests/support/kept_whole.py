"""What must be whole after anything that happened: the published tables, the ledger, the files of the data dir."""

import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb

from caw.publication import FILE_NAME

FREE = ("ingested_at", "run_id", "published_at")  # the clock's and the run's own
RUN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
COMPUTE_LOG = re.compile(r"[a-z]{8}\.(complete|err|out)$")
VERSION = re.compile(r"^published/parquet/[^/]+/")  # one folder a run
SIDE_FILE = re.compile(r"\.db-(wal|shm)$")  # SQLite's, part of the file next to it
LOOK_EVERY = 0.25  # seconds; a look takes 0.02 of CPU

Content = dict[str, Counter[str]]


def published(data_dir: Path) -> Content:
    """The published tables and views, by name: each row as text, without the free columns, and how often it is there."""
    with duckdb.connect(str(data_dir / "published" / FILE_NAME), read_only=True) as connection:
        return content_of(connection)


def content_of(connection: duckdb.DuckDBPyConnection, *more: str) -> Content:
    """All that a connection's database holds, as `published` has it, and without more columns of these names."""
    connection.execute("set TimeZone = 'UTC'")
    found: dict[str, list[str]] = {}
    for schema, table, column in connection.execute(
        "select schema_name, table_name, column_name from duckdb_columns() where not internal order by all"
    ).fetchall():
        found.setdefault(f'{schema}."{table}"', []).append(column)
    rows: Content = {}
    for name, columns in found.items():
        shown = ", ".join(f'"{column}"' for column in columns if column not in (*FREE, *more)) or "1"
        rows[name] = Counter(map(repr, connection.execute(f"select {shown} from {name}").fetchall()))
    return rows


def warehouse_tables(data_dir: Path) -> set[str]:
    """The names of all tables and views of the warehouse."""
    with duckdb.connect(str(data_dir / "warehouse.duckdb"), read_only=True) as connection:
        named = "select schema_name || '.' || table_name from duckdb_columns() where not internal"
        return {str(row[0]) for row in connection.execute(named).fetchall()}


def difference(found: Content, expected: Content) -> str:
    """What differs, in words; empty where nothing does."""
    words = [f"only here: {sorted(found.keys() - expected.keys())}"] if found.keys() - expected.keys() else []
    words += [f"missing: {sorted(expected.keys() - found.keys())}"] if expected.keys() - found.keys() else []
    for name in sorted(found.keys() & expected.keys()):
        more, less = found[name] - expected[name], expected[name] - found[name]
        if more or less:
            words.append(f"{name}: surplus {list(more)[:2]}, missing {list(less)[:2]}")
    return "\n".join(words)


def refused_sum(data_dir: Path) -> list[Any]:
    """Rows of the published ledger whose lines are not the sum of what became of them."""
    with duckdb.connect(str(data_dir / "published" / FILE_NAME), read_only=True) as connection:
        return connection.execute(
            "select file_path from health.ingestion_ledger where status = 'loaded' "
            "and (lines = blank + accepted + duplicates + rejected) is not true"
        ).fetchall()


def files_below(folder: Path) -> set[str]:
    """The paths of a data dir's files, without what names the run that wrote them."""
    paths = (str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())
    named = (VERSION.sub("published/parquet/*/", RUN_ID.sub("*", path)) for path in paths)
    return {SIDE_FILE.sub(".db", COMPUTE_LOG.sub(r"*.\1", path)) for path in named}


def below(folder: Path) -> set[Path]:
    """The paths of all that lies below a folder."""
    return {path.relative_to(folder) for path in folder.rglob("*")}


@dataclass
class Reader:
    """A BI tool that opens the published file again and again, in a `with` block, and keeps what it saw.

    It reads all of the file whenever it is another one, or was written to, and of the same one whose run it is of.

    Attributes:
        allowed: what the file may hold: the content that was published before, and the one that comes.
        looks: how often the file was read.
        seen: which of the allowed contents it met, by index.
        complaints: what was neither, and what could not be read, in words.
    """

    data_dir: Path
    allowed: list[Content]
    looks: int = 0
    seen: set[int] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Reader":
        self.thread = threading.Thread(target=self._look)
        self.thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.ended.set()
        self.thread.join()

    def _look(self) -> None:
        file, read = self.data_dir / "published" / FILE_NAME, (0, 0, 0)
        while not self.ended.wait(LOOK_EVERY):
            if not self.looks and not file.exists():
                continue  # nothing has been published yet
            try:
                there = file.stat()
                state = (there.st_ino, there.st_size, there.st_mtime_ns)
                if state == read:
                    with duckdb.connect(str(file), read_only=True) as connection:
                        connection.execute("from health.last_run").fetchall()
                    continue
                found, read = published(self.data_dir), state
            except (duckdb.Error, OSError) as refused:
                self.complaints.append(f"{type(refused).__name__}: {refused}")
                continue
            self.looks += 1
            if found in self.allowed:
                self.seen.add(self.allowed.index(found))
            else:
                self.complaints.append(difference(found, self.allowed[0])[:500])
