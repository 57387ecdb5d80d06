"""Compaction: many small batches become few large ones, with the same lines under the same batch ids.

A compacted batch is committed as any other, by the put of its ledger, whose name is the span of batches; only then
are the batches of that span removed. A crash before the put leaves an orphan, a crash after it leaves batches that
the next run removes before anything is read.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from caw.feeds.declared import feeds
from caw.limits import MIB
from caw.raw_store.line_files import put_lines
from caw.raw_store.store import RawStore, batch_of, ledger_name, part_name, span
from caw.raw_store.tables import read_table, slices

TARGET_BYTES = (
    256 * MIB
)  # on disk: large enough that years of ticks are few files, small enough to rewrite for one person
BYTES_AT_ONCE = 64 * MIB  # in memory


@dataclass(frozen=True)
class Compacted:
    """Counts of batches, and of files of lines, that the store had and has."""

    batches_before: int
    batches_after: int
    files_before: int
    files_after: int


def compact(store: RawStore, progress: Callable[[int, int], None], target_bytes: int = TARGET_BYTES) -> Compacted:
    """Put neighbouring batches together until they reach the target size.

    Args:
        store: the raw store; the caller holds the data dir's lock.
        progress: called with how many of how many groups are done.
        target_bytes: size on disk beyond which a batch is left alone.

    Raises:
        OSError: the data dir cannot be written; what was compacted before stays so.
    """
    store.prepare()
    batches_before, files_before = len(store.batch_ids()), len(_parts(store))
    groups = [group for group in _groups(store, target_bytes) if len(group) > 1]
    for done, group in enumerate(groups):
        progress(done, len(groups))
        _put_together(store, group)
        store.remove_superseded()
    return Compacted(batches_before, len(store.batch_ids()), files_before, len(_parts(store)))


def _groups(store: RawStore, target_bytes: int) -> Iterator[list[str]]:
    """Neighbouring batches that are small enough together, in delivery order."""
    group: list[str] = []
    size = 0
    sizes = Counter[str]()
    for part in _parts(store):
        sizes[batch_of(part)] += _size(store, part)
    for batch_id in store.batch_ids():
        own = sizes[batch_id]
        if group and size + own > target_bytes:
            yield group
            group, size = [], 0
        group.append(batch_id)
        size += own
    yield group


def _put_together(store: RawStore, group: Sequence[str]) -> None:
    whole = f"{span(group[0])[0]}-{span(group[-1])[1]}"
    for feed in feeds():
        found = store.parts(feed)
        parts = [part for batch_id in group for part in found.get(batch_id, ())]
        if parts:
            put_lines(store.objects, part_name(feed, whole, 0), _tables(store, parts))
    store.commit_table(whole, pa.concat_tables(read_table(store.objects, ledger_name(one)) for one in group))


def _tables(store: RawStore, parts: Sequence[str]) -> Iterator[pa.Table]:
    waiting: list[pa.Table] = []
    for part in parts:
        for batch in slices(store.objects, part):
            waiting.append(pa.Table.from_batches([batch]))
            if sum(table.nbytes for table in waiting) > BYTES_AT_ONCE:
                yield pa.concat_tables(waiting).combine_chunks()
                waiting = []
    if waiting:
        yield pa.concat_tables(waiting).combine_chunks()


def _parts(store: RawStore) -> list[str]:
    return [part for feed in feeds() for parts in store.parts(feed).values() for part in parts]


def _size(store: RawStore, part: str) -> int:
    """Bytes."""
    with store.objects.read(part) as stream:
        return stream.seek(0, os.SEEK_END)
