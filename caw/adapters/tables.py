"""A batch of raw lines of an expanded feed as tables: its lines as versions of objects, and the records they make."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from caw.adapters.adapter import Adapter, Expander
from caw.adapters.people import of_source
from caw.adapters.records import CATEGORY, FROM_START, INGESTED_AT, PLACEMENT, Expansion, Record, restored
from caw.formats.strict_json import dump_record, quote

PLACEHOLDER = quote(INGESTED_AT)
RAW_LINE = ("batch_id", "ingested_at", "source", "file_path", "line_number")
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


class Tables(NamedTuple):
    """What a table of raw lines becomes.

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
    texts: list[str | None] = lines["raw_text"].to_pylist()
    columns = (lines[name].to_pylist() for name in ("document", "problem", "is_erased", "source"))
    expansions: list[Expansion] = []
    for raw_text, document, rejection, is_erased, source in zip(texts, *columns, strict=True):
        if rejection:
            one = Expansion(reason=rejection)
        elif is_erased:
            one = restored(raw_text or "")
        else:
            one = expander.expand(raw_text if adapter.as_written else document or raw_text)
        expansions.append(of_source(one, adapter.vendor, source, people))
    made = {name: _Records() for name in makes}
    content_ids: list[str | None] = []
    for row, one in enumerate(expansions):
        content = "".join(made[name].add(row, records, lines) for name, records in _by_feed(one.records))
        content_ids.append(None if one.reason else _content_id(content, one.version_rank))
    unknown: Counter[tuple[str, str]] = Counter()
    for one in expansions:
        if one.unknown_words:
            unknown.update(one.unknown_words)
    object_ids = pa.array([one.object_id for one in expansions], pa.string())
    of_lines = lines.select([*RAW_LINE, "is_erased"])
    records = {name: found.table(of_lines, feed, object_ids) for name, found in made.items()}
    return Tables(_lines(lines, feed, adapter, expansions, texts, content_ids, object_ids), records, unknown)


def _by_feed(records: Sequence[Record]) -> Iterable[tuple[str, Sequence[Record]]]:
    """Records by their feeds, which nearly always are one."""
    feeds = {record.feed for record in records}
    if len(feeds) < 2:
        return [(feed, records) for feed in feeds]
    return [(feed, [one for one in records if one.feed == feed]) for feed in sorted(feeds)]


class _Records:
    """The records of one canonical feed, column by column."""

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.indexes: list[int] = []
        self.parts: list[str | None] = []
        self.documents: list[str] = []
        self.from_start: list[bool] = []
        self.categories: list[str | None] = []
        self.placements: list[str | None] = []

    def add(self, row: int, records: Sequence[Record], lines: pa.Table) -> str:
        """Add the records of a line; what two lines share whose records say the same, whenever they came."""
        fields = [record.fields for record in records]
        self.categories.extend([one.pop(CATEGORY, None) for one in fields])
        placements = [one.pop(PLACEMENT, None) for one in fields]
        started = [bool(one.pop(FROM_START, False)) for one in fields]
        texts = [dump_record(one) for one in fields]
        content = ",".join(texts)
        parts = [record.part for record in records]
        self.rows.extend([row] * len(texts))
        self.indexes.extend(range(len(texts)))
        self.parts.extend(parts)
        self.from_start.extend(started)
        self.placements.extend(placements)
        if PLACEHOLDER in content:
            ingested_at = quote(lines["ingested_at"][row].as_py().isoformat())
            texts = [text.replace(PLACEHOLDER, ingested_at) for text in texts]
        self.documents.extend(texts)
        of_parts = repr((parts, placements)) if any(placements) else repr(parts) if any(parts) else ""
        return f"{records[0].feed}[{content}]{''.join(['01'[one] for one in started])}{of_parts}"

    def table(self, lines: pa.Table, feed: str, object_ids: pa.Array) -> pa.Table:
        """The rows, with what they have of their lines."""
        parents = pa.array(self.rows, pa.int64())
        columns = {
            "expanded_from": pa.repeat(pa.scalar(feed), len(parents)),
            "object_id": object_ids.take(parents),
            "part": pa.array(self.parts, pa.string()),
            "record_index": pa.array(self.indexes, pa.int64()),
            "document": pa.array(self.documents, pa.string()),
            FROM_START: pa.array(self.from_start, pa.bool_()),
            CATEGORY: pa.array(self.categories, pa.string()),
            PLACEMENT: pa.array(self.placements, pa.string()),
        }
        return _with_columns(lines.take(parents), columns)


