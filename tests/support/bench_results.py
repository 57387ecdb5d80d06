"""Results of a side of `make bench`, made up."""

from datetime import UTC, datetime

from bench.measured import GIB, Measured

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


def measured(seconds: float, outcome: str = "ok") -> Measured:
    return Measured(seconds, 2 * seconds, 3 * GIB, outcome, 0.0)
