"""klaviyo_agent_conversations (spec §2.3.12.6), one line a conversation with its `messages`."""

from __future__ import annotations

from typing import Any

from ..values import is_absent
from .instants import instant, utc_text
from .line import MESSAGE_SEQUENCE, WHOLE_SEQUENCE, Fields, Part, Says, Surroundings, object_id, version_instant
from .members import as_object, first, id_text, listed
from .people import profile
from .vocabulary import known_word
from .words import vendor_word

STATUSES = {"resolved_by_ai": "resolved", "routed_to_team": "escalated", "closed": "closed", "open": None}
MODES = {"live": "live", "preview": "preview", "test": "preview"}
ROLES = {"user": "customer", "agent": "agent"}


def expand(record: Fields, around: Surroundings) -> Says:
    """A conversation: its messages are parts, its status is of the whole."""
    conversation_id = object_id(record.get("id"))
    attributes = as_object(record.get("attributes"))
    unknown: set[tuple[str, str]] = set()
    shared = _shared(attributes, conversation_id, around, unknown)
    version = version_instant(attributes.get("updated_at"), "updated_at")
    messages = first({**record, **attributes}, "messages")
    parts = [_message(one, shared, around, unknown) for one in listed(messages, "data", "messages")]
    whole = _status(attributes.get("status"), shared, version, around, unknown)
    return Says(
        conversation_id,
        (version,),
        tuple(part for part in parts if part is not None),
        lambda parts: whole,
        unknown_words=frozenset(unknown),
    )


def _shared(attributes: Fields, conversation_id: str, around: Surroundings, unknown: set[tuple[str, str]]) -> Fields:
    """What each record of the conversation has: from revision 2026-10-15 on channel, mode and person, too."""
    customer = as_object(attributes.get("customer"))
    who = profile(
        around, customer.get("profile_id"), email=customer.get("email"), phone_number=customer.get("phone_number")
    )
    mode = _mode(attributes.get("mode"), around, unknown)
    own = {"channel": attributes.get("channel"), "mode": mode, "profile": who}
    return {
        "conversation_id": conversation_id,
        **{name: value for name, value in own.items() if not is_absent(value)},
    }


def _mode(raw: Any, around: Surroundings, unknown: set[tuple[str, str]]) -> str | None:
    """An unknown mode takes no record away: it is none, or a preview where a word of it says so."""
    known = known_word(raw, "mode", MODES, around, unknown)
    if known is None and isinstance(raw, str):
        own_words = vendor_word(raw).split("_")
        return "preview" if "preview" in own_words or "test" in own_words else None
    return known


def _message(message: Fields, shared: Fields, around: Surroundings, unknown: set[tuple[str, str]]) -> Part | None:
    message_id = id_text(message.get("id"))
    if message_id is None:
        return None
    attributes = {**message, **as_object(message.get("attributes"))}
    actor = known_word(attributes.get("role"), "role", ROLES, around, unknown)
    created = attributes.get("created_at")
    record = {
        **shared,
        "record_id": f"klaviyo:{shared['conversation_id']}:{message_id}",
        "occurred_at": instant(created),
        "record_type": "message",
        "actor": actor,
        "text": attributes.get("content"),
        "sequence": MESSAGE_SEQUENCE,
    }
    return Part(message_id, (record,) if actor else (), utc_text(created), actor=actor)


def _status(
    raw: Any, shared: Fields, updated: str, around: Surroundings, unknown: set[tuple[str, str]]
) -> list[tuple[str, Fields]]:
    """The last status alone is known, at the conversation's last change."""
    status = known_word(raw, "status", STATUSES, around, unknown)
    if status in (None, "open"):
        return []
    record = {
        **shared,
        "record_id": "klaviyo:status",
        "occurred_at": updated or None,
        "record_type": "status_changed",
        "actor": "agent",
        "status": status,
        "sequence": WHOLE_SEQUENCE,
    }
    return [("conversation_log", record)]
