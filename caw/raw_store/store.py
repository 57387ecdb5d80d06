"""The raw store: append-only Parquet, one folder per feed and batch, and one ledger file per batch.

A batch exists when its ledger file does: the put of that file is the commit, and parts without a ledger are orphans
of a run that died. Every table starts with an empty batch 0, so that a reader of the store always finds a schema. What
does not belong here: what the lines say (ingest/, erasure/), and how files are opened (objects.py).
"""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from caw.feeds.declared import feeds
from caw.raw_store.format import FORMAT, check_format, format_of, put_format
from caw.raw_store.line_files import put_lines
from caw.raw_store.longest_id import longest_id
from caw.raw_store.migration import with_new_columns
from caw.raw_store.objects import Folder, LocalObjects, Objects, exists
from caw.raw_store.old_failures import drop_replaced, outdated_versions
from caw.raw_store.schemas import FILE_SCHEMA, GIVEN_WAY_SCHEMA, LINE_SCHEMA, OPEN_ROW_SCHEMA, RUN_SCHEMA
from caw.raw_store.tables import (
    put_table,
    read_schema,
    read_table,
    read_tables,
    slices,
    write_whole,
)

RAW = "raw"  # below the data dir
LEDGERS = "batches/"
OPEN_ENDS = "given_way/rows.parquet"  # CSV files that ended within a row
GIVEN_WAY = "given_way/lines.parquet"  # those of these rows that a later version continues
GENESIS = "00000000"


@dataclass(frozen=True)
class FileVersion:
    """A version of a file: the ledger's row as far as ingestion knows it (spec §2.1.5); sizes in bytes."""

    file_path: str
    source: str | None
    feed: str | None
    content_sha256: str | None
    bytes: int
    batch_id: str | None
    ingested_at: datetime
    status: str  # loaded, failed, unknown_feed
    error: str | None = None
    lines: int = 0
    blank: int = 0


