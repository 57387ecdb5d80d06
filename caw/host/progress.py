"""Progress of a run: the work reports it, and whoever drives the run decides how to show it.

`caw run` shows a terminal display (terminal.py); under the daemon the lines go to the run's own log.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from caw.host.printable import printable


@dataclass(frozen=True)
class Report:
    """One step of a phase. `total` is None where it is not known; `lasting` is what a person should see later too."""

    phase: str
    detail: str = ""
    done: int = 0
    total: int | None = None
    lasting: bool = False


class _Lines:
    """Phases and what lasts, as lines: under the daemon they go to the run's log and to the console of `caw ui`."""

    def __init__(self) -> None:
        self.phase = ""

    def __call__(self, report: Report) -> None:
        if report.lasting:
            print(printable(f"{report.phase}: {report.detail}"), flush=True)
        elif report.phase != self.phase:
            print(f"{report.phase} ...", flush=True)
        self.phase = report.phase


_listeners: list[Callable[[Report], None]] = [_Lines()]


def report(phase: str, detail: str = "", done: int = 0, total: int | None = None) -> None:
    """Say how far a phase is."""
    _listeners[-1](Report(phase, detail, done, total))


def say(phase: str, detail: str) -> None:
    """Say something that a person should still see when the run is over."""
    _listeners[-1](Report(phase, detail, lasting=True))


@contextmanager
def listening(listener: Callable[[Report], None]) -> Iterator[None]:
    """Send what this process reports to the listener, as long as the block lasts."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
