"""How a run tells where it is: the work reports, and whoever drives the run decides how to show it.

`caw run` shows a terminal display (terminal.py); under the daemon the lines go to the run's own log.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Report:
    """One step of a phase. `total` is None where it is not known; `lasting` is what a person should see later too."""

    phase: str
    detail: str = ""
    done: int = 0
    total: int | None = None
    lasting: bool = False


def _print(report: Report) -> None:
    count = f" {report.done}/{report.total}" if report.total else ""
    print(f"{report.phase}{count}: {report.detail}", flush=True)


_listeners: list[Callable[[Report], None]] = [_print]


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
