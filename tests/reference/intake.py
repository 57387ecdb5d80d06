"""From deliveries to accepted records, the ledger and the rejects (sections 1 and 2.1).

Lives here: which file versions are read, duplicates and conflicts, the counts of the ledger.
Does not live here: how a line is cut or a field is typed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .feeds import IMMUTABLE, KEYS, Context, type_record
from .jsontext import compact_json
from .landing import Line, is_ignored, place_of, read_lines, refuse_line
from .model import FEEDS, Delivery, Refused, Row, Unreadable
from .seeds import Seeds
from .transcripts import expand
from .values import FURTHEST_AHEAD


@dataclass
class Intake:
    """What all deliveries so far left behind.

    Attributes:
        ledger: rows of health.ingestion_ledger. rejected: rows of health.rejected_records.
        accepted: feed -> accepted rows in delivery order: the typed content plus batch_id, file_path,
            line_number and ingested_at.
    """

    ledger: list[Row] = field(default_factory=list)
    rejected: list[Row] = field(default_factory=list)
    accepted: dict[str, list[Row]] = field(default_factory=lambda: {feed: [] for feed in FEEDS})
    contents: dict[tuple[Any, ...], list[Row]] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True)
class Arrival:
    """Where a line comes from."""

    delivery: Delivery
    path: str
    source: str
    feed: str

    def stamp(self, line_number: int) -> Row:
        """The columns that tell where a row came from."""
        return {
            "batch_id": self.delivery.batch_id,
            "file_path": self.path,
            "line_number": line_number,
            "ingested_at": self.delivery.ingested_at,
        }


def take_in(deliveries: Sequence[Delivery], seeds: Seeds) -> Intake:
    """Read all batches in order, each file in path order (section 1, "Delivery order")."""
    intake = Intake()
    for delivery in deliveries:
        for path in sorted(delivery.files):
            if not is_ignored(path):
                _take_file(delivery, path, intake, seeds)
    return intake


def _take_file(delivery: Delivery, path: str, intake: Intake, seeds: Seeds) -> None:
    """One file version: skipped if seen, else one row of the ledger."""
    content = delivery.files[path]
    digest = hashlib.sha256(content).hexdigest()
    if (path, digest) in intake.seen:
        return
    intake.seen.add((path, digest))
    place = place_of(path)
    status, error, counts = "loaded", None, Counter[str]()
    if place.source is None or place.feed is None or place.file_format is None:
        status = "unknown_feed"
    else:
        arrival = Arrival(delivery, path, place.source, place.feed)
        try:
            lines = read_lines(content, place.file_format, place.feed)
        except Unreadable as reason:
            status, error = "failed", str(reason)
        else:
            counts = Counter(_take_line(line, arrival, intake, seeds) for line in lines)
    intake.ledger.append(
        {
            "file_path": path,
            "source": place.source,
            "feed": place.feed,
            "content_sha256": digest,
            "bytes": len(content),
            "batch_id": delivery.batch_id,
            "ingested_at": delivery.ingested_at,
            "status": status,
            "error": error,
            "lines": counts.total(),
            **{name: counts[name] for name in ("blank", "accepted", "duplicates", "rejected")},
        }
    )


def _reject(refusal: Refused, line_number: int, raw_text: str, arrival: Arrival, intake: Intake) -> None:
    intake.rejected.append(
        {
            "file_path": arrival.path,
            "line_number": line_number,
            "source": arrival.source,
            "feed": arrival.feed,
            "raw_text": raw_text,
            "reason": refusal.reason,
            "field": refusal.field_name,
            "batch_id": arrival.delivery.batch_id,
            "ingested_at": arrival.delivery.ingested_at,
        }
    )


def _take_line(line: Line, arrival: Arrival, intake: Intake, seeds: Seeds) -> str:
    """What a line is: blank, accepted, duplicates or rejected (the ledger's columns)."""
    if line.blank:
        return "blank"
    context = Context(seeds, arrival.source, arrival.delivery.ingested_at + FURTHEST_AHEAD)
    try:
        refuse_line(line)
        assert line.record is not None
        if arrival.feed == "chat_transcripts":
            return _take_transcript(line, line.record, context, arrival, intake)
        typed = type_record(arrival.feed, line.record, context)
        return _keep(typed, line.number, arrival, intake)
    except Refused as refusal:
        _reject(refusal, line.number, line.raw_text, arrival, intake)
        return "rejected"


def _keep(typed: Row, line_number: int, arrival: Arrival, intake: Intake) -> str:
    """Section 2.1: accepted, or a duplicate of a line accepted before, or (immutable feeds) in conflict with one."""
    key = (arrival.feed, *(typed[name] for name in KEYS[arrival.feed]))
    before = intake.contents.setdefault(key, [])
    if typed in before:
        return "duplicates"
    if before and arrival.feed in IMMUTABLE:
        raise Refused("conflicting_duplicate")
    before.append(typed)
    intake.accepted[arrival.feed].append({**typed, **arrival.stamp(line_number)})
    return "accepted"


def _take_transcript(line: Line, record: dict[str, Any], context: Context, arrival: Arrival, intake: Intake) -> str:
    """A transcript is accepted when it expanded; its refused records stand in the rejects under its line."""
    transcript = expand(record, context)
    records: list[Row] = []
    refused: list[tuple[Refused, str]] = []
    for raw in transcript.records:
        try:
            records.append(type_record("conversation_log", raw, context))
        except Refused as refusal:
            refused.append((refusal, compact_json(raw)))
    typed: Row = {
        "source": arrival.source,
        "conversation_id": transcript.transcript_id,
        "message_count": transcript.message_count,
        "records": records,
    }
    kept = _keep(typed, line.number, arrival, intake)
    if kept == "accepted":
        for reason, raw_text in refused:
            _reject(reason, line.number, raw_text, arrival, intake)
    return kept


def current_versions(rows: Sequence[Row], key: str, version: str) -> dict[tuple[str, str], Row]:
    """(source, key) -> the version that holds: the greatest `version`, then the last accepted (section 2)."""
    current: dict[tuple[str, str], Row] = {}
    for row in rows:
        identity = (row["source"], row[key])
        if identity not in current or row[version] >= current[identity][version]:
            current[identity] = row
    return current


def conversation_records(intake: Intake) -> list[Row]:
    """All records that stand in conversations: the log's, and those of the transcripts that hold (section 2.2).

    Where both feeds have the same (source, conversation_id, record_id), the log's record holds.
    """
    records = list(intake.accepted["conversation_log"])
    taken = {(row["source"], row["conversation_id"], row["record_id"]) for row in records}
    holding = current_versions(intake.accepted["chat_transcripts"], "conversation_id", "message_count")
    for transcript in holding.values():
        stamp = {name: transcript[name] for name in ("batch_id", "file_path", "line_number", "ingested_at")}
        for record in transcript["records"]:
            if (record["source"], record["conversation_id"], record["record_id"]) not in taken:
                records.append({**record, **stamp})
    return records
