"""Finds, fast, the few lines of a chunk that `strict_json.validate` must look at; all others are known to be valid.

On the way it learns each line's member names, and which of them no rule reads.

DuckDB's parser is strict JSON but for this: it takes NaN and infinities, trailing commas and any depth, gives the first
of repeated keys, and passes fractions through binary floating point. Each of these is looked for here. A false alarm
only costs time; a miss would be an error. Numbers are looked for in the bytes with NumPy, which is twice as quick
as one regular expression over all text.
"""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from caw.limits import DEFAULT_LIMITS

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]

BLOCK = 128 * 1024  # bytes compared at once: intermediate masks then stay in the processor's cache
WALK = 40  # steps that a look along a number or a space may take before the line is simply validated
EXACT_FRACTION_DIGITS = 6
EXACT_WHOLE_DIGITS = 10  # with so many of a fraction exact in a double, below 2**33: an epoch with microseconds passes

MEMBER_NAMES = "try(json_keys(text, ['$', '$.profile']))"  # null for text that does not parse

# Objects that feeds hold inside a record: `profile`, and the elements of these lists (spec §2.0.5).
NESTED_LISTS = ("items", "products")

MOST_SHAPES = 10_000  # remembered; feeds have a few dozen

Lists = (
    list[list[str] | None] | None
)  # the names of a record's members, then of its profile's; None of text that does not parse

_local = threading.local()


@dataclass(frozen=True)
class _Shape:
    """A record's keys.

    Attributes:
        is_odd: one of them holds a key twice, or the text does not parse.
        nested: which of `NESTED_LISTS` the record has.
        unknown: JSON text of the list of the members that no rule reads; None for none.
    """

    is_odd: bool
    nested: tuple[str, ...] = ()
    unknown: str | None = None


@dataclass(frozen=True)
class Members:
    """The names of a feed's members that rules read."""

    fields: frozenset[str]
    profile_fields: frozenset[str] = frozenset()

    def unknown(self, names: Lists) -> str | None:
        """JSON text of the sorted list of the other names, those of the profile as `profile.<name>`; None for none."""
        record, profile = (*(names or ()), None, None)[:2]
        others = {name for name in record or () if name not in self.fields}
        if self.profile_fields:
            others |= {f"profile.{name}" for name in profile or () if name not in self.profile_fields}
        return json.dumps(sorted(others), ensure_ascii=False) if others else None


@dataclass(frozen=True)
class Prefiltered:
    """A chunk's lines after the fast look.

    Attributes:
        suspicious: indexes, ascending, of the lines that need `strict_json.validate`.
        unknown: of each line the members that no rule reads, as JSON text of a list; null for none, and for text that
            the engine does not parse.
    """

    suspicious: pa.Int64Array
    unknown: pa.StringArray


def suspicious_lines(texts: pa.StringArray, depth: int = DEFAULT_LIMITS.depth) -> pa.Int64Array:
    """Indexes, ascending, of the lines that need `strict_json.validate`; see `prefiltered`."""
    return prefiltered(texts, depth).suspicious


def prefiltered(
    texts: pa.StringArray, depth: int = DEFAULT_LIMITS.depth, members: Members | None = None
) -> Prefiltered:
    """Look through a chunk.

    Args:
        texts: lines without nulls, valid UTF-8, none with a line break.
        depth: levels of nesting that `validate` allows.
        members: which members rules read; None where that is not asked.
    """
    if len(texts) == 0:
        return Prefiltered(pa.array([], pa.int64()), pa.array([], pa.string()))
    data, offsets = _bytes_of(texts)
    flagged = np.zeros(len(texts), bool)
    flagged[np.searchsorted(offsets, _odd_positions(data), side="right") - 1] = True
    lengths = np.diff(offsets)
    flagged |= lengths == 0
    if len(data):
        flagged |= data[np.minimum(offsets[:-1], len(data) - 1)] != ord("{")
    flagged[_maybe_deep(texts, lengths, depth)] = True
    malformed, unknown = _malformed_or_repeating(texts, members)
    flagged[malformed] = True
    return Prefiltered(pa.array(np.flatnonzero(flagged), pa.int64()), unknown)


def unknown_fields(texts: pa.StringArray, members: Members) -> pa.StringArray:
    """Of each line the members that no rule reads, as `Prefiltered.unknown` has them."""
    return _unknown_of(*_shapes(texts, MEMBER_NAMES, members))


def _bytes_of(texts: pa.StringArray) -> tuple[Bytes, Positions]:
    """The texts' bytes, and where each begins and the last one ends in them."""
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    if texts.buffers()[2] is None:
        return np.empty(0, np.uint8), offsets
    return np.frombuffer(texts.buffers()[2], np.uint8)[offsets[0] : offsets[-1]], offsets - offsets[0]


