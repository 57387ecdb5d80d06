"""Finds, fast, the few lines of a chunk that `strict_json.validate` must look at; all others are known to be valid.

On the way it learns each line's member names, and which of them no rule reads.

DuckDB's parser is strict JSON but for this: it takes NaN and infinities, trailing commas and any depth, gives the first
of repeated keys, and passes fractions through binary floating point. Each of these is looked for here, numbers, words
and commas in the bytes (odd_bytes.py). A false alarm only costs time; a miss would be an error.
"""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from caw.formats.odd_bytes import Bytes, Positions, odd_positions
from caw.limits import DEFAULT_LIMITS

Hashes = npt.NDArray[np.uint64]

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
    flagged[np.searchsorted(offsets, odd_positions(data), side="right") - 1] = True
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
