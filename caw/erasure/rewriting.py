"""Rewrites the raw store without the people of a plan: each part and ledger that contains them, by one put.

Doing it twice changes nothing, so that after a crash the whole plan is carried out again. Of a part's lines
`ROWS_AT_ONCE` are in memory, whatever its size.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from caw.adapters.records import restored
from caw.adapters.refused import within_limits
from caw.adapters.registry import ADAPTERS, Expand
from caw.adapters.transcript_values import parsed
from caw.erasure.finding import (
    IDENTIFIERS_SCHEMA,
    PROFILES,
    TOO_LARGE,
    Found,
    IdentifierFinder,
    rows_carrying,
)
from caw.erasure.forgotten import Line, names_in_path
from caw.erasure.identifiers import PATH, WEAK_KINDS, normal
from caw.erasure.redaction import ERASED_LINE, Redaction, blank_excerpt
from caw.feeds.declared import ERASURES, Feed, feeds
from caw.formats.columns import without_quoted_columns
from caw.raw_store.line_files import put_lines
from caw.raw_store.objects import Objects
from caw.raw_store.schemas import LINE_SCHEMA
from caw.raw_store.store import GIVEN_WAY, OPEN_ENDS, RawStore
from caw.raw_store.tables import put_table, read_table, slices

UNTOUCHED_FEEDS = frozenset({"products"})  # they are about things: only lines that are no records are looked into
DEFERRING = frozenset({ERASURES, PROFILES})  # feeds of records that may wait for the erasure of their run
ROWS_AT_ONCE = 20_000

CHANGING = ("raw_text", "document", "is_erased", "erased_category", "unknown_fields")


def concerns_people(feed: Feed) -> bool:
    """Whether lines of a feed may be about people, not about things alone."""
    return not feed.record_feeds <= UNTOUCHED_FEEDS


@dataclass(frozen=True)
class _Left:
    """A line after redaction."""

    raw_text: str
    document: str | None = None
    is_own: bool = False
    category: str | None = None
    named_somebody: bool = True


@dataclass(frozen=True)
class _SourceLines:
    """Lines of one feed and source, with what is needed to redact them."""

    redaction: Redaction
    feed: Feed
    expand: Expand
    lines: pa.Table
    deferred: AbstractSet[Line]

    def left(self) -> dict[int, _Left]:
        """The redacted lines of the rows that change, by row."""
        redaction = self.redaction
        finder = IdentifierFinder(self.feed, redaction.source, self.expand, redaction.words.seeds)
        is_about_people = concerns_people(self.feed)
        found = finder.find(self.lines) if is_about_people else Found(IDENTIFIERS_SCHEMA.empty_table(), ())
        own = set(rows_carrying(found.identifiers, redaction.identifiers))
        if finder.is_of_profiles:
            own -= self._of_other_profiles(found, own)
        columns = ("raw_text", "document", "problem", "is_erased", "erased_category")
        values = [self.lines[name].to_pylist() for name in columns]
        left: dict[int, _Left] = {}
        for row in sorted(self._rows(found, own) - self._deferred_rows()):
            raw_text, document, rejection, is_erased, category = (column[row] for column in values)
            if rejection is not None:
                one = self._of_broken_line(raw_text, rejection, row in own, is_erased, finder)
            elif is_erased:
                one = self._of_erased_line(raw_text, category)
            elif row in own:
                one = self._of_own_line(raw_text if self._is_read_as_written() else document or raw_text)
            else:
                one = self._of_others_line(raw_text, document)
            if (one.raw_text, one.document, one.is_own or is_erased) != (raw_text, document, is_erased):
                left[row] = one
        return left

    def _is_read_as_written(self) -> bool:
        return self.feed.is_expanded and ADAPTERS[self.feed.name].as_written

    def _of_other_profiles(self, found: Found, own: set[int]) -> set[int]:
        """Profiles that share no more than an external_id or an anonymous_id with the people: they stay. A line without
        a profile_id is nobody else's."""
        strong = frozenset(one for one in self.redaction.identifiers if one.kind not in WEAK_KINDS)
        records = pc.indices_nonzero(pc.is_null(self.lines["problem"])).to_pylist()
        weak = own.intersection(records) - set(rows_carrying(found.identifiers, strong))
        ids = found.identifiers.filter(pc.equal(found.identifiers["kind"], "profile_id"))
        named = zip(ids["row"].to_pylist(), ids["value"].to_pylist(), strict=True) if weak else ()
        return {row for row, value in named if row in weak and normal("profile_id", value, self.redaction.words.seeds)}

    def _deferred_rows(self) -> set[int]:
        if not self.deferred or not self.feed.record_feeds & DEFERRING:
            return set()
        places = zip(*(self.lines[name].to_pylist() for name in ("batch_id", "file_path", "line_number")), strict=True)
        return {row for row, place in enumerate(places) if place in self.deferred}

    def _rows(self, found: Found, own: set[int]) -> set[int]:
        """Rows that may change: all that are no records, and all of an expanded feed, whose texts its adapter finds."""
        rows = {*own, *pc.indices_nonzero(pc.is_valid(self.lines["problem"])).to_pylist()}
        erased = self.lines["is_erased"].to_pylist()
        for text in found.texts:
            if text.row not in rows and (
                self.redaction.names_own(text.value)
                if erased[text.row]
                else self.redaction.names(text.value, text.is_id)
            ):
                rows.add(text.row)
        return rows | set(range(self.lines.num_rows)) if self.feed.is_expanded else rows

    def _of_broken_line(
        self, text: str, rejection: str, is_own: bool, is_erased: bool, finder: IdentifierFinder
    ) -> _Left:
        """Redact all of a line that is no record if its members name the person, or if only its text does."""
        if is_erased or text in (ERASED_LINE, blank_excerpt(text)):
            return _Left(text)
        if rejection == TOO_LARGE:
            return _Left(blank_excerpt(text), is_own=is_own, named_somebody=is_own)
        if not is_own and self.redaction.names_in_broken_line(text):
            if finder.in_broken_line(text) or not concerns_people(self.feed):
                return _Left(self.redaction.broken_line(text))
            is_own = True
        return _Left(ERASED_LINE, is_own=True) if is_own else _Left(text)

    def _of_erased_line(self, text: str, category: str | None) -> _Left:
        """The ids of a line that was redacted before may name who is forgotten now."""
        left, _ = self._redacted(text, is_erased=True)
        return _Left(left, is_own=True, category=category, named_somebody=False)

    def _of_own_line(self, text: str) -> _Left:
        left, category = self._redacted(text, is_erased=False)
        return _Left(left, is_own=True, category=category)

    def _of_others_line(self, raw_text: str, document: str | None) -> _Left:
        is_json = document is None or parsed(raw_text) is not None
        left = self.redaction.others_line(self.feed, raw_text) if is_json else self.redaction.broken_line(raw_text)
        return _Left(left, document and self.redaction.others_line(self.feed, document))

    def _redacted(self, text: str, is_erased: bool) -> tuple[str, str | None]:
        if self.feed.is_expanded:
            expansion = restored(text) if is_erased else within_limits(self.expand(self.feed.name, text), text)
            return self.redaction.own_expansion(self.feed, expansion, is_erased), None
        return self.redaction.own_line(self.feed, text)


