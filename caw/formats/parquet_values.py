"""Values of Parquet columns as JSON text.

A timestamp with a zone is an instant and ends in Z; one without is a local time, to which staging gives a zone, but
INT96 is UTC. Nulls, and NaN, which is how pandas writes a missing number, are absent fields. An instant or day beyond
the calendar becomes a text that is none, so that its row alone is refused.
"""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pyarrow as pa

from caw.feeds.declared import NESTED_KINDS
from caw.formats.columns import Column, nested
from caw.formats.json_numbers import Number
from caw.formats.strict_json import NotJson, dump, parse, quote

EPOCH = datetime(1970, 1, 1)
NO_DATE = "beyond the calendar"
EXACT = 2**53  # beyond it not every whole number has a double of its own
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
INT96 = pa.struct([("date", pa.date32()), ("time", pa.time64("ns"))])  # as DuckDB gives it
INSIDE_IDS = frozenset({"profile_id", "external_id", "anonymous_id", "product_id", "sku", "id", "phone_number"})

Convert = Callable[[Any], Any]  # a plain value to what `strict_json.dump` writes


def json_texts(array: "pa.Array | pa.ChunkedArray", column: Column, is_int96: bool) -> list[str | None]:
    """A column's values as JSON text; None is an absent field.

    Args:
        array: the values.
        column: the field that they belong to.
        is_int96: whether the instants among them are INT96.
    """
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    kind = array.type
    if pa.types.is_dictionary(kind):
        return json_texts(array.dictionary_decode(), column, is_int96)
    if isinstance(kind, pa.BaseExtensionType):
        if kind.extension_name == "arrow.json":
            return [None if text is None else _document(text) for text in array.storage.to_pylist()]
        if kind.extension_name == "arrow.uuid":
            return [None if value is None else quote(str(value)) for value in array.to_pylist()]
        array, kind = array.storage, array.storage.type
    plain = _checked(array.cast(_plain(kind)) if _plain(kind) != kind else array)
    values = plain.to_pylist(maps_as_pydicts="lossy")  # of repeated keys the last, as everywhere
    if column.kind in NESTED_KINDS and (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return [None if value is None else nested(_text(value)) for value in values]
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return [None if value is None else quote(_text(value)) for value in values]
    convert = _converter(kind, is_int96, column.is_identifier)
    return [None if _is_absent(value) else dump(convert(value)) for value in values]


def _plain(kind: pa.DataType) -> pa.DataType:
    """The same type with numbers in the place of instants and days: Python's own do not reach as far."""
    if pa.types.is_timestamp(kind):
        return pa.int64()
    if pa.types.is_date32(kind) or pa.types.is_time32(kind):
        return pa.int32()
    if pa.types.is_time64(kind):
        return pa.int64()
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_plain(field.type)) for field in kind])
    if pa.types.is_map(kind):
        return pa.map_(_plain(kind.key_type), _plain(kind.item_type))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.list_(kind.value_field.with_type(_plain(kind.value_type)))
    return kind


def _converter(kind: pa.DataType, is_int96: bool, is_identifier: bool) -> Convert:
    """A function from plain values of a type to what `strict_json.dump` writes."""
    inner = partial(_converter, is_int96=is_int96, is_identifier=is_identifier)
    if pa.types.is_timestamp(kind):
        return partial(_instant, per_second=PER_SECOND[kind.unit], is_utc=kind.tz is not None or is_int96)
    if pa.types.is_date32(kind):
        return _day
    if pa.types.is_time(kind):
        return partial(_time_of_day, per_second=PER_SECOND[kind.unit])
    if is_int96 and kind == INT96:
        return _int96
    if pa.types.is_struct(kind):
        named = {
            field.name: _converter(field.type, is_int96, field.name.lower() in INSIDE_IDS or is_identifier)
            for field in kind
        }
        return lambda value: {name: named[name](item) for name, item in value.items() if not _is_absent(item)}
    if pa.types.is_map(kind):
        key, item_of = inner(kind.key_type), inner(kind.item_type)
        return lambda value: {str(key(name)): item_of(item) for name, item in value.items() if not _is_absent(item)}
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        item_of = inner(kind.value_type)
        return lambda value: [None if _is_absent(item) else item_of(item) for item in value]
    if pa.types.is_float16(kind) or pa.types.is_float32(kind):
        return partial(_narrow, is_identifier=is_identifier)
    return partial(_wide, is_identifier=True) if is_identifier and pa.types.is_floating(kind) else _scalar


def _instant(value: int, per_second: int, is_utc: bool) -> str:
    seconds, fraction = divmod(value, per_second)
    try:
        text = (EPOCH + timedelta(seconds=seconds)).isoformat()
    except OverflowError:
        return NO_DATE
    return f"{text}{_fraction(fraction, per_second)}{'Z' if is_utc else ''}"


def _day(value: int) -> str:
    try:
        return (EPOCH + timedelta(days=value)).date().isoformat()
    except OverflowError:
        return NO_DATE


def _time_of_day(value: int, per_second: int) -> str:
    seconds, fraction = divmod(value, per_second)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{_fraction(fraction, per_second)}"


def _int96(value: dict[str, int | None]) -> str:
    days, of_day = value["date"], value["time"]
    if days is None or of_day is None:
        return NO_DATE
    return _instant(days * 86_400 * 10**9 + of_day, 10**9, is_utc=True)


def _fraction(fraction: int, per_second: int) -> str:
    return f".{fraction:0{len(str(per_second)) - 1}d}" if fraction else ""


def _narrow(value: float, is_identifier: bool) -> Any:
    """The shortest decimal of a narrow float: 0.1, not the 0.10000000149011612 of the double nearest to it."""
    return _wide(float(str(pa.scalar(value, pa.float32()).cast(pa.string()).as_py())), is_identifier)


def _wide(value: float, is_identifier: bool = False) -> Any:
    if is_identifier and value.is_integer():
        # Beyond that, two ids may have become one: an exponent is no id.
        return Number(int(value)) if abs(value) < EXACT else Number(f"{value:.16e}")
    return Number(repr(value).replace("inf", "Infinity"))  # which is no JSON: validation rejects the row


def _scalar(value: Any) -> Any:
    if isinstance(value, bool | str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, float):
        return _wide(value)
    if isinstance(value, int):
        return Number(value)
    if isinstance(value, Decimal):
        return Number(format(value, "f"))
    return str(value)


def _document(text: str) -> str:
    try:
        return dump(parse(text))
    except NotJson:
        return quote(text)


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "surrogateescape")


def _is_absent(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _checked(array: pa.Array) -> pa.Array:
    """The array, its texts as bytes if any of them is no UTF-8; whoever writes Parquet may not have looked."""
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        return array.cast(_with_bytes(array.type))
    return array


def _with_bytes(kind: pa.DataType) -> pa.DataType:
    """The same type with binary in the place of text."""
    if pa.types.is_string(kind) or pa.types.is_string_view(kind):
        return pa.binary()
    if pa.types.is_large_string(kind):
        return pa.large_binary()
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_with_bytes(field.type)) for field in kind])
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_with_bytes(kind.value_type)))
    return kind
