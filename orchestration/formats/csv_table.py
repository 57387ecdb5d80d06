"""CSV: each row is the JSON object of its columns (contract 1).

Python's csv module reads, not pandas: pandas renames repeated columns, ends at a row with too many cells, and cannot
tell an unclosed quote from a file that ends.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from orchestration.formats.verdicts import Row, lines_of_rows
from orchestration.ingest.feeds import BOOLEAN_KINDS, NESTED_KINDS, NUMBER_KINDS, Feed
from orchestration.ingest.lexical import NOT_AN_OBJECT, NotJson, dump, parse, quote
from orchestration.ingest.limits import Limits
from orchestration.ingest.lines import Lines, UnreadableFile

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)

Cell = Callable[[str], str]  # a cell's text to JSON text


def read(path: Path, feed: Feed, limits: Limits) -> Iterator[Lines]:
    """Read a CSV file whose first row, no line itself, names the columns.

    A row with too many cells is no object of its columns: `not_an_object`, its text the list of its cells (empty
    cells too many are nothing). Missing cells are absent fields. Bytes that are no UTF-8 spoil their row only. A row
    of nothing but white space is blank; one of nothing but commas is an object without fields.

    Raises:
        UnreadableFile: quotes are broken or never closed, so that nothing tells where rows end; a row is larger than
            `limits.row`; the header is not UTF-8, names a field of the feed twice, or has over `limits.columns`
            columns.
        OSError: the file cannot be opened or read.
    """
    csv.field_size_limit(limits.row)  # the module's own limit, 128 KiB, is less than a line may have
    with path.open("rb") as binary:
        text = io.TextIOWrapper(binary, encoding="utf-8-sig", errors="surrogateescape", newline="")
        pieces = _Pieces(text, limits)
        rows = _rows(csv.reader(pieces, strict=True), pieces)
        try:
            names = next((row for row in rows if not _is_blank(row)), [])
            _check_header(names, feed, limits)
            columns = [(f"{quote(name)}:", _cell_reader(feed.kinds.get(name))) for name in names]
            yield from lines_of_rows((_row(row, columns) for row in rows), feed, limits)
        except csv.Error as error:
            raise UnreadableFile(f"broken CSV at line {pieces.line}: {error}") from None


class _Pieces:
    """A text's lines for the csv module, which holds a row whole: none may be too large, nor have too many cells."""

    def __init__(self, text: io.TextIOWrapper, limits: Limits) -> None:
        self.text = text
        self.most = limits.row
        self.most_commas = limits.line  # with more it is too large; a cell takes some 60 bytes beside its text
        self.line = 0
        self.characters = 0  # of the row at hand, so far
        self.commas = 0

    def __iter__(self) -> "_Pieces":
        return self

    def __next__(self) -> str:
        piece = self.text.readline(self.most + 1)
        if not piece:
            raise StopIteration
        self.line += 1
        self.characters += len(piece)
        self.commas += piece.count(",")
        if self.characters > self.most:
            raise UnreadableFile(
                f"the row that ends at line {self.line} or after it is over {self.most} characters, which is the "
                "limit; is a quote never closed?"
            )
        if self.commas > self.most_commas:
            raise UnreadableFile(f"the row at line {self.line} has over {self.most_commas} commas, which is the limit")
        return piece


def _rows(rows: Iterator[list[str]], pieces: _Pieces) -> Iterator[list[str]]:
    for row in rows:
        pieces.characters = pieces.commas = 0
        yield row


def _check_header(names: Sequence[str], feed: Feed, limits: Limits) -> None:
    if len(names) > limits.columns:
        raise UnreadableFile(f"the header has {len(names)} columns; the limit is {limits.columns}")
    if any(not _is_utf8(name) for name in names):
        raise UnreadableFile("the header is not UTF-8")
    repeated = sorted({name for name in names if name in feed.kinds and names.count(name) > 1})
    if repeated:
        raise UnreadableFile(f"the header names a column twice: {', '.join(repeated)}")


def _row(cells: Sequence[str], columns: Sequence[tuple[str, Cell]]) -> Row | None:
    if _is_blank(cells):
        return None
    if any(cells[len(columns) :]):
        return Row(dump(list(cells)), NOT_AN_OBJECT)
    members = (key + read_cell(cell) for (key, read_cell), cell in zip(columns, cells, strict=False) if cell)
    return Row("{" + ",".join(members) + "}")


def _is_blank(cells: Sequence[str]) -> bool:
    return not cells or (len(cells) == 1 and not cells[0].strip(" \t\r\n"))


def _is_utf8(text: str) -> bool:
    return not any("\udc80" <= character <= "\udcff" for character in text)


def _cell_reader(kind: str | None) -> Cell:
    """How cells of a kind become JSON; what is not what is due stays a string, for staging to judge."""
    if kind in NESTED_KINDS:
        return _nested
    if kind in NUMBER_KINDS:
        return _number
    if kind in BOOLEAN_KINDS:
        return _boolean
    return quote


def _nested(cell: str) -> str:
    if cell.lstrip(" \t\r\n")[:1] not in ("[", "{"):
        return quote(cell)
    try:
        return dump(parse(cell))
    except NotJson:
        return quote(cell)


def _number(cell: str) -> str:
    token = cell.strip()
    return token if _JSON_NUMBER.fullmatch(token) else quote(cell)


def _boolean(cell: str) -> str:
    word = cell.strip().lower()
    return word if word in ("true", "false") else quote(cell)
