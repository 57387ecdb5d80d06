"""From landing zone to raw store: one batch a run, in path order, committed whole or not at all."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from orchestration.erasure.forgotten import Forgotten, follow_ups_of, read_forgotten
from orchestration.erasure.late_deliveries import redact_late_deliveries
from orchestration.erasure.redaction import load_words
from orchestration.ingest.batch import Batch, FileParts, Judged
from orchestration.ingest.expansion import expand_pending, expander
from orchestration.ingest.feeds import SEEDS_DIR, feeds
from orchestration.ingest.in_order import Job, crew, in_order
from orchestration.ingest.landing import LandedFile, Stamp, scan, stamp
from orchestration.ingest.limits import DEFAULT_LIMITS, MIB, Limits
from orchestration.ingest.lines import UnreadableFile
from orchestration.ingest.raw_store import FileReport, RawStore
from orchestration.ingest.readers import reader_for
from orchestration.ingest.seen import SeenFiles

SHARED_PART_BYTES = 64 * MIB  # small files share a part up to this; a larger file gets parts of its own
DEFAULT_THREADS = 2
IN_FLIGHT_BYTES = 32 * MIB  # read ahead of what is written; enough to keep the threads busy while a part is written
BYTES_BESIDE_A_LINE = 100  # what the columns of a line take beside its text
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
    known = store.known_versions()
    forgotten = read_forgotten(store.erasure)
    batch_id = store.next_batch_id()
    batch = Batch(store, batch_id, ingested_at, SHARED_PART_BYTES)
    with crew(threads) as pool:
        files = _shown(scan(landing), forgotten, known)
        seen.hash_ahead([(file.path, file.file_path) for file in files if file.obstacle is None], pool)
        new, unread = _new_versions(files, known, seen, ingested_at)
        reports = _take_in(_steps(new, batch, limits, progress), pool, unread)
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
    """

    file: LandedFile
    report: FileReport
    parts: FileParts | None = None
    refused: UnreadableFile | OSError | None = None

    def take(self, chunk: Callable[[], Judged]) -> None:
        """Take the next chunk, unless one before it was refused."""
        if self.parts is not None and self.refused is None:
            try:
                self.parts.add(*chunk())
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


def _steps(
    new: Sequence[tuple[LandedFile, FileReport, Stamp]],
    batch: Batch,
    limits: Limits,
    progress: Callable[[Progress], None],
) -> Iterator[Job[_Step, Judged]]:
    """Read the files one after the other: a job for each chunk, and one without work where a file ends."""
    for done, (file, report, hashed_at) in enumerate(new):
        progress(Progress(done, len(new), file.file_path))
        report = replace(report, batch_id=batch.batch_id)
        if file.source is None or file.feed is None or (read := reader_for(file.path.name)) is None:
            yield Job(_Step(_Version(file, replace(report, status="unknown_feed", error=UNKNOWN_FEED))))
            continue
        parts = FileParts(batch, file.source, file.feed, file.file_path)
        version = _Version(file, report, parts)
        refused: UnreadableFile | OSError | None = None
        try:
            for lines in read(file.path, feeds()[file.feed], limits):
                weight = lines.size + lines.total * BYTES_BESIDE_A_LINE
                yield Job(_Step(version), partial(parts.judged, lines), weight)
            if stamp(file.path) != hashed_at:
                raise OSError(None, "it changed while it was read")
        except (UnreadableFile, OSError) as reason:
            refused = reason
        yield Job(_Step(version, refused))


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
