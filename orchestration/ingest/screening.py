"""Finds, fast, the few lines of a chunk that `lexical.judge` must look at; the rest is known to be sound.

DuckDB's parser is strict JSON but for this: it takes NaN and infinities, trailing commas and any depth, gives the first
of repeated keys, and passes fractions through binary floating point. Each of these is looked for here. A false alarm
only costs time; a miss would be an error. Numbers are looked for in the bytes with NumPy, which is twice as quick
as one regular expression over all text.
"""

import threading
from collections.abc import Callable

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from orchestration.ingest.limits import DEFAULT_LIMITS

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

OVERLAP = 4  # longer than every pattern looked for
BLOCK = 1024 * 1024  # bytes compared at once: intermediate masks then stay in the processor's cache
WALK = 40  # steps a look backwards may take before the line is simply judged
EXACT_WHOLE_DIGITS = 10  # with 6 fraction digits exact in a double, below 2**33: an epoch with microseconds passes

# Objects that feeds hold inside a record: `profile`, and the elements of these lists (contract 2).
NESTED_LISTS = ("items", "products")

_local = threading.local()


def screen(texts: pa.StringArray, depth: int = DEFAULT_LIMITS.depth) -> pa.Int64Array:
    """Indexes, ascending, of the lines that need `lexical.judge`.

    Args:
        texts: lines without nulls, valid UTF-8, none with a line break.
        depth: levels of nesting that `judge` allows.
    """
    if len(texts) == 0:
        return pa.array([], pa.int64())
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    data = texts.buffers()[2]
    whole = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    odd = _odd_positions(whole[offsets[0] : offsets[-1]]) + offsets[0]
    flagged = np.zeros(len(texts), bool)
    flagged[np.searchsorted(offsets, odd, side="right") - 1] = True
    lengths = np.diff(offsets)
    starts = np.minimum(offsets[:-1], max(len(whole) - 1, 0))
    flagged |= (lengths == 0) if len(whole) == 0 else (lengths == 0) | (whole[starts] != ord("{"))
    flagged |= _maybe_deep(whole, offsets, depth)
    flagged[_malformed_or_repeating(texts)] = True
    return pa.array(np.flatnonzero(flagged), pa.int64())


def _odd_positions(data: Bytes) -> Positions:
    """Byte positions that may belong to a number, word or comma which DuckDB reads in its own way."""
    odd = [np.empty(0, np.int64)]
    for find, check in _ODDITIES:
        # Blocks overlap so that what lies across an edge is seen; what is seen twice does no harm.
        found = [find(data[start : start + BLOCK + OVERLAP]) + start for start in range(0, len(data), BLOCK)]
        if found:
            odd.append(check(data, np.concatenate(found)))
    return np.concatenate(odd)


def _exponents(block: Bytes) -> Positions:
    """A digit, then e or E."""
    return np.flatnonzero(_digit(block[:-1]) & ((block[1:] | 0x20) == ord("e")))


def _dots(block: Bytes) -> Positions:
    """A dot between digits."""
    return np.flatnonzero((block[1:-1] == ord(".")) & _digit(block[:-2]) & _digit(block[2:])) + 1


def _minus_zeros(block: Bytes) -> Positions:
    return np.flatnonzero((block[:-1] == ord("-")) & (block[1:] == ord("0")))


def _words(block: Bytes) -> Positions:
    """`nan` or `inf` in any letter case."""
    low = block | 0x20
    first, second, third = low[:-2], low[1:-1], low[2:]
    nan = (first == ord("n")) & (second == ord("a")) & (third == ord("n"))
    infinity = (first == ord("i")) & (second == ord("n")) & (third == ord("f"))
    return np.flatnonzero(nan | infinity)


def _closers(block: Bytes) -> Positions:
    """A closing bracket after a comma or white space."""
    before = block[:-1]
    closing = (block[1:] | 0x20) == ord("}")  # `]` and `}` differ in that bit alone
    return np.flatnonzero(closing & ((before == ord(",")) | (before <= ord(" ")))) + 1


def _check_exponents(data: Bytes, at: Positions) -> Positions:
    follows = _at(data, at + 2)
    at = at[_digit(follows) | (follows == ord("+")) | (follows == ord("-"))]
    return at[_is_number(data, at)]


def _check_dots(data: Bytes, at: Positions) -> Positions:
    """More than 6 fraction digits in a JSON number, or so many whole digits that a double may not be exact."""
    long_fraction = at
    for step in range(2, 8):
        long_fraction = long_fraction[_digit(_at(data, long_fraction + step))]
    long_fraction = long_fraction[_is_number(data, long_fraction)]
    long_whole = at
    for step in range(2, EXACT_WHOLE_DIGITS + 1):
        long_whole = long_whole[_digit(_at(data, long_whole - step))]
    top = _at(data, long_whole - EXACT_WHOLE_DIGITS)
    long_whole = long_whole[(top >= ord("8")) | _digit(_at(data, long_whole - EXACT_WHOLE_DIGITS - 1))]
    return np.concatenate([long_fraction, long_whole])


def _check_minus_zeros(data: Bytes, at: Positions) -> Positions:
    return at[_begins_value(data, at - 1)]


