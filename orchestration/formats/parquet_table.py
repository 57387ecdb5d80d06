"""Parquet: each row is the JSON object of its columns (contract 1).

What a row's text is, and why a process of its own reads, is said in parquet_rows.py.
"""

import atexit
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from orchestration.formats.verdicts import TOO_LARGE, Row, excerpt, lines_of_rows
from orchestration.ingest.feeds import Feed
from orchestration.ingest.limits import Limits
from orchestration.ingest.lines import Lines, UnreadableFile

MODULE = "orchestration.formats.parquet_rows"
ROOT = Path(__file__).resolve().parents[2]  # the package need not be installed


def read(path: Path, feed: Feed, limits: Limits) -> Iterator[Lines]:
    """Read a Parquet file batch by batch.

    A row with an infinite number is `not_json`; one with a binary or text that is no UTF-8 is `not_utf8`.

    Raises:
        UnreadableFile: the file is broken, unpacks beyond `limits.unpacked` bytes, takes more memory than
            `limits.parquet`, has over `limits.columns` columns, or a field of the feed twice.
        OSError: the file cannot be opened or read.
    """
    yield from lines_of_rows(_rows(path, feed, limits), feed, limits)


def _rows(path: Path, feed: Feed, limits: Limits) -> Iterator[Row]:
    worker = _Worker.at_hand()
    ended = False
    try:
        worker.ask(
            {
                "path": str(path),
                "fields": sorted(feed.kinds),
                "columns": limits.columns,
                "unpacked": limits.unpacked,
                "memory": limits.parquet,
                "line": limits.line,
                "kept": limits.kept_of_too_large,
            }
        )
        for answer in worker.answers():
            kind, rest = answer[:1], answer[1:-1]
            if kind == b"R":
                yield Row(rest.decode("utf-8", "surrogateescape"))
            elif kind == b"L":
                length, digest, head = rest.split(b" ", 2)
                yield Row(excerpt(head, int(length), digest.decode()), TOO_LARGE)
            else:
                ended = True
                _finish(kind, rest.decode())
                return
        raise UnreadableFile("broken Parquet (it ended the process that read it)")
    finally:
        if not ended:
            worker.end()


def close() -> None:
    """End the process that reads, if there is one; it ends by itself with this one."""
    if _Worker.current is not None:
        _Worker.current.end()


def _finish(kind: bytes, words: str) -> None:
    """What the last answer says of the file; see `read` for what is raised."""
    if kind == b"O":
        raise OSError(int(words), os.strerror(int(words)))
    if kind == b"U":
        raise UnreadableFile(words)


class _Worker:
    """The process that reads Parquet files, one after the other; its memory's limit is for each file alike."""

    current: "_Worker | None" = None

    def __init__(self) -> None:
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        self.process = subprocess.Popen(
            [sys.executable, "-m", MODULE],
            stdin=subprocess.PIPE,  # it ends with this process: its requests then do
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what Arrow says may quote the file's content
            env={**os.environ, "PYTHONPATH": path},
        )
        self.requests = cast(IO[bytes], self.process.stdin)
        self.lines = cast(IO[bytes], self.process.stdout)

    @staticmethod
    def at_hand() -> "_Worker":
        """The one that waits, or a new one."""
        if _Worker.current is None:
            _Worker.current = _Worker()
            atexit.register(close)
        return _Worker.current

    def ask(self, request: dict[str, object]) -> None:
        """Send a request; one that has died is found out by its answers."""
        with contextlib.suppress(BrokenPipeError):
            self.requests.write(json.dumps(request).encode() + b"\n")
            self.requests.flush()

    def answers(self) -> Iterator[bytes]:
        """Lines of answers, until it dies."""
        return iter(self.lines.readline, b"")

    def end(self) -> None:
        """End the process; the next file gets another."""
        atexit.unregister(close)
        _Worker.current = None
        self.process.kill()
        self.process.communicate()
