"""Medians of runs: what the report shows of several."""

from collections.abc import Iterable, Sequence
from statistics import median

from bench.measured import Measured
from bench.ticks import Tick


def middle(runs: Sequence[Measured]) -> float | None:
    """Median of the seconds of the runs that came to their end."""
    return median_of(run.seconds for run in runs if run.is_ok)


def middle_cpu(runs: Sequence[Measured]) -> float | None:
    """Median of the CPU seconds of the same runs."""
    return median_of(run.cpu_seconds for run in runs if run.is_ok)


def middle_published(ticks: Sequence[Tick]) -> float | None:
    """Median of the seconds until publication of the ticks that came to it."""
    return median_of(tick.published_after for tick in ticks if tick.published_after is not None)


def middle_part(ticks: Sequence[Tick], part: str) -> float | None:
    """Median of the seconds of a part, of the ticks that have it."""
    return median_of(tick.parts[part] for tick in ticks if part in tick.parts)


def median_of(seconds: Iterable[float]) -> float | None:
    """Median of seconds; None where there are none."""
    found = list(seconds)
    return median(found) if found else None
