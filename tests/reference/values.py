"""Typed values: how one field of a record is read.

The rules are spec §2.0.2 to §2.0.4, and the bad values of spec §2.1.3.
Lives here: ids, text, instants, money, numbers, booleans. Does not live here: lists (lists.py), which feed has which field.
Every reader takes a raw value that is present and returns the typed one, or raises BadValue.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from typing import Any
from zoneinfo import ZoneInfo

from .jsontext import NotJson, Number, parse_json
from .words import normal_word

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # spec §2.1.3: an instant before 1990 is bad
FURTHEST_AHEAD = timedelta(hours=24)  # spec §2.1.3: over 24 h after ingestion is bad
INT64 = (-(2**63), 2**63 - 1)
LONGEST_OF_FEW, FEW_LINES = 32_768, 5_000  # spec §2.0.2: characters of an id in a raw store of at most so many lines
LONGEST = 1_000  # in a larger one
ITEM_IDS = ("product_id", "sku")  # of an order's line
MONEY_LIMIT = Decimal(10) ** 16  # decimal(18,2) has 16 digits before the point
EPOCH_END = datetime(2100, 1, 1, tzinfo=UTC)  # spec §2.0.3: an epoch from 2100 on is a bad value
EPOCH_UNITS = (  # spec §2.0.3: epochs by size; below so much, so many microseconds
    (Decimal(10) ** 11, Decimal(1_000_000)),
    (Decimal(10) ** 14, Decimal(1000)),
    (Decimal(10) ** 17, Decimal(1)),
)
NANOSECOND = Decimal("0.001")  # in microseconds

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?"
    r"(?: ?(?P<zone>[Zz]|[Uu][Tt][Cc]|[+-][0-9]{2}(?::?[0-9]{2})?)(?:\[[^\[\]]+\])?)?"
)
_EPOCH_TEXT = re.compile(r"[0-9]+\.?[0-9]*|\.[0-9]+")
_NUMERIC = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"(-?(?:0|[1-9][0-9]*))(?:\.0+)?")
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class BadValue(ValueError):
    """A value is unparseable, of the wrong type or out of bounds (spec §2.1.3, `bad_value`)."""


class Cell(str):
    """A cell of a CSV file: text, read as JSON only where a list, an object, a number or true/false is due."""


def is_blank(text: str) -> bool:
    """Only Unicode white space, or nothing."""
    return text.strip() == ""


def is_absent(raw: Any) -> bool:
    """Spec §2.0.4: null, blank strings and lists without a usable element count as absent, inside lists too."""
    if isinstance(raw, list):
        return all(is_absent(element) for element in raw)
    return raw is None or (isinstance(raw, str) and is_blank(raw))


def due(raw: Any, *types: type) -> Any:
    """Spec §1.6: a CSV cell is read as JSON where one of `types` is due; anything else stays as it is."""
    if not isinstance(raw, Cell):
        return raw
    try:
        value = parse_json(str(raw))
    except NotJson:
        return raw
    return value if isinstance(value, types) else raw


def kept_id(text: str, longest: int) -> str:
    """Spec §2.0.2: of a longer id its first 900 characters, `…` and the SHA-256 of its UTF-8."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return text if len(text) <= longest else text[:900] + "\N{HORIZONTAL ELLIPSIS}" + digest


def with_kept_ids(kind: str, value: Any, longest: int) -> Any:
    """A value of a kind of field with its ids, in lists and order lines too, as they are kept."""
    if kind == "items":
        return [item | {name: with_kept_ids("id", item[name], longest) for name in ITEM_IDS} for item in value or ()]
    if kind in ("ids", "products"):
        return [kept_id(element, longest) for element in value or ()]
    return kept_id(value, longest) if kind == "id" and value is not None else value


def read_id(raw: Any) -> str:
    """Spec §2.0.2: ids are non-blank strings or whole JSON numbers without an exponent, kept as the integer's text.

    Spec §1.6: a CSV cell of the form `1001.0` is the id `1001`; other cells, `007` among them, stay as given.
    """
    if isinstance(raw, Cell):
        match = _WHOLE.fullmatch(raw)
        return _integer_text(match[1]) if match and "." in raw else str(raw)
    if isinstance(raw, str):
        return str(raw)
    if isinstance(raw, Number) and (match := _WHOLE.fullmatch(raw.text)):
        return _integer_text(match[1])
    raise BadValue("not an id")


def _integer_text(text: str) -> str:
    return "0" if text == "-0" else text  # both are the integer 0


def read_text(raw: Any) -> str:
    """Free text: a string, kept as given."""
    if isinstance(raw, str):
        return str(raw)
    raise BadValue("not a string")


def read_phone(raw: Any) -> str:
    """Spec §2.0.2: a text, or a whole number like an id's."""
    return read_id(raw) if isinstance(raw, Number) else read_text(raw)


def read_truth_or_text(raw: Any) -> str:
    """Spec §2.0.7: of consents' status and suppressions' words, JSON true and false count as their words."""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return read_text(raw)


def read_currency(raw: Any) -> str:
    """Spec §2.0.2: currencies are upper-cased (and trimmed)."""
    return read_text(raw).strip().upper()


def read_bool(raw: Any) -> bool:
    """Spec §2.0.2: true or false, their words, yes, no, 1 and 0: texts matched like words, numbers."""
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, Number):
        number = _decimal(raw.text)
        if number in (0, 1):
            return number == 1
    if isinstance(raw, str) and normal_word(raw) in _TRUTHS:
        return _TRUTHS[normal_word(raw)]
    raise BadValue("not true or false")


