"""Intercom's files of an account: conversations as GET /conversations/{id} answers, and a webhook's newer ones."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from generator.english import ENGLISH
from generator.helpdesk_plan import HANDED_OVER, LAST_WORD, TAKEN_BACK, TRIED_OUT, helpdesk_plan
from generator.story_time import SAMPLE_AS_OF, epoch_seconds
from generator.tales import dumps
from generator.vendor_plans import ESCALATED, HELPDESK, RESOLVED, Chat, Plan

FEED = f"{HELPDESK}/intercom_conversations/2026/06"
FIN = {"type": "bot", "id": "9001", "from_ai_agent": True, "is_ai_answer": True}
OPERATOR = {"type": "bot", "id": "9000", "from_ai_agent": False}
ADMIN = {"type": "admin", "id": "9002", "from_ai_agent": False}
BY_WEBHOOK = 5  # of the latest conversations
TAGGED_EVERY = 3
FIRST_ANSWER, REPLY = timedelta(seconds=4), timedelta(seconds=70)
HUMAN_ANSWER, CLOSED = timedelta(minutes=15), timedelta(hours=1)
Element = dict[str, Any]
Step = tuple[timedelta, str, Element, str | None]
"""When after the start, the type of the part, its author, and its body as HTML."""


def intercom_files(until: datetime = SAMPLE_AS_OF) -> dict[str, bytes]:
    """The account's conversations by path; the latest ones, and the newer version of one, came by webhook."""
    plan = helpdesk_plan(until)
    listed = [_first_version(chat) for chat in plan.chats if chat.number >= BY_WEBHOOK]
    notified = [_webhook(_conversation(chat)) for chat in _notified(plan)]
    return {
        f"{FEED}/conversations.jsonl": _lines(listed),
        f"{FEED}/webhooks.jsonl": _lines(notified),
    }


def _lines(elements: list[Element]) -> bytes:
    return "".join(f"{dumps(element)}\n" for element in elements).encode()


def _notified(plan: Plan) -> Iterator[Chat]:
    yield from (chat for chat in plan.chats if chat.number < BY_WEBHOOK or chat.number == TAKEN_BACK)


def _first_version(chat: Chat) -> Element:
    """The conversation as it is, or as it was before Fin took the resolution back."""
    if chat.number != TAKEN_BACK:
        return _conversation(chat)
    return _version(chat, "assumed_resolution", [*_answered(chat), (REPLY, "comment", _shopper(chat), "<p>thanks</p>")])


def _conversation(chat: Chat) -> Element:
    return _version(chat, chat.state, _steps(chat))


def _steps(chat: Chat) -> list[Step]:
    if not chat.took_part:
        return [(HUMAN_ANSWER, "comment", ADMIN, _human(chat)), (CLOSED, "close", ADMIN, None)]
    if chat.ending == ESCALATED:
        return [*_answered(chat), *_handed_over(chat)]
    return [*_answered(chat), *_finished(chat)]


def _answered(chat: Chat) -> list[Step]:
    answers = chat.topic.answers
    return [(FIRST_ANSWER, "comment", FIN, f"<p>{answers[chat.number % len(answers)]}</p>")]


def _handed_over(chat: Chat) -> list[Step]:
    """The shopper wants a person: Fin says so, the workflow assigns one, who answers."""
    return [
        (REPLY, "comment", _shopper(chat), "<p>Can I talk to somebody, please?</p>"),
        (LAST_WORD, "comment", FIN, "<p>Of course, one moment.</p>"),
        (HANDED_OVER, "assignment", OPERATOR, None),
        (HUMAN_ANSWER, "comment", ADMIN, _human(chat)),
    ]


def _finished(chat: Chat) -> list[Step]:
    """The shopper replies and Fin has the last word; what is resolved is closed after an hour."""
    closed: list[Step] = [(CLOSED, "close", OPERATOR, None)] if chat.ending == RESOLVED else []
    courtesy = ENGLISH.courtesies[chat.number % len(ENGLISH.courtesies)]
    return [
        (REPLY, "comment", _shopper(chat), f"<p>{courtesy}</p>"),
        (LAST_WORD, "comment", FIN, "<p>You are welcome.<br>Anything else?</p>"),
        *closed,
    ]


def _human(chat: Chat) -> str:
    return f"<p>{ENGLISH.human_replies[chat.number % len(ENGLISH.human_replies)]}</p>"


def _shopper(chat: Chat) -> Element:
    return {"type": "user", "id": f"contact-{chat.person.number}", "email": chat.person.email, "from_ai_agent": False}


def _version(chat: Chat, state: str, steps: list[Step]) -> Element:
    own_id = chat.conversation_id.removeprefix("intercom:")
    return {
        "type": "conversation",
        "id": own_id,
        "created_at": epoch_seconds(chat.started_at),
        "updated_at": epoch_seconds(chat.started_at + steps[-1][0]),
        "source": _source(own_id, chat),
        "contacts": {"contacts": [{"type": "contact", "id": f"contact-{chat.person.number}", "external_id": None}]},
        "tags": {"tags": _tags(chat)},
        "ai_agent_participated": chat.took_part,
        "ai_agent": _ai_agent(chat, state) if chat.took_part else None,
        "conversation_parts": {"conversation_parts": [_part(own_id, *one) for one in _placed(chat, steps)]},
    }


def _source(own_id: str, chat: Chat) -> Element:
    return {
        "type": "email" if chat.channel == "email" else "conversation",
        "id": f"{own_id}-source",
        "delivered_as": "customer_initiated",
        "author": _shopper(chat),
        "body": f"<p>{chat.question}</p>",
    }


def _tags(chat: Chat) -> list[Element]:
    if chat.number % TAGGED_EVERY:
        return []
    at = epoch_seconds(chat.started_at + FIRST_ANSWER)
    return [{"type": "tag", "id": f"tag-{name}", "name": name, "applied_at": at} for name in chat.topic.tags[:1]]


def _ai_agent(chat: Chat, state: str) -> Element:
    source = "fin_preview" if chat.number == TRIED_OUT else "workflow"
    return {"source_type": source, "last_answer_type": "ai_answer", "resolution_state": state or None}


def _placed(chat: Chat, steps: list[Step]) -> Iterator[tuple[int, int, Step]]:
    for place, step in enumerate(steps, start=1):
        yield place, epoch_seconds(chat.started_at + step[0]), step


def _part(own_id: str, place: int, at: int, step: Step) -> Element:
    _, kind, author, body = step
    assigned_to = {"type": "team", "id": "77"} if kind == "assignment" else None
    own = {"type": "conversation_part", "id": f"{own_id}-{place}", "part_type": kind, "body": body}
    return {**own, "created_at": at, "author": author, "assigned_to": assigned_to}


def _webhook(conversation: Element) -> Element:
    topic = "conversation.admin.closed" if conversation["ai_agent"] is None else "conversation.operator.replied"
    return {"type": "notification_event", "topic": topic, "data": {"type": "data", "item": conversation}}
