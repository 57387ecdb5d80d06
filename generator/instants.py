"""Milliseconds since 1970 to ISO 8601 text, fast: every part is looked up, nothing is formatted per record."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from generator.draws import Ints

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_SECONDS = [
    f"T{hour:02d}:{minute:02d}:{second:02d}" for hour in range(24) for minute in range(60) for second in range(60)
]
_MILLISECONDS = [f".{millisecond:03d}Z" for millisecond in range(SECOND_MS)]


def to_ms(instant: datetime) -> int:
    """Milliseconds since 1970 of an instant that has an offset."""
    return (instant - EPOCH) // timedelta(milliseconds=1)


def day_of(ms: int) -> datetime:
    """The UTC day that holds these milliseconds."""
    return EPOCH + timedelta(days=ms // DAY_MS)


def _dates() -> Callable[[int], str]:
    known: dict[int, str] = {}

    def date(day: int) -> str:
        if day not in known:
            known[day] = (EPOCH + timedelta(days=day)).strftime("%Y-%m-%d")
        return known[day]

    return date


date_text = _dates()
"""The ISO date of a day counted from 1970; each is formatted once."""


def texts(ms: Ints) -> list[str]:
    """Instants in milliseconds as `2026-06-30T12:00:00.000Z`, one text each."""
    days, rest = ms // DAY_MS, ms % DAY_MS
    dates = {day: date_text(day) for day in set(days.tolist())}
    seconds, fractions = _SECONDS, _MILLISECONDS
    return [
        dates[day] + seconds[second] + fractions[fraction]
        for day, second, fraction in zip(
            days.tolist(), (rest // SECOND_MS).tolist(), (rest % SECOND_MS).tolist(), strict=True
        )
    ]