class RawStore:
    """The raw store of one data dir: the names of its objects, and the operations on them.

    Attributes:
        erasure: the key, the hashes of forgotten people and the plan.
        unreadable: what could not be read at the last ingestion; a file of the data dir.
        run_context: the run, for the models to read; a file of the data dir.
    """

    def __init__(self, data_dir: Path, objects: Objects | None = None) -> None:
        self.data_dir = data_dir
        self.objects = objects or LocalObjects(data_dir / RAW)
        self.erasure = Folder(self.objects, "erasure/")
        self.unreadable = data_dir / "state" / "unread_files.parquet"
        self.run_context = data_dir / "state" / "run.parquet"

    def prepare(self) -> None:
        """Create what is missing, migrate an older format and remove what a run that died left; idempotent.

        Raises:
            FormatError: a newer version of caw wrote the store.
        """
        self.remove_superseded()
        self._migrate()
        found = set(self.objects.list())
        for feed in feeds():
            genesis = part_name(feed, GENESIS, 0)
            if genesis not in found:
                put_table(self.objects, genesis, LINE_SCHEMA.empty_table())
        if ledger_name(GENESIS) not in found:
            put_table(self.objects, ledger_name(GENESIS), FILE_SCHEMA.empty_table())
        if not self.unreadable.exists():
            self.note_unreadable([])
        self.drop_replaced_failures()
        rows = self.open_rows()
        if GIVEN_WAY not in found or rows != read_table(self.objects, OPEN_ENDS).to_pylist():
            self.write_open_rows(rows)

    def parts(self, feed: str) -> Mapping[str, Sequence[str]]:
        """The names of a feed's files of lines by batch, in delivery order; the empty batch 0 first."""
        found: dict[str, list[str]] = {}
        for name in self.objects.list(f"{feed}/batch="):
            found.setdefault(batch_of(name), []).append(name)
        return found

    def parts_of(self, feed: str, batch_id: str) -> Sequence[str]:
        """The names of a batch's files of lines of one feed, committed or not."""
        return self.objects.list(f"{feed}/batch={batch_id}/")

    def batches_with_lines(self, feed: str) -> list[str]:
        """The batches that have lines of a feed; of compacted ones, the last."""
        return [span(batch_id)[1] for batch_id in self.parts(feed)]

    def ledgers(self) -> Sequence[str]:
        """The names of all ledgers, the empty one included."""
        return self.objects.list(LEDGERS)

    def batch_ids(self) -> list[str]:
        """Committed batches in delivery order, without the empty batch 0; `<first>-<last>` for compacted ones."""
        return [batch_id for name in self.ledgers() if (batch_id := _stem(name)) != GENESIS]

    def last_batch_id(self) -> str:
        """The latest batch that was committed; the empty batch 0 before the first."""
        return span(max(self.batch_ids(), default=GENESIS))[1]

    def next_batch_id(self) -> str:
        """The id that sorts after every committed one."""
        return f"{int(self.last_batch_id()) + 1:08d}"

    def _migrate(self) -> None:
        check_format(self.objects, self.data_dir)
        if format_of(self.objects) == FORMAT:
            return
        for feed in feeds().values():
            for part in self.objects.list(f"{feed.name}/batch="):
                lines = (_table_of(one) for one in slices(self.objects, part))
                if read_schema(self.objects, part) != LINE_SCHEMA:
                    put_lines(self.objects, part, (with_new_columns(one, feed, LINE_SCHEMA) for one in lines), True)
        shutil.rmtree(self.data_dir / "expanded", ignore_errors=True)
        put_format(self.objects)

    def known_versions(self) -> set[tuple[str, str]]:
        """(file_path, content_sha256) of every file version that a committed batch has loaded or failed."""
        ledger = self.ledger_rows(["file_path", "content_sha256"])
        return set(zip(ledger["file_path"].to_pylist(), ledger["content_sha256"].to_pylist(), strict=True))

    def ledger_rows(self, columns: Sequence[str]) -> pa.Table:
        """Some columns of all ledgers; the store has been prepared."""
        return read_tables(self.objects, self.ledgers(), columns)

    def failed_in_older_versions(self) -> set[tuple[str, str]]:
        """(file_path, content_sha256) of files that an older version failed for a reason that is none any more."""
        return outdated_versions(self.objects, self.ledgers())

    def drop_replaced_failures(self) -> None:
        """Remove such failures from the ledgers where the file was read again since: a version has one row."""
        drop_replaced(self.objects, self.ledgers(), FILE_SCHEMA)

    def commit(self, batch_id: str, files: Iterable[FileVersion]) -> None:
        """Make the whole batch visible by one put; its parts are there before.

        Raises:
            FileExistsError: there is such a batch.
        """
        self.commit_table(batch_id, _table(files, FILE_SCHEMA))

    def commit_table(self, batch_id: str, files: pa.Table) -> None:
        """As `commit`, with the ledger's rows as a table."""
        put_table(self.objects, ledger_name(batch_id), files)

    def note_unreadable(self, files: Iterable[FileVersion]) -> None:
        """Save the files that could not be read for a reason outside them: they are tried again at every run."""
        write_whole(_table(files, FILE_SCHEMA), self.unreadable)

    def has_unreadable(self) -> bool:
        """Whether the last ingestion saved any such file."""
        return bool(pq.read_metadata(self.unreadable).num_rows)

    def open_rows(self) -> list[dict[str, object]]:
        """Rows at which CSV files ended, without those of a batch that was never committed."""
        if not exists(self.objects, OPEN_ENDS):
            return []
        last = self.last_batch_id()
        rows = [row for row in read_table(self.objects, OPEN_ENDS).to_pylist() if row["batch_id"] <= last]
        for row in rows:
            if row["given_way_in"] is not None and row["given_way_in"] > last:
                row["given_way_in"] = None
        return rows

    def write_open_rows(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Write these rows, and the list of those that gave way, sorted by when they did."""
        put_table(self.objects, OPEN_ENDS, pa.Table.from_pylist(list(rows), OPEN_ROW_SCHEMA), replaces=True)
        gone = pa.Table.from_pylist([row for row in rows if row["given_way_in"] is not None], OPEN_ROW_SCHEMA)
        order = ["given_way_in", "batch_id", "file_path", "line_number"]
        gone = gone.sort_by([(name, "ascending") for name in order])
        put_table(self.objects, GIVEN_WAY, gone.select(GIVEN_WAY_SCHEMA.names), replaces=True)

    def longest_id(self) -> int:
        """The characters beyond which the models shorten an id; all committed batches are expanded."""
        ledgers = {batch_id: ledger_name(batch_id) for batch_id in self.batch_ids()}
        return longest_id(self.objects, ledgers, self.data_dir)

    def write_run_context(
        self,
        run_id: str,
        as_of: datetime,
        parsing_fingerprint: str,
        by_clock: bool = False,
        longest_id: int | None = None,
    ) -> None:
        """Write the run for the models to read: one row, `as_of` in UTC, `by_clock` where none was given.

        `longest_id` is counted where it is not given.
        """
        row = {
            "run_id": run_id,
            "as_of": as_of,
            "parsing_fingerprint": parsing_fingerprint,
            "by_clock": by_clock,
            "longest_id": self.longest_id() if longest_id is None else longest_id,
        }
        selected = ", ".join(f"${name} as {name}" for name in row)
        with duckdb.connect() as connection:  # pyarrow loads pandas for any row from Python, a tenth of an idle run
            table = connection.sql(f"select {selected}", params=row).to_arrow_table()
        write_whole(table.cast(RUN_SCHEMA), self.run_context)

    def remove_superseded(self) -> None:
        """Remove the ledgers of batches that are part of a compacted one, then everything that has no ledger."""
        batch_ids = self.batch_ids()
        spans = [span(batch_id) for batch_id in batch_ids if "-" in batch_id]
        superseded = [
            ledger_name(batch_id)
            for batch_id in batch_ids
            for first, last in [span(batch_id)]
            if any(one != (first, last) and one[0] <= first and last <= one[1] for one in spans)
        ]
        if superseded:
            self.objects.remove(superseded)
        self._remove_orphans()

    def _remove_orphans(self) -> None:
        committed = {*self.batch_ids(), GENESIS}
        self.objects.remove(
            name for name in self.objects.list() if "/batch=" in name and batch_of(name) not in committed
        )


def part_name(feed: str, batch_id: str, number: int) -> str:
    """The name of a file of a batch's lines of one feed."""
    return f"{feed}/batch={batch_id}/part-{number:05d}.parquet"


def batch_of(part: str) -> str:
    """The batch of a file of lines."""
    return part.split("/")[1].removeprefix("batch=")


def ledger_name(batch_id: str) -> str:
    """The object whose existence makes the batch."""
    return f"{LEDGERS}{batch_id}.parquet"


def _stem(name: str) -> str:
    return name.removeprefix(LEDGERS).removesuffix(".parquet")


def span(batch_id: str) -> tuple[str, str]:
    """(first, last) of the batches that an id covers: itself, or those that were compacted into it."""
    first, _, last = batch_id.partition("-")
    return first, last or first


def _table_of(batch: pa.RecordBatch) -> pa.Table:
    return pa.Table.from_batches([batch])


def _table(files: Iterable[FileVersion], schema: pa.Schema) -> pa.Table:
    rows: list[Mapping[str, object]] = [vars(file) for file in files]
    return pa.Table.from_pylist(rows, schema)
