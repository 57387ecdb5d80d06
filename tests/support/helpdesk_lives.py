"""Lives of helpdesk conversations, drawn: versions that each have some of the parts, as webhooks, lists and limits deliver
them. Some parts change from version to version, are hidden again, or have an instant that no record may have.
"""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from tests.reference.vendors.test_gorgias import AI, CUSTOMER, said, ticket
from tests.reference.vendors.test_intercom import ADMIN, FIN, USER, ZERO, intercom, part
from tests.reference.vendors.test_zendesk import audit, change, turn, zendesk

BOT = {"type": "bot", "id": "b"}
INTERCOM_KINDS = ("comment", "comment", "comment", "assignment", "note", "close", "open", "assign_and_reopen")
STATES = ("escalated", "procedure_handoff", "assumed_resolution", "confirmed_resolution", "negative_feedback", None)
TAGS = ("ai_answered", "ai_handover", "ai_close", "vip", "where is my order")
ZENDESK_STATUSES = ("new", "open", "pending", "solved", "closed")

Line = dict[str, Any]


def gorgias_life(number: int, random: Random) -> Iterator[Line]:
    """The versions of a Gorgias ticket."""
    messages = [
        {**said(10 * number + place, random.randint(0, 6)), **random.choice([CUSTOMER, AI, AI, {}])}
        for place in range(5)
    ]
    for version in range(random.randint(1, 4)):
        some = [_odd(one, "sent_datetime", random, {"public": False}) for one in _some(messages, random)]
        own: Line = {"status": random.choice(["open", "closed"])}
        if random.random() < 0.3:
            own["closed_datetime"] = f"2026-06-10T10:{random.randint(0, 9):02}:30Z"
        made = ticket(*some, tags=_some(TAGS, random), id=number, updated_datetime=_updated(version), **own)
        yield {**made, "tags": None} if random.random() < 0.15 else made


def intercom_life(number: int, random: Random) -> Iterator[Line]:
    """The versions of an Intercom conversation."""
    parts = []
    for place in range(5):
        author: Line = random.choice([FIN, FIN, USER, ADMIN, BOT])
        kind = random.choice(INTERCOM_KINDS)
        own: Line = {"assigned_to": random.choice([None, {"id": 1}])}
        if random.random() < 0.3:
            own["body"] = None
        parts.append(part(10 * number + place, random.randint(0, 6), author, kind, **own))
    for version in range(random.randint(1, 4)):
        some = [_odd(one, "created_at", random, {"body": None}) for one in _some(parts, random)]
        own = {"ai_agent_participated": random.choice([True, True, None, False])}
        yield intercom(*some, id=number, state=random.choice(STATES), updated=20 + version, **own)


def zendesk_life(number: int, random: Random) -> Iterator[Line]:
    """The versions of a Zendesk ticket."""
    turns = []
    for place in range(5):
        own: Line = {"type": "ChatDepartmentTransfer"} if random.random() < 0.1 else {}
        author = random.choice(["user", "bot", "bot", "agent"])
        turns.append(turn(f"{number}-{place}", random.randint(0, 6), author, **own))
    audits = [
        audit(
            random.randint(0, 6),
            random.choice([-1, -1, 1, 900, 7]),
            random.choice(
                [
                    change(100 * number + place, "status", random.choice(ZENDESK_STATUSES)),
                    change(100 * number + place, "assignee_id", random.choice([None, "7"])),
                ]
            ),
        )
        for place in range(3)
    ]
    for version in range(random.randint(1, 4)):
        some = [_odd(one, "created_at", random, {"public": False}) for one in _some(turns, random)]
        listed = _some(audits, random) if random.random() < 0.6 else None
        own = {
            "audits": listed,
            "status": random.choice(["open", "solved", "closed"]),
            "tags": _some(["vip", "b2b"], random),
        }
        made = zendesk(*some, id=number, updated_at=_updated(version), **own)
        yield {**made, "conversation_log": None} if random.random() < 0.15 else made


LIVES: dict[str, Callable[[int, Random], Iterator[Line]]] = {
    "gorgias_tickets": gorgias_life,
    "intercom_conversations": intercom_life,
    "zendesk_tickets": zendesk_life,
}


def _some(parts: Any, random: Random) -> list[Any]:
    return [one for one in parts if random.random() < 0.6]


def _odd(one: Line, instant: str, random: Random, hidden: Line) -> Line:
    """A part as it is, in a version that hides it, or with an instant before 1990."""
    odd = 1 if one.get("type") == "ChatDepartmentTransfer" else random.random()
    if odd < 0.1:
        return {**one, **hidden}
    early = ZERO - 40 * 366 * 86_400
    return {**one, instant: early if isinstance(one[instant], int) else "1986-06-10T10:00:00Z"} if odd < 0.15 else one


def _updated(version: int) -> str:
    return f"2026-06-10T11:{version:02}:00Z"
