"""Instants of a team's own feeds (spec §2.0.3): the same in Python and in the models.

The models' side is `parse_instant` in dbt_project/macros/parsing/parse_instants.sql. What does not belong here: the
forms in which vendors write instants (caw/adapters/instants.py), of which the parts mean the same.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from caw.feeds.seeds import rows_of, seed_file
from caw.formats.json_numbers import Number, canonical_number

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(hours=24)  # of the ingestion, at most
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
END_OF_EPOCHS = datetime(2100, 1, 1, tzinfo=UTC)
# An epoch below the first number is so many microseconds for each 1 of it.
UNITS: Sequence[tuple[int, Decimal]] = (
    (10**11, Decimal(1_000_000)),
    (10**14, Decimal(1_000)),
    (10**17, Decimal(1)),
    (10**19, Decimal("0.001")),
)

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EPOCH_TEXT = re.compile(r"[0-9]+[.]?[0-9]*|[.][0-9]+")
_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]((?:[01][0-9]|2[0-3]):[0-5][0-9])(?:(:[0-5][0-9])(?:[.,]([0-9]+))?)?"
    r"(?: ?(?:[Zz]|[Uu][Tt][Cc]|([+-](?:[01][0-9]|2[0-3]))(?::?([0-5][0-9]))?)(?P<zone>\[[^\[\]]+\])?|(?P<local>))"
)


def zone_of(source: str, seeds: Path) -> tzinfo:
    """The time zone of a source; UTC where the seed names none that Python knows."""
    rows = rows_of(seed_file(seeds, "sources"))
    name = next((row.get("timezone") for row in rows if row["source"] == source), None)  # an older file may lack it
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def is_instant(value: object, zone: tzinfo, ingested_at: datetime, dates: bool = False) -> bool:
    """Whether a field of a parsed line is an instant that may be: from 1990 to a day after the ingestion.

    Args:
        value: the field's.
        zone: of a time without an offset.
        ingested_at: when the line was taken in.
        dates: whether a lone date counts, as its midnight (spec §2.0.8).
    """
    if dates and isinstance(value, str) and _DATE.fullmatch(value.strip()):
        value = f"{value.strip()}T00:00"
    try:
        found = _read(value, zone)
    except (ValueError, OverflowError):
        return False
    return found is not None and EARLIEST <= found <= ingested_at + AHEAD


def wall_clock(day: str, minute: str, second: str | None, fraction: str | None) -> datetime:
    """A time without a zone, of `2026-06-30`, `08:00`, `:00` or None, and digits that are cut at microseconds."""
    microsecond = int((fraction or "0")[:6].ljust(6, "0"))
    return datetime.fromisoformat(f"{day}T{minute}{second or ':00'}").replace(microsecond=microsecond)


def without_offset(local: datetime, hours: str | None, minutes: str | None) -> datetime:
    """The instant in UTC of a time that is ahead of it by an offset such as `-03` and `30`; None for none."""
    sign = -1 if (hours or "").startswith("-") else 1
    return local.replace(tzinfo=UTC) - timedelta(hours=int(hours or 0), minutes=sign * int(minutes or 0))


def _read(value: object, zone: tzinfo) -> datetime | None:
    if not isinstance(value, str):
        return None
    text = canonical_number(value) if isinstance(value, Number) else value.strip()
    return _of_epoch(Decimal(text)) if _EPOCH_TEXT.fullmatch(text) else _of_text(text, zone)


def _of_epoch(number: Decimal) -> datetime | None:
    per_one = next((unit for end, unit in UNITS if number < end), None)
    found = None if per_one is None else EPOCH + timedelta(microseconds=int(number * per_one))
    return found if found is not None and found < END_OF_EPOCHS else None


def _of_text(text: str, zone: tzinfo) -> datetime | None:
    parts = _ISO.fullmatch(text)
    if parts is None:
        return None
    day, minute, second, fraction, hours, minutes = parts.groups()[:6]
    at = wall_clock(day, minute, second, fraction)
    if parts["local"] is not None:
        return at.replace(tzinfo=zone).astimezone(UTC)
    return without_offset(at, hours, minutes)
