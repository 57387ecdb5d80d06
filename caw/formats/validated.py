"""Validation of texts: what all readers end with (spec §2.1.1 and §2.1.3).

What belongs here: numbering rows, size and UTF-8, and combining the prefilter with strict JSON. What does not: the
formats themselves, and rules on fields, which staging models apply.
"""

import codecs
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
import pyarrow as pa

from caw.feeds.declared import Feed
from caw.formats.lines import Lines, ValidatedLines
from caw.formats.prefilter import Members, prefiltered, unknown_fields
from caw.formats.strict_json import validator
from caw.limits import Limits

TOO_LARGE = "too_large"
NOT_UTF8 = "not_utf8"


@dataclass(frozen=True)
class Row:
    """A row of a table or a record of a document, as JSON text; bytes that are no UTF-8 are lone surrogates."""

    text: str
    rejection: str | None = None
    editor_line: int | None = None  # where an editor shows it: rows of a CSV are numbered without their line breaks


def lines_of_rows(rows: Iterator[Row | None], feed: Feed, limits: Limits) -> Iterator[Lines]:
    """Number rows from 1 and cut them into chunks of about `limits.chunk` characters or of `limits.lines` rows, to be
    validated.

    None is a blank row.
    """
    numbers: list[int] = []
    texts: list[str] = []
    rejections: dict[int, str] = {}
    places: list[int | None] = []
    blank = size = 0
    for number, row in zip(count(1), rows, strict=False):
        if row is None:
            blank += 1
            continue
        text, rejection = _sized(row, limits)
        if rejection is not None:
            rejections[len(texts)] = rejection
        numbers.append(number)
        texts.append(text)
        places.append(row.editor_line)
        size += len(text)
        if size >= limits.chunk or len(texts) >= limits.lines:
            yield lines_of_texts(numbers, texts, rejections, blank, feed, limits, places)
            numbers, texts, rejections, places, blank, size = [], [], {}, [], 0, 0
    if texts or blank:
        yield lines_of_texts(numbers, texts, rejections, blank, feed, limits, places)


def lines_of_texts(
    numbers: Sequence[int],
    texts: Sequence[str],
    rejections: Mapping[int, str],
    blank: int,
    feed: Feed,
    limits: Limits,
    editor_lines: Sequence[int | None] = (),
) -> Lines:
    """A chunk of numbered texts that is still to be validated; `editor_lines`: where an editor shows them, if known."""
    chunk, at = pa.array(texts, pa.string()), np.array(numbers, np.int64)

    def validate() -> ValidatedLines:
        lines = validated(at, chunk, rejections, blank, feed, limits)
        is_known = any(line is not None for line in editor_lines)
        return replace(lines, editor_line=pa.array(editor_lines, pa.int64())) if is_known else lines

    return Lines(len(texts) + blank, chunk.nbytes, validate)


def validated(
    numbers: np.ndarray,
    texts: pa.StringArray,
    rejections: Mapping[int, str],
    blank: int,
    feed: Feed,
    limits: Limits,
) -> ValidatedLines:
    """Validate all texts but those, by index, that are rejected already."""
    rejections = dict(rejections)
    unchecked = np.setdiff1d(np.arange(len(texts)), list(rejections)) if rejections else np.arange(len(texts))
    candidates = texts if len(unchecked) == len(texts) else texts.take(pa.array(unchecked, pa.int64()))
    members = members_of(feed)
    found = prefiltered(candidates, limits.depth, members)
    suspicious = unchecked[found.suspicious.to_numpy()].tolist()
    documents = _validate_strictly(texts, suspicious, rejections, feed, limits) if suspicious else {}
    return ValidatedLines(
        pa.array(numbers, pa.int64()),
        texts,
        _sparse(documents, len(texts)),
        _sparse(rejections, len(texts)),
        blank,
        _of_documents(_spread(found.unknown, unchecked, len(texts)), documents, members),
    )


def _of_documents(unknown: pa.StringArray, documents: Mapping[int, str], members: Members | None) -> pa.StringArray:
    """The members that no rule reads, by line; of a line with a document the document's, which is what is read."""
    if not documents or members is None:
        return unknown
    of_documents = unknown_fields(pa.array(list(documents.values()), pa.string()), members).to_pylist()
    column = unknown.to_pylist()
    for index, value in zip(documents, of_documents, strict=True):
        column[index] = value
    return pa.array(column, pa.string())


def members_of(feed: Feed) -> Members | None:
    """The members of a feed's records that rules read; None of expanded lines, whose members are their vendors'."""
    return None if feed.is_expanded else Members(frozenset(feed.kinds), feed.profile_fields)


def _validate_strictly(
    texts: pa.StringArray, at: Sequence[int], rejections: dict[int, str], feed: Feed, limits: Limits
) -> dict[int, str]:
    """The documents of those texts, by index, that engines read differently; what is no record goes to `rejections`."""
    documents: dict[int, str] = {}
    validate = validator(feed.exact_fields, limits.depth, feed.whole_fields)
    for index in at:
        rejection, document = validate(texts[index].as_py())
        if rejection is not None:
            rejections[index] = rejection
        elif document is not None:
            documents[index] = document
    return documents


def _spread(values: pa.StringArray, at: np.ndarray, length: int) -> pa.StringArray:
    """A column of `length` with values at some places, null elsewhere."""
    if len(values) == length:
        return values
    return _sparse(dict(zip(at.tolist(), values.to_pylist(), strict=True)), length)


def excerpt_of(line: bytes, limits: Limits) -> str:
    """The text that `rejected_records` shows of a whole line that is too large."""
    return excerpt(line[: limits.kept_of_too_large], len(line), hashlib.sha256(line).hexdigest())


def excerpt(head: bytes, length: int, digest: str) -> str:
    """The text that `rejected_records` shows of a line that is too large (spec §2.1.3).

    A character cut in two is left out.

    Args:
        head: its first bytes.
        length: bytes of the whole line.
        digest: sha256 of the whole line, in hex.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    return f"{decoder.decode(head)} [{length} bytes, sha256 {digest}]"


def _sized(row: Row, limits: Limits) -> tuple[str, str | None]:
    """A row's text as it is stored, and its rejection: size first, then UTF-8, then what the reader found."""
    if len(row.text) * 4 <= limits.line and row.text.isascii():
        return row.text, row.rejection
    line = row.text.encode("utf-8", "surrogateescape")
    if len(line) > limits.line:
        return excerpt_of(line, limits), TOO_LARGE
    shown = line.decode("utf-8", "backslashreplace")
    return shown, (row.rejection if shown == row.text else NOT_UTF8)


def _sparse(values: Mapping[int, str], length: int) -> pa.StringArray:
    """A column of `length` that is null but for a few values."""
    if not values:
        return pa.nulls(length, pa.string())
    column: list[str | None] = [None] * length
    for index, value in values.items():
        column[index] = value
    return pa.array(column, pa.string())
