"""Hand-worked cases of Zendesk (spec §2.3.17)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ..cases import at
from .cases import counts, log, minute_after, rows, warehouse


def turn(event_id: str, minute: int, author: str, text: str | None = "text", **own: Any) -> dict[str, Any]:
    """An event of Zendesk's conversation log."""
    content = {"type": "text", "text": text}
    author_of = {"type": author, "id": 1 if author == "user" else 2}
    return {
        "id": event_id,
        "type": "Messaging",
        "created_at": minute_after(minute),
        "author": author_of,
        "content": content,
        **own,
    }


def change(event_id: int, field: str, value: Any, kind: str = "Change") -> dict[str, Any]:
    """An entry of an audit."""
    return {"id": event_id, "type": kind, "field_name": field, "value": value}


def audit(minute: int, author_id: int, *events: dict[str, Any]) -> dict[str, Any]:
    """An audit."""
    return {"created_at": minute_after(minute), "author_id": author_id, "events": list(events)}


def zendesk(*events: dict[str, Any], **own: Any) -> dict[str, Any]:
    """A Zendesk ticket with its conversation log."""
    found = {"id": 35, "updated_at": "2026-06-10T12:00:00Z", "status": "open", "via": {"channel": "native_messaging"}}
    requester = {"id": 1, "email": "a@x.example", "phone": "+15005550006", "external_id": "x1"}
    return {**found, "requester_id": 1, "requester": requester, "conversation_log": list(events), **own}


def test_a_zendesk_ticket_with_its_conversation_log_and_audits(tmp_path: Path) -> None:
    whole = zendesk(
        turn("A", 0, "user"),
        turn("B", 1, "bot"),
        turn("C", 5, "agent", type="Comment", public=False),
        turn("D", 6, "agent"),
        turn("E", 7, "robot"),
        turn("F", 8, "user", None),
        audits=[
            audit(0, 1, change(101, "status", "new", "Create"), change(102, "priority", "low")),
            audit(2, -1, change(103, "status", "pending")),
            audit(3, 1, change(104, "assignee_id", "7")),
            audit(4, -1, change(105, "group_id", "8"), change(106, "assignee_id", None)),
            audit(9, -1, change(107, "status", "solved")),
            audit(59, 900, change(108, "status", "closed")),
        ],
        tags=["vip"],
    )
    built = warehouse(tmp_path, {"zendesk_tickets/a.json": {"tickets": [whole]}})
    assert log(built, "record_id", "actor", "status", "sequence") == [
        ("zendesk:A", "customer", None, 10),
        ("zendesk:101", "customer", "open", 11),
        ("zendesk:B", "agent", None, 10),
        ("zendesk:103", "agent", "open", 11),  # by the system, after the bot's message
        ("zendesk:tags", None, None, 29),
        ("zendesk:handover", "agent", "escalated", 30),  # 10:04: the first assignment not by the requester
        ("zendesk:D", "human", None, 10),
        ("zendesk:107", "human", "resolved", 11),  # by the system, after a colleague's message
        ("zendesk:108", "agent", "closed", 11),  # the AI's own user
    ]
    assert {row["channel"] for row in built.counted["conversation_log"]} == {"web_chat"}
    (escalated,) = built.tables["events.conversation_escalated"]
    assert (escalated["occurred_at"], built.tables["events.conversation_resolved"]) == (at("2026-06-10 10:04"), [])


@pytest.mark.parametrize(
    ("last", "actor", "moment_of"),
    [(turn("C", 5, "bot"), "agent", "2026-06-10 10:05"), (turn("C", 5, "agent"), "human", "2026-06-10 10:05")],
)
def test_zendesk_without_audits_is_resolved_at_the_last_public_message(
    tmp_path: Path, last: dict[str, Any], actor: str, moment_of: str
) -> None:
    whole = zendesk(turn("A", 0, "user"), turn("B", 1, "bot"), last, status="solved", tags=["t"], audits=[])
    built = warehouse(tmp_path, {"zendesk_tickets/a.jsonl": whole})
    found = {row["record_id"]: row for row in built.counted["conversation_log"]}
    status = found["zendesk:status"]
    assert (status["status"], status["actor"], status["occurred_at"]) == ("resolved", actor, at(moment_of))
    assert ("zendesk:handover" in found) is (actor == "human")
    assert (found["zendesk:tags"]["occurred_at"], found["zendesk:tags"]["sequence"]) == (at(moment_of), 29)


def test_zendesk_comments_transfers_deletions_and_versions(tmp_path: Path) -> None:
    comments = [
        {"id": 1, "author_id": 1, "public": True, "body": "help", "created_at": minute_after(0)},
        {"id": 2, "author_id": 900, "public": True, "html_body": "<p>hello</p>", "created_at": minute_after(1)},
        {"id": 3, "author_id": 44, "public": False, "body": "note", "created_at": minute_after(2)},
    ]
    spoken = {**zendesk(id=1, comments=comments, generated_timestamp=2), "conversation_log": None}
    older = {**spoken, "status": "solved", "generated_timestamp": 1}
    transfer = zendesk(
        turn("A", 0, "user"), turn("B", 1, "bot"), turn("T", 2, "user", type="ChatDepartmentTransfer"), id=2
    )
    people = {**zendesk(id=3, comments=[comments[0], {**comments[1], "author_id": 44}]), "conversation_log": []}
    bare = {"id": 4, "updated_at": "2026-06-10T12:00:00Z", "status": "solved", "conversation_log": [], "comments": []}
    deleted = [zendesk(turn("A", 0, "bot"), id=5), {"id": 5, "updated_at": "2026-06-10T13:00:00Z", "status": "deleted"}]
    built = warehouse(tmp_path, {"zendesk_tickets/a.jsonl": [spoken, older, transfer, people, bare, *deleted]})
    assert counts(built) == [(7, 0, 0)]
    assert sorted(log(built, "conversation_id", "record_id", "actor", "text")) == [
        ("zendesk:1", "zendesk:1", "customer", "help"),
        ("zendesk:1", "zendesk:2", "agent", "hello"),
        ("zendesk:2", "zendesk:A", "customer", "text"),
        ("zendesk:2", "zendesk:B", "agent", "text"),
        ("zendesk:2", "zendesk:handover", "agent", None),
    ]


def test_zendesk_users(tmp_path: Path) -> None:
    user = {"id": 7, "role": "end-user", "active": True, "email": "a@x.example", "phone": None, "external_id": "x"}
    users = [user, {**user, "id": 8, "role": "agent"}, {**user, "id": 9, "active": False}]
    dated = [{**one, "updated_at": "2026-06-10T12:00:00Z"} for one in users]
    built = warehouse(tmp_path, {"zendesk_users/a.json": {"users": dated}}, people="zendesk")
    assert counts(built) == [(3, 0, 0)]
    assert rows(built, "profiles", "profile_id", "email", "external_id") == [("7", "a@x.example", "x")]
