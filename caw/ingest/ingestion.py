"""From landing zone to raw store: one batch a run, in path order, committed whole or not at all."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Any

from caw.adapters.expansion import expand_pending, expander
from caw.erasure.forgotten import Forgotten, follow_ups_of, read_forgotten
from caw.erasure.late_deliveries import redact_late_deliveries
from caw.erasure.redaction import load_words
from caw.feeds.declared import SEEDS_DIR, feeds
from caw.feeds.seeds import FieldAlias, field_aliases
from caw.formats import reader_for
from caw.formats.lines import Landed, Lines, UnreadableFile
from caw.ingest.batch import Batch, FileParts, Judged
from caw.ingest.given_way import GivenWay, OpenRow
from caw.ingest.opened import OpenedFiles
from caw.ingest.ordered_pool import Job, crew, in_order
from caw.landing.digest_cache import SeenFiles
from caw.landing.misplaced import why_unknown
from caw.landing.scan import (
    LandedFile,
    Stamp,
    opened,
    path_of,
    scan,
    stamp_of,
)
from caw.limits import DEFAULT_LIMITS, MIB, Limits
from caw.raw_store.store import FileReport, RawStore

SHARED_PART_BYTES = 64 * MIB  # small files share a part up to this; a larger file gets parts of its own
DEFAULT_THREADS = 2
IN_FLIGHT_BYTES = 32 * MIB  # read ahead of what is written; enough to keep the threads busy while a part is written
BYTES_BESIDE_A_LINE = 100  # what the columns of a line take beside its text


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
    erased_lines: int = 0  # delivered for forgotten people, and redacted (spec §6.6)

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
    threads: int = DEFAULT_THREADS,
) -> BatchReport:
    """Take every new file version of the landing zone into the raw store, as one batch.

    Args:
        landing: the landing zone; must exist.
        data_dir: the data dir; the caller holds its lock.
        ingested_at: the batch's instant, UTC, microseconds.
        progress: called before each new file is read.
        limits: sizes beyond which lines and files are refused.
        seeds: where the tool map and the transcript markers lie.
        threads: how many judge lines at the same time.

    Raises:
        OSError: the data dir cannot be written. What the landing zone refuses is reported, never raised.
    """
    store = RawStore(data_dir)
    store.prepare()
    seen = SeenFiles.load(data_dir)
    known = store.known_versions() - store.failed_in_older_versions()
    given_way = GivenWay(store)
    aliases = field_aliases(seeds)
    forgotten = read_forgotten(store.erasure)
    batch_id = store.next_batch_id()
    batch = Batch(store, batch_id, ingested_at, SHARED_PART_BYTES)
    with crew(threads) as pool:
        files = _shown(scan(landing), forgotten, known)
        seen.hash_ahead([(file.path, file.file_path) for file in files if file.obstacle is None], pool)
        new, unread = _new_versions(files, known, seen, ingested_at)
        steps = _Steps(batch, limits, progress, OpenedFiles(data_dir), given_way, aliases)
        reports = _take_in(steps.of(new), pool, unread)
    erased_lines = 0
    if reports:
        batch.close()
        if forgotten is not None:
            erased_lines = _redact(store, batch_id, reports, forgotten, seeds)
        given_way.take(batch_id, *steps.ends_of(reports))
        store.commit(batch_id, reports)
        store.drop_replaced_failures()
    store.note_unread(unread)
    seen.save(data_dir)
    unknown_tools = expand_pending(store, seeds)
    return BatchReport(batch_id if reports else None, reports, unread, unknown_tools, erased_lines)


def _shown(files: Iterable[LandedFile], forgotten: Forgotten | None, known: set[tuple[str, str]]) -> list[LandedFile]:
    """The files in the order of their paths as they may be written down (spec §6.4)."""
    if forgotten is None:
        return list(files)
    paths = {file_path for file_path, _ in known}
    shown = [replace(file, file_path=forgotten.shown_path(file.source, file.file_path, paths)) for file in files]
    return sorted(shown, key=lambda file: file.file_path)


def _redact(store: RawStore, batch_id: str, reports: Iterable[FileReport], forgotten: Forgotten, seeds: Path) -> int:
    """Redact what a batch brings for forgotten people, before its commit; how many lines that were."""
    parts = {feed: sorted(store.batch_folder(feed, batch_id).glob("*.parquet")) for feed in feeds()}
    done, found = redact_late_deliveries(parts, forgotten, load_words(seeds), expander(seeds))
    digests = {report.file_path: report.content_sha256 for report in reports}
    forgotten.files |= {(path, digest) for _, path in done.files if (digest := digests.get(path)) is not None}
    follow_ups_of(store.erasure).add(found)
    if done.parts:
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


@dataclass
class _Version:
    """A new file version on its way into the batch.

    Attributes:
        file: what it is a version of.
        report: its ledger row, but for what reading it brings.
        parts: where its lines go; None for a file that nobody can read.
        refused: why its lines could not be taken.
        most_bad_lines: how many lines that are no records it may have.
        bad_lines: how many it has so far.
    """

    file: LandedFile
    report: FileReport
    parts: FileParts | None = None
    refused: UnreadableFile | OSError | None = None
    most_bad_lines: int = DEFAULT_LIMITS.bad_lines
    bad_lines: int = 0

    def take(self, chunk: Callable[[], Judged]) -> None:
        """Take the next chunk, unless one before it was refused."""
        if self.parts is not None and self.refused is None:
            try:
                table, blank = chunk()
                self.bad_lines += table.num_rows - table["problem"].null_count
                if self.bad_lines > self.most_bad_lines:
                    raise UnreadableFile(f"over {self.most_bad_lines} of its lines are no records, which is the limit")
                self.parts.add(table, blank)
            except (UnreadableFile, OSError) as reason:
                self.refused = reason

    def finish(self) -> FileReport:
        """Its ledger row, after the last chunk; raises OSError for an outside reason."""
        if self.parts is None:
            return self.report
        if self.refused is None:
            self.parts.keep()
            return replace(self.report, lines=self.parts.lines, blank=self.parts.blank)
        self.parts.discard()
        if isinstance(self.refused, OSError):
            raise self.refused
        return replace(self.report, status="failed", error=str(self.refused))


@dataclass(frozen=True)
class _Step:
    """A chunk of a version, or its end."""

    version: _Version
    refused: UnreadableFile | OSError | None = None  # at the end: why it could not be read whole


@dataclass
class _Steps:
    """Reads files one after the other.

    Attributes:
        open_ends: paths of plain CSV files that end within a row.
        continued: by path, open rows of earlier versions that the new one goes on from.
    """

    batch: Batch
    limits: Limits
    progress: Callable[[Progress], None]
    opened_files: OpenedFiles
    given_way: GivenWay
    aliases: Sequence[FieldAlias]
    open_ends: set[str] = field(default_factory=set)
    continued: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def of(self, new: Sequence[tuple[LandedFile, FileReport, Stamp]]) -> Iterator[Job[_Step, Judged]]:
        """A job for each chunk of the files, and one without work where a file ends."""
        for done, (file, report, hashed_at) in enumerate(new):
            self.progress(Progress(done, len(new), file.file_path))
            report = replace(report, batch_id=self.batch.batch_id)
            why = why_unknown(file)
            if why is not None or file.source is None or file.feed is None:
                yield Job(_Step(_Version(file, replace(report, status="unknown_feed", error=why))))
                continue
            parts = FileParts(self.batch, file.source, file.feed, file.file_path)
            version = _Version(file, report, parts, most_bad_lines=self.limits.bad_lines)
            refused: UnreadableFile | OSError | None = None
            try:
                for lines in self._lines(file, report, hashed_at):
                    weight = lines.size + lines.total * BYTES_BESIDE_A_LINE
                    yield Job(_Step(version), partial(parts.judged, lines), weight)
            except (UnreadableFile, OSError) as reason:
                refused = reason
            yield Job(_Step(version, refused))

    def ends_of(self, reports: Iterable[FileReport]) -> tuple[list[OpenRow], list[dict[str, Any]]]:
        """Rows that the files that were loaded leave open, and rows of earlier versions that give way to them."""
        loaded = [report for report in reports if report.status == "loaded"]
        opened_rows = [
            OpenRow(str(report.source), report.file_path, report.lines, str(report.content_sha256), report.bytes)
            for report in loaded
            if report.file_path in self.open_ends and report.lines
        ]
        return opened_rows, [row for report in loaded for row in self.continued.get(report.file_path, [])]

    def _lines(self, file: LandedFile, report: FileReport, hashed_at: Stamp) -> Iterator[Lines]:
        """The chunks of a file, read through the one descriptor that is hashed's; raises UnreadableFile and OSError."""
        read = reader_for(file.name)
        if read is None or file.source is None or file.feed is None:
            return
        with opened(file.path) as binary:
            _see_unchanged(binary, hashed_at)
            landed = Landed(path_of(binary), file.name, file.source, file.folders, self.aliases)
            may_end_us = file.name.lower().endswith(".parquet")
            digest = str(report.content_sha256)
            with self.opened_files.noted(file.file_path, digest) if may_end_us else nullcontext():
                yield from read(landed, feeds()[file.feed], self.limits.for_size(report.bytes))
            if file.name.lower().endswith(".csv"):
                self._look_at_ends(file, binary)
            _see_unchanged(binary, hashed_at)

    def _look_at_ends(self, file: LandedFile, binary: FileIO) -> None:
        """Note whether a plain CSV file ends within a row, and what it goes on from."""
        if self.given_way.may_go_on(file.file_path):
            self.continued[file.file_path] = self.given_way.continued_by(file.file_path, binary)
        size = binary.seek(0, os.SEEK_END)
        binary.seek(max(size - 1, 0))
        if binary.read(1) not in (b"", b"\n", b"\r"):
            self.open_ends.add(file.file_path)


