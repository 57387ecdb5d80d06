"""A batch of raw lines of an expanded feed as tables: its lines as versions of objects, and the records they make."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import pyarrow as pa

from caw.adapters.adapter import Adapter, Expander
from caw.adapters.people import records_of_source
from caw.adapters.records import CATEGORY, FROM_START, INGESTED_AT, PLACEMENT, Expansion, Record, restored
from caw.adapters.refused import unreadable, within_limits
from caw.formats.strict_json import dump_record, quote
from caw.formats.validated import TOO_LARGE

MAKES_TOO_MUCH = (
    "the line is too large: its records come to over 64 times its text, or over 256 MiB, as an id, a channel or a "
    "profile of it is in each of them; look at what is so long."
)
PLACEHOLDER = quote(INGESTED_AT)
RAW_LINE = ["batch_id", "ingested_at", "source", "file_path", "line_number"]
GIVEN = ("raw_text", "document", "problem", "is_erased", "source")
NOBODY: Mapping[str, str] = {}  # no source's people are a vendor's
MARKS = pa.list_(
    pa.struct(
        [
            ("part", pa.string()),
            ("occurred_at", pa.timestamp("us", "UTC")),
            ("sequence", pa.int64()),
            ("actor", pa.string()),
            ("is_ai", pa.bool_()),
            ("assigns", pa.bool_()),
            ("transfers", pa.bool_()),
        ]
    )
)
WORDS = pa.list_(pa.struct([("field", pa.string()), ("word", pa.string()), ("times", pa.int64())]))
# After the columns of its raw line.
LINE_COLUMNS = pa.schema(
    [
        ("raw_text", pa.string()),  # of a refused line: of the others nobody asks for it again
        ("feed", pa.string()),
        ("reason", pa.string()),
        ("field", pa.string()),
        ("detail", pa.string()),
        ("object_id", pa.string()),
        ("version_at", pa.timestamp("us", "UTC")),
        ("version_rank", pa.int64()),
        ("parts", pa.list_(pa.string())),
        ("marks", MARKS),
        ("is_gone", pa.bool_()),
        ("took_part", pa.bool_()),
        ("metric", pa.string()),
        ("state_id", pa.string()),
        ("content_id", pa.string()),
        ("needs_record", pa.bool_()),
        ("lists_every_refusal", pa.bool_()),
        ("unknown_words", WORDS),
    ]
)
RECORD_COLUMNS = pa.schema(
    [
        ("expanded_from", pa.string()),
        ("object_id", pa.string()),
        ("part", pa.string()),
        ("record_index", pa.int64()),
        ("document", pa.string()),
        (FROM_START, pa.bool_()),
        (CATEGORY, pa.string()),
        (PLACEMENT, pa.string()),
    ]
)
Row: TypeAlias = tuple[Any, ...]  # values of columns, in their order


class Tables(NamedTuple):
    """The tables that a table of raw lines becomes.

    Attributes:
        lines: one row per line: its object and version, or why it was refused and its text.
        records: by canonical feed, one row per record made, its JSON in `document`.
        unknown_words: how often each word that no seed knows occurs, by (field, word).
    """

    lines: pa.Table
    records: Mapping[str, pa.Table]
    unknown_words: Counter[tuple[str, str]]


def expand_batch(
    lines: pa.Table,
    feed: str,
    adapter: Adapter,
    expander: Expander,
    makes: Sequence[str],
    people: Mapping[str, str] = NOBODY,
) -> Tables:
    """Expand a table of raw lines of one feed.

    Args:
        lines: columns batch_id, ingested_at, source, file_path, line_number, raw_text, document, problem, is_erased.
        feed: its name.
        adapter: the feed's.
        expander: the adapter by the seeds of today.
        makes: the canonical feeds of its records.
        people: the vendor whose person ids are profile_ids, by source.

    Raises:
        KeyError: a record is of another feed.
    """
    given = zip(*(lines[name].to_pylist() for name in GIVEN), strict=True)
    rows: list[Row] = []
    made = {name: _Records(feed) for name in makes}
    unknown: Counter[tuple[str, str]] = Counter()
    # A line is done with before the next one is read: of thousands of parsed lines that are kept at once, Python's
    # collector of cycles looks through each many times.
    for row, (raw_text, document, rejection, is_erased, source) in enumerate(given):
        if rejection:
            one = Expansion(reason=rejection, records=unreadable(makes, raw_text, adapter.request))
        elif is_erased:
            one = restored(raw_text or "")
        else:
            text = raw_text if adapter.as_written else document or raw_text
            one = within_limits(expander.expand(text), text)
        records = records_of_source(one.records, adapter.vendor, source, people)
        content = "".join([made[name].add(row, one.object_id, same, lines) for name, same in _by_feed(records)])
        rows.append(_row(one, feed, adapter, raw_text, content))
        if one.unknown_words:
            unknown.update(one.unknown_words)
    of_lines = lines.select([*RAW_LINE, "is_erased"])
    tables = {name: found.table(of_lines) for name, found in made.items()}
    return Tables(_with_columns(lines.select(RAW_LINE), rows, LINE_COLUMNS), tables, unknown)


def _by_feed(records: Sequence[Record]) -> Iterable[tuple[str, Sequence[Record]]]:
    """Records by their feeds, which nearly always are one."""
    if not records:
        return ()
    feeds = {record.feed for record in records}
    if len(feeds) == 1:
        return ((records[0].feed, records),)
    return [(feed, [one for one in records if one.feed == feed]) for feed in sorted(feeds)]


class _Records:
    """The records of one canonical feed."""

    def __init__(self, expanded_from: str) -> None:
        self.expanded_from = expanded_from
        self.parents: list[int] = []  # the row of each record's line
        self.rows: list[Row] = []

    def add(self, row: int, object_id: str | None, records: Sequence[Record], lines: pa.Table) -> str:
        """Add the records of a line; what two lines share whose records say the same, whenever they came."""
        texts, parts, placements, started = [], [], [], ""
        for index, (_, fields, part) in enumerate(records):
            category, placement = fields.pop(CATEGORY, None), fields.pop(PLACEMENT, None)
            is_started = bool(fields.pop(FROM_START, False))
            text = dump_record(fields)
            texts.append(text)
            parts.append(part)
            placements.append(placement)
            started += "1" if is_started else "0"
            document = _at_ingestion(text, row, lines)
            self.parents.append(row)
            self.rows.append((self.expanded_from, object_id, part, index, document, is_started, category, placement))
        of_parts = repr((parts, placements)) if any(placements) else repr(parts) if any(parts) else ""
        return f"{records[0].feed}[{','.join(texts)}]{started}{of_parts}"

    def table(self, lines: pa.Table) -> pa.Table:
        """The rows, with what they have of their lines."""
        return _with_columns(lines.take(pa.array(self.parents, pa.int64())), self.rows, RECORD_COLUMNS)


def _at_ingestion(document: str, row: int, lines: pa.Table) -> str:
    """A record's JSON, with the instant at which its line was taken in where it asks for it."""
    if PLACEHOLDER not in document:
        return document
    return document.replace(PLACEHOLDER, quote(lines["ingested_at"][row].as_py().isoformat()))


