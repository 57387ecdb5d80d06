"""The raw store: append-only Parquet, one folder per feed and batch, and one ledger file per batch.

A batch exists when its ledger file does: the rename of that file is the commit, and parts without a ledger are orphans
of a run that died. Every table starts with an empty batch 0, so that a reader of the store always finds a schema. What
does not belong here: what the lines say (ingest/, erasure/).
"""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from caw.feeds.declared import Feed, feeds
from caw.formats.prefilter import unknown_fields
from caw.formats.validated import members_of
from caw.host import atomic
from caw.raw_store.format import FORMAT, check_format, format_of, marker_of

INSTANT = pa.timestamp("us", tz="UTC")
LINE_SCHEMA = pa.schema(
    [
        ("batch_id", pa.string()),
        ("ingested_at", INSTANT),
        ("source", pa.string()),
        ("file_path", pa.string()),
        ("line_number", pa.int64()),
        ("raw_text", pa.string()),
        ("document", pa.string()),
        ("problem", pa.string()),
        ("is_erased", pa.bool_()),  # the line of a forgotten person, redacted (spec §6.2)
        ("erased_category", pa.string()),  # what the escalation's reason meant, before it went
        ("unknown_fields", pa.string()),  # JSON list of the members that no rule reads; null for none, or once erased
        ("editor_line", pa.int64()),  # where an editor shows a row of a CSV; null for other lines
    ]
)
FILE_SCHEMA = pa.schema(
    [
        ("file_path", pa.string()),
        ("source", pa.string()),
        ("feed", pa.string()),
        ("content_sha256", pa.string()),
        ("bytes", pa.int64()),
        ("batch_id", pa.string()),
        ("ingested_at", INSTANT),
        ("status", pa.string()),
        ("error", pa.string()),
        ("lines", pa.int64()),
        ("blank", pa.int64()),
    ]
)
RUN_SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("as_of", INSTANT),
        ("parsing_fingerprint", pa.string()),
        ("by_clock", pa.bool_()),  # as_of is the clock's: none was given
    ]
)
GIVEN_WAY_SCHEMA = pa.schema(
    [("batch_id", pa.string()), ("source", pa.string()), ("file_path", pa.string()), ("line_number", pa.int64())]
)
OPEN_ROW_SCHEMA = pa.schema(
    [
        *GIVEN_WAY_SCHEMA,
        ("content_sha256", pa.string()),
        ("bytes", pa.int64()),
        ("given_way_in", pa.string()),  # the batch that brought the version that goes on; null while there is none
    ]
)

GENESIS = "00000000"
# Beginnings of errors of versions before 2026-11-28: files that failed with them are read again once, automatically.
OUTDATED_ERRORS = (
    "reading it takes more than ",  # of any Parquet file, on machines of many processors
    "no <source>/<feed>/ folder and file format",  # .json.gz, .csv.gz and their like too; for others the words help now
    "the document does not parse: something stands beside",  # values one after the other
    "the header names a column twice",
    "the file has a column twice",
)
COMPRESSION = {"compression": "zstd", "compression_level": 1}  # a third of snappy's size at the same reading speed

