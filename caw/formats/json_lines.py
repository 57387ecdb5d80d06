"""JSON Lines, plain or compressed: the hot path. A file is never held whole, nor is a line without end.

What belongs here: bytes to numbered lines, and rejections for size, UTF-8 and JSON (spec §2.1.3). What does not:
decompression (`compression.py`).
"""

import codecs
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pyarrow as pa

from caw.feeds.declared import Feed
from caw.formats.compression import pieces_of
from caw.formats.json_elements import is_closed
from caw.formats.lines import FileToRead, Lines, UnreadableFile, ValidatedLines
from caw.formats.odd_bytes import BLOCK
from caw.formats.validated import (
    NOT_UTF8,
    TOO_LARGE,
    excerpt,
    excerpt_of,
    lines_of_texts,
    validated,
)
from caw.limits import Limits

BOM = codecs.BOM_UTF8
BLANK_BYTES = b" \t\r\n"


def read(file: FileToRead, feed: Feed, limits: Limits) -> Iterator[Lines]:
    """Read a JSON Lines file as chunks of about `limits.chunk` bytes.

    Raises:
        UnreadableFile: a compressed file is broken, or unpacks beyond `limits.unpacked` bytes; the lines are those of
            one JSON list.
        OSError: the file cannot be opened or read.
    """
    number = 1
    begun = False  # a line that is not blank has been read
    for part in _parts(_without_bom(pieces_of(file, limits)), limits):
        if isinstance(part, _Giant):
            lines = _lines_of_giant(part, number, feed, limits)
            number += lines.total
            begun = begun or not part.blank
            yield lines
            continue
        if not begun and (start := part.lstrip(BLANK_BYTES)):
            begun = True
            if _opens_a_list(start[: start.find(b"\n") + 1 or None].rstrip(BLANK_BYTES)):  # the rest is not copied
                raise UnreadableFile("a JSON list: name it .json")
        for block, total in _of_so_many_lines(part, limits.lines):
            yield Lines(total, len(block), partial(_validate_block, block, number, feed, limits))
            number += total


def _opens_a_list(line: bytes) -> bool:
    """Whether a file whose first line this is holds one list over several lines (spec §1.5)."""
    if line == b"[":
        return True
    return line[:1] == b"[" and line[1:].lstrip(BLANK_BYTES)[:1] == b"{" and not is_closed(line)


@dataclass
class _Giant:
    """A line too long to hold: the text that `rejected_records` shows of it, taken in piece by piece."""

    keep: int
    head: bytearray = field(default_factory=bytearray)
    length: int = 0
    blank: bool = True
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    held_return: bytes = b""  # a CR that ends the last piece: part of the line only if no LF follows

    def take(self, piece: bytes) -> None:
        piece = self.held_return + piece
        self.held_return = b"\r" if piece.endswith(b"\r") else b""
        piece = piece[: len(piece) - len(self.held_return)]
        self.head += piece[: max(self.keep - len(self.head), 0)]
        self.length += len(piece)
        self.digest.update(piece)
        self.blank = self.blank and not piece.strip(BLANK_BYTES)

    def end_of_file(self) -> None:
        """The file ends without an LF: a CR held back is then part of the line."""
        self.head += self.held_return[: max(self.keep - len(self.head), 0)]
        self.length += len(self.held_return)
        self.digest.update(self.held_return)


