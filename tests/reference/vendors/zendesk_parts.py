"""The parts of a Zendesk ticket: events of its conversation log, comments, audit entries (spec §2.3.17.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..values import is_absent
from .helpdesk import Conversation, author_profile, messages
from .instants import instant, utc_text
from .line import STATUS_SEQUENCE, Fields, Part, Surroundings
from .members import as_object, at, first, id_text, listed, objects, truth
from .people import profile
from .plain_text import plain_text
from .vocabulary import known_word
from .words import vendor_word

VENDOR = "zendesk"
CONVERSATION_LOG, COMMENTS, AUDITS = "conversation_log", "comments", "audits"
AUTHORS = {"user": "customer", "bot": "agent", "agent": "human"}
STATUSES = {
    "new": "open",
    "open": "open",
    "pending": "open",
    "hold": "open",
    "solved": "resolved",
    "closed": "closed",
    "deleted": "",
}
SYSTEM = "-1"  # the author of triggers and automations
TRANSFER = "chatdepartmenttransfer"
ASSIGNMENTS = ("assignee_id", "group_id")


@dataclass(frozen=True)
class Ticket:
    """What the parts of a line share; `unknown` collects words that nobody knows."""

    conversation: Conversation
    requester_id: str | None
    around: Surroundings
    unknown: set[tuple[str, str]]

    def is_agent(self, *names: Any) -> bool:
        """Whether one of these names the AI's own user."""
        return self.around.seeds.is_agent(VENDOR, *(id_text(name) for name in names))

    def message(self, part_id: str, actor: str, author: Fields, created: Any, text: Any) -> Fields:
        """A message; a customer's has its author's own e-mail and id."""
        own = self.conversation
        if actor == "customer":
            who = profile(self.around, author.get("id"), email=author.get("email"))
            own = replace(own, profile=author_profile(own.profile, who))
        return own.record(part_id, "message", instant(created), Part(part_id).sequence, actor=actor, text=text)


def parts_of(record: Fields, ticket: Ticket) -> list[Part]:
    """All parts that a line lists; comments only where it has no conversation_log."""
    parts = [_event(one, ticket) for one in listed(record.get(CONVERSATION_LOG), "events", CONVERSATION_LOG)]
    if is_absent(record.get(CONVERSATION_LOG)):
        parts += [_comment(one, ticket) for one in listed(record.get(COMMENTS), COMMENTS)]
    found = [part for part in parts if part is not None]
    for audit in listed(record.get(AUDITS), AUDITS):
        entries = (_entry(one, audit, ticket) for one in objects(audit.get("events")))
        found += [part for part in entries if part is not None]
    return found


def _is_public(event: Fields) -> bool:
    """`event.public`, else event.content.public, else metadata's (spec §2.3.17.2)."""
    raw = first(
        {"a": event.get("public"), "b": at(event, "content", "public"), "c": at(event, "metadata", "public")}, *"abc"
    )
    return truth(raw) is not False


def _event(event: Fields, ticket: Ticket) -> Part | None:
    """An event of the conversation log: a message, a transfer, or listed and nothing."""
    event_id = id_text(event.get("id"))
    if event_id is None:
        return None
    created, kind = event.get("created_at"), event.get("type")
    place = utc_text(created)
    author = as_object(event.get("author"))
    text = at(event, "content", "text")
    is_agent = ticket.is_agent(author.get("id"), author.get("email"), author.get("name"))
    actor = (
        "agent" if is_agent else known_word(author.get("type"), "author_type", AUTHORS, ticket.around, ticket.unknown)
    )
    if isinstance(kind, str) and vendor_word(kind) == TRANSFER:
        return Part(event_id, at=place, transfers=True, is_ai=actor == "agent")
    if text is None or actor is None or not _is_public(event):
        return Part(event_id, is_ai=actor == "agent")
    record = ticket.message(event_id, actor, author, created, plain_text(text))
    return Part(event_id, (record,), place, actor=actor, is_ai=actor == "agent")


def _comment(comment: Fields, ticket: Ticket) -> Part | None:
    """A public comment; of another the line lists it, and makes nothing."""
    comment_id = id_text(comment.get("id"))
    if comment_id is None:
        return None
    author_id = id_text(comment.get("author_id"))
    is_agent = ticket.is_agent(comment.get("author_id"))
    is_requester = author_id is not None and author_id == ticket.requester_id
    actor = "customer" if is_requester else "agent" if is_agent else "human"
    if not _is_public(comment):
        return Part(comment_id, is_ai=is_agent)
    text = first(comment, "body", "plain_body")
    text = plain_text(comment.get("html_body")) if text is None else text
    record = ticket.message(comment_id, actor, {"id": author_id}, comment.get("created_at"), text)
    return Part(comment_id, (record,), utc_text(comment.get("created_at")), actor=actor, is_ai=is_agent)


def _entry(event: Fields, audit: Fields, ticket: Ticket) -> Part | None:
    """An audit's event: a status, an assignment, a transfer; others are no parts."""
    event_id = id_text(event.get("id"))
    kind = vendor_word(event["type"]) if isinstance(event.get("type"), str) else ""
    name = vendor_word(event["field_name"]) if isinstance(event.get("field_name"), str) else ""
    if event_id is None:
        return None
    created = audit.get("created_at")
    author_id = id_text(audit.get("author_id"))
    part = Part(event_id, at=utc_text(created), sequence=STATUS_SEQUENCE, author=author_id)
    is_agent = ticket.is_agent(audit.get("author_id"))
    if kind == TRANSFER:
        return replace(part, transfers=True, is_ai=is_agent)
    if kind == "change" and name in ASSIGNMENTS:
        by_requester = author_id is not None and author_id == ticket.requester_id
        assigns = not is_absent(event.get("value")) and not by_requester
        return replace(part, assigns=assigns, is_ai=is_agent)
    if kind not in ("change", "create") or name != "status":
        return None
    status = known_word(event.get("value"), "status", STATUSES, ticket.around, ticket.unknown)
    if not status:
        return replace(part, is_ai=is_agent)

    def settle(own: Part, before: Sequence[Part]) -> tuple[Fields, ...]:
        actor = _actor(own.author, is_agent, ticket, before)
        moment = instant(created)
        return (ticket.conversation.status(event_id, status, actor, moment, STATUS_SEQUENCE),)

    return replace(part, status=status, is_ai=is_agent, settle=settle)


def _actor(author_id: str | None, is_agent: bool, ticket: Ticket, before: Sequence[Part]) -> str:
    """The AI's own user is the agent; the system too if the last message before is the bot's (spec §2.3.17.2)."""
    if is_agent:
        return "agent"
    if author_id == SYSTEM:
        last = messages(before)[-1:]
        return "agent" if last and last[0].actor == "agent" else "human"
    return "customer" if author_id is not None and author_id == ticket.requester_id else "human"
