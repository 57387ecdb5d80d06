"""All clock changes of twenty zones: the local times around each, and the instants (spec §2.0.3)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

ZONES = (
    "Africa/Cairo", "Africa/Casablanca", "America/Caracas", "America/Havana", "America/New_York", "America/Santiago",
    "America/Sao_Paulo", "America/St_Johns", "Antarctica/Troll", "Asia/Almaty", "Asia/Gaza", "Asia/Pyongyang",
    "Asia/Tehran", "Australia/Lord_Howe", "Europe/Dublin", "Europe/London", "Europe/Moscow", "Europe/Paris", "Pacific/Apia",
    "Pacific/Chatham",
)  # fmt: skip
FROM, UNTIL = (
    datetime(1990, 1, 1, tzinfo=UTC),
    datetime(2026, 1, 1, tzinfo=UTC),
)  # later ones are other in each release of tz
MICROSECOND, MINUTE, DAY = timedelta(microseconds=1), timedelta(minutes=1), timedelta(days=1)
AROUND = tuple(
    minutes * MINUTE + more * MICROSECOND
    for minutes in (-1440, -120, -60, -45, -30, -15, 0, 15, 30, 45, 60, 120, 1440)
    for more in (-1, 0)
)


def changes(zone: str) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """Each instant at which a zone's offset changes, with the offset before and after."""
    place, day = ZoneInfo(zone), FROM
    while day < UNTIL:
        if _offset(place, day) != _offset(place, day + DAY):
            change = _last_before(place, day) + MICROSECOND
            yield change, _offset(place, day), _offset(place, change)
        day += DAY


def local_times() -> list[tuple[str, datetime]]:
    """(zone, local time) before, at and after each change, by the clock that goes and by the one that comes."""
    return sorted(
        {
            (zone, (change + offset + distance).replace(tzinfo=None))
            for zone in ZONES
            for change, *offsets in changes(zone)
            for offset in offsets
            for distance in AROUND
        }
    )


def instants() -> list[tuple[str, datetime]]:
    """(zone, instant) before, at and after each change."""
    return sorted({(zone, change + distance) for zone in ZONES for change, *_ in changes(zone) for distance in AROUND})


def _offset(place: ZoneInfo, instant: datetime) -> timedelta:
    offset = instant.astimezone(place).utcoffset()
    assert offset is not None
    return offset


def _last_before(place: ZoneInfo, day: datetime) -> datetime:
    """The last instant with the offset that a day begins with, where the next day begins with another."""
    first, last = day, day + DAY
    while last - first > MICROSECOND:
        middle = first + (last - first) // 2
        first, last = (middle, last) if _offset(place, middle) == _offset(place, day) else (first, middle)
    return first