def _without_bom(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes without a UTF-8 BOM at the very start, however small the first pieces are."""
    start: bytes | None = b""
    for piece in pieces:
        if start is None:
            yield piece
            continue
        start += piece
        if len(start) >= len(BOM):
            yield start.removeprefix(BOM)
            start = None
    if start:
        yield start.removeprefix(BOM)


def _parts(pieces: Iterable[bytes], limits: Limits) -> Iterator["bytes | _Giant"]:
    """Cut a stream at line ends: runs of whole lines (the last may lack its LF), and lines too long to hold."""
    carry = b""
    giant: _Giant | None = None
    for piece in pieces:
        begin = 0
        if giant is not None:
            end = piece.find(b"\n")
            giant.take(piece if end < 0 else piece[:end])
            if end < 0:
                continue
            yield giant
            giant = None
            begin = end + 1
        cut = piece.rfind(b"\n", begin) + 1
        if cut:
            yield b"".join((carry, memoryview(piece)[begin:cut]))  # one copy
            carry = piece[cut:]
        else:
            carry += piece[begin:]
        if len(carry) > limits.line + len(b"\r"):
            giant = _Giant(limits.kept_of_too_large)
            giant.take(carry)
            carry = b""
    if giant is not None:
        giant.end_of_file()
        yield giant
    elif carry:
        yield carry


def _of_so_many_lines(block: bytes, most: int) -> Iterator[tuple[bytes, int]]:
    """A run of whole lines, halved until no part has more than so many, with the number of lines of each.

    Short lines take more than their bytes.
    """
    waiting = [block]
    while waiting:
        part = waiting.pop()
        ends = _count_of_line_feeds(np.frombuffer(part, np.uint8))
        if ends <= most:
            yield part, ends if part.endswith(b"\n") else ends + 1
            continue
        middle = part.find(b"\n", len(part) // 2) + 1
        if middle in (0, len(part)):  # all line ends lie in the first half
            middle = part.rfind(b"\n", 0, len(part) // 2) + 1
        waiting += [part[middle:], part[:middle]]


def _lines_of_giant(giant: _Giant, number: int, feed: Feed, limits: Limits) -> Lines:
    if giant.blank:  # blank however long (spec §2.1.1)
        return lines_of_texts([], [], {}, 1, feed, limits)
    text = excerpt(bytes(giant.head), giant.length, giant.digest.hexdigest())
    return lines_of_texts([number], [text], {0: TOO_LARGE}, 0, feed, limits)


def _validate_block(block: bytes, first: int, feed: Feed, limits: Limits) -> ValidatedLines:
    """Validate a run of whole lines, the first of them numbered `first`."""
    binary, is_blank = _split(block)
    numbers = np.arange(first, first + len(binary))
    blank = int(is_blank.sum())
    if blank:
        binary, numbers = binary.filter(pa.array(~is_blank)), numbers[~is_blank]
    rejections: dict[int, str] = {}
    texts = _texts(binary, rejections, limits)
    return validated(numbers, texts, rejections, blank, feed, limits)


def _split(block: bytes) -> tuple[pa.BinaryArray, np.ndarray]:
    """The lines of a run without their line ends, and which of them are blank."""
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
    ends = _line_feeds(np.frombuffer(block, np.uint8))
    if not block.endswith(b"\n"):
        ends = np.append(ends, len(block))
    packed = block.replace(b"\n", b"")  # lines now touch, so that Arrow can hold them without copying each
    offsets = np.concatenate([[0], ends - np.arange(len(ends))])
    is_blank = offsets[1:] == offsets[:-1]
    if packed:
        data = np.frombuffer(packed, np.uint8)
        # Only what begins and ends in white space can be blank, and hardly any line does.
        first, last = data[np.minimum(offsets[:-1], len(data) - 1)], data[offsets[1:] - 1]
        for index in np.flatnonzero(~is_blank & (first <= ord(" ")) & (last <= ord(" "))).tolist():
            is_blank[index] = not packed[offsets[index] : offsets[index + 1]].strip(BLANK_BYTES)
    buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(packed)]
    return pa.Array.from_buffers(pa.binary(), len(ends), buffers), is_blank


def _count_of_line_feeds(data: np.ndarray) -> int:
    """Quicker than `bytes.count`, and other threads may run."""
    blocks = range(0, len(data), BLOCK)
    return sum(int(np.count_nonzero(data[start : start + BLOCK] == ord("\n"))) for start in blocks)


def _line_feeds(data: np.ndarray) -> np.ndarray:
    """Positions of LF, looked for in blocks that the processor's cache can hold."""
    blocks = range(0, len(data), BLOCK)
    return np.concatenate([np.flatnonzero(data[start : start + BLOCK] == ord("\n")) + start for start in blocks])


def _texts(binary: pa.BinaryArray, rejections: dict[int, str], limits: Limits) -> pa.StringArray:
    """Decode lines; those too large or not UTF-8 are noted in `rejections`, and shown as `rejected_records` does."""
    lengths = np.diff(np.frombuffer(binary.buffers()[1], np.int32)[binary.offset :][: len(binary) + 1])
    if len(binary) == 0 or lengths.max() <= limits.line:
        try:
            return binary.cast(pa.string())
        except pa.ArrowInvalid:
            pass  # some line is not UTF-8: find out which, one by one
    texts: list[str] = []
    for index, line in enumerate(binary.to_pylist()):
        if len(line) > limits.line:
            rejections[index] = TOO_LARGE
            texts.append(excerpt_of(line, limits))
            continue
        try:
            texts.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            rejections[index] = NOT_UTF8
            texts.append(line.decode("utf-8", "backslashreplace"))
    return pa.array(texts, pa.string())
