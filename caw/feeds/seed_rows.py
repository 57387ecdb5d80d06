"""Reads the rows of a seed's file, with the lines that an editor shows."""

import csv
import io
from collections.abc import Iterable


class NoCsvError(Exception):
    """A row that is no CSV."""

    def __init__(self, line: int, reason: object) -> None:
        super().__init__(
            f"the row that begins here is no CSV ({reason}); a quote within a quoted cell is written twice"
        )
        self.line = line


def rows_in(text: str) -> Iterable[tuple[int, list[str]]]:
    """(line, cells) of the rows that are not empty; raises NoCsvError."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, list[str]]] = []
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as reason:
            raise NoCsvError(line, reason) from reason
        if cells is None:
            return rows
        if cells:
            rows.append((line, cells))
        line = reader.line_num + 1
