"""Landed files: which are read, and how their content becomes numbered lines (spec §1).

Lives here: paths, formats, and the refusals that need no field (too_large, not_utf8, not_json, not_an_object).
Does not live here: batches, duplicates, fields.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import zstandard

from .columns import check_columns, folder_cells, nested, read_table, row_object
from .jsontext import NotJson, compact_json, parse_json, parse_values
from .model import FEEDS, Refused, Unreadable
from .seeds import FieldAlias
from .vendors.envelopes import open_document
from .vendors.registry import VENDOR_FEEDS
from .words import column_name

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
BLANK_BYTES = b" \t\r\n"  # spec §2.1.1: blank = nothing but space, tab, CR, LF
LINE_LIMIT = 1024 * 1024  # spec §2.1.3: over 1 MiB is too_large, in JSON Lines alone
TRANSCRIPT_LIMIT = 16 * LINE_LIMIT  # spec §2.1.3: of chat_transcripts and vendor feeds over 16 MiB
KEPT_OF_TOO_LARGE = 64 * 1024  # spec §2.1.3: raw_text keeps the first 64 KiB
DOCUMENT_LIMIT = 64 * 1024 * 1024  # spec §1.4: a .json over 64 MiB fails, unpacked
UNPACKED_LIMIT = 4 * 1024 * 1024 * 1024  # spec §2.1.4; the limit of 1,000 times the size is not modelled
TRANSCRIPT_LISTS = ("simulations", "transcripts", "conversations")  # spec §2.2.1
IGNORED_ENDINGS = (".tmp", ".part", ".inprogress")
BROKEN_LIST = "a JSON list: name it .json"  # spec §1.5
FORMATS = {
    **{
        ending + packed: name + packed
        for ending, name in ((".jsonl", "jsonl"), (".ndjson", "jsonl"), (".json", "json"), (".csv", "csv"))
        for packed in ("", ".gz", ".zst")
    },
    ".parquet": "parquet",
}
"""Ending -> format (spec §1.3); endings are matched in any case."""


@dataclass(frozen=True)
class Place:
    """What a path says (spec §1.1); None where it does not say it."""

    source: str | None
    feed: str | None
    file_format: str | None


@dataclass(frozen=True)
class Line:
    """One landed line, row or record.

    Attributes:
        number: from 1. raw_text: as health.rejected_records shows it.
        blank: nothing but white space. refusal: the reason found before any field, if any.
        record: the JSON object (values may be CSV cells), where there is one: of refused CSV rows too.
    """

    number: int
    raw_text: str
    blank: bool = False
    refusal: str | None = None
    record: dict[str, Any] | None = None
    is_cut: bool = False  # the unterminated last row of a CSV file


def is_ignored(path: str, built: Collection[str] = ()) -> bool:
    """Spec §1.1: a file or folder name that starts with `.` or `_`, or ends like an unfinished file; with vendor feeds
    a file `init` too (spec §2.3.1)."""
    names = path.lower().split("/")
    if built and path.rpartition("/")[2] == "init":
        return True
    return any(name.startswith((".", "_")) or name.endswith(IGNORED_ENDINGS) for name in names)


def place_of(path: str, built: Collection[str] = ()) -> Place:
    """Source, feed and format of a path below the landing zone; `built` are the vendor feeds that are read."""
    parts = path.split("/")
    source = parts[0] if len(parts) > 1 and re.fullmatch("[a-z0-9_]+", parts[0]) else None
    feed = parts[1] if len(parts) > 2 and parts[1] in (*FEEDS, *built) else None
    file_format = next((name for ending, name in FORMATS.items() if parts[-1].lower().endswith(ending)), None)
    return Place(source, feed, file_format)


def read_lines(
    content: bytes, file_format: str, feed: str, path: str = "", aliases: Sequence[FieldAlias] = ()
) -> list[Line]:
    """All lines of a file; `path` and the source's `aliases` matter for CSV alone.

    Raises:
        Unreadable: the file cannot be read whole (spec §2.1.4).
        NotImplementedError: a whole Parquet file, which is outside this reference.
    """
    text, _, _ = file_format.partition(".")
    unpacked = unpack(content, file_format)
    if text == "jsonl":
        return list(_json_lines(unpacked, feed))
    if text == "json":
        return list(_document_lines(unpacked, feed))
    if text == "csv":
        return list(_csv_lines(unpacked, feed, path, aliases))
    if not content.startswith(b"PAR1"):
        raise Unreadable("not a Parquet file")
    raise NotImplementedError("Parquet is outside this reference")


def unpack(content: bytes, file_format: str) -> bytes:
    """The bytes that a format's compression holds.

    Raises:
        Unreadable: truncated, corrupt, or more than a file may unpack to.
    """
    unpackers = {"gz": _unzip, "zst": _unzstd}
    return unpackers.get(file_format.rpartition(".")[2], lambda data: data)(content)


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


def _unzstd(content: bytes) -> bytes:
    """Every frame of a zst file; an empty file is a truncated one."""
    unpacked, rest = b"", content
    while rest or not unpacked:
        frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            unpacked += frame.decompress(rest)
        except zstandard.ZstdError as error:
            raise Unreadable(f"broken zst: {error}") from error
        if not frame.eof:
            raise Unreadable("truncated zst")
        rest = frame.unused_data
        if not rest:
            break
    return unpacked


def _shown(data: bytes) -> str:
    """Text of bytes, those that are no UTF-8 as `\\xHH` (spec §2.1.3)."""
    return data.decode("utf-8", errors="backslashreplace")


def _too_large_text(data: bytes) -> str:
    """The first 64 KiB, cut at a character, then the length and the sha256 of the whole (spec §2.1.3)."""
    end = KEPT_OF_TOO_LARGE
    while end > 0 and data[end] & 0b1100_0000 == 0b1000_0000 and KEPT_OF_TOO_LARGE - end < 3:
        end -= 1
    return f"{_shown(data[:end])} [{len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}]"


def _json_lines(content: bytes, feed: str) -> Iterator[Line]:
    """A line ends at LF, a CR just before it is not part of it; a missing last newline is fine.

    Raises:
        Unreadable: a JSON list over several lines (spec §1.5).
    """
    lines = content.removeprefix(BYTE_ORDER_MARK).split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    first = next((line.strip(BLANK_BYTES) for line in lines if line.strip(BLANK_BYTES)), b"")
    if first == b"[" or (first.startswith(b"[{") and not _ends_its_list(first)):
        raise Unreadable(BROKEN_LIST)
    limit = TRANSCRIPT_LIMIT if feed == "chat_transcripts" or feed in VENDOR_FEEDS else LINE_LIMIT
    for number, line in enumerate(lines, start=1):
        yield _json_line(number, line.removesuffix(b"\r"), limit)


def _ends_its_list(line: bytes) -> bool:
    """Whether the bracket that a line begins with is closed in it; brackets inside texts are none."""
    depth, is_text, is_escaped = 0, False, False
    for byte in line:
        if is_text:
            is_text = is_escaped or byte != ord('"')
            is_escaped = not is_escaped and byte == ord("\\")
            continue
        is_text = byte == ord('"')
        depth += (byte in b"[{") - (byte in b"]}")
        if depth == 0:
            return True
    return False


def _json_line(number: int, data: bytes, limit: int) -> Line:
    if data.strip(BLANK_BYTES) == b"":
        return Line(number, "", blank=True)
    if len(data) > limit:
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


def _record_line(number: int, value: Any, is_cut: bool = False) -> Line:
    """A record of a document or a CSV row, shown as compact JSON; bounded by its file alone (spec §2.1.3)."""
    text = compact_json(value)
    if not isinstance(value, dict):
        return Line(number, text, refusal="not_an_object", is_cut=is_cut)
    return Line(number, text, record=value, is_cut=is_cut)


def _document_lines(content: bytes, feed: str) -> Iterator[Line]:
    """A .json file: a list of records, one record, or such values one after the other (spec §1.4), each opened by
    itself; for transcripts also an object around the list (spec §2.2.1)."""
    if len(content) > DOCUMENT_LIMIT:
        raise Unreadable("document over 64 MiB")
    try:
        documents = parse_values(content.removeprefix(BYTE_ORDER_MARK).decode("utf-8"))
    except (UnicodeDecodeError, NotJson) as error:
        raise Unreadable(f"broken document: {error}") from error
    records = [record for document in documents for record in _records_of(document, feed)]
    for number, record in enumerate(records, start=1):
        yield _record_line(number, record)


def _records_of(document: Any, feed: str) -> list[Any]:
    if feed in VENDOR_FEEDS:
        return open_document(document, VENDOR_FEEDS[feed].list_names, VENDOR_FEEDS[feed].is_object)
    if feed == "chat_transcripts" and isinstance(document, dict):
        for name in TRANSCRIPT_LISTS:
            if isinstance(document.get(name), list):
                return list(document[name])
    return document if isinstance(document, list) else [document]


def _csv_lines(content: bytes, feed: str, path: str, aliases: Sequence[FieldAlias]) -> Iterator[Line]:
    """A CSV file: a header, then one line a row. Bytes that are no UTF-8 refuse their row only."""
    text = content.removeprefix(BYTE_ORDER_MARK).decode("utf-8", errors="surrogateescape")
    separator, rows = read_table(text)
    if not rows:
        return
    if not _is_utf8(rows[0]):
        raise Unreadable("the header is not UTF-8")
    columns = [column_name(name) for name in rows[0]]
    folders = folder_cells(path, columns)
    check_columns({*columns, *folders} - {""}, feed, aliases)
    for number, cells in enumerate(rows[1:], start=1):
        is_cut = number == len(rows) - 1 and not text.endswith(("\n", "\r"))
        if separator.join(cells).strip(" \t\r\n") == "":  # spec §2.1.1: nothing but space, tab, CR, LF
            yield Line(number, "", blank=True)
        else:
            yield _csv_line(number, columns, cells, folders, feed, is_cut)


def _is_utf8(cells: list[str]) -> bool:
    return not any("\udc80" <= character <= "\udcff" for cell in cells for character in cell)


def _csv_line(
    number: int, columns: list[str], cells: list[str], folders: dict[str, str], feed: str, is_cut: bool
) -> Line:
    """One row that is not blank; a refusal has the record too, as it may name somebody."""
    shown = [_shown(cell.encode("utf-8", errors="surrogateescape")) for cell in cells]
    own = shown[: len(columns)]
    own += [""] * (len(columns) - len(own))
    row = row_object([*columns, *folders], [*own, *folders.values()], feed)
    if feed in VENDOR_FEEDS:
        row = nested(row)
    if not _is_utf8(cells):
        return Line(number, compact_json(row), refusal="not_utf8", record=row, is_cut=is_cut)
    if any(cells[len(columns) :]):
        return Line(number, compact_json(cells), refusal="not_an_object", record=row, is_cut=is_cut)
    return _record_line(number, row, is_cut)


def refuse_line(line: Line) -> None:
    """Raise the refusal that the reader found, if any."""
    if line.refusal:
        raise Refused(line.refusal)
