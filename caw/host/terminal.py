"""The terminal display of `caw run`: a bar for the current phase, and the lines that should stay.

Everything else that Dagster, dbt and Python say goes to a log file, also what they write straight to the descriptors.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from caw.host.printable import printable
from caw.host.progress import Report

LOG_BYTES = 20 * 1024 * 1024  # beyond this the log of earlier runs makes room
DETAIL_WIDTH = 60


class Display:
    """Reports on a terminal as a moving bar; on anything else as one line per phase."""

    def __init__(self, stream: TextIO) -> None:
        self.console = Console(file=stream, highlight=False)
        self.phase = ""
        self.bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[count]}", markup=False),
            TextColumn("{task.fields[detail]}", markup=False, style="dim"),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
        )
        self.task: TaskID | None = None

    def __enter__(self) -> "Display":
        if self.console.is_terminal:
            self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def __call__(self, report: Report) -> None:
        """Show one report."""
        if report.lasting:
            self.console.print(printable(f"{report.phase}: {report.detail}"), markup=False, soft_wrap=True)
        elif self.console.is_terminal:
            self._move(report)
        elif report.phase != self.phase:
            self.console.print(f"{report.phase} ...", markup=False)
        self.phase = report.phase

    def _move(self, report: Report) -> None:
        if self.task is None or report.phase != self.phase:
            if self.task is not None:
                self.bar.remove_task(self.task)
            self.task = self.bar.add_task(report.phase, count="", detail="")
        count = f"{report.done}/{report.total}" if report.total else ""
        self.bar.update(
            self.task,
            completed=report.done,
            total=report.total,
            count=count,
            detail=printable(report.detail[-DETAIL_WIDTH:]),
        )


def _flush_to_log() -> None:
    """Write what is still buffered; where the log takes no more, it is dropped, and does not reach the terminal."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        sys.stdout.flush()
        sys.stderr.flush()


@contextmanager
def diverted_output(log: Path) -> Iterator[TextIO]:
    """Send this process's stdout and stderr to the log file; give a stream that still reaches the terminal.

    Raises:
        OSError: the log file cannot be written.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_name(log.name + ".1"))
    sys.stdout.flush()
    sys.stderr.flush()
    kept_out, kept_err = os.dup(1), os.dup(2)
    try:
        with log.open("ab") as target:
            os.dup2(target.fileno(), 1)
            os.dup2(target.fileno(), 2)
        with os.fdopen(os.dup(kept_err), "w", encoding="utf-8", errors="replace") as terminal:
            yield terminal
    finally:
        _flush_to_log()
        os.dup2(kept_out, 1)
        os.dup2(kept_err, 2)
        os.close(kept_out)
        os.close(kept_err)
