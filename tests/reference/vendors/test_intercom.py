"""Hand-worked cases of Intercom (spec §2.3.16)."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

from ..cases import at
from .cases import counts, log, refusals, rows, warehouse

ZERO = 1781085600  # 2026-06-10T10:00:00Z

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


def test_a_redacted_part_takes_its_message_away_whatever_its_body_says(tmp_path: Path) -> None:
    said = intercom(part(1, 1, FIN), part(2, 2, USER), tags=None)
    redacted = intercom(part(1, 1, FIN), part(2, 2, USER, body="<i>deleted</i>", redacted=True), tags=None, updated=61)
    built = warehouse(tmp_path, {"intercom_conversations/a.jsonl": [said, redacted]})
    assert [record for (record,) in log(built, "record_id")] == ["intercom:source:s1", "intercom:1"]


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
