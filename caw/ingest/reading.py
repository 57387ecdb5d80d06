"""Reads new file versions, chunk by chunk, and puts their lines into the parts of a batch.

What belongs here: the steps of one file after the other, which threads validate side by side, and how a version ends.
What does not: which files are new, and the commit (ingestion.py, commit.py).
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from io import FileIO
from typing import Any

import pyarrow as pa

from caw.feeds.declared import feeds
from caw.feeds.seeds import FieldAlias
from caw.formats import csv_table, json_lines, reader_for
from caw.formats.lines import FileToRead, Lines, UnreadableFile
from caw.host.ordered_pool import Job, ordered_results
from caw.ingest.batch import Batch, FileParts, ValidatedChunk
from caw.ingest.given_way import GivenWay, OpenRow
from caw.ingest.opened import OpenedFiles
from caw.ingest.room import NoRoom, Room
from caw.landing.scan import LandedFile, Stamp, opened, path_of, stamp_of
from caw.limits import DEFAULT_LIMITS, MIB, Limits
from caw.raw_store.store import FileVersion

IN_FLIGHT_BYTES = 32 * MIB  # read ahead of what is written; enough to keep the threads busy while a part is written
BYTES_BESIDES_TEXT = 100  # of the other columns of a line


@dataclass(frozen=True)
class Progress:
    """Progress of ingestion: files done of all new ones, and the one in hand."""

    done: int
    total: int
    file_path: str


@dataclass
class _NewFile:
    """A new file version while it is added to the batch.

    Attributes:
        version: its ledger row, as far as it is known before reading.
        parts: where its lines go; None for a file of unknown feed.
        refused: why its lines could not be added.
        most_bad_lines: how many lines that are no records it may have.
        bad_lines: how many it has so far.
        room: what it may have of long lines.
        long_text: what it has of them so far, in bytes.
    """

    version: FileVersion
    parts: FileParts | None = None
    refused: UnreadableFile | OSError | None = None
    most_bad_lines: int = DEFAULT_LIMITS.bad_lines
    bad_lines: int = 0
    room: Room | None = None
    long_text: int = 0

    def add(self, chunk: Callable[[], ValidatedChunk]) -> None:
        """Add the next chunk, unless an earlier one was refused."""
        if self.parts is not None and self.refused is None:
            try:
                table, blank = chunk()
                self.bad_lines += table.num_rows - table["problem"].null_count
                if self.bad_lines > self.most_bad_lines:
                    raise UnreadableFile(f"over {self.most_bad_lines} of its lines are no records, which is the limit")
                if self._has_room(self.room, self.parts.feed, table):
                    self.parts.add(table, blank)
            except (UnreadableFile, OSError) as reason:
                self.refused = reason

    def _has_room(self, room: Room | None, feed: str, lines: pa.Table) -> bool:
        """Count its long lines: to its end, so that the reason names what all of it needs."""
        self.long_text += 0 if room is None else room.long_text(feed, lines)
        return room is None or room.has_room(self.long_text)

    def _take_room(self, room: Room) -> None:
        try:
            room.take(self.version, self.long_text)
        except NoRoom as why:
            self.refused = why

    def finish(self) -> FileVersion:
        """Its ledger row, after the last chunk; raises OSError for a reason outside the file."""
        if self.parts is None:
            return self.version
        if self.refused is None and self.room is not None:
            self._take_room(self.room)
        if self.refused is None:
            self.parts.keep()
            return replace(self.version, lines=self.parts.lines, blank=self.parts.blank)
        self.parts.discard()
        if isinstance(self.refused, OSError):
            raise self.refused
        return replace(self.version, status="failed", error=str(self.refused))


@dataclass(frozen=True)
class _Step:
    """A chunk of a file, or its end."""

    new: _NewFile
    refused: UnreadableFile | OSError | None = None  # at the end: why it could not be read whole


@dataclass
class Steps:
    """Reads files one after the other.

    Attributes:
        open_ends: plain CSV files that end within a row, by path; the number of the line that holds it, if one does.
        continued: by path, open rows of earlier versions that the new one goes on from.
    """

    batch: Batch
    limits: Limits
    progress: Callable[[Progress], None]
    opened_files: OpenedFiles
    given_way: GivenWay
    aliases: Sequence[FieldAlias]
    room: Room
    open_ends: dict[str, int | None] = field(default_factory=dict)
    continued: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def of(self, new: Sequence[tuple[LandedFile, FileVersion, Stamp]]) -> Iterator[Job[_Step, ValidatedChunk]]:
        """A job for each chunk of the files, and one without work where a file ends."""
        for done, (file, version, hashed_at) in enumerate(new):
            self.progress(Progress(done, len(new), file.file_path))
            version = replace(version, batch_id=self.batch.batch_id)
            if version.status == "unknown_feed":
                yield Job(_Step(_NewFile(version)))
                continue
            feed = self._feed(file)
            file, version = replace(file, feed=feed), replace(version, feed=feed)
            parts = FileParts(self.batch, str(file.source), feed, file.file_path)
            new_file = _NewFile(version, parts, most_bad_lines=self.limits.bad_lines, room=self.room)
            refused: UnreadableFile | OSError | None = None
            try:
                self.room.check_again(version)
                for lines in self._lines(file, version, hashed_at):
                    weight = lines.size + lines.total * BYTES_BESIDES_TEXT
                    yield Job(_Step(new_file), partial(parts.validated, lines), weight)
            except (UnreadableFile, OSError) as reason:
                refused = reason
            yield Job(_Step(new_file, refused))

    def _feed(self, file: LandedFile) -> str:
        """The feed as which a file is read: its folder's, unless its columns are those of another one's table."""
        folder = feeds()[str(file.feed)]
        if reader_for(file.name) is csv_table.read:
            with suppress(OSError), opened(file.path) as binary:
                return csv_table.feed_of(self._to_read(file, binary), folder, self.limits).name
        return folder.name

    def _to_read(self, file: LandedFile, binary: FileIO) -> FileToRead:
        return FileToRead(path_of(binary), file.name, str(file.source), file.folders, self.aliases)

    def _lines(self, file: LandedFile, version: FileVersion, hashed_at: Stamp) -> Iterator[Lines]:
        """The chunks of a file, read through one descriptor, which must still be of the content that was hashed.

        Raises:
            UnreadableFile: the file cannot be read whole.
            OSError: it cannot be opened or read, or has changed.
        """
        read = reader_for(file.name)
        if read is None:
            return
        with opened(file.path) as binary:
            _see_unchanged(binary, hashed_at)
            to_read = self._to_read(file, binary)
            may_end_us = file.name.lower().endswith(".parquet")
            digest = str(version.content_sha256)
            feed = feeds()[str(file.feed)]
            limits = self.limits.for_records(feed.is_expanded, read is json_lines.read).for_size(version.bytes)
            holder: int | None = None
            with self.opened_files.noted(file.file_path, digest) if may_end_us else nullcontext():
                if read is csv_table.read:
                    holder = yield from csv_table.read(to_read, feed, limits)
                else:
                    yield from read(to_read, feed, limits)
            if file.name.lower().endswith(".csv"):
                self._look_at_ends(file, binary, holder)
            _see_unchanged(binary, hashed_at)

    def _look_at_ends(self, file: LandedFile, binary: FileIO, holder: int | None) -> None:
        """Note whether a plain CSV file ends within a row, which line holds it, and what the file goes on from."""
        if self.given_way.may_go_on(file.file_path):
            self.continued[file.file_path] = self.given_way.continued_by(file.file_path, binary)
        size = binary.seek(0, os.SEEK_END)
        binary.seek(max(size - 1, 0))
        if binary.read(1) not in (b"", b"\n", b"\r"):
            self.open_ends[file.file_path] = holder

    def ends_of(self, versions: Iterable[FileVersion]) -> tuple[list[OpenRow], list[dict[str, Any]]]:
        """Rows that the files that were loaded leave open, and rows of earlier versions that give way to them."""
        loaded = [version for version in versions if version.status == "loaded"]
        opened_rows = [
            OpenRow(str(version.source), version.file_path, line, str(version.content_sha256), version.bytes)
            for version in loaded
            if version.file_path in self.open_ends and version.lines
            for line in (self.open_ends[version.file_path], version.lines)
            if line is not None
        ]
        return opened_rows, [row for version in loaded for row in self.continued.get(version.file_path, [])]


def _see_unchanged(binary: FileIO, hashed_at: Stamp) -> None:
    if stamp_of(binary) != hashed_at:
        raise OSError(None, "it changed while it was read")


def write_files(
    steps: Iterable[Job[_Step, ValidatedChunk]], pool: ThreadPoolExecutor, not_read: list[FileVersion]
) -> list[FileVersion]:
    """Write what is read, file by file; the ledger rows. Files that cannot be read now are added to `not_read`."""
    versions: list[FileVersion] = []
    at_hand: _NewFile | None = None
    try:
        for step, chunk in ordered_results(pool, steps, IN_FLIGHT_BYTES):
            at_hand = step.new
            if chunk is not None:
                at_hand.add(chunk)
                continue
            at_hand = None
            step.new.refused = step.new.refused or step.refused
            try:
                versions.append(step.new.finish())
            except OSError as refused:
                not_read.append(unreadable(step.new.version, refused))
    except BaseException:
        if at_hand is not None and at_hand.parts is not None:
            at_hand.parts.discard()
        raise
    return versions


def unreadable(version: FileVersion, refused: OSError) -> FileVersion:
    """The ledger row of a file that could not be read for a reason outside it: it has no version yet."""
    why = refused.strerror or type(refused).__name__
    error = why if isinstance(refused, NoRoom) else f"could not be read ({why}); it is tried again at the next run"
    nothing = replace(version, content_sha256=None, bytes=0, batch_id=None, lines=0, blank=0)
    return replace(nothing, status="failed", error=error)
