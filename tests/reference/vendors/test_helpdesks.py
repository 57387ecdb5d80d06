"""Hand-worked cases of Gorgias, Intercom and Zendesk (spec §2.3.15 to §2.3.17)."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from ..cases import at
from .cases import counts, log, refusals, rows, warehouse

ZERO = 1781085600  # 2026-06-10T10:00:00Z


def moment(minute: int) -> str:
    """A minute after 10:00 UTC as a helpdesk writes it."""
    return f"2026-06-10T10:{minute:02}:00Z"


# Gorgias


def said(message_id: int, minute: int, **own: Any) -> dict[str, Any]:
    """A public message of a Gorgias ticket, by a colleague unless told otherwise."""
    sender = {"id": 70, "email": "staff@shop.example", "name": "Staff"}
    found = {"id": message_id, "public": True, "from_agent": True, "sender": sender, "sent_datetime": moment(minute)}
    return {**found, "stripped_text": f"text {message_id}", **own}


CUSTOMER = {"from_agent": False, "sender": {"id": 5, "email": "other@x.example"}}
AI = {"sender": {"id": 71, "name": "ai-agent"}}


def ticket(*messages: dict[str, Any], tags: Any = (), **own: Any) -> dict[str, Any]:
    """A Gorgias ticket."""
    customer = {"id": 5, "email": "a@x.example", "external_id": "x5"}
    found = {"id": 1, "updated_datetime": "2026-06-10T12:00:00.123456+00:00", "status": "open", "channel": "chat"}
    return {**found, "customer": customer, "messages": list(messages), "tags": [{"name": tag} for tag in tags], **own}


def test_a_gorgias_ticket_that_the_agent_handed_over(tmp_path: Path) -> None:
    whole = ticket(
        said(1, 0, **CUSTOMER),
        said(2, 1, **AI, stripped_text=None, body_html="<p>Hello<br>you</p>"),
        said(3, 2, public=False),
        said(4, 3),
        said(5, 4, created_datetime=moment(1), sent_datetime=None),
        tags=["ai_answered", "AI_Handover", "vip"],
        custom_fields=[{"label": "Handover Reason", "value": "wants a human"}],
    )
    built = warehouse(tmp_path, {"gorgias_tickets/a.json": {"data": [whole]}})
    assert log(built, "record_id", "actor", "text", "status", "sequence") == [
        ("gorgias:1", "customer", "text 1", None, 10),
        ("gorgias:2", "agent", "Hello\nyou", None, 10),
        ("gorgias:5", "human", "text 5", None, 10),
        ("gorgias:tags", None, None, None, 29),
        ("gorgias:handover", "agent", None, "escalated", 30),
        ("gorgias:4", "human", "text 4", None, 10),
    ]
    found = {row["record_id"]: row for row in built.counted["conversation_log"]}
    assert found["gorgias:handover"]["occurred_at"] == at("2026-06-10 10:01")  # message 5, by its created_datetime
    assert found["gorgias:handover"]["escalation_reason"] == "wants a human"
    assert found["gorgias:tags"]["tags"] == ["vip"]
    assert {row["conversation_id"] for row in found.values()} == {"gorgias:1"}
    assert {row["channel"] for row in found.values()} == {"web_chat"}
    emails = {name: row["profile"]["email"] for name, row in found.items()}
    assert (emails["gorgias:1"], emails["gorgias:2"]) == ("other@x.example", "a@x.example")


def test_gorgias_resolved_closed_and_without_the_agent(tmp_path: Path) -> None:
    answered = [said(1, 0, **CUSTOMER), said(2, 1, **AI)]
    tickets = [
        ticket(*answered, id=1, tags=["ai_close"], status="closed", closed_datetime=moment(9)),
        ticket(*answered, id=2, tags=["ai_close"]),
        ticket(*answered, id=3, tags=["ai_close", "ai_handover"], status="closed"),
        ticket(said(1, 0, **CUSTOMER), said(2, 1), id=4, tags=["ai_ignore"], status="closed"),
        {**ticket(*answered, id=5, status="closed"), "tags": None, "channel": "contact form"},
        {**ticket(said(1, 0, **CUSTOMER), id=6, status="closed"), "tags": None},
    ]
    built = warehouse(tmp_path, {"gorgias_tickets/a.jsonl": tickets})
    statuses = [
        one for one in log(built, "conversation_id", "record_id", "actor", "occurred_at") if "gorgias:" in one[1]
    ]
    updated = at("2026-06-10 12:00:00.123456")
    assert sorted(one for one in statuses if not one[1].rpartition(":")[2].isdigit()) == [
        ("gorgias:1", "gorgias:resolved", "agent", at("2026-06-10 10:09")),
        ("gorgias:2", "gorgias:resolved", "agent", at("2026-06-10 10:01")),
        ("gorgias:3", "gorgias:closed", "human", updated),
        ("gorgias:3", "gorgias:handover", "agent", updated),
        ("gorgias:5", "gorgias:closed", "human", updated),
    ]
    conversations = {one[0]: one[1] for one in log(built, "conversation_id", "channel")}
    assert conversations == {f"gorgias:{n}": "email" if n == 5 else "web_chat" for n in (1, 2, 3, 5)}


def test_gorgias_may_name_the_people(tmp_path: Path) -> None:
    whole = ticket(said(1, 0, **CUSTOMER), said(2, 1, **AI))
    built = warehouse(tmp_path, {"gorgias_tickets/a.jsonl": whole}, people="gorgias")
    profiles = [row["profile"] for row in built.counted["conversation_log"]]
    assert [(one["profile_id"], one["email"], one["external_id"]) for one in profiles] == [("5", None, None)] * 2


# Intercom

USER = {"type": "user", "id": "u1", "email": "a@x.example"}
FIN = {"type": "bot", "id": "b", "from_ai_agent": True}
ADMIN = {"type": "admin", "id": "9", "email": "staff@shop.example"}


def part(part_id: int, minute: int, author: dict[str, Any], kind: str = "comment", **own: Any) -> dict[str, Any]:
    """An Intercom conversation part with a body."""
    found = {"id": str(part_id), "part_type": kind, "author": author, "created_at": ZERO + 60 * minute}
    return {**found, "body": f"<p>part {part_id}</p>", **own}


def intercom(*parts: dict[str, Any], state: str | None = None, updated: int = 60, **own: Any) -> dict[str, Any]:
    """An Intercom conversation in which Fin took part."""
    return {
        "type": "conversation",
        "id": 503,
        "created_at": ZERO,
        "updated_at": ZERO + 60 * updated,
        "source": {"type": "messenger", "id": "s1", "body": "<p>hi</p>", "author": USER},
        "contacts": {"type": "contact.list", "contacts": [{"id": "k1", "external_id": "x1"}, {"id": "k2"}]},
        "tags": {"tags": [{"id": "t1", "name": "vip", "applied_at": ZERO + 120}]},
        "ai_agent_participated": True,
        "ai_agent": {"resolution_state": state, "source_type": "fin"},
        "conversation_parts": {"conversation_parts": list(parts)},
        **own,
    }


RESOLVED = intercom(
    part(1, 1, FIN),
    part(2, 2, USER, updated_at=5),
    part(3, 30, {"type": "bot", "id": "b"}, "close", body=None),
    part(4, 31, ADMIN, "note_and_reopen"),
    part(5, 32, {"type": "ghost"}),
    state="assumed_resolution",
)


def test_an_intercom_conversation_that_fin_resolved(tmp_path: Path) -> None:
    built = warehouse(tmp_path, {"intercom_conversations/a.json": {"conversations": [RESOLVED]}})
    assert log(built, "record_id", "actor", "status", "sequence", "text") == [
        ("intercom:source:s1", "customer", None, 0, "hi"),
        ("intercom:1", "agent", None, 10, "part 1"),
        ("intercom:2", "customer", None, 10, "part 2"),
        ("intercom:tag:t1", None, None, 20, None),
        ("intercom:fin", "agent", "resolved", 30, None),  # at the last message by the shopper or the AI, not at 10:30
        ("intercom:3:status", "agent", "closed", 11, None),
        ("intercom:4:status", "human", "open", 11, None),
    ]
    profiles = {row["record_id"]: row["profile"] for row in built.counted["conversation_log"]}
    assert (profiles["intercom:1"]["email"], profiles["intercom:1"]["external_id"]) == ("a@x.example", "x1")
    words = [(row["field"], row["word"]) for row in built.tables["health.unknown_words"]]
    assert words == [("author_type", "ghost")]
    theirs = warehouse(tmp_path, {"intercom_conversations/a.jsonl": RESOLVED}, people="intercom")
    ids = {row["record_id"]: row["profile"]["profile_id"] for row in theirs.counted["conversation_log"]}
    assert (ids["intercom:2"], ids["intercom:1"]) == ("u1", "k1")  # its author's own; else the first contact


def test_a_resolution_is_taken_back_and_stays_so_when_the_old_version_lands_again(tmp_path: Path) -> None:
    escalated = intercom(
        *RESOLVED["conversation_parts"]["conversation_parts"][:2],
        part(6, 61, USER),
        part(7, 62, FIN),
        part(8, 63, ADMIN, "assign_and_reopen", body=None, assigned_to={"type": "team", "id": 1}),
        part(9, 64, ADMIN),
        state="escalated",
        updated=70,
    )
    first = {"intercom_conversations/a.jsonl": RESOLVED}
    second = {"intercom_conversations/b.jsonl": escalated}
    again = {"intercom_conversations/c.jsonl": RESOLVED}
    assert len(warehouse(tmp_path, first).tables["events.conversation_resolved"]) == 1
    for batches in ((first, second, again), (second, first)):
        built = warehouse(tmp_path, *batches)
        assert built.tables["events.conversation_resolved"] == []
        (event,) = built.tables["events.conversation_escalated"]
        assert (event["occurred_at"], event["escalation_reason"]) == (at("2026-06-10 11:03"), "escalated")


def test_partial_conversations_in_any_order_equal_the_whole_one(tmp_path: Path) -> None:
    parts = RESOLVED["conversation_parts"]["conversation_parts"]

    def partial(number: int) -> dict[str, Any]:
        """A webhook with one new part; the last one has the state, as the whole has."""
        last = number == len(parts) - 1
        own: dict[str, Any] = {"updated": 60 if last else 10 + number, "state": "assumed_resolution" if last else None}
        item = intercom(parts[number], **own)
        if number == 1:
            item |= {"ai_agent_participated": False}  # not yet: the flag of an older version
        return {"type": "notification_event", "topic": "conversation", "data": {"item": item}}

    expected = warehouse(tmp_path, {"intercom_conversations/a.jsonl": RESOLVED})
    names = ("record_id", "occurred_at", "sequence", "actor", "status", "text")
    hooks = [partial(number) for number in range(len(parts))]
    for order in list(permutations(hooks))[::17]:
        built = warehouse(tmp_path, *({"intercom_conversations/a.jsonl": hook} for hook in order))
        assert log(built, *names) == log(expected, *names)


def test_intercom_without_fin_previews_deletions_and_other_events(tmp_path: Path) -> None:
    quiet = intercom(part(1, 1, ADMIN), id=1, ai_agent_participated=False)
    cannot_tell = intercom(part(1, 1, ADMIN), id=2, ai_agent_participated=None)
    listed = {**intercom(id=3, state="confirmed_resolution"), "conversation_parts": None}
    preview = intercom(part(1, 1, FIN), id=4, ai_agent={"source_type": "fin_preview"})
    gone = [intercom(part(1, 1, FIN), id=5), {"id": 5, "deleted_at": ZERO + 9000, "metrics_retained": True}]
    answer = [intercom(id=6, updated=1), {"id": 6, "object": "conversation", "deleted": True}]
    ping = {"type": "notification_event", "topic": "ping", "data": {"item": {"type": "ping", "message": "x"}}}
    contact = {"type": "notification_event", "data": {"item": {"type": "contact", "id": "7"}}}
    lines = [quiet, cannot_tell, listed, preview, *gone, *answer, ping, contact, {"id": 8, "deleted_at": "soon"}]
    built = warehouse(tmp_path, {"intercom_conversations/a.jsonl": lines})
    assert counts(built) == [(10, 0, 1)] and refusals(built) == [("bad_value", "deleted_at")]
    found: dict[str, list[str]] = {}
    for conversation, record in log(built, "conversation_id", "record_id"):
        found.setdefault(conversation, []).append(record)
    assert found == {
        "intercom:3": ["intercom:source:s1", "intercom:fin", "intercom:tag:t1"],
        "intercom:4": ["intercom:source:s1", "intercom:1", "intercom:tag:t1"],
        "intercom:6": ["intercom:source:s1", "intercom:tag:t1"],
    }
    assert {row["mode"] for row in built.counted["conversation_log"] if row["conversation_id"] == "intercom:4"} == {
        "preview"
    }


def test_intercom_contacts(tmp_path: Path) -> None:
    contact = {
        "type": "contact",
        "id": "k1",
        "updated_at": ZERO,
        "email": "a@x.example",
        "phone": "+15005550006",
        "external_id": "x1",
        "unsubscribed_from_emails": True,
        "marked_email_as_spam": True,
        "has_hard_bounced": False,
        "signed_up_at": 2326233600,
        "merge_history": [{"source_contact_id": "k0", "merged_at": ZERO + 60}],
    }
    files = {"intercom_contacts/a.json": {"type": "list", "data": [contact]}}
    built = warehouse(tmp_path, files, people="intercom")
    assert rows(built, "profiles", "profile_id", "merged_into", "phone_number", "updated_at") == [
        ("k1", None, "+15005550006", at("2026-06-10 10:00")),
        ("k0", "k1", None, at("2026-06-10 10:01")),
    ]
    assert rows(built, "consents", "channel", "status") == [("email", "unsubscribed")]
    assert rows(built, "suppressions", "channel", "action") == [("email", "suppress")]
    assert warehouse(tmp_path, files).counted["profiles"] == []


# Zendesk


def turn(event_id: str, minute: int, author: str, text: str | None = "text", **own: Any) -> dict[str, Any]:
    """An event of Zendesk's conversation log."""
    content = {"type": "text", "text": text}
    author_of = {"type": author, "id": 1 if author == "user" else 2}
    return {
        "id": event_id,
        "type": "Messaging",
        "created_at": moment(minute),
        "author": author_of,
        "content": content,
        **own,
    }