def _row(one: Expansion, feed: str, adapter: Adapter, raw_text: str | None, content: str) -> Row:
    """A line's values of LINE_COLUMNS."""
    return (
        raw_text if one.reason else None,
        feed,
        one.reason,
        one.field,
        _sentence(one, adapter),
        one.object_id,
        one.version_at,
        one.version_rank,
        list(one.parts) or None,
        [mark._asdict() for mark in one.marks] or None,
        one.is_gone,
        one.took_part,
        one.metric,
        _state_id(one),
        None if one.reason else _content_id(content, one.version_rank),
        adapter.needs_record,
        adapter.lists_every_refusal,
        _listed(one.unknown_words),
    )


def _sentence(expansion: Expansion, adapter: Adapter) -> str | None:
    """The fault of a line that is an object, as a sentence; None for any other, whose sentence staging has."""
    if expansion.reason == TOO_LARGE and expansion.object_id is not None:
        return MAKES_TOO_MUCH
    says = None if expansion.reason is None or expansion.field is None else adapter.refusals.get(expansion.reason)
    return says and f"{expansion.field} {says}"


def _state_id(expansion: Expansion) -> str | None:
    """A hash of what a line says besides its records; None for all that has no parts, as transcripts."""
    if not expansion.parts and not expansion.is_gone and expansion.took_part is True:
        return None
    state = (sorted(set(expansion.parts)), expansion.is_gone, expansion.took_part, *sorted(expansion.marks, key=repr))
    return hashlib.sha256(repr(state).encode()).hexdigest()


def _content_id(content: str, rank: int | None) -> str:
    """An id that lines share which make the same records: sha256, in hex, of these and the version's rank."""
    return hashlib.sha256(f"{rank}{content}".encode()).hexdigest()


def _listed(words: Mapping[tuple[str, str], int]) -> list[dict[str, Any]] | None:
    """Unknown words as a column's value; None for none, as in nearly all lines."""
    return [{"field": name, "word": word, "times": times} for (name, word), times in words.items()] or None


def _with_columns(table: pa.Table, rows: Sequence[Row], columns: pa.Schema) -> pa.Table:
    for place, column in enumerate(columns):
        table = table.append_column(column.name, pa.array([row[place] for row in rows], column.type))
    return table
