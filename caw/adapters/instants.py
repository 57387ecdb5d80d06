"""Instants as vendors write them (spec §2.3.6): ISO 8601, where no zone means UTC, or numbers in a named unit."""

import re
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from caw.adapters.transcript_values import is_text
from caw.formats.instants import EPOCH, wall_clock, without_offset
from caw.formats.json_numbers import Number

MICROSECONDS = 1_000_000
OFFSETS = range(-23, 24)  # in hours
MINUTES = range(60)

_PLAIN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|\+00:00)")
_NUMBER = re.compile(r"\s*-?[0-9]+(?:\.[0-9]+)?\s*")
_ISO = re.compile(
    r"\s*([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2})(?:(:[0-9]{2})(?:[.,]([0-9]+))?)?"
    r" ?(?:[Zz]|[Uu][Tt][Cc]|([+-][0-9]{2})(?::?([0-9]{2}))?)?\s*"
)


def instant(value: Any, per_second: int | None = None) -> datetime | None:
    """A text or a number as an instant in UTC, cut at microseconds; None for what is none.

    Args:
        value: of a parsed line.
        per_second: how many of the unit of a number, or of digits as text, a second has; None where no unit is named.
    """
    try:
        if _is_plain(value):
            return datetime.fromisoformat(value)
        if isinstance(value, Number) or (is_text(value) and _NUMBER.fullmatch(value)):
            return None if per_second is None else _of_number(value, per_second)
        return _of_text(value)
    except (ValueError, ArithmeticError):  # beyond the calendar, or beyond any number
        return None


def utc_text(value: Any, per_second: int | None = None) -> Any:
    """An instant as UTC ISO text; what is none stays as it is, for staging to reject."""
    if _is_plain(value):
        with suppress(ValueError):
            datetime.fromisoformat(value)
            return f"{value[:19]}Z"
    found = instant(value, per_second)
    return value if found is None else found.isoformat().replace("+00:00", "Z")


def _is_plain(value: Any) -> bool:
    """Whether a text is written as nearly all are: nothing to convert, if there is such a day."""
    return is_text(value) and _PLAIN.fullmatch(value) is not None


def _of_number(value: str, per_second: int) -> datetime:
    return EPOCH + timedelta(microseconds=int(Decimal(value) * MICROSECONDS // per_second))


def _of_text(value: Any) -> datetime | None:
    parts = _ISO.fullmatch(value) if is_text(value) else None
    if parts is None:
        return None
    day, minutes, seconds, fraction, hours, rest = parts.groups()
    if int(hours or 0) not in OFFSETS or int(rest or 0) not in MINUTES:
        return None
    return without_offset(wall_clock(day, minutes, seconds, fraction), hours, rest)
