"""gorgias_tickets (spec §2.3.15): public messages are parts; the agent's word is in the tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..values import is_absent
from .helpdesk import LOG, Conversation, author_profile, first_after, messages
from .instants import instant, utc_text
from .line import WHOLE_SEQUENCE, Fields, Part, Says, Surroundings, object_id, version_instant
from .members import as_list, as_object, as_text, first, has, id_text, listed, truth
from .people import profile
from .plain_text import plain_text
from .vocabulary import channel
from .words import vendor_word

VENDOR = "gorgias"
AGENT_TAGS = ("ai_processing", "ai_answered", "ai_snooze", "ai_close", "ai_handover")
AGENT_PREFIX = "ai_"
IGNORED = "ai_ignore"
CHANNELS = {"chat": "web_chat", "email": "email", "sms": "sms", "whatsapp": "whatsapp"}
HANDOVER_REASON = "handover_reason"


def expand(record: Fields, around: Surroundings) -> Says:
    """A ticket."""
    ticket_id = object_id(record.get("id"))
    version = version_instant(record.get("updated_datetime"), "updated_datetime")
    customer = as_object(record.get("customer"))
    conversation = Conversation(
        VENDOR,
        ticket_id,
        channel(record.get("channel"), CHANNELS, around),
        profile(around, customer.get("id"), email=customer.get("email"), external_id=customer.get("external_id")),
    )
    made = [_message(one, conversation, around) for one in listed(record.get("messages"), "data")]
    parts = tuple(part for part in made if part is not None)
    tags = _tags(record)
    is_tagged = any(vendor_word(tag) in AGENT_TAGS for tag in tags or [])
    spoke = any(part.is_ai for part in parts)
    return Says(
        ticket_id,
        (version,),
        parts,
        lambda parts: [(LOG, one) for one in _whole(record, tags or [], conversation, parts)],
        is_gone=truth(record.get("spam")) is True or has(record, "trashed_datetime"),
        shows_agent=True if is_tagged or spoke else None if tags is None else False,
    )


def _tags(record: Fields) -> list[str] | None:
    """The tags' names; None where the line does not give them."""
    if record.get("tags") is None:
        return None
    raw = [one.get("name") if isinstance(one, dict) else one for one in as_list(record["tags"])]
    return [str(as_text(one)) for one in raw if not is_absent(one)]


def _message(message: Fields, conversation: Conversation, around: Surroundings) -> Part | None:
    """A message; of an internal note (public false) the line lists it, and makes nothing."""
    message_id = id_text(message.get("id"))
    if message_id is None:
        return None
    sender = as_object(message.get("sender"))
    actor = _actor(message, sender, around)
    is_ai = actor == "agent"
    if truth(message.get("public")) is False:
        return Part(message_id, is_ai=is_ai)
    at = first(message, "sent_datetime", "created_datetime")
    own = conversation
    if actor == "customer":
        who = profile(around, sender.get("id"), email=sender.get("email"))
        own = Conversation(
            VENDOR, conversation.conversation_id, conversation.channel, author_profile(conversation.profile, who)
        )
    text = first(message, "stripped_text", "body_text")
    text = plain_text(first(message, "stripped_html", "body_html")) if text is None else text
    part = Part(message_id, (), utc_text(at), actor=actor)
    record = own.record(message_id, "message", instant(at), part.sequence, actor=actor, text=text)
    return Part(message_id, (record,), utc_text(at), actor=actor, is_ai=is_ai)


def _actor(message: Fields, sender: Fields, around: Surroundings) -> str:
    """`from_agent` false is the customer; else the AI by its id, e-mail or name; else a colleague (spec §2.3.15.3)."""
    if truth(message.get("from_agent")) is False:
        return "customer"
    names = [id_text(sender.get(name)) for name in ("id", "email", "name")]
    full = " ".join(str(sender[name]) for name in ("firstname", "lastname") if isinstance(sender.get(name), str))
    return "agent" if around.seeds.is_agent(VENDOR, *names, full or None) else "human"


def _whole(record: Fields, tags: Sequence[str], conversation: Conversation, parts: Sequence[Part]) -> list[Fields]:
    words = {vendor_word(tag) for tag in tags}
    updated, closed = instant(record.get("updated_datetime")), instant(record.get("closed_datetime"))
    made = []
    if "ai_handover" in words:
        at = _handover_at(parts) or updated
        reason = {"escalation_reason": _reason(record)}
        made.append(conversation.status("handover", "escalated", "agent", at, WHOLE_SEQUENCE, **reason))
    elif "ai_close" in words:
        last = messages(parts, "agent")[-1:]
        at = closed or (last[0].at if last else updated)
        made.append(conversation.status("resolved", "resolved", "agent", at, WHOLE_SEQUENCE))
    is_resolved = "ai_close" in words and "ai_handover" not in words
    status = record.get("status")
    if isinstance(status, str) and vendor_word(status) == "closed" and not is_resolved:
        made.append(conversation.status("closed", "closed", "human", closed or updated, WHOLE_SEQUENCE))
    others = [tag for tag in tags if not _is_agents(tag)]
    statuses = [(one["occurred_at"], one["sequence"]) for one in made]
    return conversation.tags(others, statuses, updated) + made


def _is_agents(tag: str) -> bool:
    """`ai_*`, whatever case; a known one written with a space or hyphen too."""
    return tag.strip().lower().startswith(AGENT_PREFIX) or vendor_word(tag) in (*AGENT_TAGS, IGNORED)


def _handover_at(parts: Sequence[Part]) -> str | None:
    """The first public human message after the last agent message, else the first after the start (spec §2.3.15.4)."""
    humans, spoken = messages(parts, "human"), messages(parts)
    last = messages(parts, "agent")[-1:]
    found = first_after(humans, last[0]) if last else None
    found = found or (first_after(humans, spoken[0]) if spoken else None)
    return found.at if found else None


def _reason(record: Fields) -> Any:
    """An element of custom_fields with a name or label like `handover reason`, its value (spec §2.3.15.4)."""
    raw = record.get("custom_fields")
    fields = as_list(raw) or list(as_object(raw).values())
    for one in fields:
        names = [name for key in ("name", "label") if isinstance(name := as_object(one).get(key), str)]
        if any(vendor_word(name) == HANDOVER_REASON for name in names):
            return as_text(as_object(one).get("value"))
    return None
