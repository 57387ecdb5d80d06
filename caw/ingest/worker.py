"""`caw ingest --source`: workers that read sources of their own at the same time, each with a batch of its own.

A worker reads and validates without the data dir's lock, into a scratch folder; only the commit is made under it. Which
batch it is to be is decided there: the id after the last, so that batches are committed in the order of their ids, and
whoever builds from the batches after one that it knows misses none. The lines get that id on their way from the scratch
folder into the raw store. Nothing of this is needed where one process takes in all of the landing zone (ingestion.py).
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from caw.erasure.forgotten import Forgotten, read_forgotten
from caw.erasure.run import finish_erasure
from caw.feeds.declared import feeds
from caw.host.locks import LOCK, Holder, Waiting, exclusive
from caw.ingest import ingestion
from caw.ingest.batch import Batch
from caw.ingest.commit import BatchResult, NewFiles, commit_new_files
from caw.ingest.ingestion import Intake, Known, read_new_files, room_of
from caw.ingest.opened import OpenedFiles
from caw.ingest.reading import unreadable
from caw.ingest.room import Held, NoRoom, long_text_in
from caw.raw_store.line_files import MOST_LINES, put_lines
from caw.raw_store.objects import Objects
from caw.raw_store.schemas import LINE_SCHEMA
from caw.raw_store.scratch import reading_alone
from caw.raw_store.store import FileVersion, RawStore, part_name
from caw.raw_store.tables import slices
from caw.settings import Settings

PENDING = "pending"  # in place of a batch's id, until it has one


def ingest_sources(intake: Intake, settings: Settings, holder: Holder, on_wait: Waiting) -> BatchResult:
    """Take what is new of some sources into the raw store, as one batch.

    Args:
        intake: names its sources.
        settings: whose data dir; nobody holds its lock for this process.
        holder: what others are shown while a lock is held.
        on_wait: called with who holds a lock that is waited for.

    Raises:
        ValueError: it names none.
        OSError: the data dir cannot be written. What cannot be read in the landing zone is in the result, never raised.
    """
    if not intake.sources:
        raise ValueError("a worker has sources of its own")
    first = min(intake.sources)

    def alone() -> AbstractContextManager[None]:
        return exclusive(settings.state_dir / LOCK, holder, on_wait)

    while True:
        with reading_alone(settings.data_dir, intake.sources, holder, on_wait) as scratch:
            with alone():
                known = Known.of(_prepared(settings))
            batch = Batch(scratch, PENDING, intake.ingested_at, ingestion.SHARED_PART_BYTES)
            room = room_of(intake, lambda: _counted(settings, alone, intake))
            new = read_new_files(intake, known, batch, OpenedFiles(settings.data_dir, first), room)
            with alone():
                store = _prepared(settings)
                forgotten = read_forgotten(store.erasure)
                if _people(forgotten) == _people(known.forgotten):  # else paths may have to be shown otherwise
                    new = _with_room(store, _without_late(store, known, new), intake)
                    return _commit(store, scratch, new, forgotten, intake)


def _prepared(settings: Settings) -> RawStore:
    """The raw store as a run finds it: what one that died has left is finished, or gone."""
    finish_erasure(settings)
    store = settings.store()
    store.prepare()
    return store


def _people(forgotten: Forgotten | None) -> dict[str, set[str]]:
    return {} if forgotten is None else forgotten.hashes


def _without_late(store: RawStore, known: Known, new: NewFiles) -> NewFiles:
    """The files without those of which a version was committed meanwhile: what is there now is read next time."""
    rows = store.ledger_rows(["batch_id", "file_path"])
    since = rows.filter(pc.greater(rows["batch_id"], known.last_batch))
    return _without(new, set(since["file_path"].to_pylist()))


def _with_room(store: RawStore, new: NewFiles, intake: Intake) -> NewFiles:
    """The files that were read, but for those whose long lines have no room since others have committed."""
    found, refused = new.room.taken, list[FileVersion]()
    if not found:
        return new
    room = room_of(intake, lambda: long_text_in(store, intake.seeds))
    for version in (version for version in new.versions if version.file_path in found):
        try:
            room.take(version, found[version.file_path])
        except NoRoom as why:
            refused.append(unreadable(version, why))
    room.notes.add(new.room.notes)
    room.note_words(new.room.unknown_words)
    fitting = _without(new, {version.file_path for version in refused})
    return replace(fitting, unreadable=[*new.unreadable, *refused], room=room)


def _counted(settings: Settings, alone: Callable[[], AbstractContextManager[None]], intake: Intake) -> Held:
    """The text of the long lines in the raw store, while nobody else changes it."""
    with alone():
        return long_text_in(_prepared(settings), intake.seeds)


def _without(new: NewFiles, paths: Collection[str]) -> NewFiles:
    return replace(
        new,
        versions=[version for version in new.versions if version.file_path not in paths],
        opened=[row for row in new.opened if row.file_path not in paths],
        gave_way=[row for row in new.gave_way if row["file_path"] not in paths],
    )


def _commit(
    store: RawStore, scratch: Objects, new: NewFiles, forgotten: Forgotten | None, intake: Intake
) -> BatchResult:
    batch_id = store.next_batch_id()
    versions = [replace(version, batch_id=batch_id) for version in new.versions]
    if versions:
        paths = pa.array({version.file_path for version in versions}, pa.string())
        for feed in feeds():
            for number, name in enumerate(scratch.list(f"{feed}/")):
                put_lines(store.objects, part_name(feed, batch_id, number), _stamped(scratch, name, batch_id, paths))
    new = replace(new, versions=versions)
    return commit_new_files(store, batch_id, new, forgotten, intake.seeds, intake.sources)


def _stamped(scratch: Objects, name: str, batch_id: str, paths: pa.Array) -> Iterator[pa.Table]:
    """A part's lines of these files, with their batch's id."""
    column = LINE_SCHEMA.get_field_index("batch_id")
    for batch in slices(scratch, name, MOST_LINES):
        lines = pa.Table.from_batches([batch])
        lines = lines.filter(pc.is_in(lines["file_path"], paths))
        yield lines.set_column(column, LINE_SCHEMA.field(column), pa.repeat(pa.scalar(batch_id), lines.num_rows))
