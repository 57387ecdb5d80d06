"""Spec §2.3.16, conversations and contacts of Intercom: what is made of a line, worked out by hand."""

from pathlib import Path
from typing import Any

import pytest

from caw.adapters.records import PLACEMENT, Expansion, Mark
from caw.adapters.registry import expander, expanders
from caw.feeds.declared import SEEDS_DIR
from caw.formats.strict_json import dump
from tests.support.helpdesk_lines import at, shown

TEN = 1781085600  # 2026-06-10T10:00:00Z
USER = {"type": "user", "id": "u1", "email": "a@x.example"}
FIN = {"type": "bot", "id": "b", "from_ai_agent": True}
BOT = {"type": "bot", "id": "w"}
ADMIN = {"type": "admin", "id": "9", "email": "staff@shop.example"}


def expanded(feed: str, line: dict[str, Any]) -> Expansion:
    return expander(SEEDS_DIR)(feed, dump(line))


def conversation(*parts: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {
        "type": "conversation",
        "id": "503",
        "created_at": TEN,
        "updated_at": TEN + 3600,
        "source": {"type": "conversation", "id": "s1", "body": "<p>hi</p>", "author": USER},
        "contacts": {"contacts": [{"id": "k1", "external_id": "x1"}, {"id": "k2"}]},
        "ai_agent_participated": True,
        "conversation_parts": {"conversation_parts": list(parts)},
        **members,
    }


def part(number: int, minute: int, author: dict[str, Any], kind: str = "comment", **members: Any) -> dict[str, Any]:
    return {"id": str(number), "part_type": kind, "author": author, "created_at": TEN + 60 * minute,
            "body": f"<p>part {number}</p>", **members}  # fmt: skip


def test_the_source_and_the_parts_are_records() -> None:
    """A note is shown, Fin's close counts as a resolution, or the wrong side speaks."""
    found = expanded(
        "intercom_conversations",
        conversation(
            part(1, 1, FIN),
            part(2, 2, USER),
            part(3, 3, ADMIN, "note"),
            part(4, 4, ADMIN, "assignment", body=None, assigned_to={"type": "team", "id": 1}),
            part(5, 5, BOT, "close", body=None),
            part(6, 6, ADMIN, "note_and_reopen"),
            part(7, 7, {"type": "ghost"}),
            tags={"tags": [{"id": "t1", "name": "vip", "applied_at": TEN + 120}, {"id": "t2", "name": "late"}]},
        ),
    )
    assert (found.object_id, found.version_at, found.took_part, found.is_gone) == ("503", at(60), True, False)
    assert shown(found, "record_id", "part", "actor", "text", "status", "tags", "sequence", "occurred_at") == [
        ("intercom:source:s1", "source:s1", "customer", "hi", None, None, 0, "2026-06-10T10:00:00Z"),
        ("intercom:1", "1", "agent", "part 1", None, None, 10, "2026-06-10T10:01:00Z"),
        ("intercom:2", "2", "customer", "part 2", None, None, 10, "2026-06-10T10:02:00Z"),
        ("intercom:5:status", "5", "agent", None, "closed", None, 11, "2026-06-10T10:05:00Z"),
        ("intercom:6:status", "6", "human", None, "open", None, 11, "2026-06-10T10:06:00Z"),
        ("intercom:tag:t1", None, None, None, None, ["vip"], 20, "2026-06-10T10:02:00Z"),
        ("intercom:tag:t2", None, None, None, None, ["late"], 20, "2026-06-10T11:00:00Z"),
    ]
    assert {one.fields["channel"] for one in found.records} == {"web_chat"}
    profiles = {one.fields["record_id"]: one.fields["profile"] for one in found.records}
    assert profiles["intercom:1"] == {"profile_id": "k1", "external_id": "x1", "email": "a@x.example"}
    assert profiles["intercom:2"] == {"profile_id": "u1", "external_id": "x1", "email": "a@x.example"}
    assert list(found.parts) == ["source:s1", "1", "2", "3", "4", "5", "6", "7"]
    assert found.marks == [
        Mark("source:s1", at(0), 0, "customer"), Mark("1", at(1), 10, "agent", is_ai=True), Mark("2", at(2), 10, "customer"),
        Mark("4", at(4), 10, assigns=True),
    ]  # fmt: skip
    assert dict(found.unknown_words) == {("author_type", "ghost"): 1}
    assert set(found.people) == {
        ("profile_id", "k1"), ("external_id", "x1"), ("email", "a@x.example"), ("profile_id", "u1"),
        ("email", "staff@shop.example"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("state", "record"),
    [
        ("assumed_resolution", ("intercom:fin", "resolved", None, "last_message_but_humans")),
        ("Confirmed resolution", ("intercom:fin", "resolved", None, "last_message_but_humans")),
        ("escalated", ("intercom:fin", "escalated", "escalated", "first_handover_after_the_ai")),
        ("procedure_handoff", ("intercom:fin", "escalated", "procedure_handoff", "first_handover_after_the_ai")),
        ("routed_to_team", ("intercom:fin", "escalated", "routed_to_team", "first_handover_after_the_ai")),
        ("negative_feedback", None),
        ("abandoned", None),
        (None, None),
    ],
)
def test_fin_s_state_is_of_the_whole(state: str | None, record: tuple[Any, ...] | None) -> None:
    """A state that Intercom gives is taken for another one, or for none."""
    found = expanded("intercom_conversations", conversation(ai_agent={"resolution_state": state}))
    rows = shown(found, "record_id", "status", "escalation_reason", PLACEMENT, "sequence", "occurred_at")
    assert [row[:4] for row in rows if row[0] == "intercom:fin"] == ([] if record is None else [record])
    assert {row[4:] for row in rows if row[0] == "intercom:fin"} <= {(30, "2026-06-10T11:00:00Z")}
    assert not found.unknown_words


@pytest.mark.parametrize(
    ("line", "object_id", "is_gone", "took_part"),
    [
        (conversation(ai_agent_participated=False), "503", False, False),
        (conversation(ai_agent_participated=None), "503", False, None),
        (conversation(part(1, 1, FIN, body=None), ai_agent_participated=False), "503", False, True),
        ({"id": 503, "deleted_at": TEN, "metrics_retained": True}, "503", True, None),
        ({"id": 503, "object": "conversation", "deleted": True}, "503", False, None),
        ({"type": "notification_event", "data": {"item": conversation()}}, "503", False, True),
        ({"type": "notification_event", "data": {"item": {"type": "contact", "id": 7}}}, "contact:7", False, None),
        ({"type": "notification_event", "topic": "ping", "data": {"item": {"type": "ping"}}}, None, False, True),
    ],
)
def test_what_a_line_is_a_version_of(
    line: dict[str, Any], object_id: str | None, is_gone: bool, took_part: bool | None
) -> None:
    """A deletion is overlooked, or an event about a contact counts as a version of a conversation."""
    found = expanded("intercom_conversations", line)
    assert (found.reason, found.object_id, found.is_gone, found.took_part) == (None, object_id, is_gone, took_part)
    assert bool(found.records) is ("source" in str(line))


def test_a_page_in_one_line_and_a_bad_deletion_are_refused() -> None:
    """A page of conversations that somebody lands as one line goes unseen."""
    page = expanded("intercom_conversations", {"type": "conversation.list", "conversations": [conversation()]})
    assert (page.reason, page.field) == ("missing_field", "id")
    deletion = expanded("intercom_conversations", {"id": 1, "deleted_at": "soon"})
    assert (deletion.reason, deletion.field) == ("bad_value", "deleted_at")


def test_an_author_of_a_kind_that_a_row_names_is_who_the_conversation_is_about(tmp_path: Path) -> None:
    """A row makes a visitor's messages known, and leaves the conversation without its shopper."""
    rows = "vendor,field,value,means\nintercom,author_type,visitor,customer\n"
    (tmp_path / "vendor_words.csv").write_text(rows, encoding="utf-8")
    author = {"type": "Visitor", "id": "v1", "email": "v@x.example"}
    line = conversation(part(1, 1, FIN), source={"type": "conversation", "id": "s1", "body": "hi", "author": author})
    found = expander(tmp_path)("intercom_conversations", dump(line))
    assert [(one.fields["actor"], one.fields["profile"]["email"]) for one in found.records] == [
        ("customer", "v@x.example"), ("agent", "v@x.example")
    ]  # fmt: skip
    assert {("profile_id", "v1"), ("email", "v@x.example")} <= set(found.people)


def test_a_preview_makes_records_of_that_mode() -> None:
    """A team's trials of Fin count as conversations."""
    found = expanded("intercom_conversations", conversation(part(1, 1, FIN), ai_agent={"source_type": "fin_preview"}))
    assert {one.fields["mode"] for one in found.records} == {"preview"}


def test_a_redacted_part_has_no_message_though_its_body_says_so() -> None:
    """The vendor's sentence about a deletion would count as the shopper's first message."""
    gone = "<i>This message was deleted</i>"
    source = {"id": "s1", "type": "conversation", "body": gone, "author": USER, "redacted": True}
    parts = (part(1, 1, FIN, body=gone, redacted=True), part(2, 2, USER, redacted=False),
             part(3, 3, ADMIN, "close", redacted="true"))  # fmt: skip
    found = expanded("intercom_conversations", conversation(*parts, source=source))
    assert shown(found, "record_id") == [("intercom:2",), ("intercom:3:status",)]
    assert (list(found.parts), found.took_part) == (["source:s1", "1", "2", "3"], True)


def test_a_contact_is_a_profile_and_says_what_may_not_be_sent() -> None:
    """A bounce or an unsubscription is lost, or a contact counts as subscribed because it is not unsubscribed."""
    contact = {
        "type": "contact", "id": "k1", "updated_at": TEN, "email": "a@x.example", "phone": "+15005550006",
        "external_id": "x1", "unsubscribed_from_emails": True, "marked_email_as_spam": True, "has_hard_bounced": False,
        "signed_up_at": 2326233600, "merge_history": [{"source_contact_id": "k0", "merged_at": TEN + 60}],
    }  # fmt: skip
    found = expanded("intercom_contacts", {"type": "notification_event", "data": {"item": contact}})
    moment, about = "2026-06-10T10:00:00Z", {"profile_id": "k1", "channel": "email"}
    assert [(one.feed, one.fields) for one in found.records] == [
        ("profiles", {"profile_id": "k1", "email": "a@x.example", "phone_number": "+15005550006", "external_id": "x1",
                      "updated_at": moment}),
        ("consents", {**about, "occurred_at": moment, "status": "unsubscribed"}),
        ("suppressions", {**about, "occurred_at": moment, "action": "suppress", "reason": "marked_email_as_spam"}),
        ("profiles", {"profile_id": "k0", "merged_into": "k1", "updated_at": "2026-06-10T10:01:00Z"}),
    ]  # fmt: skip
    quiet = expanded("intercom_contacts", {"id": "k1", "updated_at": TEN, "unsubscribed_from_emails": False})
    assert [one.feed for one in quiet.records] == ["profiles"]
    other = expanded("intercom_contacts", {"type": "notification_event", "data": {"item": conversation()}})
    assert (other.object_id, other.records) == (None, ())


def test_ids_and_texts_are_found_in_a_webhook() -> None:
    """A forgotten shopper's e-mail stays in what another one wrote, as the webhook brought it."""
    spots = expanders(SEEDS_DIR)["intercom_conversations"].spots
    line = conversation(part(1, 1, FIN, body="hi"))
    inner = spots(line)
    assert {("id",), ("source", "body"), ("conversation_parts", "conversation_parts", 0, "body")} <= {*inner}
    found = spots({"type": "notification_event", "data": {"item": line}})
    assert {("data", "item", *path): what for path, what in inner.items()}.items() <= found.items()
