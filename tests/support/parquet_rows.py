"""Rows of Parquet files, as a feed that a file may leave columns out of reads them."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from caw.feeds.declared import Feed, feeds
from caw.formats import reader_for
from caw.formats.lines import FileToRead
from caw.limits import DEFAULT_LIMITS, Limits

Row = tuple[int, str, str | None, str | None]


def loose(feed: str) -> Feed:
    """A feed that a file may leave columns out of."""
    return replace(feeds()[feed], required=())


def read_file(path: Path, limits: Limits = DEFAULT_LIMITS) -> list[Row]:
    """(line number, text, document, rejection) of each row, as the feed of orders reads the file."""
    reader = reader_for(path.name)
    assert reader is not None
    rows: list[Row] = []
    for lines in reader(FileToRead.at(path), loose("orders"), limits):
        found = lines.validate()
        columns = (found.line_number, found.raw_text, found.document, found.rejection)
        rows.extend(zip(*(column.to_pylist() for column in columns), strict=True))
    return rows


def read(tmp_path: Path, table: pa.Table, **options: object) -> list[Row]:
    """The same of a table that is written first."""
    path = tmp_path / "f.parquet"
    pq.write_table(table, path, **options)
    return read_file(path)


def texts(tmp_path: Path, **columns: pa.Array) -> list[str]:
    """The texts of the rows of columns."""
    return [row[1] for row in read(tmp_path, pa.table(columns))]
