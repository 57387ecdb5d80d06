"""Hand-worked cases of Gorgias (spec §2.3.15)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..cases import at
from .cases import log, minute_after, warehouse


def said(message_id: int, minute: int, **own: Any) -> dict[str, Any]:
    """A public message of a Gorgias ticket, by a colleague unless given otherwise."""
    sender = {"id": 70, "email": "staff@shop.example", "name": "Staff"}
    found = {
        "id": message_id,
        "public": True,
        "from_agent": True,
        "sender": sender,
        "sent_datetime": minute_after(minute),
    }
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
        said(5, 4, created_datetime=minute_after(1), sent_datetime=None),
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
        ticket(*answered, id=1, tags=["ai_close"], status="closed", closed_datetime=minute_after(9)),
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