@dataclass
class Rewritten:
    """The result of a rewriting."""

    lines: int = 0  # of the people themselves, redacted now
    parts: int = 0  # files of the raw store rewritten
    files: set[tuple[str, str]] = field(default_factory=set)  # (batch id, landed file's path) of lines that named them

    def add(self, more: "Rewritten") -> None:
        """Add another result."""
        self.lines += more.lines
        self.parts += more.parts
        self.files |= more.files


@dataclass(frozen=True)
class Rewriter:
    """Rewrites objects of the raw store by the redactions of a plan."""

    objects: Objects  # the raw store's
    redactions: Mapping[str, Redaction]  # by source
    paths: Mapping[str, str]  # landed files' paths that name somebody, and the pseudonym of each
    expand: Expand
    deferred: AbstractSet[Line] = frozenset()  # lines that stay as they are for now

    def whole_store(
        self, store: RawStore, progress: Callable[[int, int], None], note: Callable[[Rewritten], None]
    ) -> Rewritten:
        """Rewrite every committed batch that contains data of the people.

        Args:
            store: the raw store; the caller holds the data dir's lock.
            progress: called with how many of how many parts have been looked at.
            note: called with a part's result before the part is replaced, after which nothing of the people is found in
                it.
        """
        done = Rewritten()
        parts = [
            (feed, name) for feed in feeds().values() for names in store.parts(feed.name).values() for name in names
        ]
        for count, (feed, name) in enumerate(parts):
            progress(count, len(parts))
            self.part(name, feed, done, note)
        for name in (*store.ledgers(), GIVEN_WAY, OPEN_ENDS):
            table = read_table(self.objects, name)
            if (shown := self.with_shown_paths(table)) is not table:
                put_table(self.objects, name, shown, replaces=True)
        return done

    def part(self, name: str, feed: Feed, done: Rewritten, note: Callable[[Rewritten], None] = lambda _: None) -> None:
        """Rewrite one part if it contains data of the people, and add it to `done`."""
        changed = self._first_changed(name, feed)
        if changed is None:
            return
        first, found = changed
        here = Rewritten(parts=1)

        def batches() -> Iterator[pa.Table]:
            for count, batch in enumerate(self._slices(name)):  # again: a part may be large
                left = self._texts_left(batch, feed) if count > first else found if count == first else {}
                yield self.with_shown_paths(self._rewritten(batch, left, here))
            note(here)

        put_lines(self.objects, name, batches(), replaces=True)
        done.add(here)

    def _first_changed(self, name: str, feed: Feed) -> tuple[int, dict[int, _Left]] | None:
        """The first batch of a part that contains data of the people: its place, and its redacted lines by row."""
        for count, batch in enumerate(self._slices(name)):
            left = self._texts_left(batch, feed)
            if left or self._names_paths(batch):
                return count, left
        return None

    def _slices(self, name: str) -> Iterator[pa.Table]:
        for batch in slices(self.objects, name, ROWS_AT_ONCE):
            yield pa.Table.from_batches([batch])

    def _texts_left(self, batch: pa.Table, feed: Feed) -> dict[int, _Left]:
        """The redacted lines of the rows that change, by index."""
        found: dict[int, _Left] = {}
        for source in pc.unique(batch["source"]).to_pylist():
            if source in self.redactions:
                is_of_source = pc.equal(batch["source"], source)
                where = pc.indices_nonzero(is_of_source).to_pylist()
                lines = batch.filter(is_of_source)
                left = _SourceLines(self.redactions[source], feed, self.expand, lines, self.deferred).left()
                found |= {where[row]: one for row, one in left.items()}
        return found

    def _rewritten(self, batch: pa.Table, left: Mapping[int, _Left], done: Rewritten) -> pa.Table:
        if not left:
            return batch
        columns = {name: batch[name].to_pylist() for name in CHANGING if name in batch.column_names}
        batch_ids, paths = batch["batch_id"].to_pylist(), batch["file_path"].to_pylist()
        for row, one in left.items():
            columns["raw_text"][row], columns["document"][row] = one.raw_text, one.document
            if one.is_own:
                done.lines += not columns["is_erased"][row]
                columns["is_erased"][row], columns["erased_category"][row] = True, one.category
                if "unknown_fields" in columns:
                    columns["unknown_fields"][row] = None
            if one.named_somebody:
                done.files.add((batch_ids[row], self.paths.get(paths[row], paths[row])))
        for name, values in columns.items():
            position = batch.column_names.index(name)
            batch = batch.set_column(position, name, pa.array(values, LINE_SCHEMA.field(name).type))
        return batch

    def _names_somebody(self, text: str) -> bool:
        return any(names_in_path(text, one.identifiers.__contains__) for one in self.redactions.values())

    def _names_paths(self, table: pa.Table) -> bool:
        return bool(self.paths) and any(path in self.paths for path in pc.unique(table["file_path"]).to_pylist())

    def with_shown_paths(self, table: pa.Table) -> pa.Table:
        """A table of landed files' paths with the pseudonyms of those that name somebody; itself where none does.

        An error may quote the name of a column, which in a file without a header is anybody's: it goes if it names one.
        """
        table = without_quoted_columns(table, self._names_somebody)
        if not self._names_paths(table):
            return table
        shown = pa.array([self.paths.get(path, path) for path in table["file_path"].to_pylist()], pa.string())
        return table.set_column(table.schema.get_field_index("file_path"), "file_path", shown)


def rewriter_of(objects: Objects, redactions: Iterable[Redaction], expand: Expand) -> Rewriter:
    """A rewriter of a raw store's objects for several sources' people."""
    by_source = {redaction.source: redaction for redaction in redactions}
    paths = {
        identifier.value: redaction.keyring.pseudonym("", PATH, identifier.value)
        for redaction in by_source.values()
        for identifier in redaction.identifiers
        if identifier.kind == PATH
    }
    return Rewriter(objects, by_source, paths, expand)