def _numeric(raw: Any) -> Decimal:
    """Spec §2.0.2: where a number is due, its text counts."""
    value = due(raw, Number)
    if isinstance(value, Number):
        return _decimal(value.text)
    if isinstance(value, str) and _NUMERIC.fullmatch(value.strip()):
        return _decimal(value.strip())
    raise BadValue("not a number")


def read_integer(raw: Any) -> int:
    """Spec §2.0.2: a whole number, its text or `2.0`, within 64 bits."""
    number = _numeric(raw)
    if number.adjusted() > len(str(INT64[1])) or number != number.to_integral_value():
        raise BadValue("not a whole number")
    if not INT64[0] <= number <= INT64[1]:
        raise BadValue("does not fit 64 bits")
    return int(number)


def read_quantity(raw: Any) -> Decimal:
    """A number that is not negative (spec §2.1.3); it may have a fraction (spec §2.0.2)."""
    number = _numeric(raw)
    if number < 0:
        raise BadValue("negative quantity")
    return abs(number)  # -0 is 0


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise BadValue("number out of reach") from error


def summed_money(amounts: Iterable[Decimal]) -> Decimal:
    """Spec §2.0.2: a sum that money cannot hold is the greatest amount that it can, of the same sign."""
    greatest = MONEY_LIMIT - Decimal("0.01")
    return min(max(round(sum(amounts, Decimal(0)), 2), -greatest), greatest)


def read_money(raw: Any) -> Decimal:
    """Spec §2.0.2: a JSON number or a numeric string; rounds half away from zero; never negative (spec §2.1.3)."""
    value = due(raw, Number)
    text = value.text if isinstance(value, Number) else value.strip() if isinstance(value, str) else ""
    if not isinstance(value, Number) and not _NUMERIC.fullmatch(text):
        raise BadValue("not an amount")
    amount = _decimal(text)
    if amount == 0:
        return Decimal("0.00")
    if amount < 0:
        raise BadValue("negative amount")
    if amount >= MONEY_LIMIT:
        raise BadValue("does not fit decimal(18,2)")
    with localcontext() as context:
        context.prec = len(text) + 30  # more digits than the amount has: nothing rounds but what quantize rounds
        rounded = amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    if rounded >= MONEY_LIMIT:
        raise BadValue("does not fit decimal(18,2)")
    return rounded


def _instant_from_text(text: str, zone: ZoneInfo) -> datetime:
    """ISO 8601 date and time (spec §2.0.3); without an offset it is local, and `fold=0` is its choice:
    the first of a repeated local time, the offset before the gap for a skipped one."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise BadValue("not an instant")
    year, month, day, hour, minute = (int(part) for part in match.groups()[:5])
    microsecond = int((match[7] or "")[:6].ljust(6, "0"))
    offset = match["zone"]
    local = datetime(year, month, day, hour, minute, int(match[6] or 0), microsecond)
    if offset is None:
        return local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if offset.upper() in ("Z", "UTC"):
        return local.replace(tzinfo=UTC)
    hours, minutes = int(offset[1:3]), int(offset[3:].removeprefix(":") or 0)
    if hours > 23 or minutes > 59:
        raise BadValue("not an offset")
    shift = timedelta(hours=hours, minutes=minutes)
    return local.replace(tzinfo=timezone(-shift if offset[0] == "-" else shift)).astimezone(UTC)


def _instant_from_number(text: str) -> datetime:
    """Spec §2.0.3: an epoch in the unit that its size tells, cut (towards zero) at microseconds."""
    number = _decimal(text)
    if number.adjusted() > 22:  # beyond 2100 in nanoseconds by far
        raise BadValue("out of reach")
    unit = next((unit for end, unit in EPOCH_UNITS if abs(number) < end), NANOSECOND)
    with localcontext() as context:
        context.prec = len(text) + 30  # exact: multiplying by a power of ten adds no digit
        microseconds = int((number * unit).to_integral_value(rounding=ROUND_DOWN))
    moment = EPOCH + timedelta(microseconds=microseconds)
    if moment >= EPOCH_END:
        raise BadValue("an epoch from 2100 on")
    return moment


def read_instant(raw: Any, zone: ZoneInfo, latest: datetime | None) -> datetime:
    """An instant, from 1990 to `latest` (None: no end, for valid_until alone)."""
    value = due(raw, Number)
    try:
        if isinstance(value, Number):
            moment = _instant_from_number(value.text)
        else:
            text = read_text(value).strip()
            is_epoch = _EPOCH_TEXT.fullmatch(text)  # spec §2.0.3: digits and at most one point
            moment = _instant_from_number(text) if is_epoch else _instant_from_text(text, zone)
    except (ValueError, OverflowError) as error:
        raise BadValue(str(error)) from error
    if moment < EARLIEST:
        raise BadValue("before 1990")
    if latest is not None and moment > latest:
        raise BadValue("too far ahead of ingestion")
    return moment


def read_instant_or_date(raw: Any, zone: ZoneInfo, latest: datetime | None) -> datetime:
    """Of erasures (spec §2.0.8): a lone date is its midnight, in the source's zone."""
    if isinstance(raw, str) and _DATE.fullmatch(raw.strip()):
        return read_instant(f"{raw.strip()}T00:00:00", zone, latest)
    return read_instant(raw, zone, latest)
