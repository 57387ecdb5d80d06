"""What performance.conversations says beyond the log's own counts (spec §7): when, how soon answered, and who answered; and
whether the shopper came back.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from .conversations import Conversation, is_customer_message
from .facts import Facts
from .model import Row

RECONTACT = timedelta(hours=72)


def local_start(source: str, started_at: datetime | None, facts: Facts) -> Row:
    """started_local_date, started_local_hour (0 to 23) and started_weekday (1 Monday to 7 Sunday)."""
    if started_at is None:
        return dict.fromkeys(("started_local_date", "started_local_hour", "started_weekday"))
    local = started_at.astimezone(facts.seeds.zone(source))
    return {
        "started_local_date": local.date(),
        "started_local_hour": local.hour,
        "started_weekday": local.isoweekday(),
    }


def first_responses(conversation: Conversation, started: Row, escalated: Row) -> Row:
    """Seconds from the started event to the agent's first message later in the order, and from the first escalated
    event to the first human one; null where both instants are no more than a transcript's start_time."""
    found: Row = {"first_response_seconds": None, "first_human_response_seconds": None}
    for column, event, actor in [
        ("first_response_seconds", started, "agent"),
        ("first_human_response_seconds", escalated, "human"),
    ]:
        if not event:
            continue
        asked = next(
            place
            for place, record in enumerate(conversation.records)
            if (record["record_id"] == event["record_id"] if actor == "human" else is_customer_message(record))
        )
        question = conversation.records[asked]
        for record in conversation.records[asked + 1 :]:
            if record["record_type"] == "message" and record["actor"] == actor:
                if not (question.get("time_from_start") and record.get("time_from_start")):
                    found[column] = (record["occurred_at"] - question["occurred_at"]).total_seconds()
                break
    return found


def handled_by(conversation: Conversation) -> str | None:
    """agent, human, both or nobody, by whose messages there are; null for previews."""
    actors = {record["actor"] for record in conversation.records if record["record_type"] == "message"}
    if conversation.is_preview:
        return None
    if {"agent", "human"} <= actors:
        return "both"
    return next((actor for actor in ("agent", "human") if actor in actors), "nobody")


def recontact(row: Row, rows: list[Row], facts: Facts) -> Row:
    """recontacted_at and resolution_stood of one row, by the started_at of all others."""
    if row["outcome"] != "resolved" or row["profile_id"] is None:
        return {"recontacted_at": None, "resolution_stood": None}
    end = row["resolved_at"] + RECONTACT
    again = [
        other["started_at"]
        for other in rows
        if other is not row
        and (other["source"], other["profile_id"]) == (row["source"], row["profile_id"])
        and other["started_at"] is not None
        and row["resolved_at"] < other["started_at"] <= end
    ]
    stood = False if again else True if facts.as_of >= end else None
    return {"recontacted_at": min(again, default=None), "resolution_stood": stood}
