"""Files of lines whose row groups are small where lines are long, and which say how much text their long lines have.

An engine takes the rows of a row group together, thousands at a time, and needs many times their text to parse them: it
is the text that bounds a row group where lines are long, and their number where they are not. What does not belong
here: which lines a file has (store.py), and how much long text there may be (ingest/room.py).
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from caw.formats.validated import TOO_LARGE
from caw.limits import MIB
from caw.raw_store.objects import Objects
from caw.raw_store.schemas import LINE_SCHEMA
from caw.raw_store.tables import COMPRESSION

MOST_LINES = 32 * 1024  # of a row group: an engine gives each thread one, so that even a small feed has some for all
LENGTHS = (4_000, 16_000, 64_000)  # bytes beyond which a line is long, by what an engine's memory is (ingest/room.py)
MOST_LONG_TEXT = MIB  # of a row group's lines over the least of these, one line aside: each thread parses one
EXCERPTS = 4  # such a part of an excerpt counts as text: docs/decisions.md says what was measured
TEXTS = ("raw_text", "document")
REASONS = ("problem", "reason")  # why a line is refused, in the raw store and of an expanded feed
LONG_TEXT = b"long_text"  # in a file's metadata
UNLIKE = {"raw_text", "line_number"}  # hardly a value twice: a dictionary of them is work for nothing
LINE_FORMAT = {
    **COMPRESSION,
    "use_dictionary": [name for name in LINE_SCHEMA.names if name not in UNLIKE],
    "write_statistics": [name for name in LINE_SCHEMA.names if name != "raw_text"],  # nobody looks for a range of texts
}


def put_lines(objects: Objects, name: str, tables: Iterable[pa.Table], replaces: bool = False) -> None:
    """Put raw lines that do not fit into memory; raises as `put_once`."""
    with (
        objects.put_once(name, replaces) as stream,
        LineWriter(stream, LINE_SCHEMA, LINE_FORMAT) as writer,
    ):
        for table in tables:
            writer.write(table)


class LineWriter:
    """Writes a Parquet file of lines, or of records made of lines; a context manager that closes it."""

    def __init__(self, where: BinaryIO | Path, schema: pa.Schema, options: Mapping[str, Any]) -> None:
        self.closing = ExitStack()
        self.writer = self.closing.enter_context(pq.ParquetWriter(where, schema, **options))
        self.long_text = np.zeros(len(LENGTHS), np.int64)

    def write(self, lines: pa.Table) -> None:
        """Write lines in row groups of bounded text."""
        if lines.num_rows:
            self.long_text += long_text(parsed_lengths(lines))
            cuts = [0, *_cuts(text_lengths(lines)), lines.num_rows]
            for start, end in pairwise(cuts):
                self.writer.write_table(lines.slice(start, end - start), MOST_LINES)

    def __enter__(self) -> "LineWriter":
        """Nothing is opened that is not open already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write down how much text the long lines have, and close the file."""
        self.writer.add_key_value_metadata({LONG_TEXT: json.dumps(self.long_text.tolist())})
        self.closing.__exit__(kind, error, trace)


def text_lengths(lines: pa.Table) -> npt.NDArray[np.int64]:
    """Bytes of text of each line."""
    lengths = [pc.fill_null(pc.binary_length(lines[name]), 0) for name in TEXTS if name in lines.column_names]
    return sum((each.to_numpy().astype(np.int64) for each in lengths), np.zeros(lines.num_rows, np.int64))


def parsed_lengths(lines: pa.Table) -> npt.NDArray[np.int64]:
    """The same, but of the excerpt of a line that is too large a part: no model parses it, yet it is published.

    64 KiB are then long by the lengths of less than 1 GB of memory alone.
    """
    lengths = text_lengths(lines)
    for name in REASONS:
        if name in lines.column_names:
            lengths[pc.fill_null(pc.equal(lines[name], TOO_LARGE), False).to_numpy()] //= EXCERPTS
    return lengths


def long_text(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Bytes of the lines that are longer than each of LENGTHS."""
    lengths = lengths[lengths > LENGTHS[0]]
    return np.array([lengths[lengths > least].sum() for least in LENGTHS], np.int64)


def long_text_of(file: pq.ParquetFile) -> npt.NDArray[np.int64]:
    """The same of a file of lines: as it says, or counted where an older version wrote it."""
    noted = (file.metadata.metadata or {}).get(LONG_TEXT)
    if noted is not None:
        return np.array(json.loads(noted), np.int64)
    columns = [name for name in (*TEXTS, *REASONS) if name in file.schema_arrow.names]
    counted = (long_text(parsed_lengths(pa.Table.from_batches([one]))) for one in file.iter_batches(columns=columns))
    return sum(counted, np.zeros(len(LENGTHS), np.int64))


def _cuts(lengths: npt.NDArray[np.int64]) -> list[int]:
    """Rows at which a row group ends and another one begins."""
    held = np.cumsum(np.where(lengths > LENGTHS[0], lengths, 0))
    return [int(place) + 1 for place in np.flatnonzero(np.diff(held // MOST_LONG_TEXT))]
