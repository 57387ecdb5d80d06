"""From landing zone to raw store: one batch a run, in path order, committed whole or not at all."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.ingest.erasure.arrivals import redact_arrivals
from orchestration.ingest.erasure.forgotten import Forgotten, read_forgotten, seeds_of
from orchestration.ingest.erasure.redaction import load_words
from orchestration.ingest.expansion import expand_pending, expander
from orchestration.ingest.feeds import SEEDS_DIR, feeds
from orchestration.ingest.landing import LandedFile, Stamp, scan, stamp
from orchestration.ingest.limits import DEFAULT_LIMITS, MIB, Limits
from orchestration.ingest.lines import Lines, UnreadableFile
from orchestration.ingest.raw_store import COMPRESSION, LINE_SCHEMA, FileReport, RawStore, sync_file
from orchestration.ingest.readers import reader_for
from orchestration.ingest.seen import SeenFiles

SHARED_PART_BYTES = 64 * MIB  # small files share a part up to this; a larger file gets parts of its own
UNKNOWN_FEED = "no <source>/<feed>/ folder and file format that caw knows; see the contract's landing zone"


@dataclass(frozen=True)
class Progress:
    """How far ingestion is: files done of all new ones, and the one in hand."""

    done: int
    total: int
    file_path: str


@dataclass(frozen=True)
class BatchReport:
    """What one run took in; `batch_id` is None where nothing was new."""

    batch_id: str | None
    files: list[FileReport] = field(default_factory=list)  # the batch's file versions
    unread: list[FileReport] = field(default_factory=list)  # kept from being read by an outside reason
    unknown_tools: Counter[str] = field(default_factory=Counter)  # calls in new transcripts that the tool map lacks
    erased_lines: int = 0  # delivered for forgotten people, and redacted (contract, section 6)

    def of_feed(self, feed: str) -> list[FileReport]:
        """The batch's file versions of one feed."""
        return [file for file in self.files if file.feed == feed]

    @property
    def lines(self) -> int:
        """Lines taken in, blank ones included."""
        return sum(file.lines for file in self.files)

    @property
    def statuses(self) -> Counter[str]:
        """How many file versions ended in each ledger status."""
        return Counter(file.status for file in self.files)


def ingest(
    landing: Path,
    data_dir: Path,
    ingested_at: datetime,
    progress: Callable[[Progress], None] = lambda _: None,
    limits: Limits = DEFAULT_LIMITS,
    seeds: Path = SEEDS_DIR,
) -> BatchReport:
    """Take every new file version of the landing zone into the raw store, as one batch.

    Args:
        landing: the landing zone; must exist.
        data_dir: the data dir; the caller holds its lock.
        ingested_at: the batch's instant, UTC, microseconds.
        progress: called before each new file is read.
        limits: sizes beyond which lines and files are refused.
        seeds: where the tool map and the transcript markers lie.

    Raises:
        OSError: the data dir cannot be written. What the landing zone refuses is reported, never raised.
    """
    store = RawStore(data_dir)
    store.prepare()
    seen = SeenFiles.load(data_dir)
    known = store.known_versions()
    forgotten = read_forgotten(store.erasure)
    new, unread = _new_versions(_shown(scan(landing), forgotten, known), known, seen, ingested_at)
    batch_id = store.next_batch_id()
    batch = _Batch(store, batch_id, ingested_at, limits)
    reports: list[FileReport] = []
    for done, (file, report, hashed_at) in enumerate(new):
        progress(Progress(done, len(new), file.file_path))
        try:
            reports.append(batch.take(file, report, hashed_at))
        except OSError as refused:
            unread.append(_unread(file, refused, ingested_at))
    erased_lines = 0
    if reports:
        batch.close()
        if forgotten is not None:
            erased_lines = _redact(store, batch_id, reports, forgotten, seeds)
        store.commit(batch_id, reports)
    store.note_unread(unread)
    seen.save(data_dir)
    unknown_tools = expand_pending(store, seeds)
    return BatchReport(batch_id if reports else None, reports, unread, unknown_tools, erased_lines)


def _shown(files: Iterable[LandedFile], forgotten: Forgotten | None, known: set[tuple[str, str]]) -> list[LandedFile]:
    """The files in the order of their paths as they may be written down (contract, section 6)."""
    if forgotten is None:
        return list(files)
    paths = {file_path for file_path, _ in known}
    shown = [replace(file, file_path=forgotten.shown_path(file.source, file.file_path, paths)) for file in files]
    return sorted(shown, key=lambda file: file.file_path)


def _redact(store: RawStore, batch_id: str, reports: Iterable[FileReport], forgotten: Forgotten, seeds: Path) -> int:
    """Redact what a batch brings for forgotten people, before its commit; how many lines that were."""
    parts = {feed: sorted(store.batch_folder(feed, batch_id).glob("*.parquet")) for feed in feeds()}
    done, found = redact_arrivals(parts, forgotten, load_words(seeds), expander(seeds))
    digests = {report.file_path: report.content_sha256 for report in reports}
    forgotten.files |= {(path, digest) for _, path in done.files if (digest := digests.get(path)) is not None}
    seeds_of(store.erasure).add(found)
    if done.lines:
        forgotten.save()
    return done.lines