def change(event_id: int, field: str, value: Any, kind: str = "Change") -> dict[str, Any]:
    """An entry of an audit."""
    return {"id": event_id, "type": kind, "field_name": field, "value": value}


def audit(minute: int, author_id: int, *events: dict[str, Any]) -> dict[str, Any]:
    """An audit."""
    return {"created_at": moment(minute), "author_id": author_id, "events": list(events)}


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
    whole = zendesk(turn("A", 0, "user"), turn("B", 1, "bot"), last, status="solved", tags=["t"])
    built = warehouse(tmp_path, {"zendesk_tickets/a.jsonl": whole})
    found = {row["record_id"]: row for row in built.counted["conversation_log"]}
    status = found["zendesk:status"]
    assert (status["status"], status["actor"], status["occurred_at"]) == ("resolved", actor, at(moment_of))
    assert ("zendesk:handover" in found) is (actor == "human")
    assert (found["zendesk:tags"]["occurred_at"], found["zendesk:tags"]["sequence"]) == (at(moment_of), 29)


def test_zendesk_comments_transfers_deletions_and_versions(tmp_path: Path) -> None:
    comments = [
        {"id": 1, "author_id": 1, "public": True, "body": "help", "created_at": moment(0)},
        {"id": 2, "author_id": 900, "public": True, "html_body": "<p>hello</p>", "created_at": moment(1)},
        {"id": 3, "author_id": 44, "public": False, "body": "note", "created_at": moment(2)},
    ]
    spoken = {**zendesk(id=1, comments=comments, generated_timestamp=2), "conversation_log": None}
    older = {**spoken, "status": "solved", "generated_timestamp": 1}
    transfer = zendesk(
        turn("A", 0, "user"), turn("B", 1, "bot"), turn("T", 2, "user", type="ChatDepartmentTransfer"), id=2
    )
    people = {**zendesk(id=3, comments=[comments[0], {**comments[1], "author_id": 44}]), "conversation_log": None}
    bare = {"id": 4, "updated_at": "2026-06-10T12:00:00Z", "status": "solved"}
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