def _odd_positions(data: Bytes) -> Positions:
    """Byte positions of a number, word or bracket which DuckDB reads, or may read, in its own way."""
    # Blocks overlap by one byte: what is looked for is known by two that touch.
    found = [_candidates(data[start : start + BLOCK + 1]) + start for start in range(0, len(data), BLOCK)]
    at = np.concatenate([np.empty(0, np.int64), *found])
    # A colon that follows neither a quote nor white space is no JSON: it is within a text, as in a time of day.
    named = _at(data, at - 2)
    at = at[(named == ord('"')) | _white(named) | (_at(data, at - 1) != ord(":"))]
    byte = _at(data, at)
    first = at + (byte == ord("-"))  # of the digits or the word
    begins = _at(data, first)
    digits = _digit(begins)
    minus_zero = digits & (byte == ord("-")) & (begins == ord("0"))
    words = ((begins | 0x20) == ord("n")) | ((begins | 0x20) == ord("i"))
    closes = (byte | 0x20) == ord("}")
    return np.concatenate(
        [
            at[minus_zero],
            _odd_numbers(data, first[digits]),
            _odd_words(data, first[words]),
            _odd_closers(data, at[closes]),
        ]
    )


def _candidates(block: Bytes) -> Positions:
    """Where a number or a word may begin that is a JSON value, and where a bracket closes after a comma or white space.

    Every byte of every line passes here, and nothing else looks at all of them: hence the fewest passes that will do.
    """
    low = block | 0x20  # `]` and `}` differ in that bit alone, as letters do from capitals
    gap = (block <= ord(" ")) | (block == ord(","))
    opens = gap | (block == ord(":")) | (block == ord("["))
    # From `-` to `9` there are `.` and `/`, too, which begin no value: a false alarm that `_odd_positions` ends.
    begins = ((block - np.uint8(ord("-"))) <= ord("9") - ord("-")) | (low == ord("n")) | (low == ord("i"))
    return np.flatnonzero((opens[:-1] & begins[1:]) | (gap[:-1] & (low[1:] == ord("}")))) + 1


def _odd_numbers(data: Bytes, at: Positions) -> Positions:
    """Numbers, by their first digit, that binary floating point may change, or that are too long to tell here."""
    whole_ends = _walk(data, at, _digit)
    fraction = np.where(_at(data, whole_ends) == ord("."), whole_ends + 1, whole_ends)
    ends = _walk(data, fraction, _digit)
    has_fraction = fraction > whole_ends
    whole_digits = whole_ends - at
    inexact = (whole_digits == EXACT_WHOLE_DIGITS) & (_at(data, at) >= ord("8")) | (whole_digits > EXACT_WHOLE_DIGITS)
    follows = _at(data, ends + 1)
    exponent = ((_at(data, ends) | 0x20) == ord("e")) & (
        _digit(follows) | (follows == ord("+")) | (follows == ord("-"))
    )
    endless = _digit(_at(data, ends)) | _digit(_at(data, whole_ends))
    return at[exponent | endless | has_fraction & (inexact | (ends - fraction > EXACT_FRACTION_DIGITS))]


def _odd_words(data: Bytes, at: Positions) -> Positions:
    """`nan` or `inf` in any letter case: not the beginning of `information`."""
    first, second, third = (_at(data, at + step) | 0x20 for step in range(3))
    nan = (first == ord("n")) & (second == ord("a")) & (third == ord("n"))
    infinity = (first == ord("i")) & (second == ord("n")) & (third == ord("f"))
    after = _at(data, at + 3)
    ends = (after <= ord(" ")) | (after == ord(",")) | ((after | 0x20) == ord("}")) | ((after | 0x20) == ord("i"))
    return at[(nan | infinity) & ends]


def _odd_closers(data: Bytes, at: Positions) -> Positions:
    """A closing bracket after a comma, white space aside."""
    byte = _at(data, _walk(data, at - 1, _white, step=-1))
    return at[(byte == ord(",")) | _white(byte)]


def _walk(data: Bytes, at: Positions, passes: Callable[[Bytes], Mask], step: int = 1) -> Positions:
    """Step on from each position while the byte there passes; `WALK` steps at most."""
    at = at.copy()
    moving = np.arange(len(at))
    for _ in range(WALK):
        moving = moving[passes(_at(data, at[moving]))]
        if len(moving) == 0:
            break
        at[moving] += step
    return at


def _at(data: Bytes, positions: Positions) -> Bytes:
    """Bytes at positions; the text's first and last byte for positions beyond them."""
    return data.take(positions, mode="clip")


def _digit(data: Bytes) -> Mask:
    return (data - np.uint8(ord("0"))) < 10


def _white(data: Bytes) -> Mask:
    return data <= ord(" ")


