"""Conversations: accepted records in their order, and what holds at each of them (spec §3.1 and §3.2).

Lives here: order, skill, channel, tags, state before a status record, profile. The event tables are in `events`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .carried import room_for_tags
from .identity import Identity
from .model import Row
from .seeds import Seeds

UNKNOWN_CHANNEL = "unknown"
FINAL_STATES = ("resolved", "closed")
MOST_TAGS = 100  # spec §3.2: distinct tags of a conversation


@dataclass
class Conversation:
    """One conversation; the lists run along `records`.

    Attributes:
        skills, channels, tags: at each record. states_before: for status records, None for others.
    """

    source: str
    conversation_id: str
    records: list[Row]
    is_preview: bool
    profile_id: str | None
    skills: list[str | None] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    tags: list[list[str]] = field(default_factory=list)
    states_before: list[str | None] = field(default_factory=list)
    end_state: str = "open"


def record_order(record: Row) -> tuple[object, ...]:
    """(occurred_at, sequence, length of record_id, record_id)."""
    return (record["occurred_at"], record["sequence"], len(record["record_id"]), record["record_id"])


def is_customer_message(record: Row) -> bool:
    """A message whose actor is the customer."""
    return record["record_type"] == "message" and record["actor"] == "customer"


def is_recommendation(record: Row) -> bool:
    """A record that makes a product_recommendation_received: actor agent or absent."""
    return record["record_type"] == "products_recommended" and record["actor"] in ("agent", None)


def is_resolution(record: Row, state_before: str | None) -> bool:
    """status_changed to resolved, unless by a human, or resolved already, or escalated and not by the agent."""
    if record["record_type"] != "status_changed" or record["status"] != "resolved":
        return False
    if record["actor"] == "human" or state_before == "resolved":
        return False
    return state_before != "escalated" or record["actor"] == "agent"


def is_escalation(record: Row, state_before: str | None) -> bool:
    """status_changed to escalated, unless escalated already."""
    is_status = record["record_type"] == "status_changed"
    return is_status and record["status"] == "escalated" and state_before != "escalated"


def build_conversations(records: Sequence[Row], identity: Identity, seeds: Seeds) -> list[Conversation]:
    """All conversations, by source and conversation_id."""
    grouped: dict[tuple[str, str], list[Row]] = {}
    for record in records:
        grouped.setdefault((record["source"], record["conversation_id"]), []).append(record)
    conversations = []
    for (source, conversation_id), members in sorted(grouped.items()):
        ordered = sorted(members, key=record_order)
        conversation = Conversation(
            source,
            conversation_id,
            ordered,
            is_preview=any(record["mode"] == "preview" for record in ordered),
            profile_id=identity.resolve(source, [record["profile"] for record in ordered]),
        )
        _walk_skills(conversation)
        _walk_channels(conversation, seeds.default_channel(source) or UNKNOWN_CHANNEL)
        _walk_states(conversation)
        _walk_tags(conversation)
        conversations.append(conversation)
    return conversations


def _walk_skills(conversation: Conversation) -> None:
    """Skill at a record: its own, else the latest before."""
    skill: str | None = None
    for record in conversation.records:
        skill = record["skill"] or skill
        conversation.skills.append(skill)


def _walk_tags(conversation: Conversation) -> None:
    """Tags at a record: sorted distinct trimmed, up to and with it.

    Spec §3.2: at most 100 distinct tags, the first in the order, within a record by code point, of those for which there
    is room.
    """
    events = sum(
        is_resolution(record, state) or is_escalation(record, state)
        for record, state in zip(conversation.records, conversation.states_before, strict=True)
    )
    room = room_for_tags(events)
    tags: set[str] = set()
    others: set[str] = set()  # that came after those that fill the room
    for record in conversation.records:
        for tag in sorted({tag.strip() for tag in record["tags"]} - tags):
            if len(tag) > room:
                continue
            is_kept = not others and len(tags) < MOST_TAGS and sum(map(len, tags)) + len(tag) <= room
            (tags if is_kept else others).add(tag)
        conversation.tags.append(sorted(tags))


def _known_channel(record: Row) -> str | None:
    return None if record["channel"] == UNKNOWN_CHANNEL else record["channel"]


def _walk_channels(conversation: Conversation, without_any: str) -> None:
    """Channel at a record: its own known one, else the latest known before, else the first after, else unknown,
    or the source's default channel in its place (spec §1.2)."""
    channel = next((known for known in map(_known_channel, conversation.records) if known), without_any)
    for record in conversation.records:
        channel = _known_channel(record) or channel
        conversation.channels.append(channel)


def _walk_states(conversation: Conversation) -> None:
    """State before a status record: the previous status, but open again after a customer message (spec §3.2)."""
    state = "open"
    for record in conversation.records:
        is_status = record["record_type"] == "status_changed"
        conversation.states_before.append(state if is_status else None)
        if is_status:
            state = record["status"]
        elif is_customer_message(record) and state in FINAL_STATES:
            state = "open"
    conversation.end_state = state