def _lines(
    lines: pa.Table,
    feed: str,
    adapter: Adapter,
    expansions: Sequence[Expansion],
    texts: Sequence[str | None],
    content_ids: Sequence[str | None],
    object_ids: pa.Array,
) -> pa.Table:
    count = len(expansions)
    refused = [text if one.reason else None for one, text in zip(expansions, texts, strict=True)]
    columns = {
        "raw_text": pa.array(refused, pa.string()),  # of the others nobody asks for it again
        "feed": pa.repeat(pa.scalar(feed), count),
        "reason": pa.array([one.reason for one in expansions], pa.string()),
        "field": pa.array([one.field for one in expansions], pa.string()),
        "detail": pa.array([_sentence(one, adapter) for one in expansions], pa.string()),
        "object_id": object_ids,
        "version_at": pa.array([one.version_at for one in expansions], pa.timestamp("us", "UTC")),
        "version_rank": pa.array([one.version_rank for one in expansions], pa.int64()),
        "parts": pa.array([list(one.parts) or None for one in expansions], pa.list_(pa.string())),
        "marks": pa.array([[mark._asdict() for mark in one.marks] or None for one in expansions], MARKS),
        "is_gone": pa.array([one.is_gone for one in expansions], pa.bool_()),
        "took_part": pa.array([one.took_part for one in expansions], pa.bool_()),
        "metric": pa.array([one.metric for one in expansions], pa.string()),
        "state_id": pa.array([_state_id(one) for one in expansions], pa.string()),
        "content_id": pa.array(content_ids, pa.string()),
        "needs_record": pa.repeat(pa.scalar(adapter.needs_record), count),
        "lists_every_refusal": pa.repeat(pa.scalar(adapter.lists_every_refusal), count),
        "unknown_words": pa.array([_listed(one.unknown_words) for one in expansions], WORDS),
    }
    return _with_columns(lines.select(list(RAW_LINE)), columns)


def _sentence(expansion: Expansion, adapter: Adapter) -> str | None:
    """What is wrong with a line that is an object; None for any other, whose sentence staging has."""
    says = None if expansion.reason is None or expansion.field is None else adapter.refusals.get(expansion.reason)
    return says and f"{expansion.field} {says}"


def _state_id(expansion: Expansion) -> str | None:
    """What a line says besides its records, if anything; None for all that has no parts, as transcripts."""
    if not expansion.parts and not expansion.is_gone and expansion.took_part is True:
        return None
    state = (sorted(set(expansion.parts)), expansion.is_gone, expansion.took_part, *sorted(expansion.marks, key=repr))
    return hashlib.sha256(repr(state).encode()).hexdigest()


def _content_id(content: str, rank: int | None) -> str:
    """What two lines share that make the same records: sha256, in hex, of these and the version's rank."""
    return hashlib.sha256(f"{rank}{content}".encode()).hexdigest()


def _listed(words: Mapping[tuple[str, str], int]) -> list[dict[str, Any]] | None:
    """Unknown words as a column's value; None for none, as in nearly all lines."""
    return [{"field": name, "word": word, "times": times} for (name, word), times in words.items()] or None


def _with_columns(table: pa.Table, columns: Mapping[str, pa.Array]) -> pa.Table:
    for name, column in columns.items():
        table = table.append_column(name, column)
    return table
