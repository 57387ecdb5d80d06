"""Writes the parts of one batch, in delivery order.

What does not belong here: reading and validating (formats/), and what makes a batch visible (raw_store/store.py).
"""

from collections import Counter
from contextlib import ExitStack, suppress
from datetime import datetime

import pyarrow as pa

from caw.feeds.declared import feeds
from caw.formats.lines import Lines
from caw.raw_store.line_files import LINE_FORMAT, LineWriter, put_lines
from caw.raw_store.objects import Objects
from caw.raw_store.schemas import LINE_SCHEMA
from caw.raw_store.store import part_name

ValidatedChunk = tuple[pa.Table, int]  # a chunk's rows of the raw store, and how many of its lines are blank


class _Discarded(Exception):
    """Raised where a put is to be given up: nothing appears."""


class Batch:
    """The parts of one batch. Small files share a part; a file that fails leaves no line.

    Attributes:
        part_bytes: small files share a part up to this; a larger file gets parts of its own.
    """

    def __init__(self, objects: Objects, batch_id: str, ingested_at: datetime, part_bytes: int) -> None:
        self.objects = objects
        self.batch_id = batch_id
        self.ingested_at = ingested_at
        self.part_bytes = part_bytes
        self.waiting: dict[str, list[pa.Table]] = {feed: [] for feed in feeds()}
        self.waiting_bytes: Counter[str] = Counter()
        self.parts: Counter[str] = Counter()

    def share(self, feed: str, tables: list[pa.Table], size: int) -> None:
        """Keep a small file's lines, `size` bytes, until the feed's shared part is full."""
        self.waiting[feed] += tables
        self.waiting_bytes[feed] += size
        if self.waiting_bytes[feed] > self.part_bytes:
            self._flush(feed)

    def next_part(self, feed: str) -> str:
        """A name for the feed's next part."""
        self.parts[feed] += 1
        return part_name(feed, self.batch_id, self.parts[feed] - 1)

    def close(self) -> None:
        """Write the lines that are still in memory."""
        for feed in self.waiting:
            self._flush(feed)

    def _flush(self, feed: str) -> None:
        if self.waiting[feed]:
            put_lines(self.objects, self.next_part(feed), [pa.concat_tables(self.waiting[feed])])
            self.waiting[feed] = []
            self.waiting_bytes[feed] = 0


class FileParts:
    """One file's lines on their way into a batch: in memory while small, in a part of their own beyond that."""

    def __init__(self, batch: Batch, source: str, feed: str, file_path: str) -> None:
        self.batch = batch
        self.feed = feed
        self.constants = {
            "batch_id": batch.batch_id,
            "ingested_at": batch.ingested_at,
            "source": source,
            "file_path": file_path,
        }
        self.waiting: list[pa.Table] = []
        self.waiting_bytes = 0
        self.part = ExitStack()  # a part of its own, while it is written
        self.writer: LineWriter | None = None
        self.lines = 0
        self.blank = 0

    def validated(self, lines: Lines) -> ValidatedChunk:
        """Validate a chunk of the file; any thread may do it."""
        found = lines.validate()
        count = len(found.line_number)
        constants = [
            pa.repeat(pa.scalar(value, LINE_SCHEMA.field(name).type), count) for name, value in self.constants.items()
        ]
        kept = [found.line_number, found.raw_text, found.document, found.rejection]
        nobody_erased = [pa.repeat(pa.scalar(False), count), pa.nulls(count, pa.string())]
        unknown = pa.nulls(count, pa.string()) if found.unknown_fields is None else found.unknown_fields
        places = pa.nulls(count, pa.int64()) if found.editor_line is None else found.editor_line
        columns = [*constants, *kept, *nobody_erased, unknown, places]
        return pa.Table.from_arrays(columns, schema=LINE_SCHEMA), found.blank

    def add(self, table: pa.Table, blank: int) -> None:
        """Add the file's next chunk, as `validated` returned it."""
        self.lines += table.num_rows + blank
        self.blank += blank
        self.waiting.append(table)
        self.waiting_bytes += table.nbytes
        if self.waiting_bytes > self.batch.part_bytes:
            self._write_waiting()

    def keep(self) -> None:
        """Add the file's lines to the batch: it was read whole."""
        if self.writer is None:
            self.batch.share(self.feed, self.waiting, self.waiting_bytes)
            return
        self._write_waiting()
        self.part.close()

    def discard(self) -> None:
        """Drop the file's lines: it failed."""
        with suppress(_Discarded), self.part:
            raise _Discarded

    def _write_waiting(self) -> None:
        if self.writer is None:
            stream = self.part.enter_context(self.batch.objects.put_once(self.batch.next_part(self.feed)))
            self.writer = self.part.enter_context(LineWriter(stream, LINE_SCHEMA, LINE_FORMAT))
        if self.waiting:
            self.writer.write(pa.concat_tables(self.waiting))
        self.waiting = []
        self.waiting_bytes = 0
