"""Points at which a `caw` process is ended, halted or refused its disk, without a word of it in the product.

A point is something that the process is about to do: open a landed file, write, name or remove a file of the data
dir, write to a Parquet file, or run an SQL statement. Python's own audit events tell of the first; the last two are
wrapped. A point has a name that is the same in every run, and an occurrence, counted from 1.
"""

import errno
import os
import re
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

CHANCE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|(?<=__dbt_tmp)[0-9]+|(?<=\.parse-)[^/]+")
"""What differs between runs: ids of runs and drafts, and the clock in the names of dbt's temporary tables."""
NODE = re.compile(r'"node_id": "([^"]+)"')
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
LOOKING = ("select", "with", "from", "set", "use", "pragma", "describe")
WORDS_OF_A_STATEMENT = 5
NOT_OURS = ("dagster/", "logs/", "target/run/")  # written by threads and libraries, in no fixed order
REFUSALS = {"full": errno.ENOSPC, "read-only": errno.EROFS}


@dataclass(frozen=True)
class Point:
    """Where something happens to a process, and what.

    Attributes:
        name: what the process is about to do; see the module.
        occurrence: the how many-th time, from 1.
        action: kill, halt (until SIGCONT), or full and read-only: every write from there on fails in that way.
    """

    name: str
    occurrence: int = 1
    action: str = "kill"


def install(point: Point | None, landing: Path, data_dir: Path, census: Path | None) -> None:
    """Watch this process.

    Args:
        point: where to act; nowhere where it is None.
        landing: the landing zone, whose files' opening is a point.
        data_dir: the data dir, whose files' changes are points.
        census: a file that gets the name of every point as it is passed, one a line; none where it is None.
    """
    watch = _Watch(point, str(landing.resolve()), str(data_dir.resolve()), census)
    sys.addaudithook(watch.audit)
    _wrap(duckdb.DuckDBPyConnection, "execute", lambda _, sql, *__: watch.statement(getattr(sql, "query", sql)))
    _wrap(
        pq.ParquetWriter,
        "write_table",
        lambda writer, *_: watch.pass_by(f"parquet {watch.place(getattr(writer.where, 'name', writer.where))}"),
    )


class _Watch:
    def __init__(self, point: Point | None, landing: str, data_dir: str, census: Path | None) -> None:
        self.point = point
        self.landing = landing
        self.data_dir = data_dir
        self.census = census.open("w", encoding="utf-8") if census else None
        self.passed: Counter[str] = Counter()
        self.refusing = False
        self.node = ""
        self.lock = threading.RLock()

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook: what files Python is about to touch."""
        if event == "open":
            path, _, flags = arguments
            if isinstance(path, str | bytes | os.PathLike):
                place = os.fsdecode(path)
                if flags & (os.O_WRONLY | os.O_RDWR) and place.startswith(self.data_dir):
                    self.pass_by(f"write {self.place(place)}")
                elif place.startswith(f"{self.landing}/") and not Path(place).is_dir():
                    self.pass_by(f"read {place.removeprefix(self.landing + '/')}")
        elif event in ("os.rename", "os.link", "os.remove", "os.rmdir", "os.mkdir"):
            place = os.fsdecode(arguments[1] if event in ("os.rename", "os.link") else arguments[0])
            if place.startswith(self.data_dir):
                self.pass_by(f"{event.removeprefix('os.')} {self.place(place)}")

    def statement(self, sql: str) -> None:
        """A statement that DuckDB is about to run, by dbt's node; those that only look are no points."""
        if node := NODE.search(sql):
            self.node = node[1]
        words = " ".join(COMMENT.sub("", sql).lower().split()[:WORDS_OF_A_STATEMENT])
        if not words.startswith(LOOKING):
            self.pass_by(f"sql {self.node}: {CHANCE.sub('*', words.replace(self.data_dir, ''))}")

    def place(self, path: object) -> str:
        """A path below the data dir, without what differs between runs."""
        return CHANCE.sub("*", str(path).removeprefix(self.data_dir).lstrip("/"))

    def pass_by(self, name: str) -> None:
        """Note a point, and act if it is the one."""
        if any(part in name for part in NOT_OURS):
            return
        with self.lock:
            self.passed[name] += 1
            if self.census is not None:
                self.census.write(f"{name}\n")
                self.census.flush()
            if self.point is not None and (name, self.passed[name]) == (self.point.name, self.point.occurrence):
                self._act(self.point.action)
            if self.refusing and not name.startswith("read "):
                number = REFUSALS[self.point.action if self.point else "full"]
                raise OSError(number, os.strerror(number))

    def _act(self, action: str) -> None:
        if action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if action == "halt":
            os.kill(os.getpid(), signal.SIGSTOP)
        self.refusing = action in REFUSALS


def _wrap(owner: type, method: str, before: Callable[..., None]) -> None:
    original = getattr(owner, method)

    def wrapped(*arguments: Any, **named: Any) -> Any:
        before(*arguments)
        return original(*arguments, **named)

    setattr(owner, method, wrapped)


def point_of(description: Mapping[str, Any] | None) -> Point | None:
    """A point from its JSON form."""
    return None if description is None else Point(**description)
