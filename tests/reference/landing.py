"""Landed files: which are read, and how their content becomes numbered lines (section 1).

Lives here: paths, formats, and the refusals that need no field (too_large, not_utf8, not_json, not_an_object).
Does not live here: batches, duplicates, fields.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .jsontext import NotJson, compact_json, parse_json
from .model import FEEDS, Refused, Unreadable
from .values import Cell

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
BLANK_BYTES = b" \t\r\n"  # section 2.1: blank = nothing but space, tab, CR, LF
LINE_LIMIT = 1024 * 1024  # section 2.1: over 1 MiB is too_large
KEPT_OF_TOO_LARGE = 64 * 1024  # section 2.1: raw_text keeps the first 64 KiB
DOCUMENT_LIMIT = 64 * 1024 * 1024  # section 2.1: a .json over 64 MiB fails
UNPACKED_LIMIT = 1024 * 1024 * 1024  # section 2.1, "a set limit"
TRANSCRIPT_LISTS = ("simulations", "transcripts", "conversations")  # section 2.2
IGNORED_ENDINGS = (".tmp", ".part", ".inprogress")
FORMATS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".jsonl.gz": "jsonl.gz",
    ".ndjson.gz": "jsonl.gz",
    ".jsonl.zst": "jsonl.zst",
    ".ndjson.zst": "jsonl.zst",
    ".json": "json",
    ".csv": "csv",
    ".parquet": "parquet",
}


@dataclass(frozen=True)
class Place:
    """What a path says (section 1); None where it does not say it."""

    source: str | None
    feed: str | None
    file_format: str | None


@dataclass(frozen=True)
class Line:
    """One landed line, row or record.

    Attributes:
        number: from 1. raw_text: as health.rejected_records shows it.
        blank: nothing but white space. refusal: the reason found before any field, if any.
        record: the JSON object (values may be CSV cells), unless blank or refused.
    """

    number: int
    raw_text: str
    blank: bool = False
    refusal: str | None = None
    record: dict[str, Any] | None = None


def is_ignored(path: str) -> bool:
    """Section 1: a file or folder name that starts with `.` or `_`, or ends like an unfinished file."""
    return any(name.startswith((".", "_")) or name.endswith(IGNORED_ENDINGS) for name in path.split("/"))


def place_of(path: str) -> Place:
    """Source, feed and format of a path below the landing zone."""
    parts = path.split("/")
    source = parts[0] if len(parts) > 1 and re.fullmatch("[a-z0-9_]+", parts[0]) else None
    feed = parts[1] if len(parts) > 2 and parts[1] in FEEDS else None
    file_format = next((name for ending, name in FORMATS.items() if parts[-1].endswith(ending)), None)
    return Place(source, feed, file_format)


def read_lines(content: bytes, file_format: str, feed: str) -> list[Line]:
    """All lines of a file.

    Raises:
        Unreadable: the file cannot be read whole (section 2.1).
        NotImplementedError: a whole Parquet or zst file, which the standard library cannot read.
    """
    if file_format == "jsonl":
        return list(_json_lines(content))
    if file_format == "jsonl.gz":
        return list(_json_lines(_unzip(content)))
    if file_format == "json":
        return list(_document_lines(content, feed))
    if file_format == "csv":
        return list(_csv_lines(content))
    magic = b"PAR1" if file_format == "parquet" else b"\x28\xb5\x2f\xfd"
    if not content.startswith(magic):
        raise Unreadable(f"not a {file_format} file")
    raise NotImplementedError(f"{file_format} is outside this reference")


def _unzip(content: bytes) -> bytes:
    """Every member of a gzip file; an empty file is a truncated one."""
    if not content:
        raise Unreadable("empty gzip file")
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            unpacked = file.read(UNPACKED_LIMIT + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Unreadable(f"broken gzip: {error}") from error
    if len(unpacked) > UNPACKED_LIMIT:
        raise Unreadable("unpacks beyond the limit")
    return unpacked


def _shown(data: bytes) -> str:
    """Text of bytes, those that are no UTF-8 as `\\xHH` (section 2.1)."""
    return data.decode("utf-8", errors="backslashreplace")


def _too_large_text(data: bytes) -> str:
    """The first 64 KiB, cut at a character, then the length and the sha256 of the whole (section 2.1)."""
    end = KEPT_OF_TOO_LARGE
    while end > 0 and data[end] & 0b1100_0000 == 0b1000_0000 and KEPT_OF_TOO_LARGE - end < 3:
        end -= 1
    return f"{_shown(data[:end])} [{len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}]"


def _json_lines(content: bytes) -> Iterator[Line]:
    """A line ends at LF, a CR just before it is not part of it; a missing last newline is fine."""
    lines = content.removeprefix(BYTE_ORDER_MARK).split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    for number, line in enumerate(lines, start=1):
        yield _json_line(number, line.removesuffix(b"\r"))


def _json_line(number: int, data: bytes) -> Line:
    if data.strip(BLANK_BYTES) == b"":
        return Line(number, "", blank=True)
    if len(data) > LINE_LIMIT:
        return Line(number, _too_large_text(data), refusal="too_large")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return Line(number, _shown(data), refusal="not_utf8")
    try:
        value = parse_json(text)
    except NotJson:
        return Line(number, text, refusal="not_json")
    if not isinstance(value, dict):
        return Line(number, text, refusal="not_an_object")
    return Line(number, text, record=value)


def _record_line(number: int, value: Any) -> Line:
    """A record of a document or a CSV row, shown and measured as compact JSON."""
    text = compact_json(value)
    data = text.encode("utf-8")
    if len(data) > LINE_LIMIT:
        return Line(number, _too_large_text(data), refusal="too_large")
    if not isinstance(value, dict):
        return Line(number, text, refusal="not_an_object")
    return Line(number, text, record=value)


def _document_lines(content: bytes, feed: str) -> Iterator[Line]:
    """A .json file: a list of records or one record; for transcripts also an object around the list (2.2)."""
    if len(content) > DOCUMENT_LIMIT:
        raise Unreadable("document over 64 MiB")
    try:
        document = parse_json(content.removeprefix(BYTE_ORDER_MARK).decode("utf-8"))
    except (UnicodeDecodeError, NotJson) as error:
        raise Unreadable(f"broken document: {error}") from error
    if feed == "chat_transcripts" and isinstance(document, dict):
        for name in TRANSCRIPT_LISTS:
            if isinstance(document.get(name), list):
                document = document[name]
                break
    records = document if isinstance(document, list) else [document]
    for number, record in enumerate(records, start=1):
        yield _record_line(number, record)


def _csv_lines(content: bytes) -> Iterator[Line]:
    """A CSV file: a header, then one line a row. Bytes that are no UTF-8 refuse their row only."""
    csv.field_size_limit(2**31 - 1)
    text = content.removeprefix(BYTE_ORDER_MARK).decode("utf-8", errors="surrogateescape")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise Unreadable(f"broken CSV: {error}") from error
    if not rows:
        return
    header = rows[0]
    if not _is_utf8(header):
        raise Unreadable("the header is not UTF-8")
    for number, cells in enumerate(rows[1:], start=1):
        yield _csv_line(number, header, cells)


def _is_utf8(cells: list[str]) -> bool:
    return not any("\udc80" <= character <= "\udcff" for cell in cells for character in cell)


def _csv_line(number: int, header: list[str], cells: list[str]) -> Line:
    if len(cells) <= 1 and "".join(cells).strip(" \t\r\n") == "":
        return Line(number, "", blank=True)
    row = {name: Cell(cell) for name, cell in zip(header, cells, strict=False) if name and cell}
    if not _is_utf8(cells):
        row = {name: Cell(_shown(cell.encode("utf-8", errors="surrogateescape"))) for name, cell in row.items()}
        return Line(number, compact_json(row), refusal="not_utf8")
    if any(cells[len(header) :]):
        return Line(number, compact_json(cells), refusal="not_an_object")
    return _record_line(number, row)


def refuse_line(line: Line) -> None:
    """Raise the refusal that the reader found, if any."""
    if line.refusal:
        raise Refused(line.refusal)
