"""One hot key: what a run costs where n lines share one key, at sizes that double. It must grow like n log n.

A first run takes the n lines in, a second one more of each feed. What a run costs whatever has landed, as an empty
landing zone shows it, is taken off before two sizes are compared: else it would hide how the rest grows.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import log
from pathlib import Path

from bench.hot_shapes import SHAPES, land
from bench.measured import Measured, measure
from bench.ticks import History, caw

SIZES = (20_000, 40_000, 80_000)  # lines that share a key
LEAST_SECONDS = 1.0  # of CPU above the empty run's: of less, two runs of one size differ by as much


@dataclass(frozen=True)
class Runs:
    """The cost of taking in a zone, and one line more of each feed on top of it."""

    first: Measured
    second: Measured


def all_hot(work: Path, sizes: Sequence[int], say: Callable[[str], None]) -> Iterator[tuple[str, int, Runs]]:
    """(shape, lines, runs) of every shape and size; first ("", 0), an empty landing zone.

    Args:
        work: where the landing zones and data dirs lie meanwhile.
        sizes: lines that share a key.
        say: called with what comes next.
    """
    for shape, size in [("", 0), *((shape, size) for shape in SHAPES for size in sizes)]:
        say(f"one hot key, {shape or 'no lines'}, {size:,} lines")
        folder = work / f"hot_{shape or 'empty'}{size}"
        shutil.rmtree(folder, ignore_errors=True)
        yield shape, size, _runs(History(size, folder / "landing", folder / "data"), shape, work / "log.txt")
        shutil.rmtree(folder)


def _runs(history: History, shape: str, log_file: Path) -> Runs:
    history.landing.mkdir(parents=True)
    now, size = datetime.now(UTC), history.conversations
    measured = []
    for lines in (range(size), range(size, size + 1)):
        if shape:
            land(history.landing, shape, lines, now, size=size + 1)
        measured.append(measure(caw(history, "run"), log_file))
    return Runs(*measured)


def above(run: Measured, empty: Measured) -> float | None:
    """CPU seconds of a run above those of an empty landing zone's; None where either failed, or there are too few."""
    seconds = run.cpu_seconds - empty.cpu_seconds
    return seconds if run.is_ok and empty.is_ok and seconds >= LEAST_SECONDS else None


def exponent(smaller: tuple[int, float | None], larger: tuple[int, float | None]) -> float | None:
    """By which power of the lines the CPU seconds grow, between two (lines, seconds above the empty run's)."""
    (n, few), (m, many) = smaller, larger
    return log(many / few) / log(m / n) if few is not None and many is not None else None
