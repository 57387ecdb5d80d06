"""zendesk_tickets and zendesk_users (spec §2.3.17): a ticket as a whole, users."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..values import is_absent
from .helpdesk import LOG, Conversation, first_after, messages
from .instants import instant
from .line import WHOLE_SEQUENCE, Fields, Part, Says, Surroundings, object_id, version_instant
from .members import as_list, as_object, at, first, id_text, number, truth
from .people import email, profile
from .vocabulary import channel
from .words import vendor_word
from .zendesk_parts import COMMENTS, CONVERSATION_LOG, VENDOR, Ticket, parts_of

CHANNELS = {
    "web": "web_chat",
    "native_messaging": "web_chat",
    "chat": "web_chat",
    "email": "email",
    "sms": "sms",
    "whatsapp": "whatsapp",
}
DONE = ("solved", "closed")


def expand(record: Fields, around: Surroundings) -> Says:
    """A ticket with its conversation_log, comments and audits next to its fields."""
    ticket_id = object_id(record.get("id"))
    updated = version_instant(record.get("updated_at"), "updated_at")
    requester = as_object(record.get("requester"))
    requester_id = first({"a": record.get("requester_id"), "b": requester.get("id")}, "a", "b")
    keys = {"phone_number": requester.get("phone"), "external_id": requester.get("external_id")}
    conversation = Conversation(
        VENDOR,
        ticket_id,
        channel(at(record, "via", "channel"), CHANNELS, around),
        profile(around, requester_id, email=requester.get("email"), **keys),
    )
    unknown: set[tuple[str, str]] = set()
    parts = parts_of(record, Ticket(conversation, id_text(requester_id), around, unknown))
    spoke = any(part.is_ai for part in parts)
    can_tell = not is_absent(record.get(CONVERSATION_LOG)) or not is_absent(record.get(COMMENTS))
    status = record.get("status")
    word = vendor_word(status) if isinstance(status, str) else ""
    return Says(
        ticket_id,
        (updated, _generated(record)),
        tuple(parts),
        lambda parts: [(LOG, one) for one in _whole(record, word, conversation, parts)],
        is_gone=word == "deleted",
        shows_agent=True if spoke else False if can_tell else None,
        unknown_words=frozenset(unknown),
    )


def _generated(record: Fields) -> str:
    """generated_timestamp (epoch seconds) decides only between versions of the same updated_at (spec §2.3.9)."""
    seconds = number(record.get("generated_timestamp"))
    return "" if seconds is None else f"{seconds:024f}"


def _whole(record: Fields, status: str, conversation: Conversation, parts: Sequence[Part]) -> list[Fields]:
    updated = instant(record.get("updated_at"))
    made = []
    handover = _handover_at(parts)
    if handover is not None:
        made.append(conversation.status("handover", "escalated", "agent", handover, WHOLE_SEQUENCE))
    if is_absent(record.get("audits")) and status in DONE:  # spec §2.3.17.2
        last = messages(parts)[-1:]
        actor = "human" if messages(parts, "human") else "agent"
        moment = last[0].at if last else updated
        made.append(conversation.status("status", "resolved", actor, moment, WHOLE_SEQUENCE))
    statuses = [(one["occurred_at"], one["sequence"]) for one in made]
    statuses += [(part.at, part.sequence) for part in parts if part.status in ("resolved", "closed")]
    tags = [tag for tag in as_list(record.get("tags")) if not is_absent(tag)]
    return conversation.tags(tags, statuses, updated) + made


def _handover_at(parts: Sequence[Part]) -> str | None:
    """An assignment after a bot message, a transfer between departments, or a human message after a bot one:
    whichever is first."""
    spoken = messages(parts, "agent")[:1]
    after = first_after([one for one in parts if one.assigns or one.actor == "human"], spoken[0]) if spoken else None
    transfers = [one for one in parts if one.transfers]
    found = sorted([one for one in (after, *transfers) if one is not None], key=lambda part: part.order)
    return found[0].at if found else None


def expand_user(record: Fields, around: Surroundings) -> Says:
    """An end user is a profile; merged and deleted ones (`active: false`) are nothing."""
    user_id = object_id(record.get("id"))
    version = version_instant(record.get("updated_at"), "updated_at")
    role: Any = record.get("role")
    is_end_user = isinstance(role, str) and vendor_word(role) == "end_user" and truth(record.get("active")) is not False
    person = {
        "profile_id": user_id,
        "updated_at": instant(record.get("updated_at")),
        "email": email(record.get("email")),
        "phone_number": record.get("phone"),
        "external_id": record.get("external_id"),
    }
    records = [("profiles", person)] if is_end_user and around.has_people else []
    return Says(user_id, (version,), whole=lambda parts: records)
