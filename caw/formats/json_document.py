"""A `.json` document: a list of records, one record, or records one after the other (spec §1.4, §2.2.1 and §2.3.1)."""

import codecs
from collections.abc import Generator, Iterator
from typing import NamedTuple

from caw.feeds.declared import Feed
from caw.formats.compression import pieces_of
from caw.formats.json_api import INCLUDED, Resources, resources, with_included
from caw.formats.json_elements import (
    compact,
    elements,
    first_byte,
    measured,
    member,
    value_begin,
    value_end,
)
from caw.formats.lines import FileToRead, Lines, UnreadableFile
from caw.formats.strict_json import NotJson, dump, parse
from caw.formats.validated import TOO_LARGE, Row, excerpt, lines_of_rows
from caw.limits import MIB, Limits

WRAPPING_LEVELS = 2  # a record may be in a list in an object, beyond its own depth
MOST_PARSED = 2 * MIB  # of one element; a list of numbers takes a hundred times its text when it is parsed

Span = tuple[int, int]  # where an element begins and ends in the document


class Element(NamedTuple):
    """A record's place in the document, and what may be put into it."""

    span: Span
    included: Resources | None = None


def read(file: FileToRead, feed: Feed, limits: Limits) -> Iterator[Lines]:
    """Read a document; each record is a line, its text the record written compactly, digit for digit.

    An element that is no object, null included, is `not_an_object`. An empty list has no lines.

    Raises:
        UnreadableFile: the file, unpacked, is over `limits.document` bytes, or its records with the resources that they
            name over `limits.included`; it is not UTF-8, not strict JSON or without any value: a NaN or a lone
            surrogate anywhere in it too, since no part of a document that does not parse can be trusted.
        OSError: the file cannot be opened or read.
    """
    content = _content(file, limits)
    start = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
    _check_utf8(content, start)
    try:
        found = _records(content, (start, len(content)), feed, limits)
        yield from lines_of_rows(_rows(content, found, limits), feed, limits)
    except NotJson as error:
        raise UnreadableFile(f"the document does not parse: {error}") from None


def _content(file: FileToRead, limits: Limits) -> bytes:
    pieces: list[bytes] = []
    size = 0
    for piece in pieces_of(file, limits):
        pieces.append(piece)
        size += len(piece)
        if size > limits.document:
            raise UnreadableFile(f"the document is over {limits.document} bytes, which is the limit")
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _check_utf8(content: bytes, start: int) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    for at in range(start, len(content), MIB):
        pending = len(decoder.getstate()[0])  # bytes of a character that the last piece cut in two
        try:
            decoder.decode(content[at : at + MIB], final=at + MIB >= len(content))
        except UnicodeDecodeError as error:
            raise UnreadableFile(f"the document is not UTF-8 (byte {at - pending + error.start})") from None


def _records(content: bytes, whole: Span, feed: Feed, limits: Limits) -> Iterator[Element]:
    """The records: the elements of a list, also of a wrapped one, or a single value."""
    depth = limits.depth + WRAPPING_LEVELS
    start, end = whole
    if value_begin(content, start, end) is None:
        raise NotJson("there is no value in it")
    while (begin := value_begin(content, start, end)) is not None:
        if content[begin : begin + 1] == b"[":
            start = yield from _elements(content, (begin, end), depth)
            continue
        start = value_end(content, begin, end, depth)
        is_wrapping = bool(feed.lists) and content[begin : begin + 1] == b"{"
        wrapped = _wrapped(content, (begin, start), feed, depth) if is_wrapping else None
        if wrapped is None:
            yield Element((begin, start))
        elif first_byte(content, *wrapped.span) == b"[":
            yield from _elements(content, wrapped.span, depth, wrapped.included)
        else:
            yield wrapped


def _elements(
    content: bytes, whole: Span, depth: int, included: Resources | None = None
) -> Generator[Element, None, int]:
    """The elements of a list; returns where it has closed."""
    spans = elements(content, *whole, depth)
    while True:
        try:
            span = next(spans)
        except StopIteration as closed:
            return int(closed.value)
        yield Element(span, included)


def _wrapped(content: bytes, whole: Span, feed: Feed, depth: int) -> Element | None:
    """The list of records, or the record, in an object that is none itself; the object's other members are checked.

    Raises:
        NotJson: the object is not strict JSON.
    """
    found: dict[str, Span] = {}
    for begin, end in elements(content, *whole, depth):
        name, value = member(content, begin, end)
        if name in (*feed.lists, feed.whole, INCLUDED):
            found[name] = value, end  # of repeated keys the last
        _check(content, (value, end), depth)
    if feed.whole in found:
        return None
    opens = (b"[",) if feed.whole is not None else (b"[", b"{")
    held = [found[name] for name in feed.lists if name in found and first_byte(content, *found[name]) in opens]
    if not held:
        return None
    return Element(held[0], _included(content, found[INCLUDED], depth) if INCLUDED in found else None)


def _included(content: bytes, span: Span, depth: int) -> Resources | None:
    """The resources of a JSON:API document's `included`; None where it has none."""
    return resources(parse(content[slice(*span)].decode("utf-8"), depth)) or None


def _check(content: bytes, span: Span, depth: int) -> None:
    if span[1] - span[0] > MOST_PARSED:
        measured(content, *span, depth)
    else:
        parse(content[slice(*span)].decode("utf-8"), depth)


def _rows(content: bytes, found: Iterator[Element], limits: Limits) -> Iterator[Row]:
    left = limits.included
    for element in found:
        row = _row(content, element, limits)
        if element.included is not None:
            left -= len(row.text)
        if left < 0:
            raise UnreadableFile(
                f"its records, each with what it names of {INCLUDED}, come to over {limits.included} bytes, which is "
                "the limit; split it"
            )
        yield row


def _row(content: bytes, element: Element, limits: Limits) -> Row:
    """A record as a row; one that is too large is measured in the text, without being built."""
    depth = limits.depth + WRAPPING_LEVELS
    span = element.span
    if element.included is not None and span[1] - span[0] <= limits.line:
        return Row(dump(with_included(parse(content[slice(*span)].decode("utf-8"), depth), element.included)))
    if span[1] - span[0] <= MOST_PARSED:
        return Row(dump(parse(content[slice(*span)].decode("utf-8"), depth)))
    measure = measured(content, *span, depth, limits.kept_of_too_large)
    if measure.length > limits.line:
        return Row(excerpt(measure.head, measure.length, measure.sha256), TOO_LARGE)
    return Row(dump(parse(compact(content, *span, depth), depth)))