ROW_GROUP = 32 * 1024  # lines: an engine gives each thread a row group, so that even a small feed has some for all
UNLIKE = {"raw_text", "line_number"}  # hardly a value twice: a dictionary of them is work for nothing
LINE_FORMAT = {
    **COMPRESSION,
    "use_dictionary": [name for name in LINE_SCHEMA.names if name not in UNLIKE],
    "write_statistics": [name for name in LINE_SCHEMA.names if name != "raw_text"],  # nobody looks for a range of texts
}


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
    """The raw store of one data dir: its paths, and the operations on them."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.root = data_dir / "raw"
        self.ledgers = self.root / "batches"
        self.erasure = self.root / "erasure"  # the key and the hashes of forgotten people
        self.open_ends = self.root / "given_way" / "rows.parquet"  # CSV files that ended within a row
        self.given_way = self.root / "given_way" / "lines.parquet"  # those of these rows that a later version continues
        self.unreadable = data_dir / "state" / "unread_files.parquet"
        self.run_context = data_dir / "state" / "run.parquet"

    def prepare(self) -> None:
        """Create what is missing, migrate an older format and remove what a run that died left; idempotent.

        Raises:
            FormatError: a newer version of caw wrote the store.
        """
        self.remove_superseded()
        self._migrate()
        for feed in feeds():
            genesis = self.batch_folder(feed, GENESIS) / "part-00000.parquet"
            if not genesis.exists():
                write_whole(LINE_SCHEMA.empty_table(), genesis)
        if not self.ledger(GENESIS).exists():
            write_whole(FILE_SCHEMA.empty_table(), self.ledger(GENESIS))
        if not self.unreadable.exists():
            self.note_unreadable([])
        self.drop_replaced_failures()
        rows = self.open_rows()
        if not self.given_way.exists() or rows != pq.read_table(self.open_ends).to_pylist():
            self.write_open_rows(rows)

    def batch_folder(self, feed: str, batch_id: str) -> Path:
        """The folder of a batch's lines of one feed."""
        return self.root / feed / f"batch={batch_id}"

    def batches_with_lines(self, feed: str) -> list[str]:
        """The batches that have lines of a feed; of compacted ones, the last."""
        return [span(path.name.removeprefix("batch="))[1] for path in (self.root / feed).glob("batch=*")]

    def ledger(self, batch_id: str) -> Path:
        """The file whose existence makes the batch."""
        return self.ledgers / f"{batch_id}.parquet"

    def batch_ids(self) -> list[str]:
        """Committed batches in delivery order, without the empty batch 0; `<first>-<last>` for compacted ones."""
        return sorted(path.stem for path in self.ledgers.glob("*.parquet") if path.stem != GENESIS)

    def last_batch_id(self) -> str:
        """The latest batch that was committed; the empty batch 0 before the first."""
        return span(max(self.batch_ids(), default=GENESIS))[1]

    def next_batch_id(self) -> str:
        """The id that sorts after every committed one."""
        return f"{int(self.last_batch_id()) + 1:08d}"

    def _migrate(self) -> None:
        check_format(self.data_dir)
        if format_of(self.data_dir) == FORMAT:
            return
        for feed in feeds().values():
            for part in sorted((self.root / feed.name).glob("batch=*/*.parquet")):
                lines = pq.ParquetFile(part)
                if lines.schema_arrow != LINE_SCHEMA:
                    write_batches(part, (with_new_columns(_table_of(one), feed) for one in lines.iter_batches()))
        shutil.rmtree(self.data_dir / "expanded", ignore_errors=True)
        atomic.write(marker_of(self.data_dir), f"{FORMAT}\n")

    def known_versions(self) -> set[tuple[str, str]]:
        """(file_path, content_sha256) of every file version that a committed batch has loaded or failed."""
        ledger = pq.read_table(self.ledgers, columns=["file_path", "content_sha256"])
        return set(zip(ledger["file_path"].to_pylist(), ledger["content_sha256"].to_pylist(), strict=True))

    def failed_in_older_versions(self) -> set[tuple[str, str]]:
        """(file_path, content_sha256) of files that an older version failed for a reason that is none any more."""
        columns = ["file_path", "content_sha256", "error"]
        return {_version(row) for row in pq.read_table(self.ledgers, columns=columns).to_pylist() if _is_outdated(row)}

    def drop_replaced_failures(self) -> None:
        """Remove such failures from the ledgers where the file was read again since: a version has one row."""
        if not self.failed_in_older_versions():
            return
        rows = {path: pq.ParquetFile(path).read().to_pylist() for path in sorted(self.ledgers.glob("*.parquet"))}
        others = {_version(row) for table in rows.values() for row in table if not _is_outdated(row)}
        for path, table in rows.items():
            kept = [row for row in table if not (_is_outdated(row) and _version(row) in others)]
            if len(kept) < len(table):
                write_whole(pa.Table.from_pylist(kept, FILE_SCHEMA), path)

    def commit(self, batch_id: str, files: Iterable[FileVersion]) -> None:
        """Make the whole batch visible by one rename; its parts must be complete on disk before."""
        self.commit_table(batch_id, _table(files, FILE_SCHEMA))

    def commit_table(self, batch_id: str, files: pa.Table) -> None:
        """As `commit`, with the ledger's rows as a table."""
        for feed in feeds():
            folder = self.batch_folder(feed, batch_id)
            if folder.exists():
                atomic.sync(folder)
                atomic.sync(folder.parent)
        write_whole(files, self.ledger(batch_id))

    def note_unreadable(self, files: Iterable[FileVersion]) -> None:
        """Save the files that could not be read for a reason outside them: they are tried again at every run."""
        write_whole(_table(files, FILE_SCHEMA), self.unreadable)

    def has_unreadable(self) -> bool:
        """Whether the last ingestion saved any such file."""
        return bool(pq.read_metadata(self.unreadable).num_rows)

    def open_rows(self) -> list[dict[str, object]]:
        """Rows at which CSV files ended, without those of a batch that was never committed."""
        if not self.open_ends.exists():
            return []
        last = self.last_batch_id()
        rows = [row for row in pq.read_table(self.open_ends).to_pylist() if row["batch_id"] <= last]
        for row in rows:
            if row["given_way_in"] is not None and row["given_way_in"] > last:
                row["given_way_in"] = None
        return rows

    def write_open_rows(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Write these rows, and the list of those that gave way, sorted by when they did."""
        write_whole(pa.Table.from_pylist(list(rows), OPEN_ROW_SCHEMA), self.open_ends)
        gone = pa.Table.from_pylist([row for row in rows if row["given_way_in"] is not None], OPEN_ROW_SCHEMA)
        order = ["given_way_in", "batch_id", "file_path", "line_number"]
        gone = gone.sort_by([(name, "ascending") for name in order])
        write_whole(gone.select(GIVEN_WAY_SCHEMA.names), self.given_way)

    def write_run_context(self, run_id: str, as_of: datetime, parsing_fingerprint: str, by_clock: bool = False) -> None:
        """Write the run for the models to read: one row, `as_of` in UTC, `by_clock` where none was given."""
        row = {"run_id": run_id, "as_of": as_of, "parsing_fingerprint": parsing_fingerprint, "by_clock": by_clock}
        write_whole(pa.Table.from_pylist([row], RUN_SCHEMA), self.run_context)

    def remove_superseded(self) -> None:
        """Remove the ledgers of batches that are part of a compacted one, then everything that has no ledger."""
        spans = [span(batch_id) for batch_id in self.batch_ids() if "-" in batch_id]
        for batch_id in self.batch_ids():
            first, last = span(batch_id)
            if any(one != (first, last) and one[0] <= first and last <= one[1] for one in spans):
                self.ledger(batch_id).unlink()
        self._remove_orphans()

    def _remove_orphans(self) -> None:
        committed = {*self.batch_ids(), GENESIS}
        for folder in self.root.glob("*/batch=*"):
            if folder.name.removeprefix("batch=") not in committed:
                shutil.rmtree(folder)
        for leftover in self.data_dir.glob(f"raw/**/{atomic.DRAFT}"):
            leftover.unlink()


def _is_outdated(row: Mapping[str, Any]) -> bool:
    return str(row["error"] or "").startswith(OUTDATED_ERRORS)


def _version(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["file_path"], row["content_sha256"]


def span(batch_id: str) -> tuple[str, str]:
    """(first, last) of the batches that an id covers: itself, or those that were compacted into it."""
    first, _, last = batch_id.partition("-")
    return first, last or first


def _table_of(batch: pa.RecordBatch) -> pa.Table:
    return pa.Table.from_batches([batch])


def with_new_columns(lines: pa.Table, feed: Feed) -> pa.Table:
    """Migrate lines of an older format to the present one."""
    if "is_erased" not in lines.column_names:
        lines = lines.append_column("is_erased", pa.repeat(pa.scalar(False), lines.num_rows))
        lines = lines.append_column("erased_category", pa.nulls(lines.num_rows, pa.string()))
    if "unknown_fields" not in lines.column_names:
        lines = lines.append_column("unknown_fields", _unknown_fields(lines, feed))
    if "editor_line" not in lines.column_names:
        lines = lines.append_column("editor_line", pa.nulls(lines.num_rows, pa.int64()))
    return lines.cast(LINE_SCHEMA)


def _unknown_fields(lines: pa.Table, feed: Feed) -> pa.Array:
    members = members_of(feed)
    if members is None or lines.num_rows == 0:
        return pa.nulls(lines.num_rows, pa.string())
    texts = lines["raw_text"].combine_chunks()
    is_readable = pc.and_(pc.is_null(lines["problem"]), pc.invert(lines["is_erased"])).combine_chunks()
    return pc.if_else(is_readable, unknown_fields(texts, members), pa.scalar(None, pa.string()))


def write_batches(path: Path, tables: Iterable[pa.Table]) -> None:
    """As `write_whole`, for raw lines that do not fit into memory."""
    with atomic.replacing(path) as draft, pq.ParquetWriter(draft, LINE_SCHEMA, **LINE_FORMAT) as writer:
        for table in tables:
            writer.write_table(table)


def write_whole(table: pa.Table, path: Path) -> None:
    """Write a Parquet file that appears complete or not at all, even if the machine stops in between."""
    with atomic.replacing(path) as draft, draft.open("wb") as stream:
        pq.write_table(table, stream, **COMPRESSION)


def _table(files: Iterable[FileVersion], schema: pa.Schema) -> pa.Table:
    rows: list[Mapping[str, object]] = [vars(file) for file in files]
    return pa.Table.from_pylist(rows, schema)
