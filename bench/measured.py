"""One whole process under a memory limit: how long it took, how much memory it and its children held, how it ended.

Memory is what the process and its descendants hold together, looked at five times a second, or the greatest of them
alone as the kernel saw it (wait4) if that is more. Where there is no /proc, only the kernel's figure is known, and
the limit is not enforced.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

GIB = 1024**3
MEMORY_LIMIT = 16 * GIB
LOOK_EVERY = 0.2  # seconds
PAGE = os.sysconf("SC_PAGE_SIZE")
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes that wait4 counts in
PROC = Path("/proc")


@dataclass(frozen=True)
class Measured:
    """One run of one side. `spawned_at` is seconds since the epoch."""

    seconds: float
    cpu_seconds: float  # of the process and its children, on all cores: what a busy machine does not change much
    peak_bytes: int
    outcome: str  # ok, over the limit, or failed with what code
    spawned_at: float

    @property
    def is_ok(self) -> bool:
        """Whether it came to its end within the limit."""
        return self.outcome == "ok"


def measure(
    command: Sequence[str],
    log: Path,
    environment: Mapping[str, str] | None = None,
    limit: int = MEMORY_LIMIT,
) -> Measured:
    """Run a command to its end, its output appended to `log`; killed beyond `limit` bytes of memory."""
    with log.open("ab") as output:
        spawned_at, began = time.time(), time.perf_counter()
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env={**os.environ, **(environment or {})}, start_new_session=True
        )
        watcher = _Watcher(process.pid, limit)
        watcher.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:  # Ctrl-C ends the side, too
            os.killpg(process.pid, signal.SIGKILL)
            raise
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        watcher.stop()
    peak = max(watcher.peak, usage.ru_maxrss * MAXRSS_UNIT)
    cpu = usage.ru_utime + usage.ru_stime
    if watcher.killed or peak > limit:
        return Measured(seconds, cpu, peak, f"over {limit / GIB:.0f} GiB", spawned_at)
    code = process.returncode
    return Measured(seconds, cpu, peak, "ok" if code == 0 else f"failed (exit code {code})", spawned_at)


class _Watcher(threading.Thread):
    """Looks at a process tree's memory until it is stopped, and ends the tree beyond the limit."""

    def __init__(self, root: int, limit: int) -> None:
        super().__init__(daemon=True)
        self.root = root
        self.limit = limit
        self.peak = 0
        self.killed = False
        self.ended = threading.Event()

    def run(self) -> None:
        """Look, remember the peak, kill if it must be."""
        while PROC.is_dir() and not self.ended.wait(LOOK_EVERY):
            self.peak = max(self.peak, tree_bytes(self.root))
            if self.peak > self.limit and not self.killed:
                self.killed = True
                os.killpg(self.root, signal.SIGKILL)

    def stop(self) -> None:
        """The process has ended."""
        self.ended.set()
        self.join()


def tree_bytes(root: int) -> int:
    """Resident memory of a process and all its descendants; shared pages count for each."""
    children: dict[int, list[int]] = {}
    resident: dict[int, int] = {}
    for folder in PROC.iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            fields = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        children.setdefault(int(fields[1]), []).append(int(folder.name))
        resident[int(folder.name)] = int(fields[21]) * PAGE
    total, waiting = 0, [root]
    while waiting:
        process = waiting.pop()
        total += resident.get(process, 0)
        waiting += children.get(process, [])
    return total
