"""The store of expanded lines, derived from the raw store by the adapters and the seeds that they read.

Under `expanded/`, batch by batch: `lines/<feed>/<batch>.parquet`, and for each feed of whose records it makes any,
`records/<canonical feed>/<feed>/<batch>.parquet`. A batch of a feed is expanded when its file of lines exists: it is
renamed into place after those of its records. When an adapter, or a seed that it reads, changes, or the sources whose
people are its vendor's, its feed is derived again from the start.
"""

import shutil
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from caw.adapters.adapter import Adapter, Expander
from caw.adapters.people import people_of
from caw.adapters.records import Expansion
from caw.adapters.registry import ADAPTERS
from caw.adapters.tables import expand_batch
from caw.feeds.declared import feeds
from caw.host import atomic
from caw.limits import MIB
from caw.raw_store.line_files import LineWriter
from caw.raw_store.objects import Objects
from caw.raw_store.schemas import LINE_SCHEMA
from caw.raw_store.store import GENESIS, RawStore
from caw.raw_store.tables import COMPRESSION, slices

ROWS_AT_ONCE = 64  # read at once: a line may take 16 MiB
BYTES_AT_ONCE = 2 * MIB  # of lines expanded at once: their records may take fifty times that
OLD_NAMES = ("transcripts", "fingerprint")  # of versions that knew transcripts alone
LAYOUT = 7  # of the derived tables: after another one everything is expanded again
# By which a feed without lines is expanded: whoever has no lines of a vendor's reads none of its seeds.
NO_LINES = Expander("", lambda _: Expansion(), lambda _: {})


def expand_pending(store: RawStore, seeds: Path) -> dict[str, Counter[tuple[str, str]]]:
    """Expand every committed batch that is not expanded yet.

    Returns:
        By feed, how often each word occurs that no seed knows, by (field, word), in the batches expanded now.

    Raises:
        ValueError: a row of a seed is wrong; the message names it.
    """
    root = store.data_dir / "expanded"
    _remove_leftovers(root)
    batch_ids = {GENESIS, *store.batch_ids()}
    unknown: dict[str, Counter[tuple[str, str]]] = {}  # without feeds in which there are none
    people = people_of(seeds)
    for feed, adapter in ADAPTERS.items():
        parts = {batch_id: names for batch_id, names in store.parts(feed).items() if batch_id in batch_ids}
        expander = adapter.load(seeds) if parts.keys() - {GENESIS} else NO_LINES
        expansion = _FeedExpansion(root, feed, adapter, expander, tuple(feeds()[feed].makes), people)
        expansion.forget_other_rules()
        expansion.forget_other_batches(batch_ids)
        for batch_id, names in parts.items():
            if expansion.lines(batch_id).exists():
                continue
            if words := expansion.expand(store.objects, names, batch_id):
                unknown[feed] = unknown.get(feed, Counter()) + words
    return unknown


class _FeedExpansion:
    """The derived files of one feed."""

    def __init__(
        self,
        root: Path,
        feed: str,
        adapter: Adapter,
        expander: Expander,
        makes: Sequence[str],
        people: Mapping[str, str],
    ) -> None:
        self.feed = feed
        self.adapter = adapter
        self.expander = expander
        self.makes = makes
        self.people = people
        self.lines_folder = root / "lines" / feed
        self.records_folders = {name: root / "records" / name / feed for name in makes}

    def lines(self, batch_id: str) -> Path:
        """The file that says that the batch is expanded."""
        return self.lines_folder / f"{batch_id}.parquet"

    def expand(self, objects: Objects, parts: Sequence[str], batch_id: str) -> Counter[tuple[str, str]]:
        """Expand the parts of one batch; the unknown words in it."""
        unknown: Counter[tuple[str, str]] = Counter()
        paths = {name: folder / f"{batch_id}.parquet" for name, folder in self.records_folders.items()}
        # Blocks end from the inside out: the records are renamed first, and the lines' file says that all is there.
        with ExitStack() as replaced, ExitStack() as files:
            lines_draft = replaced.enter_context(atomic.replacing(self.lines(batch_id)))
            drafts = {name: replaced.enter_context(atomic.replacing(path)) for name, path in paths.items()}
            writers: dict[Path, LineWriter] = {}
            together = _together(_slices(objects, parts))
            for lines in chain([LINE_SCHEMA.empty_table()], together):  # the empty one gives the schema
                made = expand_batch(lines, self.feed, self.adapter, self.expander, self.makes, self.people)
                unknown += made.unknown_words
                tables = [(drafts[name], table) for name, table in made.records.items()]
                for draft, table in [*tables, (lines_draft, made.lines)]:
                    if draft not in writers:
                        writers[draft] = files.enter_context(LineWriter(draft, table.schema, COMPRESSION))
                    writers[draft].write(table)
        return unknown

    def forget_other_rules(self) -> None:
        """Remove what other rules expanded; the note of the rules comes last, so that a crash repeats the removal."""
        note = self.lines_folder / "fingerprint"
        named_in = ",".join(sorted(source for source, vendor in self.people.items() if vendor == self.adapter.vendor))
        made_of = f"{LAYOUT}:{self.adapter.version}:{','.join(self.makes)}:{self.expander.fingerprint}:{named_in}"
        if not note.exists() or note.read_text(encoding="utf-8") != made_of:
            for folder in (self.lines_folder, *self.lines_folder.parent.parent.glob(f"records/*/{self.feed}")):
                shutil.rmtree(folder, ignore_errors=True)
            atomic.write(note, made_of)

    def forget_other_batches(self, batch_ids: Collection[str]) -> None:
        """Remove what was expanded of batches that were compacted into others."""
        for folder in (self.lines_folder, *self.records_folders.values()):
            for path in folder.glob("*.parquet"):
                if path.stem not in batch_ids:
                    path.unlink()


def _remove_leftovers(root: Path) -> None:
    """Remove drafts of a run that died, feeds without an adapter, and the files of versions before the registry."""
    for name in OLD_NAMES:
        path = root / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for path in root.glob("records/*"):
        if path.is_file():
            path.unlink()
    for folder in [*root.glob("lines/*"), *root.glob("records/*/*")]:
        if folder.name not in ADAPTERS:
            shutil.rmtree(folder)
    for leftover in root.rglob(atomic.DRAFT):
        leftover.unlink()


def _slices(objects: Objects, parts: Sequence[str]) -> Iterator[tuple[pa.RecordBatch, int]]:
    """Rows of raw lines with the bytes of their texts: at most `ROWS_AT_ONCE`, and one line beyond `BYTES_AT_ONCE`."""
    for part in parts:
        for batch in slices(objects, part, ROWS_AT_ONCE):
            lengths = pc.fill_null(pc.binary_length(batch.column("raw_text")), 0).to_pylist()
            start = held = 0
            for row, length in enumerate(lengths):
                held += length
                if held >= BYTES_AT_ONCE or row + 1 == len(lengths):
                    yield batch.slice(start, row + 1 - start), held
                    start, held = row + 1, 0


def _together(pieces: Iterable[tuple[pa.RecordBatch, int]]) -> Iterator[pa.Table]:
    """Pieces put together up to `BYTES_AT_ONCE`: what a table costs is shared by the thousands of short lines in it."""
    gathered: list[pa.RecordBatch] = []
    held = 0
    for piece, length in pieces:
        if gathered and held + length > BYTES_AT_ONCE:
            yield pa.Table.from_batches(gathered).combine_chunks()
            gathered, held = [], 0
        gathered.append(piece)
        held += length
    if gathered:
        yield pa.Table.from_batches(gathered).combine_chunks()