def _new_versions(
    files: Iterable[LandedFile], known: set[tuple[str, str]], seen: SeenFiles, ingested_at: datetime
) -> tuple[list[tuple[LandedFile, FileReport, Stamp]], list[FileReport]]:
    new: list[tuple[LandedFile, FileReport, Stamp]] = []
    unread: list[FileReport] = []
    for file in files:
        if file.obstacle is not None:
            unread.append(_report(file, None, 0, ingested_at, "failed", file.obstacle))
            continue
        try:
            digest, hashed_at = seen.digest(file.path, file.file_path)
        except OSError as refused:
            unread.append(_unread(file, refused, ingested_at))
            continue
        if (file.file_path, digest) not in known:
            new.append((file, _report(file, digest, hashed_at.size, ingested_at, "loaded"), hashed_at))
    return new, unread


def _report(
    file: LandedFile, digest: str | None, size: int, ingested_at: datetime, status: str, error: str | None = None
) -> FileReport:
    return FileReport(file.file_path, file.source, file.feed, digest, size, None, ingested_at, status, error)


def _unread(file: LandedFile, refused: OSError, ingested_at: datetime) -> FileReport:
    error = f"could not be read ({refused.strerror or type(refused).__name__}); it is tried again at the next run"
    return _report(file, None, 0, ingested_at, "failed", error)


class _Batch:
    """The parts of one batch while they are written. Small files share a part; a file that fails leaves no line."""

    def __init__(self, store: RawStore, batch_id: str, ingested_at: datetime, limits: Limits) -> None:
        self.store = store
        self.batch_id = batch_id
        self.ingested_at = ingested_at
        self.limits = limits
        self.waiting: dict[str, list[pa.Table]] = {feed: [] for feed in feeds()}
        self.parts: Counter[str] = Counter()

    def take(self, file: LandedFile, report: FileReport, hashed_at: Stamp) -> FileReport:
        """Read one file version whole and return its ledger row; raises OSError for an outside reason."""
        report = replace(report, batch_id=self.batch_id)
        if file.source is None or file.feed is None or (read := reader_for(file.path.name)) is None:
            return replace(report, status="unknown_feed", error=UNKNOWN_FEED)
        parts = _FileParts(self, file.source, file.feed, file.file_path)
        try:
            for lines in read(file.path, feeds()[file.feed], self.limits):
                parts.add(lines)
            if stamp(file.path) != hashed_at:
                raise OSError(None, "it changed while it was read")
        except UnreadableFile as reason:
            parts.discard()
            return replace(report, status="failed", error=str(reason))
        except BaseException:
            parts.discard()
            raise
        parts.keep()
        return replace(report, lines=parts.lines, blank=parts.blank)

    def share(self, feed: str, tables: list[pa.Table]) -> None:
        """Keep a small file's lines until the feed's shared part is full."""
        self.waiting[feed] += tables
        if sum(table.nbytes for table in self.waiting[feed]) > SHARED_PART_BYTES:
            self._flush(feed)

    def next_part(self, feed: str) -> Path:
        """A path for the feed's next part; its folder exists."""
        folder = self.store.batch_folder(feed, self.batch_id)
        folder.mkdir(parents=True, exist_ok=True)
        self.parts[feed] += 1
        return folder / f"part-{self.parts[feed] - 1:05d}.parquet"

    def close(self) -> None:
        """Write what still waits."""
        for feed in self.waiting:
            self._flush(feed)

    def _flush(self, feed: str) -> None:
        if self.waiting[feed]:
            path = self.next_part(feed)
            pq.write_table(pa.concat_tables(self.waiting[feed]), path, **COMPRESSION)
            sync_file(path)
            self.waiting[feed] = []


class _FileParts:
    """One file's lines on their way into a batch: in memory while small, in a part of their own beyond that."""

    def __init__(self, batch: _Batch, source: str, feed: str, file_path: str) -> None:
        self.batch = batch
        self.feed = feed
        self.constants = {
            "batch_id": batch.batch_id,
            "ingested_at": batch.ingested_at,
            "source": source,
            "file_path": file_path,
        }
        self.waiting: list[pa.Table] = []
        self.path: Path | None = None
        self.writer: pq.ParquetWriter | None = None
        self.lines = 0
        self.blank = 0

    def add(self, lines: Lines) -> None:
        """Take the next chunk of the file."""
        self.lines += lines.total
        self.blank += lines.blank
        self.waiting.append(self._table(lines))
        if sum(table.nbytes for table in self.waiting) > SHARED_PART_BYTES:
            self._write_waiting()

    def keep(self) -> None:
        """The file is whole: its lines belong to the batch."""
        if self.writer is None:
            self.batch.share(self.feed, self.waiting)
            return
        self._write_waiting()
        self.writer.close()
        if self.path is not None:
            sync_file(self.path)

    def discard(self) -> None:
        """The file failed: it leaves nothing."""
        if self.writer is not None:
            self.writer.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _write_waiting(self) -> None:
        if self.writer is None:
            self.path = self.batch.next_part(self.feed)
            self.writer = pq.ParquetWriter(self.path, LINE_SCHEMA, **COMPRESSION)
        for table in self.waiting:
            self.writer.write_table(table)
        self.waiting = []

    def _table(self, lines: Lines) -> pa.Table:
        count = len(lines.line_number)
        constants = [
            pa.repeat(pa.scalar(value, LINE_SCHEMA.field(name).type), count) for name, value in self.constants.items()
        ]
        kept = [lines.line_number, lines.raw_text, lines.document, lines.problem]
        nobody_erased = [pa.repeat(pa.scalar(False), count), pa.nulls(count, pa.string())]
        return pa.Table.from_arrays([*constants, *kept, *nobody_erased], schema=LINE_SCHEMA)