def _see_unchanged(binary: FileIO, hashed_at: Stamp) -> None:
    if stamp_of(binary) != hashed_at:
        raise OSError(None, "it changed while it was read")


def _take_in(
    steps: Iterable[Job[_Step, Judged]], pool: ThreadPoolExecutor, unread: list[FileReport]
) -> list[FileReport]:
    """Write what is read, file by file: the ledger rows; files that an outside reason keeps out go to `unread`."""
    reports: list[FileReport] = []
    at_hand: _Version | None = None
    try:
        for step, chunk in in_order(pool, steps, IN_FLIGHT_BYTES):
            at_hand = step.version
            if chunk is not None:
                at_hand.take(chunk)
                continue
            at_hand = None
            step.version.refused = step.version.refused or step.refused
            try:
                reports.append(step.version.finish())
            except OSError as refused:
                unread.append(_unread(step.version.file, refused, step.version.report.ingested_at))
    except BaseException:
        if at_hand is not None and at_hand.parts is not None:
            at_hand.parts.discard()
        raise
    return reports


def _report(
    file: LandedFile, digest: str | None, size: int, ingested_at: datetime, status: str, error: str | None = None
) -> FileReport:
    return FileReport(file.file_path, file.source, file.feed, digest, size, None, ingested_at, status, error)


def _unread(file: LandedFile, refused: OSError, ingested_at: datetime) -> FileReport:
    error = f"could not be read ({refused.strerror or type(refused).__name__}); it is tried again at the next run"
    return _report(file, None, 0, ingested_at, "failed", error)
