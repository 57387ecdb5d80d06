"""From landing zone to raw store: one batch a run, in path order, committed whole or not at all.

What does not belong here: how a file is read (reading.py).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from caw.erasure.forgotten import Forgotten, read_forgotten
from caw.feeds.declared import SEEDS_DIR
from caw.feeds.seeds import field_aliases
from caw.host.ordered_pool import worker_threads
from caw.ingest.batch import Batch
from caw.ingest.commit import BatchResult, NewFiles, commit_new_files
from caw.ingest.given_way import GivenWay
from caw.ingest.opened import OpenedFiles
from caw.ingest.reading import Progress, Steps, unreadable, write_files
from caw.ingest.room import Held, Notes, Room, long_text_in
from caw.landing.digest_cache import DigestCache
from caw.landing.misplaced import why_unknown
from caw.landing.scan import LandedFile, Stamp, scan
from caw.limits import DEFAULT_LIMITS, MIB, Limits
from caw.raw_store.objects import Objects
from caw.raw_store.scratch import sweep
from caw.raw_store.store import FileVersion, RawStore

SHARED_PART_BYTES = 64 * MIB  # small files share a part up to this; a larger file gets parts of its own
DEFAULT_THREADS = 2


@dataclass(frozen=True)
class Intake:
    """One ingestion: what is read, and how.

    Attributes:
        landing: the landing zone; must exist.
        data_dir: the data dir.
        ingested_at: the batch's instant, UTC, microseconds.
        progress: called before each new file is read.
        limits: sizes beyond which lines and files are refused.
        seeds: the folder of the seeds that adapters and erasure read.
        threads: how many validate lines at the same time.
        sources: read only these sources' folders; all of the landing zone where it is None.
    """

    landing: Path
    data_dir: Path
    ingested_at: datetime
    progress: Callable[[Progress], None] = lambda _: None
    limits: Limits = DEFAULT_LIMITS
    seeds: Path = SEEDS_DIR
    threads: int = DEFAULT_THREADS
    sources: Sequence[str] | None = None


@dataclass(frozen=True)
class Known:
    """The raw store's ledger and open rows when reading begins."""

    versions: set[tuple[str, str]]  # (file_path, content_sha256) of those not to be read again
    given_way: GivenWay
    forgotten: Forgotten | None
    last_batch: str

    @staticmethod
    def of(store: RawStore) -> "Known":
        """Read it from a prepared store; the caller holds the data dir's lock."""
        versions = store.known_versions() - store.failed_in_older_versions()
        return Known(versions, GivenWay(store), read_forgotten(store.erasure), store.last_batch_id())


def ingest(
    landing: Path,
    data_dir: Path,
    ingested_at: datetime,
    progress: Callable[[Progress], None] = lambda _: None,
    limits: Limits = DEFAULT_LIMITS,
    seeds: Path = SEEDS_DIR,
    threads: int = DEFAULT_THREADS,
    objects: Objects | None = None,
) -> BatchResult:
    """`ingest_all` with `Intake`'s arguments."""
    return ingest_all(Intake(landing, data_dir, ingested_at, progress, limits, seeds, threads), objects)


def ingest_all(intake: Intake, objects: Objects | None = None) -> BatchResult:
    """Take every new file version of the landing zone into the raw store, as one batch.

    Args:
        intake: of all sources; the caller holds the data dir's lock.
        objects: the raw store's, if it is not in the data dir.

    Raises:
        OSError: the data dir cannot be written. What cannot be read in the landing zone is in the result, never raised.
    """
    store = RawStore(intake.data_dir, objects)
    store.prepare()
    sweep(intake.data_dir)
    known, batch_id = Known.of(store), store.next_batch_id()
    batch = Batch(store.objects, batch_id, intake.ingested_at, SHARED_PART_BYTES)
    room = room_of(intake, lambda: long_text_in(store, intake.seeds))
    new = read_new_files(intake, known, batch, OpenedFiles(intake.data_dir), room)
    return commit_new_files(store, batch_id, new, known.forgotten, intake.seeds)


def room_of(intake: Intake, count: Callable[[], Held]) -> Room:
    """The room for long lines; `count` looks at the raw store."""
    memory = intake.limits.memory
    return Room(memory, count, intake.seeds, Notes(intake.data_dir, memory, intake.seeds))


def read_new_files(intake: Intake, known: Known, batch: Batch, opened_files: OpenedFiles, room: Room) -> NewFiles:
    """Read and validate what is new, and put its lines into the parts of a batch, which is not committed.

    Raises:
        OSError: the parts cannot be written.
    """
    files = _shown(scan(intake.landing, intake.sources), known.forgotten, known.versions)
    cache = DigestCache.load(intake.data_dir)
    with worker_threads(intake.threads) as pool:
        cache.hash_ahead([(file.path, file.file_path) for file in files if file.obstacle is None], pool)
        new, not_read = _new_versions(files, known.versions, cache, intake.ingested_at)
        aliases = field_aliases(intake.seeds)
        steps = Steps(batch, intake.limits, intake.progress, opened_files, known.given_way, aliases, room)
        versions = write_files(steps.of(new), pool, not_read)
    batch.close()
    return NewFiles(versions, not_read, *steps.ends_of(versions), cache, room)


def _shown(files: Iterable[LandedFile], forgotten: Forgotten | None, known: set[tuple[str, str]]) -> list[LandedFile]:
    """The files in the order of their paths as they may be written down (spec §6.4)."""
    if forgotten is None:
        return list(files)
    paths = {file_path for file_path, _ in known}
    shown = [replace(file, file_path=forgotten.shown_path(file.source, file.file_path, paths)) for file in files]
    return sorted(shown, key=lambda file: file.file_path)


def _new_versions(
    files: Iterable[LandedFile], known: set[tuple[str, str]], cache: DigestCache, ingested_at: datetime
) -> tuple[list[tuple[LandedFile, FileVersion, Stamp]], list[FileVersion]]:
    """The versions to read, with the stamps under which they were hashed, and those that cannot be read now."""
    new: list[tuple[LandedFile, FileVersion, Stamp]] = []
    not_read: list[FileVersion] = []
    for file in files:
        row = FileVersion(file.file_path, file.source, file.feed, None, 0, None, ingested_at, "failed", file.obstacle)
        if file.obstacle is not None:
            not_read.append(row)
            continue
        try:
            digest, hashed_at = cache.digest(file.path, file.file_path)
        except OSError as refused:
            not_read.append(unreadable(row, refused))
            continue
        if (file.file_path, digest) not in known:
            why = why_unknown(file)
            status = "loaded" if why is None else "unknown_feed"
            row = replace(row, content_sha256=digest, bytes=hashed_at.size, status=status, error=why)
            new.append((file, row, hashed_at))
    return new, not_read
