"""CSV: each row is the JSON object of its columns (spec §1.6).

Python's csv module reads, not pandas: pandas renames repeated columns, ends at a row with too many cells, and cannot
tell an unclosed quote from a file that ends. Which field a column is, is in columns.py.
"""

import csv
import io
import re
from collections import deque
from collections.abc import Generator, Iterator, Sequence

from caw.feeds.declared import Feed, feeds
from caw.formats.columns import Table, cell_reader, name_form
from caw.formats.compression import Unpacked, pieces_of
from caw.formats.csv_groups import Groups, is_grouped
from caw.formats.lines import FileToRead, Lines, UnreadableFile
from caw.formats.strict_json import NOT_AN_OBJECT, dump
from caw.formats.validated import Row, lines_of_rows
from caw.limits import MIB, Limits

SEPARATORS = ",;\t|"  # of two that a header shows as often the first
SEPARATOR_LINE = re.compile(r"sep=.?[ \t]*\r?\n?", re.IGNORECASE)  # what Excel writes, and reads, as first line
WHITE = " \t\r\n"
HEADER = MIB  # characters of the first lines that are looked at for the separator


def read(file: FileToRead, feed: Feed, limits: Limits) -> Generator[Lines, None, int | None]:
    """Read a CSV file whose first row, no line itself, names the columns.

    A row with too many cells is no object of its columns: `not_an_object`, its text the list of its cells (empty
    cells too many are nothing). Missing cells are absent fields. Bytes that are no UTF-8 spoil their row only. A row
    of nothing but white space is blank; one of nothing but separators is an object without fields.

    Returns:
        The number of the line that holds the last row as a part of its object, if one does.

    Raises:
        UnreadableFile: quotes are broken or never closed, so that nothing tells where rows end; a row is larger than
            `limits.row`; the header is not UTF-8, lacks a field that the feed requires, or has over `limits.columns`
            columns; a packed file is broken, or unpacks beyond `limits.unpacked` bytes.
        OSError: the file cannot be opened or read.
    """
    pieces, rows = _opened(file, limits)
    try:
        names = _header(rows, pieces)
        if names is None:
            return None
        _check_header(names, limits)
        table = Table(names, feed, file)
        readers = [cell_reader(column) for column in table.columns]
        groups = _groups(names, feed, file, limits)

        def row_of(row: int, line: int, cells: Sequence[str]) -> Row | None:
            if _is_blank(cells, pieces.separator):
                return None
            if any(cells[len(readers) :]):
                return Row(dump(list(cells)), NOT_AN_OBJECT, line)
            values = [read(cell) if cell else None for read, cell in zip(readers, cells, strict=False)]
            text = table.text(values)
            return Row(text if groups is None else groups.with_parts(row, text), None, line)

        yield from lines_of_rows((row_of(number, *row) for number, row in enumerate(rows)), feed, limits)
        return None if groups is None or groups.holds_last is None else groups.holds_last + 1
    except csv.Error as error:
        raise UnreadableFile(f"broken CSV at line {pieces.line}: {error}") from None


def feed_of(file: FileToRead, feed: Feed, limits: Limits) -> Feed:
    """The feed that a file is of: the one of its folder, or an expanded one whose grouped table it is (spec §2.3.14.3).

    A file that cannot be read is of its folder's, whose reader says why.
    """
    others = [one for one in feeds().values() if one.grouped is not None and one.grouped.instead_of == feed.name]
    if not others:
        return feed
    try:
        pieces, rows = _opened(file, limits)
        names = [name_form(name) for name in _header(rows, pieces) or ()]
    except (csv.Error, UnreadableFile, OSError):
        return feed
    return next((one for one in others if is_grouped(names, one.grouped)), feed)


def _opened(file: FileToRead, limits: Limits) -> "tuple[_Pieces, Iterator[tuple[int, list[str]]]]":
    """A file's lines, and its rows with the line at which each begins; raises UnreadableFile and OSError as `read`."""
    csv.field_size_limit(limits.row)  # the module's own limit, 128 KiB, is less than a line may have
    binary = io.BufferedReader(Unpacked(pieces_of(file, limits)))
    text = io.TextIOWrapper(binary, encoding="utf-8-sig", errors="surrogateescape", newline="")
    pieces = _Pieces(text, limits)
    return pieces, _rows(csv.reader(pieces, strict=True, delimiter=pieces.separator), pieces)


