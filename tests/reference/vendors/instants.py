"""Instants as vendors write them, as UTC ISO text (spec §2.3.6).

Lives here: ISO forms without a zone (UTC), and numbers in the unit that a section names (seconds, everywhere).
An instant that is none stays as it is, for the record's own check to refuse.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_DOWN
from typing import Any

from ..jsontext import Number
from ..values import is_absent
from .members import number

_ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?"
    r" ?([Zz]|[Uu][Tt][Cc]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_DIGITS = re.compile(r"[0-9]+(?:\.[0-9]+)?")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc_text(raw: Any, in_seconds: bool = False) -> str | None:
    """The UTC ISO text of an instant with six places of a second, None if it is none.

    Args:
        in_seconds: the section names seconds as the unit of its numbers.
    """
    moment = _moment(raw, in_seconds)
    return None if moment is None else moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def instant(raw: Any, in_seconds: bool = False) -> Any:
    """The UTC ISO text, or what was given where it is no instant; None if absent."""
    if is_absent(raw):
        return None
    text = utc_text(raw, in_seconds)
    return raw if text is None else text


def _moment(raw: Any, in_seconds: bool) -> datetime | None:
    text = raw.strip() if isinstance(raw, str) else ""
    try:
        if isinstance(raw, Number) or _DIGITS.fullmatch(text):
            return _from_seconds(raw) if in_seconds else None
        return _from_iso(text)
    except (ValueError, OverflowError):
        return None


def _from_seconds(raw: Any) -> datetime | None:
    seconds = number(raw)
    if seconds is None or seconds.adjusted() > 12:
        return None
    return EPOCH + timedelta(microseconds=int((seconds * 1_000_000).to_integral_value(rounding=ROUND_DOWN)))


def _from_iso(text: str) -> datetime | None:
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    microsecond = int((match[7] or "")[:6].ljust(6, "0"))
    local = datetime(year, month, day, hour, minute, second, microsecond)
    offset = match[8]
    if offset is None or offset.upper() in ("Z", "UTC"):
        return local.replace(tzinfo=UTC)
    hours, minutes = int(offset[1:3]), int(offset[3:].removeprefix(":") or 0)
    if hours > 23 or minutes > 59:
        return None
    shift = timedelta(hours=hours, minutes=minutes)
    return local.replace(tzinfo=timezone(-shift if offset[0] == "-" else shift)).astimezone(UTC)
