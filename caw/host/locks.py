"""Operating-system file locks on the data dir, which end with the process that holds them.

A lock file's content only names its holder, for people; the kernel alone knows whether it is held. Lock files are never
removed while someone may wait for them.
"""

import fcntl
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from caw.host.printable import printable

LOCK = "run.lock"  # in the state folder: the data dir's own
Waiting = Callable[[str], None]  # called with who holds what is waited for
POLL_SECONDS = 0.2  # polled, so that an interrupt reaches a process that waits


@dataclass(frozen=True)
class Holder:
    """The holder of a lock, in words for people."""

    run_id: str
    pid: int
    since: str  # UTC, ISO 8601

    @classmethod
    def now(cls, run_id: str) -> "Holder":
        """This process, which holds it from now on for a run or a command of this name."""
        return cls(run_id, os.getpid(), datetime.now(UTC).isoformat(timespec="seconds"))

    def __str__(self) -> str:
        return f"run {self.run_id[:8]} (process {self.pid}, since {self.since})"


def say_waiting(holder: str) -> None:
    """Print why a command does nothing yet, apart from what it prints for other programs to read."""
    print(printable(f"caw: waiting for {holder} to end"), file=sys.stderr, flush=True)


@contextmanager
def exclusive(path: Path, holder: Holder, on_wait: Waiting = lambda _: None) -> Iterator[None]:
    """Hold the lock of this path, waiting for it if need be.

    Args:
        path: the lock file; its folder must exist.
        holder: what others are shown while it is held.
        on_wait: called once, with who holds it, if it is not free at once.

    Raises:
        OSError: the file cannot be opened or written.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if not _try(descriptor):
            on_wait(_read_holder(path))
            while not _try(descriptor):
                time.sleep(POLL_SECONDS)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(asdict(holder)).encode(), 0)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def tried(path: Path) -> Iterator[bool]:
    """Hold the lock of this path for the block if it is free, and say whether it is; raises OSError as `exclusive`."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        yield _try(descriptor)
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether some process holds the lock of this path now; False where there is no such file."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        return not _try(descriptor)
    finally:
        os.close(descriptor)


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_holder(path: Path) -> str:
    try:
        return str(Holder(**json.loads(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError):
        return "another run"