def _header(rows: Iterator[tuple[int, list[str]]], pieces: "_Pieces") -> list[str] | None:
    """The first row that is not blank; None where there is none."""
    return next((row for _, row in rows if not _is_blank(row, pieces.separator)), None)


def _groups(names: Sequence[str], feed: Feed, file: FileToRead, limits: Limits) -> Groups | None:
    """The objects of a file in which each takes several rows; None for any other file."""
    forms = [name_form(name) for name in names]
    if feed.grouped is None or not is_grouped(forms, feed.grouped):
        return None
    pieces, rows = _opened(file, limits)
    try:
        _header(rows, pieces)
        return Groups(forms, feed.grouped, (cells for _, cells in rows), limits.document)
    except csv.Error as error:
        raise UnreadableFile(f"broken CSV at line {pieces.line}: {error}") from None


class _Pieces:
    """A text's lines for the csv module, which holds a row whole: none may be too large, nor have too many cells.

    Attributes:
        separator: what separates cells; the lines before the header are looked at when this is made.
        line: how many lines have been taken.
    """

    def __init__(self, text: io.TextIOWrapper, limits: Limits) -> None:
        self.text = text
        self.most = limits.row
        self.most_cells = limits.cells
        self.line = 0
        self.characters = 0  # of the row at hand, so far
        self.marks = 0
        self.ahead: deque[str] = deque()
        self.separator = self._separator()

    def __iter__(self) -> "_Pieces":
        return self

    def __next__(self) -> str:
        piece = self.ahead.popleft() if self.ahead else self.text.readline(self.most + 1)
        if not piece:
            raise StopIteration
        self.line += 1
        self.characters += len(piece)
        self.marks += piece.count(self.separator)
        if self.characters > self.most:
            raise UnreadableFile(
                f"the row that ends at line {self.line} or after it is over {self.most} characters, which is the "
                "limit; is a quote never closed?"
            )
        if self.marks > self.most_cells:
            raise UnreadableFile(f"the row at line {self.line} has over {self.most_cells} cells, which is the limit")
        return piece

    def _separator(self) -> str:
        """The separator that the header shows, which may have line breaks in quotes; blank lines before it aside."""
        quotes = characters = 0
        has_text = False
        line = self.text.readline(self.most + 1)
        if SEPARATOR_LINE.fullmatch(line):
            self.line += 1
            line = self.text.readline(self.most + 1)
        while line:
            self.ahead.append(line)
            quotes += line.count('"')
            characters += len(line)
            has_text = has_text or not line.isspace()
            if (has_text and quotes % 2 == 0) or characters >= HEADER:
                break
            line = self.text.readline(self.most + 1)
        outside = "".join("".join(self.ahead).split('"')[::2])
        return max(SEPARATORS, key=outside.count)  # of several the first


def _rows(rows: Iterator[list[str]], pieces: _Pieces) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line of the file at which it begins, from 1."""
    begins = pieces.line + 1
    for row in rows:
        pieces.characters = pieces.marks = 0
        yield begins, row
        begins = pieces.line + 1


def _check_header(names: Sequence[str], limits: Limits) -> None:
    if len(names) > limits.columns:
        raise UnreadableFile(f"the header has {len(names)} columns; the limit is {limits.columns}")
    if any(not _is_utf8(name) for name in names):
        raise UnreadableFile("the header is not UTF-8")


def _is_blank(cells: Sequence[str], separator: str) -> bool:
    """Whether a row is nothing but white space, of which a separator may be."""
    return (len(cells) <= 1 or separator in WHITE) and not any(cell.strip(WHITE) for cell in cells)


def _is_utf8(text: str) -> bool:
    return not any("\udc80" <= character <= "\udcff" for character in text)
