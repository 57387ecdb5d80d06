"""Commits what was read of the landing zone as one batch of the raw store, and says what it was.

What does not belong here: reading (reading.py), and bringing what a worker has read into the store (worker.py).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from caw.adapters.expansion import expand_pending
from caw.adapters.registry import expander
from caw.erasure.forgotten import Forgotten, follow_ups_of
from caw.erasure.late_deliveries import redact_late_deliveries
from caw.erasure.seed_words import load_words
from caw.feeds.declared import feeds
from caw.ingest.given_way import GivenWay, OpenRow
from caw.ingest.room import Room
from caw.landing.digest_cache import DigestCache
from caw.raw_store.store import FileVersion, RawStore


@dataclass(frozen=True)
class NewFiles:
    """Files that were read and are not committed yet; their lines are in the parts of a batch."""

    versions: list[FileVersion]  # the ledger's rows
    unreadable: list[FileVersion]  # not read for a reason outside the file
    opened: Sequence[OpenRow]  # rows at which CSV files end
    gave_way: Sequence[dict[str, Any]]  # rows of earlier versions that these go on from
    cache: DigestCache
    room: Room


@dataclass(frozen=True)
class BatchResult:
    """The files that one run ingested; `batch_id` is None where no file was new."""

    batch_id: str | None
    files: list[FileVersion] = field(default_factory=list)  # the batch's file versions
    unreadable: list[FileVersion] = field(default_factory=list)  # not read for a reason outside the file
    # in new lines of expanded feeds, by feed: how often each word occurs that no seed knows, by (field, word)
    unknown_words: Mapping[str, Counter[tuple[str, str]]] = field(default_factory=dict)
    erased_lines: int = 0  # delivered for forgotten people, and redacted (spec §6.6)

    def of_feed(self, feed: str) -> list[FileVersion]:
        """The batch's file versions of one feed."""
        return [file for file in self.files if file.feed == feed]

    @property
    def lines(self) -> int:
        """Lines ingested, blank ones included."""
        return sum(file.lines for file in self.files)

    @property
    def statuses(self) -> Counter[str]:
        """Counts of file versions by ledger status."""
        return Counter(file.status for file in self.files)

    def __str__(self) -> str:
        """In a sentence for people."""
        if self.batch_id is None:
            return "nothing new in the landing zone"
        return f"files: {len(self.files):,}, lines: {self.lines:,}, as batch {self.batch_id}"


def commit_new_files(
    store: RawStore,
    batch_id: str,
    new: NewFiles,
    forgotten: Forgotten | None,
    seeds: Path,
    sources: Sequence[str] | None = None,
) -> BatchResult:
    """Commit what was read as one batch, whole or not at all, and write down what is known of the landing zone.

    Args:
        store: the raw store, which has the batch's parts; the caller holds the data dir's lock.
        batch_id: the batch's, the one after the last.
        new: what was read.
        forgotten: who was forgotten until now; their lines in the batch are redacted before the commit (spec §6.6).
        seeds: the folder of the seeds that adapters and erasure read.
        sources: what was looked at; all of the landing zone where it is None.

    Raises:
        FileExistsError: another one has committed a batch of this id.
        OSError: the data dir cannot be written.
    """
    erased_lines = 0
    if new.versions:
        if forgotten is not None:
            erased_lines = _redact(store, batch_id, new.versions, forgotten, seeds)
        GivenWay(store).take(batch_id, new.opened, new.gave_way)
        store.commit(batch_id, new.versions)
        store.drop_replaced_failures()
    store.note_unreadable([*new.unreadable, *_of_others(store, new.unreadable, sources)])
    new.cache.save(store.data_dir, sources)
    new.room.notes.save(sources)
    new.room.note_words(expand_pending(store, seeds))
    made = batch_id if new.versions else None
    return BatchResult(made, new.versions, new.unreadable, new.room.unknown_words, erased_lines)


def _redact(store: RawStore, batch_id: str, versions: Iterable[FileVersion], forgotten: Forgotten, seeds: Path) -> int:
    """Redact what a batch brings for forgotten people, before its commit; how many lines that were."""
    parts = {feed: store.parts_of(feed, batch_id) for feed in feeds()}
    done, found = redact_late_deliveries(store.objects, parts, forgotten, load_words(seeds), expander(seeds))
    digests = {version.file_path: version.content_sha256 for version in versions}
    forgotten.files |= {(path, digest) for _, path in done.files if (digest := digests.get(path)) is not None}
    follow_ups_of(store.erasure).add(found, batch_id)
    if done.parts:
        forgotten.save()
    return done.lines


def _of_others(store: RawStore, mine: Iterable[FileVersion], sources: Sequence[str] | None) -> list[FileVersion]:
    """Files that earlier ingestions of other sources could not read."""
    if sources is None:
        return []
    paths = {file.file_path for file in mine}
    before = [FileVersion(**row) for row in pq.read_table(store.unreadable).to_pylist()]
    return [file for file in before if file.source not in sources and file.file_path not in paths]
