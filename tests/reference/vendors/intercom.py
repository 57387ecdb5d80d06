"""intercom_conversations (spec §2.3.16.2): source and conversation parts, Fin's resolution of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..values import is_absent
from .helpdesk import LOG, Conversation, author_profile, first_after, messages
from .instants import instant, utc_text
from .line import (
    MESSAGE_SEQUENCE,
    STATUS_SEQUENCE,
    TAGS_SEQUENCE,
    WHOLE_SEQUENCE,
    Fields,
    Part,
    Says,
    Surroundings,
    object_id,
    version_instant,
)
from .members import as_object, at, first, has, id_text, listed, truth
from .people import profile
from .plain_text import plain_text
from .vocabulary import channel, known_word
from .words import vendor_word

VENDOR = "intercom"
AUTHORS = {
    "user": "customer",
    "lead": "customer",
    "contact": "customer",
    "bot": "agent",
    "admin": "human",
    "team": "human",
}
STATES = {
    "escalated": "escalated",
    "procedure_handoff": "escalated",
    "routed_to_team": "escalated",
    "assumed_resolution": "resolved",
    "confirmed_resolution": "resolved",
    "negative_feedback": "",
    "abandoned": "",
}
CHANNELS = {"conversation": "web_chat", "messenger": "web_chat", "email": "email", "sms": "sms", "whatsapp": "whatsapp"}
PREVIEWS = ("fin_preview", "workflow_preview")
Unknown = set[tuple[str, str]]


def expand(record: Fields, around: Surroundings) -> Says:
    """A conversation, or a line of the deleted list; an event about something else makes nothing (spec §2.3.16.2)."""
    kind = record.get("type")
    if isinstance(kind, str) and vendor_word(kind) not in ("", "conversation"):
        own = id_text(record.get("id"))
        return Says(None if own is None else f"{vendor_word(kind)}:{own}", shows_agent=None)
    conversation_id = object_id(record.get("id"))
    if has(record, "deleted_at"):
        version = version_instant(record["deleted_at"], "deleted_at", in_seconds=True)
        return Says(conversation_id, (version,), is_gone=True, shows_agent=None)
    version = version_instant(record.get("updated_at"), "updated_at", in_seconds=True)
    unknown: Unknown = set()
    conversation = _conversation(record, conversation_id, around)
    parts = _parts(record, conversation, around, unknown)
    took_part = truth(record.get("ai_agent_participated"))
    spoke = any(part.is_ai for part in parts)
    state = known_word(at(record, "ai_agent", "resolution_state"), "resolution_state", STATES, around, unknown)
    return Says(
        conversation_id,
        (version,),
        tuple(parts),
        lambda parts: [(LOG, one) for one in _whole(record, state, version or None, conversation, parts)],
        shows_agent=True if took_part or spoke else took_part,
        unknown_words=frozenset(unknown),
    )


def _conversation(record: Fields, conversation_id: str, around: Surroundings) -> Conversation:
    """What stands on every record of the line (spec §2.3.16.2): the first contact alone, the source's author if a customer."""
    source = as_object(record.get("source"))
    contact = next(iter(listed(record.get("contacts"), "contacts", "data")), {})
    author = as_object(source.get("author"))
    is_customer = known_word(author.get("type"), "author_type", AUTHORS, around, set()) == "customer"
    given = first({"a": at(record, "channel", "current"), "b": source.get("type")}, "a", "b")
    preview = at(record, "ai_agent", "source_type")
    is_preview = isinstance(preview, str) and vendor_word(preview) in PREVIEWS
    who = profile(
        around,
        contact.get("id"),
        external_id=contact.get("external_id"),
        email=author.get("email") if is_customer else None,
    )
    mode = "preview" if is_preview else None
    return Conversation(VENDOR, conversation_id, channel(given, CHANNELS, around), who, mode)


def _parts(record: Fields, conversation: Conversation, around: Surroundings, unknown: Unknown) -> list[Part]:
    parts = []
    source = as_object(record.get("source"))
    source_id = id_text(source.get("id"))
    if source_id is not None:
        parts.append(_part(f"source:{source_id}", source, record.get("created_at"), 0, conversation, around, unknown))
    for one in listed(record.get("conversation_parts"), "conversation_parts", "data"):
        part_id = id_text(one.get("id"))
        if part_id is not None:
            created = one.get("created_at")
            parts.append(_part(part_id, one, created, MESSAGE_SEQUENCE, conversation, around, unknown))
    return parts


def _part(
    part_id: str,
    given: Fields,
    created: Any,
    sequence: int,
    conversation: Conversation,
    around: Surroundings,
    unknown: Unknown,
) -> Part:
    """The source (sequence 0) or a conversation part: its message, its status."""
    author = as_object(given.get("author"))
    is_ai = sequence > 0 and truth(author.get("from_ai_agent")) is True
    actor = "agent" if is_ai else known_word(author.get("type"), "author_type", AUTHORS, around, unknown)
    kind = vendor_word(given["part_type"]) if isinstance(given.get("part_type"), str) else ""
    own = conversation
    if actor == "customer":
        who = profile(around, author.get("id"), email=author.get("email"))
        own = replace(conversation, profile=author_profile(conversation.profile, who))
    moment = instant(created, in_seconds=True)
    has_message = not is_absent(given.get("body")) and "note" not in kind and actor is not None
    if truth(given.get("redacted")):
        has_message = False
    records = []
    if has_message:
        text = plain_text(given["body"])
        records.append(own.record(part_id, "message", moment, sequence, actor=actor, text=text))
    status = "closed" if "close" in kind else "open" if kind == "open" or "reopen" in kind else None
    if status is not None:
        records.append(own.status(f"{part_id}:status", status, actor or "", moment, STATUS_SEQUENCE))
    return Part(
        part_id,
        tuple(records),
        utc_text(created, in_seconds=True),
        sequence,
        actor if has_message else None,
        status,
        is_ai,
        assigns="assign" in kind and not is_absent(given.get("assigned_to")),
    )


def _whole(
    record: Fields, state: str | None, updated: Any, conversation: Conversation, parts: Sequence[Part]
) -> list[Fields]:
    made = []
    if state == "escalated":
        reason = at(record, "ai_agent", "resolution_state")
        moment = _handover_at(parts) or updated
        made.append(conversation.status("fin", "escalated", "agent", moment, WHOLE_SEQUENCE, escalation_reason=reason))
    if state == "resolved":
        last = messages(parts, "customer", "agent")[-1:]  # spec §2.3.16.2
        moment = last[0].at if last else updated
        made.append(conversation.status("fin", "resolved", "agent", moment, WHOLE_SEQUENCE))
    for tag in listed(record.get("tags"), "tags", "data"):
        tag_id = id_text(tag.get("id"))
        if tag_id is not None:
            applied = instant(tag.get("applied_at"), in_seconds=True) or updated
            name = tag.get("name")
            made.append(conversation.record(f"tag:{tag_id}", "tags_applied", applied, TAGS_SEQUENCE, tags=[name]))
    return made


def _handover_at(parts: Sequence[Part]) -> str | None:
    """The first part after the last AI part (spec §2.3.16.2) that assigns or is a human message."""
    last = [part for part in parts if part.is_ai][-1:]
    found = first_after([one for one in parts if one.assigns or one.actor == "human"], last[0]) if last else None
    return found.at if found else None
