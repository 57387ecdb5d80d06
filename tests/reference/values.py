"""Typed values: how one field of a record is read (section 2, first paragraph, and section 2.1's bad values).

Lives here: ids, text, instants, money, integers, booleans, lists. Does not live here: which feed has which field.
Every reader takes a raw value that is present and returns the typed one, or raises BadValue.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from typing import Any
from zoneinfo import ZoneInfo

from .jsontext import NotJson, Number, parse_json
from .model import Row

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # section 2.1: an instant before 1990 is bad
FURTHEST_AHEAD = timedelta(hours=24)  # section 2.1: over 24 h after ingestion is bad
INT64 = (-(2**63), 2**63 - 1)
MONEY_LIMIT = Decimal(10) ** 16  # decimal(18,2) has 16 digits before the point

_INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_MONEY = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


class BadValue(ValueError):
    """A value is unparseable, of the wrong type or out of bounds (section 2.1, `bad_value`)."""


class Cell(str):
    """A cell of a CSV file: text, read as JSON only where a list, an object, a number or true/false is due."""


def is_blank(text: str) -> bool:
    """Only Unicode white space, or nothing."""
    return text.strip() == ""


def is_absent(raw: Any) -> bool:
    """Section 2: null, blank strings and lists without a usable element count as absent, inside lists too."""
    if isinstance(raw, list):
        return all(is_absent(element) for element in raw)
    return raw is None or (isinstance(raw, str) and is_blank(raw))


def due(raw: Any, *types: type) -> Any:
    """Section 1: a CSV cell is read as JSON where one of `types` is due; anything else stays as it is."""
    if not isinstance(raw, Cell):
        return raw
    try:
        value = parse_json(str(raw))
    except NotJson:
        return raw
    return value if isinstance(value, types) else raw


def read_id(raw: Any) -> str:
    """Section 2: ids are non-blank strings or JSON integers, kept as text (not trimmed)."""
    if isinstance(raw, str):
        return str(raw)
    if isinstance(raw, Number) and raw.is_integer:
        return "0" if raw.text == "-0" else raw.text  # both are the integer 0
    raise BadValue("not an id")


def read_text(raw: Any) -> str:
    """Free text: a string, kept as given."""
    if isinstance(raw, str):
        return str(raw)
    raise BadValue("not a string")


def read_currency(raw: Any) -> str:
    """Section 2: currencies are upper-cased (and trimmed)."""
    return read_text(raw).strip().upper()


def read_bool(raw: Any) -> bool:
    """true or false."""
    value = due(raw, bool)
    if isinstance(value, bool):
        return value
    raise BadValue("not true or false")


def read_integer(raw: Any) -> int:
    """A JSON integer that fits 64 bits."""
    value = due(raw, Number)
    if not isinstance(value, Number) or not value.is_integer or len(value.text) > len(str(INT64[0])):
        raise BadValue("not an integer")
    number = int(value.text)
    if not INT64[0] <= number <= INT64[1]:
        raise BadValue("does not fit 64 bits")
    return number


def read_quantity(raw: Any) -> int:
    """An integer that is not negative (section 2.1)."""
    number = read_integer(raw)
    if number < 0:
        raise BadValue("negative quantity")
    return number


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise BadValue("number out of reach") from error


def read_money(raw: Any) -> Decimal:
    """Section 2: a JSON number or a numeric string; rounds half away from zero; never negative (section 2.1)."""
    value = due(raw, Number)
    if isinstance(value, Number):
        text = value.text
    elif isinstance(value, str) and _MONEY.fullmatch(value.strip()):
        text = value.strip()
    else:
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
    """ISO 8601 date and time (section 2); without an offset it is local, and `fold=0` is the contract's choice:
    the first of a repeated local time, the offset before the gap for a skipped one."""
    match = _INSTANT.fullmatch(text.strip())
    if match is None:
        raise BadValue("not an instant")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    microsecond = int((match[7] or "")[:6].ljust(6, "0"))
    offset = match[8]
    local = datetime(year, month, day, hour, minute, second, microsecond)
    if offset is None:
        return local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if offset == "Z":
        return local.replace(tzinfo=UTC)
    hours, minutes = int(offset[1:3]), int(offset[4:6])
    if hours > 23 or minutes > 59:
        raise BadValue("not an offset")
    shift = timedelta(hours=hours, minutes=minutes)
    return local.replace(tzinfo=timezone(-shift if offset[0] == "-" else shift)).astimezone(UTC)


def _instant_from_number(text: str) -> datetime:
    """Epoch seconds, cut (towards zero) at microseconds."""
    seconds = _decimal(text)
    if seconds.adjusted() > 12:  # beyond the year 9999 by far
        raise BadValue("out of reach")
    with localcontext() as context:
        context.prec = len(text) + 30  # exact: multiplying by a power of ten adds no digit
        microseconds = int((seconds * 1_000_000).to_integral_value(rounding=ROUND_DOWN))
    return EPOCH + timedelta(microseconds=microseconds)


def read_instant(raw: Any, zone: ZoneInfo, latest: datetime | None) -> datetime:
    """An instant, from 1990 to `latest` (None: no end, for valid_until alone)."""
    value = due(raw, Number)
    try:
        if isinstance(value, Number):
            moment = _instant_from_number(value.text)
        else:
            moment = _instant_from_text(read_text(value), zone)
    except (ValueError, OverflowError) as error:
        raise BadValue(str(error)) from error
    if moment < EARLIEST:
        raise BadValue("before 1990")
    if latest is not None and moment > latest:
        raise BadValue("too far ahead of ingestion")
    return moment


def read_list(raw: Any, read_element: Callable[[Any], Any]) -> list[Any]:
    """The usable elements in order; an element of another type makes the field bad. Empty counts as absent."""
    value = due(raw, list)
    if not isinstance(value, list):
        raise BadValue("not a list")
    return [read_element(element) for element in value if not is_absent(element)]


def _optional(holder: dict[str, Any], name: str, read: Callable[[Any], Any]) -> Any:
    raw = holder.get(name)
    return None if is_absent(raw) else read(raw)


def read_products(raw: Any) -> list[str]:
    """Section 2, products_recommended: ids, or objects with product_id, else sku, else id; repeats are dropped."""

    def read_product(element: Any) -> str | None:
        if not isinstance(element, dict):
            return read_id(element)
        for name in ("product_id", "sku", "id"):
            if not is_absent(element.get(name)):
                return read_id(element[name])
        return None

    products: list[str] = []
    for product in read_list(raw, read_product):
        if product is not None and product not in products:
            products.append(product)
    return products


def read_items(raw: Any) -> list[Row]:
    """Section 2, orders: items with product_id or sku, quantity (default 1) and price; others are dropped."""

    def read_item(element: Any) -> Row | None:
        if not isinstance(element, dict):
            raise BadValue("not an object")
        item: Row = {name: _optional(element, name, read_id) for name in ("product_id", "sku")}
        if item["product_id"] is None and item["sku"] is None:
            return None
        quantity = _optional(element, "quantity", read_quantity)
        item["quantity"] = 1 if quantity is None else quantity
        item["price"] = _optional(element, "price", read_money)
        return item

    return [item for item in read_list(raw, read_item) if item is not None]
