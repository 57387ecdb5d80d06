"""CSV files as the reader gives them."""

from dataclasses import replace
from pathlib import Path

from caw.feeds.declared import Feed, feeds
from caw.formats import reader_for
from caw.formats.lines import FileToRead
from caw.limits import DEFAULT_LIMITS, Limits

Row = tuple[int, str, str | None, str | None]


def loose(feed: str) -> Feed:
    """A feed that a file may leave columns out of."""
    return replace(feeds()[feed], required=())


def read(
    tmp_path: Path, content: str | bytes, feed: str = "orders", limits: Limits = DEFAULT_LIMITS
) -> tuple[list[Row], int]:
    path = tmp_path / "f.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    reader = reader_for(path.name)
    assert reader is not None
    rows: list[Row] = []
    blank = 0
    for lines in reader(FileToRead.at(path), loose(feed), limits):
        found = lines.validate()
        columns = (found.line_number, found.raw_text, found.document, found.rejection)
        rows.extend(zip(*(column.to_pylist() for column in columns), strict=True))
        blank += found.blank
    return rows, blank
