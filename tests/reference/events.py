"""The four event tables and the activity feed (spec §3.6 to §3.10)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from .carried import carried
from .conversations import Conversation, is_customer_message, is_escalation, is_recommendation, is_resolution
from .jsontext import Number, compact_json
from .model import EVENT_TABLES, Row
from .seeds import Seeds
from .words import normal_word

COMMON_COLUMNS = (
    "event_id",
    "source",
    "conversation_id",
    "profile_id",
    "channel",
    "occurred_at",
    "record_id",
    "ingested_at",
)
CATEGORIES = ("lack_of_knowledge", "shopper_requested", "escalation_rule", "unintelligible_input", "billing")
OTHER_CATEGORY = "other"


def event_id(table: str, *parts: str) -> str:
    """md5 of table name, source, conversation_id and record_id, each as `<number of code points>:<text>`."""
    text = "".join(f"{len(part)}:{part}" for part in (table, *parts))
    return hashlib.md5(text.encode("utf-8")).hexdigest()


def escalation_category(reason: str | None, seeds: Seeds) -> str | None:
    """The first pattern by position that occurs in the reason, then a category's own name, else other."""
    if reason is None:
        return None
    words = normal_word(reason)
    for pattern, category in seeds.categories:
        if normal_word(pattern) and normal_word(pattern) in words:
            return category
    return next((category for category in CATEGORIES if category in words), OTHER_CATEGORY)


def _event(table: str, conversation: Conversation, place: int, own: Row) -> Row:
    """An event at the record of this place: the common columns, then its own."""
    record = conversation.records[place]
    identity = [conversation.source, conversation.conversation_id]
    if table != "conversation_started":
        identity.append(record["record_id"])
    return {
        "event_id": event_id(table, *identity),
        "source": conversation.source,
        "conversation_id": conversation.conversation_id,
        "profile_id": conversation.profile_id,
        "channel": conversation.channels[place],
        "occurred_at": record["occurred_at"],
        "record_id": record["record_id"],
        "ingested_at": record["ingested_at"],
        **own,
    }


def start_of(conversation: Conversation) -> int | None:
    """Place of the first message by the customer, None if there is none."""
    places = (place for place, record in enumerate(conversation.records) if is_customer_message(record))
    return next(places, None)


def _both_from_start(conversation: Conversation, start: int, place: int) -> bool:
    """Spec §3.6: resolution_seconds is null if both instants are the transcript's start_time."""
    return all(conversation.records[at]["time_from_start"] for at in (start, place))


def _carried_skills(conversation: Conversation) -> list[str | None]:
    """The skill at each record, as its conversation's events carry it (spec §3.2)."""
    states = zip(conversation.records, conversation.states_before, strict=True)
    events = (start_of(conversation) is not None) + sum(
        is_recommendation(record) or is_resolution(record, state) or is_escalation(record, state)
        for record, state in states
    )
    return [carried(skill, max(events, 1)) for skill in conversation.skills]


def conversation_events(conversation: Conversation, seeds: Seeds) -> dict[str, list[Row]]:
    """The events of one conversation by table, in record order; none for a preview."""
    events: dict[str, list[Row]] = {table: [] for table in EVENT_TABLES}
    if conversation.is_preview:
        return events
    start = start_of(conversation)
    skills = _carried_skills(conversation)
    if start is not None:
        own: Row = {
            "initial_skill": next((skill for skill in conversation.skills if skill), None),
            "first_message": conversation.records[start]["text"],
        }
        events["conversation_started"].append(_event("conversation_started", conversation, start, own))
    for place, record in enumerate(conversation.records):
        skill, tags, state = skills[place], conversation.tags[place], conversation.states_before[place]
        if is_recommendation(record):
            own = {
                "products": record["products"],
                "product_count": len(record["products"]),
                "layout": record["layout"],
                "skill": skill,
            }
            table = "product_recommendation_received"
            events[table].append(_event(table, conversation, place, own))
        if is_resolution(record, state):
            since = None
            if start is not None and start < place and not _both_from_start(conversation, start, place):
                since = (record["occurred_at"] - conversation.records[start]["occurred_at"]).total_seconds()
            own = {"final_skill": skill, "tags": tags, "resolution_seconds": since}
            table = "conversation_resolved"
            events[table].append(_event(table, conversation, place, own))
        if is_escalation(record, state):
            own = {
                "escalation_reason": record["escalation_reason"],
                "escalation_category": escalation_category(record["escalation_reason"], seeds),
                "skill": skill,
                "tags": tags,
            }
            table = "conversation_escalated"
            events[table].append(_event(table, conversation, place, own))
    return events


def build_events(conversations: Sequence[Conversation], seeds: Seeds) -> dict[str, list[Row]]:
    """Table name -> events of all conversations, by event_id."""
    tables: dict[str, list[Row]] = {table: [] for table in EVENT_TABLES}
    for conversation in conversations:
        for table, events in conversation_events(conversation, seeds).items():
            tables[table].extend(events)
    for events in tables.values():
        events.sort(key=lambda event: event["event_id"])
    return tables


def activity_feed(tables: dict[str, list[Row]]) -> list[Row]:
    """The view over the four: event_name, the common columns, properties (JSON text of the own columns)."""
    feed = []
    for table in EVENT_TABLES:
        for event in tables[table]:
            own = {name: value for name, value in event.items() if name not in COMMON_COLUMNS}
            common = {name: event[name] for name in COMMON_COLUMNS}
            feed.append({"event_name": table, **common, "properties": _json_text(own)})
    return feed


def _json_text(own: Row) -> str:
    as_json = {name: Number(repr(value)) if isinstance(value, float) else value for name, value in own.items()}
    return compact_json(as_json)
