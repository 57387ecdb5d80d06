"""A vendor line is taken: accepted or a duplicate, its refused records, its words (spec §2.3.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..landing import Line
from ..model import Refused
from ..taken import PERMISSION_FEEDS, Arrival, Intake, note_permission, note_words, reject
from ..typed_records import Context, named_by_refused
from .heeded import heeded
from .line import Fields
from .taking import Origin, refusals, says, take, unknown_words


def take_vendor_line(
    line: Line, record: dict[str, Any], context: Context, arrival: Arrival, intake: Intake, gave_way: bool
) -> str:
    """Spec §2.3.2: accepted, records or not, or a duplicate of an accepted line of the same object."""
    try:
        said = says(record, arrival.feed, context)
    except Refused:
        for feed, fields in [] if gave_way else heeded(record, arrival.feed, context):
            _note_refused(
                feed, {name: raw for name, raw in fields.items() if raw is not None}, context, arrival, intake
            )
        raise
    if gave_way or said.object_id is None:
        return "accepted"
    intake.vendor_lines += 1
    before = intake.objects.setdefault((arrival.source, arrival.feed, said.object_id), [])
    stamp = arrival.stamp(line.number)
    ingested_at = before[0].origin.stamp["ingested_at"] if before else arrival.delivery.ingested_at
    origin = Origin(arrival.source, arrival.feed, intake.vendor_lines, stamp, context, ingested_at)
    taken = take(said, origin)
    intake.made += len(taken.records)
    if any(taken.content == one.content for one in before):
        return "duplicates"
    before.append(taken)
    for refusal, raw_text in refusals(taken):
        reject(refusal, line.number, raw_text, arrival, intake)
    note_words(arrival, unknown_words(taken), intake)
    permissions = [one for one in taken.records if one.feed in PERMISSION_FEEDS]
    for one in sorted(permissions, key=lambda one: one.row is None):  # none of them is later than another
        if one.row is not None:
            made = replace(arrival, feed=one.feed)
            note_permission(made, one.row["profile_id"], one.row["channel"], True, intake)
        else:
            _note_refused(one.feed, one.fields, context, arrival, intake)
    return "accepted"


def _note_refused(feed: str, fields: Fields, context: Context, arrival: Arrival, intake: Intake) -> None:
    """A refused record of consents or suppressions blocks the people that it names."""
    if feed in PERMISSION_FEEDS:
        profile_id, channel = named_by_refused(feed, fields, context)
        if profile_id is not None:
            note_permission(replace(arrival, feed=feed), profile_id, channel, False, intake)
