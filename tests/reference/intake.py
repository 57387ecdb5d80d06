"""From deliveries to accepted records, the ledger and the rejects (spec §1 and §2.1).

Lives here: which file versions are read, rows that gave way, duplicates and conflicts, the counts of the ledger.
Does not live here: how a line is cut or a field is typed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from .feeds import IMMUTABLE, KEYS
from .jsontext import compact_json
from .landing import Line, is_ignored, place_of, read_lines, refuse_line, unpack
from .model import Delivery, Refused, Row, Unreadable
from .seeds import Seeds
from .taken import PERMISSION_FEEDS, Arrival, Intake, note_permission, note_words, reject
from .transcripts import expand
from .typed_records import Context, content_of, named_by_refused, type_record, unknown_fields
from .values import FEW_LINES, FURTHEST_AHEAD, LONGEST, LONGEST_OF_FEW
from .vendors.counting import together
from .vendors.intake import take_vendor_line
from .vendors.registry import VENDOR_FEEDS

MAKE_RECORDS = ("chat_transcripts", *VENDOR_FEEDS)  # of whose lines the records count (spec §2.0.2)


def take_in(deliveries: Sequence[Delivery], seeds: Seeds) -> Intake:
    """Read all batches; again with short ids if they come to many lines and records of lines (spec §2.0.2)."""
    intake = _taken_with(LONGEST_OF_FEW, deliveries, seeds)
    lines = intake.made + sum(row["lines"] for row in intake.ledger if row["feed"] not in MAKE_RECORDS)
    return intake if lines <= FEW_LINES else _taken_with(LONGEST, deliveries, seeds)


def _taken_with(longest_id: int, deliveries: Sequence[Delivery], seeds: Seeds) -> Intake:
    """All batches in order, each file in path order (spec §1.12)."""
    intake = Intake(longest_id=longest_id)
    given_way = versions_that_gave_way(deliveries, seeds)
    for delivery in deliveries:
        for path in sorted(delivery.files):
            if not is_ignored(path, seeds.built):
                _take_file(delivery, path, intake, seeds, given_way)
    return intake


def versions_that_gave_way(deliveries: Sequence[Delivery], seeds: Seeds) -> set[tuple[str, str]]:
    """(path, sha256) of the CSV versions that a later version of the same path continues: it begins with the same
    bytes and goes on (spec §1.6). A compressed file is compared unpacked; one that cannot be read
    whole continues nothing."""
    versions: dict[str, dict[str, bytes]] = {}
    for delivery in deliveries:
        for path, content in delivery.files.items():
            file_format = place_of(path, seeds.built).file_format or ""
            if file_format.startswith("csv") and _is_readable(path, content, seeds):
                versions.setdefault(path, {}).setdefault(_digest(content), unpack(content, file_format))
    return {
        (path, digest)
        for path, contents in versions.items()
        for place_in_time, (digest, content) in enumerate(contents.items())
        if any(
            len(later) > len(content) and later.startswith(content)
            for later in list(contents.values())[place_in_time + 1 :]
        )
    }


def _is_readable(path: str, content: bytes, seeds: Seeds) -> bool:
    place = place_of(path, seeds.built)
    if place.source is None or place.feed is None or place.file_format is None:
        return False
    try:
        read_lines(content, place.file_format, place.feed, path, seeds.aliases_of(place.source, place.feed))
    except Unreadable:
        return False
    return True


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _take_file(delivery: Delivery, path: str, intake: Intake, seeds: Seeds, given_way: set[tuple[str, str]]) -> None:
    """One file version: skipped if seen, else one row of the ledger."""
    content = delivery.files[path]
    digest = _digest(content)
    if (path, digest) in intake.seen:
        return
    intake.seen.add((path, digest))
    place = place_of(path, seeds.built)
    status, error, counts = "loaded", None, Counter[str]()
    if place.source is None or place.feed is None or place.file_format is None:
        status = "unknown_feed"
    else:
        arrival = Arrival(delivery, path, place.source, place.feed, (path, digest) in given_way)
        try:
            aliases = seeds.aliases_of(place.source, place.feed)
            lines = read_lines(content, place.file_format, place.feed, path, aliases)
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


def _take_line(line: Line, arrival: Arrival, intake: Intake, seeds: Seeds) -> str:
    """What a line is: blank, accepted, duplicates or rejected (the ledger's columns)."""
    if line.blank:
        return "blank"
    latest = arrival.delivery.ingested_at + FURTHEST_AHEAD
    context = Context(seeds, arrival.source, latest, intake.longest_id)
    gave_way = line.is_cut and arrival.gave_way
    try:
        refuse_line(line)
        assert line.record is not None
        if arrival.feed == "chat_transcripts":
            return _take_transcript(line, line.record, context, arrival, intake, gave_way)
        if arrival.feed in VENDOR_FEEDS:
            return take_vendor_line(line, line.record, context, arrival, intake, gave_way)
        typed = type_record(arrival.feed, line.record, context)
        if gave_way:
            return "accepted"  # it stays counted, and changes nothing any more
        kept = _keep(typed, line.number, arrival, intake)
    except Refused as refusal:
        reject(refusal, line.number, line.raw_text, arrival, intake)
        if arrival.feed in PERMISSION_FEEDS and line.record is not None and not gave_way:
            profile_id, channel = named_by_refused(arrival.feed, line.record, context)
            if profile_id is not None:
                note_permission(arrival, profile_id, channel, False, intake)
        return "rejected"
    if kept == "accepted":
        _note_accepted(typed, unknown_fields(arrival.feed, line.record, context), arrival, intake)
    return kept


def _note_accepted(typed: Row, fields: Sequence[str], arrival: Arrival, intake: Intake) -> None:
    """What an accepted line says besides its own row: unknown fields and words (spec §2.0.10 and §2.0.14), a say on
    who may be written to."""
    for name in fields:
        count = intake.unknown_fields.setdefault((arrival.source, arrival.feed, name), [0, arrival.path])
        count[0] += 1
    words = {name.removesuffix("_text"): text for name, text in typed.items() if name.endswith("_text") and text}
    note_words(arrival, words.items(), intake)
    if arrival.feed in PERMISSION_FEEDS:
        note_permission(arrival, typed["profile_id"], typed["channel"], True, intake)


def _keep(typed: Row, line_number: int, arrival: Arrival, intake: Intake) -> str:
    """Spec §2.1.1: accepted, or a duplicate of a line accepted before, or (immutable feeds) in conflict with one."""
    key = (arrival.feed, *(typed[name] for name in KEYS[arrival.feed]))
    before = intake.contents.setdefault(key, [])
    content = content_of(arrival.feed, typed)
    if content in before:
        return "duplicates"
    if before and arrival.feed in IMMUTABLE:
        raise Refused("conflicting_duplicate")
    before.append(content)
    intake.accepted[arrival.feed].append({**typed, **arrival.stamp(line_number)})
    return "accepted"


def _take_transcript(
    line: Line, record: dict[str, Any], context: Context, arrival: Arrival, intake: Intake, gave_way: bool
) -> str:
    """A transcript is accepted when it expanded; its refused records are in the rejects under its line."""
    transcript = expand(record, context)
    records: list[Row] = []
    refused: list[tuple[Refused, str]] = []
    for raw in transcript.records:
        try:
            typed_record = type_record("conversation_log", raw, context)
            records.append({**typed_record, "time_from_start": raw.get("time_from_start") is True})
        except Refused as refusal:
            given = {name: value for name, value in raw.items() if name != "time_from_start"}  # no member of a record
            refused.append((refusal, compact_json(given)))
    typed: Row = {
        "source": arrival.source,
        "conversation_id": transcript.transcript_id,
        "message_count": transcript.message_count,
        "records": records,
        "refused": [(refusal.reason, refusal.field_name, raw_text) for refusal, raw_text in refused],
    }
    intake.made += len(transcript.records)
    if gave_way:
        return "accepted"
    kept = _keep(typed, line.number, arrival, intake)
    if kept == "accepted":
        channels = {("channel", row["channel_text"]) for row in records if row["channel_text"]}
        note_words(arrival, {*transcript.unknown_words, *channels}, intake)
        for reason, raw_text in refused:
            reject(reason, line.number, raw_text, arrival, intake)
    return kept


def counted_records(intake: Intake) -> dict[str, list[Row]]:
    """Canonical feed -> the records that count, canonical and vendors' (spec §2.3.3)."""
    return together(intake.accepted, intake.objects)


def current_versions(rows: Sequence[Row], key: str, version: str) -> dict[tuple[str, str], Row]:
    """(source, key) -> the version that holds: the greatest `version`, then the last accepted (spec §2.0.5)."""
    current: dict[tuple[str, str], Row] = {}
    for row in rows:
        identity = (row["source"], row[key])
        if identity not in current or row[version] >= current[identity][version]:
            current[identity] = row
    return current


def holding_transcripts(rows: Sequence[Row]) -> list[Row]:
    """Of each (source, id) the version with most messages, then the last delivered (spec §2.0.5).

    Spec §2.0.5: one without an accepted record does not hold while another has accepted ones.
    """
    speaking = {(row["source"], row["conversation_id"]) for row in rows if row["records"]}
    heard = [row for row in rows if row["records"] or (row["source"], row["conversation_id"]) not in speaking]
    return list(current_versions(heard, "conversation_id", "message_count").values())


def conversation_records(intake: Intake, log: Sequence[Row]) -> list[Row]:
    """All records that are in conversations: the log's, vendors' among them, and those of the transcripts that hold
    (spec §2.2.1).

    Where both feeds have the same (source, conversation_id, record_id), the log's record holds.
    """
    records = [{**row, "time_from_start": False} for row in log]
    taken = {(row["source"], row["conversation_id"], row["record_id"]) for row in records}
    for transcript in holding_transcripts(intake.accepted["chat_transcripts"]):
        stamp = {name: transcript[name] for name in ("batch_id", "file_path", "line_number", "ingested_at")}
        for record in transcript["records"]:
            if (record["source"], record["conversation_id"], record["record_id"]) not in taken:
                records.append({**record, **stamp})
    return records
