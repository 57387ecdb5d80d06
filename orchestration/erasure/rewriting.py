"""The raw store without the people of a plan: parts and ledgers that hold them are written anew, each by one rename.

Doing it twice changes nothing, so that after a crash the whole plan is carried out again. Memory is bounded by
`ROWS_AT_ONCE`, whatever a part's size.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.erasure.finding import IdentifierFinder
from orchestration.erasure.identifiers import PATH
from orchestration.erasure.redaction import ERASED_LINE, Redaction
from orchestration.ingest.feeds import Feed, feeds
from orchestration.ingest.raw_store import LINE_SCHEMA, RawStore, write_batches, write_whole
from orchestration.ingest.transcripts import Expansion

TRANSCRIPTS = "chat_transcripts"
LOG = "conversation_log"
UNTOUCHED_FEEDS = frozenset({"products"})  # they tell of things, not of people
ROWS_AT_ONCE = 20_000

Expand = Callable[[str], Expansion]


@dataclass
class Rewritten:
    """What a rewriting did."""

    lines: int = 0  # of the people themselves, redacted now
    parts: int = 0  # files of the raw store written anew
    files: set[tuple[str, str]] = field(default_factory=set)  # (batch id, landed file's path) that held them


@dataclass(frozen=True)
class Rewriter:
    """What one carrying out of a plan needs."""

    redactions: Mapping[str, Redaction]  # by source
    paths: Mapping[str, str]  # landed files' paths that name somebody, and what stands for each
    expand: Expand

    def whole_store(self, store: RawStore, progress: Callable[[int, int], None]) -> Rewritten:
        """Rewrite every committed batch that holds somebody.

        Args:
            store: the raw store; the caller holds the data dir's lock.
            progress: told how many of how many parts have been looked at.
        """
        done = Rewritten()
        parts = [
            (feed, path)
            for feed in feeds().values()
            if feed.name not in UNTOUCHED_FEEDS or self.paths
            for path in sorted((store.root / feed.name).glob("batch=*/*.parquet"))
        ]
        for count, (feed, path) in enumerate(parts):
            progress(count, len(parts))
            self.part(path, feed, done)
        for ledger in sorted(store.ledgers.glob("*.parquet")):
            self.ledger(ledger)
        return done

    def part(self, path: Path, feed: Feed, done: Rewritten) -> None:
        """Rewrite one part if it holds somebody, and count it in `done`."""
        if not any(self._affected(batch, feed) or self._names_paths(batch) for batch in _batches(path)):
            return
        write_batches(path, (self._left_of(batch, feed, done) for batch in _batches(path)))
        done.parts += 1

    def ledger(self, path: Path) -> None:
        """Rewrite one ledger of file versions if a path in it names somebody."""
        table = pq.read_table(path)
        if self._names_paths(table):
            write_whole(self._with_shown_paths(table), path)

    def _left_of(self, batch: pa.Table, feed: Feed, done: Rewritten) -> pa.Table:
        affected = self._affected(batch, feed)
        return self._with_shown_paths(self._rewritten(batch, feed, affected, done) if affected else batch)

    def _affected(self, batch: pa.Table, feed: Feed) -> dict[int, bool]:
        """Rows to rewrite, by index: True for the person's own, False for others that name the person."""
        rows: dict[int, bool] = {}
        if feed.name in UNTOUCHED_FEEDS:
            return rows
        finder = IdentifierFinder(feed, self.expand)
        for source, redaction in self.redactions.items():
            lines = batch.filter(pc.equal(batch["source"], source))
            if lines.num_rows == 0:
                continue
            where = pc.indices_nonzero(pc.equal(batch["source"], source)).to_pylist()
            for row in finder.naming(lines, redaction.needles):
                rows[where[row]] = False
            for row in finder.carrying(lines, redaction.identifiers):
                rows[where[row]] = True
        return rows

    def _rewritten(self, batch: pa.Table, feed: Feed, affected: Mapping[int, bool], done: Rewritten) -> pa.Table:
        columns = {name: batch[name].to_pylist() for name in ("raw_text", "document", "is_erased", "erased_category")}
        sources, problems = batch["source"].to_pylist(), batch["problem"].to_pylist()
        batch_ids, paths = batch["batch_id"].to_pylist(), batch["file_path"].to_pylist()
        for row, is_own in affected.items():
            redaction = self.redactions.get(sources[row])
            if redaction is None or columns["is_erased"][row]:
                continue
            text = columns["document"][row] or columns["raw_text"][row]
            left, category = self._left(redaction, feed, text, problems[row], is_own)
            columns["raw_text"][row], columns["document"][row] = left, None
            columns["is_erased"][row], columns["erased_category"][row] = is_own, category
            done.lines += is_own
            done.files.add((batch_ids[row], self.paths.get(paths[row], paths[row])))
        for name, values in columns.items():
            position = LINE_SCHEMA.get_field_index(name)
            batch = batch.set_column(position, name, pa.array(values, LINE_SCHEMA.field(name).type))
        return batch

    def _left(
        self, redaction: Redaction, feed: Feed, text: str, problem: str | None, is_own: bool
    ) -> tuple[str, str | None]:
        if problem is not None:
            return (ERASED_LINE if is_own else redaction.others_text(text)), None
        if not is_own:
            return redaction.others_line(feed, text), None
        if feed.name == TRANSCRIPTS:
            return redaction.own_transcript(feeds()[LOG], self.expand(text)), None
        return redaction.own_line(feed, text)

    def _names_paths(self, table: pa.Table) -> bool:
        return bool(self.paths) and bool(pc.any(pc.is_in(table["file_path"], pa.array(list(self.paths)))).as_py())

    def _with_shown_paths(self, table: pa.Table) -> pa.Table:
        if not self._names_paths(table):
            return table
        shown = pa.array([self.paths.get(path, path) for path in table["file_path"].to_pylist()], pa.string())
        return table.set_column(table.schema.get_field_index("file_path"), "file_path", shown)


def rewriter_of(redactions: Iterable[Redaction], expand: Expand) -> Rewriter:
    """A rewriter for several sources' people."""
    by_source = {redaction.source: redaction for redaction in redactions}
    paths = {
        identifier.value: redaction.keyring.pseudonym("", PATH, identifier.value)
        for redaction in by_source.values()
        for identifier in redaction.identifiers
        if identifier.kind == PATH
    }
    return Rewriter(by_source, paths, expand)


def _batches(path: Path) -> Iterator[pa.Table]:
    for batch in pq.ParquetFile(path).iter_batches(ROWS_AT_ONCE):
        yield pa.Table.from_batches([batch])