def _check_words(data: Bytes, at: Positions) -> Positions:
    """As a value of its own: not the beginning of `information`, nor the middle of `finance`."""
    after = _at(data, at + 3)
    ends = (after <= ord(" ")) | (after == ord(",")) | ((after | 0x20) == ord("}")) | ((after | 0x20) == ord("i"))
    return at[ends & _begins_value(data, at - 1)]


def _check_closers(data: Bytes, at: Positions) -> Positions:
    before = _walk_back(data, at - 1, _white)
    byte = _at(data, before)
    return at[(byte == ord(",")) | _white(byte)]


_ODDITIES = (
    (_exponents, _check_exponents),
    (_dots, _check_dots),
    (_minus_zeros, _check_minus_zeros),
    (_words, _check_words),
    (_closers, _check_closers),
)


def _walk_back(data: Bytes, at: Positions, passes: Callable[[Bytes], Mask]) -> Positions:
    """Step left from each position while the byte there passes; `WALK` steps at most."""
    at = at.copy()
    moving = np.arange(len(at))
    for _ in range(WALK):
        moving = moving[passes(_at(data, at[moving])) & (at[moving] > 0)]
        if len(moving) == 0:
            break
        at[moving] -= 1
    return at


def _is_number(data: Bytes, inside: Positions) -> Mask:
    """True where the digits and dots around a position make a JSON value, or are too many to tell here."""
    before = _walk_back(data, inside, _digit_or_dot)
    return _begins_value(data, before) | _digit_or_dot(_at(data, before))


def _begins_value(data: Bytes, before: Positions) -> Mask:
    """True where the byte before a number or word, its minus aside, can stand right before a JSON value.

    A colon after a digit stands in a time of day inside a string: names end in a quote.
    """
    before = np.where(_at(data, before) == ord("-"), before - 1, before)
    byte = _at(data, before)
    clock = (byte == ord(":")) & _digit(_at(data, before - 1))
    opens = _white(byte) | (byte == ord(":")) | (byte == ord(",")) | (byte == ord("["))
    return opens & ~clock


def _at(data: Bytes, positions: Positions) -> Bytes:
    """Bytes at positions; the text's ends stand for all beyond them."""
    return data[np.clip(positions, 0, len(data) - 1)]


def _digit(data: Bytes) -> Mask:
    return (data - np.uint8(ord("0"))) < 10


def _digit_or_dot(data: Bytes) -> Mask:
    return _digit(data) | (data == ord("."))


def _white(data: Bytes) -> Mask:
    return data <= ord(" ")


def _maybe_deep(whole: Bytes, offsets: Positions, depth: int) -> Mask:
    """Lines with more opening brackets than the depth allowed; only a long line can have so many."""
    if np.diff(offsets).max() <= 2 * depth:  # sound text closes what it opens
        return np.zeros(len(offsets) - 1, bool)
    brackets = np.flatnonzero((whole | 0x20) == ord("{"))  # `[` and `{` differ in that bit alone
    return np.diff(np.searchsorted(brackets, offsets)) > depth


def _malformed_or_repeating(texts: pa.StringArray) -> Positions:
    """Lines that DuckDB cannot parse, or whose objects repeat a key."""
    top_level = "try(json_keys(text, ['$', '$.profile']))"  # null for text that does not parse
    codes, signatures = _signatures(texts, top_level)
    found = [np.flatnonzero(np.isin(codes, [code for code, keys in enumerate(signatures) if _repeats(keys)]))]
    for name in NESTED_LISTS:
        holders = [code for code, keys in enumerate(signatures) if keys and name in (keys[0] or ())]
        if holders:
            lines = np.flatnonzero(np.isin(codes, holders))
            inner = texts if len(lines) == len(texts) else texts.take(pa.array(lines))
            inner_codes, inner_keys = _signatures(inner, f"try(json_keys(text, '$.{name}[*]'))")
            repeating = [code for code, keys in enumerate(inner_keys) if _repeats(keys)]
            found.append(lines[np.isin(inner_codes, repeating)])
    return np.concatenate(found)


def _signatures(texts: pa.StringArray, keys: str) -> tuple[Positions, list[list[list[str] | None] | None]]:
    """Each line's code, and per code the value that the SQL expression `keys` has for such a line.

    Machines write the same few lists of keys again and again: lists are compared by hash, and only one of each is
    brought out of the engine.
    """
    codes, distinct = pd.factorize(_column(f"hash({keys})", texts).to_numpy())
    examples = np.empty(len(distinct), np.int64)
    examples[codes] = np.arange(len(codes))
    return codes, _column(keys, texts.take(pa.array(examples))).to_pylist()


def _repeats(keys: list[list[str] | None] | None) -> bool:
    """True when an object's list of keys holds one twice, and for text that does not parse."""
    return keys is None or any(names is not None and len(set(names)) < len(names) for names in keys)


def _column(expression: str, texts: pa.StringArray) -> pa.ChunkedArray:
    """An SQL expression over `text`, line by line; the engine's one thread keeps their order."""
    connection = _connection()
    connection.register("lines", pa.table({"text": texts}))
    try:
        return connection.sql(f"select {expression} as value from lines").to_arrow_table()["value"]
    finally:
        connection.unregister("lines")


def _connection() -> duckdb.DuckDBPyConnection:
    """One in-memory engine per thread, with one thread of its own: chunks are what is parallel."""
    if not hasattr(_local, "connection"):
        _local.connection = duckdb.connect(":memory:", config={"threads": 1})
    return _local.connection
