"""The parts of a line of `zendesk_tickets`: events of its conversation log, comments, entries of its audits
(spec §2.3.17.2).

What does not belong here: the ticket as a whole (zendesk.py).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from caw.adapters.helpdesk import (
    AGENT,
    AUTHOR,
    CUSTOMER,
    HUMAN,
    MESSAGE,
    STATUS,
    Conversation,
    Part,
    Rules,
    form,
    mark,
    placed,
)
from caw.adapters.html_text import html_text
from caw.adapters.instants import instant, utc_text
from caw.adapters.members import first, inside, object_of, objects_of, truth
from caw.adapters.records import Json, Mark
from caw.adapters.transcript_values import as_id, is_absent

LOG, COMMENTS, AUDITS = "conversation_log", "comments", "audits"
EVENTS = "events"
STATE = "status"
KNOWN = {
    AUTHOR: {"user": CUSTOMER, "bot": AGENT, "agent": HUMAN},
    STATE: {
        **dict.fromkeys(("new", "open", "pending", "hold"), "open"),
        "solved": "resolved",
        "closed": "closed",
        "deleted": "",
    },
}
SYSTEM = "-1"  # the author of what triggers and automations do
TRANSFER = "chatdepartmenttransfer"
ASSIGNMENTS = frozenset({"assignee_id", "group_id"})
COMMENT_TEXTS = ("body", "plain_body")
AUTHOR_IDS = ("id", "email", "name")


@dataclass(frozen=True)
class Ticket:
    """A ticket as the parts of its line share it; words that nobody knows are noted in `unknown`."""

    conversation: Conversation
    requester_id: str
    rules: Rules
    unknown: Counter[tuple[str, str]]

    def is_requester(self, author_id: Any) -> bool:
        """Whether an id is the requester's."""
        return bool(self.requester_id) and as_id(author_id) == self.requester_id


def parts_of(line: Json, ticket: Ticket) -> Iterator[Part | None]:
    """The parts that a line lists; its comments are messages only where it has no conversation log."""
    if is_absent(line.get(LOG)):
        yield from (_comment(one, ticket) for one in objects_of(line.get(COMMENTS), COMMENTS))
    else:
        yield from (_event(one, ticket) for one in objects_of(line[LOG], EVENTS, LOG))
    for audit in objects_of(line.get(AUDITS), AUDITS):
        yield from (_entry(one, audit, ticket) for one in objects_of(audit.get(EVENTS)))


def _event(event: Json, ticket: Ticket) -> Part | None:
    """An event of the conversation log: a message, a transfer, or a part of which nothing is made."""
    part_id = as_id(event.get("id"))
    if not part_id:
        return None
    author = object_of(event.get("author"))
    is_user = ticket.rules.users.has(*(author.get(name) for name in AUTHOR_IDS))
    actor = AGENT if is_user else ticket.rules.means(AUTHOR, author.get("type"), ticket.unknown)
    is_agents = actor == AGENT
    created = event.get("created_at")
    if form(event.get("type")) == TRANSFER:
        return Part(part_id, mark=mark(part_id, created, MESSAGE, transfers=True), is_agents=is_agents)
    text = inside(event, "content", "text")
    if text is None or not actor or not _is_public(event):
        return Part(part_id, is_agents=is_agents)
    return _message(part_id, actor, author, created, html_text(text), ticket)


def _comment(comment: Json, ticket: Ticket) -> Part | None:
    part_id = as_id(comment.get("id"))
    if not part_id:
        return None
    author_id = comment.get("author_id")
    is_user = ticket.rules.users.has(author_id)
    if not _is_public(comment):
        return Part(part_id, is_agents=is_user)
    actor = CUSTOMER if ticket.is_requester(author_id) else AGENT if is_user else HUMAN
    text = first(comment, *COMMENT_TEXTS)
    text = html_text(comment.get("html_body")) if text is None else text
    part = _message(part_id, actor, {"id": author_id}, comment.get("created_at"), text, ticket)
    return part._replace(is_agents=is_user)


def _message(part_id: str, actor: str, author: Json, created: Any, text: Any, ticket: Ticket) -> Part:
    own = ticket.conversation
    if actor == CUSTOMER:
        own = own.of_author(author.get("id"), author.get("email"))
    record = own.message(part_id, actor, text, utc_text(created))
    return Part(part_id, [record], mark(part_id, created, MESSAGE, actor=actor), actor == AGENT)


def _entry(event: Json, audit: Json, ticket: Ticket) -> Part | None:
    """An audit's event: a status, an assignment, a transfer; others are no parts."""
    part_id = as_id(event.get("id"))
    kind, name = form(event.get("type")), form(event.get("field_name"))
    if not part_id:
        return None
    author_id, created = audit.get("author_id"), audit.get("created_at")
    is_user = ticket.rules.users.has(author_id)
    if kind == TRANSFER:
        return Part(part_id, mark=mark(part_id, created, STATUS, transfers=True), is_agents=is_user)
    if kind == "change" and name in ASSIGNMENTS:
        assigns = not is_absent(event.get("value")) and not ticket.is_requester(author_id)
        return Part(part_id, mark=mark(part_id, created, STATUS, assigns=assigns), is_agents=is_user)
    if kind not in ("change", "create") or name != STATE:
        return None
    status = ticket.rules.means(STATE, event.get("value"), ticket.unknown)
    if not status:
        return Part(part_id, is_agents=is_user)
    actor = AGENT if is_user else CUSTOMER if ticket.is_requester(author_id) else HUMAN
    record = ticket.conversation.status(part_id, status, actor, utc_text(created), part=part_id)
    if is_user or as_id(author_id) != SYSTEM:
        return Part(part_id, [record], is_agents=is_user)
    own = Mark(part_id, at, STATUS) if (at := instant(created)) else None
    return Part(part_id, [placed("by_the_last_speaker", record, [])], own)


def _is_public(event: Json) -> bool:
    places = (event.get("public"), inside(event, "content", "public"), inside(event, "metadata", "public"))
    return truth(next((one for one in places if not is_absent(one)), None)) is not False
