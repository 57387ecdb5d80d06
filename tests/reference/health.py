"""Schema health: is the agent heard of, and if not, why (spec §4.18); fields and words that nobody knows
(spec §2.0.10 and §2.0.14)."""

from __future__ import annotations

from datetime import timedelta

from .facts import LOG_FEEDS, Facts, in_last, up_to
from .model import EVENT_TABLES, Row

LAST_24_HOURS = timedelta(hours=24)
LAST_7_DAYS = timedelta(days=7)


def _missing_because(source: str, facts: Facts) -> str:
    """Why an event of this source never happened, as a code: the first cause that holds."""
    logs = [row for row in facts.intake.ledger if row["source"] == source and row["feed"] in LOG_FEEDS]
    if sum(row["lines"] - row["blank"] for row in logs) == 0:
        return "unreadable" if any(row["status"] == "failed" for row in logs) else "no_log"
    conversations = [one for one in facts.conversations if one.source == source]
    if not conversations:
        if not any(row["accepted"] for row in logs):
            return "all_rejected"
        expanded = LOG_FEEDS[1:]  # whose records are checked by themselves, under their line
        refused = sum(row["source"] == source and row["feed"] in expanded for row in facts.intake.rejected)
        whole = sum(row["rejected"] for row in logs if row["feed"] in expanded)
        return "records_refused" if refused > whole else "no_records"
    if all(one.is_preview for one in conversations):
        return "only_previews"
    started = up_to(facts.events["conversation_started"], "occurred_at", facts.as_of)
    if not any(event["source"] == source for event in started):
        return "no_customer_start"
    return "none_of_this_event"


def event_metrics(facts: Facts) -> list[Row]:
    """health.event_metrics: four rows for every landed source; `diagnosis` is a code, not the sentence."""
    rows = []
    for source in facts.landed:
        for table in EVENT_TABLES:
            own = [event for event in facts.events[table] if event["source"] == source]
            moments = sorted(event["occurred_at"] for event in up_to(own, "occurred_at", facts.as_of))
            if not moments:
                status, diagnosis = "no_events", _missing_because(source, facts)
            elif in_last(moments[-1], facts.as_of, LAST_24_HOURS):
                status, diagnosis = "flowing", "flowing"
            else:
                status, diagnosis = "stale", "stale"
            rows.append(
                {
                    "source": source,
                    "event_name": table,
                    "events": len(moments),
                    "events_last_24h": sum(1 for one in moments if in_last(one, facts.as_of, LAST_24_HOURS)),
                    "events_last_7d": sum(1 for one in moments if in_last(one, facts.as_of, LAST_7_DAYS)),
                    "first_at": moments[0] if moments else None,
                    "last_at": moments[-1] if moments else None,
                    "status": status,
                    "diagnosis": diagnosis,
                    "as_of": facts.as_of,
                }
            )
    return rows


def unknown_fields(facts: Facts) -> list[Row]:
    """health.unknown_fields: `nearest` is free, and left out."""
    return [
        {"source": source, "feed": feed, "field": name, "lines": lines, "first_file_path": path}
        for (source, feed, name), (lines, path) in sorted(facts.intake.unknown_fields.items())
    ]


def unknown_words(facts: Facts) -> list[Row]:
    """health.unknown_words (spec §2.0.14): a word counts the accepted lines that have it."""
    return [
        {"source": source, "feed": feed, "field": name, "word": word, "lines": lines}
        for (source, feed, name, word), lines in sorted(facts.intake.unknown_words.items())
    ]