def _maybe_deep(texts: pa.StringArray, lengths: Positions, depth: int) -> Positions:
    """Lines with more opening brackets than the depth allowed; only a long line can have so many."""
    long = np.flatnonzero(lengths > 2 * depth)  # valid text closes what it opens
    if len(long) == 0:
        return long
    data, offsets = _bytes_of(texts.take(pa.array(long)))
    brackets = np.flatnonzero((data | 0x20) == ord("{"))  # `[` and `{` differ in that bit alone
    return long[np.diff(np.searchsorted(brackets, offsets)) > depth]


def _malformed_or_repeating(texts: pa.StringArray, members: Members | None) -> tuple[Positions, pa.StringArray]:
    """Lines that DuckDB cannot parse, or whose objects repeat a key; and each line's members that no rule reads."""
    codes, shapes = _shapes(texts, MEMBER_NAMES, members)
    found = [_lines_with(codes, [shape.is_odd for shape in shapes])]
    for name in NESTED_LISTS:
        lines = _lines_with(codes, [name in shape.nested for shape in shapes])
        if len(lines):
            inner = texts if len(lines) == len(texts) else texts.take(pa.array(lines))
            inner_codes, inner_shapes = _shapes(inner, f"try(json_keys(text, '$.{name}[*]'))")
            found.append(lines[_lines_with(inner_codes, [shape.is_odd for shape in inner_shapes])])
    return np.concatenate(found), _unknown_of(codes, shapes)


def _unknown_of(codes: Positions, shapes: Sequence[_Shape]) -> pa.StringArray:
    """By line what its shape leaves unknown; hardly any shape does."""
    if all(shape.unknown is None for shape in shapes):
        return pa.nulls(len(codes), pa.string())
    return pa.array([shape.unknown for shape in shapes], pa.string()).take(pa.array(codes))


def _lines_with(codes: Positions, chosen: Sequence[bool]) -> Positions:
    """The lines whose codes are chosen."""
    return np.flatnonzero(np.array(chosen, bool)[codes]) if any(chosen) else np.empty(0, np.int64)


def _shapes(texts: pa.StringArray, keys: str, members: Members | None = None) -> tuple[Positions, list[_Shape]]:
    """Each line's code, and per code the shape of what the SQL expression `keys` has for such a line.

    Machines write the same few lists of keys again and again: lists are compared by hash, and only one of each, that
    this thread has not met in an earlier chunk, is brought out of the engine.
    """
    hashes: Hashes = np.asarray(_by_line(f"hash({keys})", pa.table({"text": texts})).fetchnumpy()["value"])
    encoded = pa.array(hashes).dictionary_encode()
    codes = encoded.indices.to_numpy().astype(np.int64)
    distinct = encoded.dictionary.to_pylist()
    known = _known_shapes(keys, members)
    new = [code for code, value in enumerate(distinct) if value not in known]
    if new:
        examples = np.empty(len(distinct), np.int64)
        examples[codes] = np.arange(len(codes))
        lists = _by_line(keys, pa.table({"text": texts.take(pa.array(examples[new]))})).fetchall()
        found = {distinct[code]: _shape(names, members) for code, (names,) in zip(new, lists, strict=True)}
        shapes = [found.get(value) or known[value] for value in distinct]
        if len(known) + len(found) <= MOST_SHAPES:
            known.update(found)
        return codes, shapes
    return codes, [known[value] for value in distinct]


def _shape(keys: Lists, members: Members | None) -> _Shape:
    if keys is None:
        return _Shape(is_odd=True)
    is_odd = any(names is not None and len(set(names)) < len(names) for names in keys)
    nested = tuple(name for name in NESTED_LISTS if keys and name in (keys[0] or ()))
    return _Shape(is_odd, nested, members.unknown(keys) if members is not None else None)


def _known_shapes(keys: str, members: Members | None) -> dict[int, _Shape]:
    if not hasattr(_local, "shapes"):
        _local.shapes = {}
    known: dict[int, _Shape] = _local.shapes.setdefault((keys, members), {})
    return known


def _by_line(expression: str, lines: pa.Table) -> duckdb.DuckDBPyRelation:
    """An SQL expression over `text`, line by line, ready to be fetched as `value`; the one thread keeps their order.

    A statement that reads `lines` by the variable's name would be bound once instead of twice, but finds the variable
    only where the interpreter's frames are as it expects them.
    """
    return _connection().from_arrow(lines).project(f"{expression} as value")


def _connection() -> duckdb.DuckDBPyConnection:
    """One in-memory engine per thread, with one thread of its own: chunks are what is parallel."""
    if not hasattr(_local, "connection"):
        _local.connection = duckdb.connect(":memory:", config={"threads": 1})
    return _local.connection
