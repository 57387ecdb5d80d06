"""Spec §2.3.17, tickets and users of Zendesk: what is made of a line, worked out by hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from caw.adapters.records import PLACEMENT, Expansion, Mark
from caw.adapters.registry import expander
from caw.formats.strict_json import dump
from tests.support.helpdesk_lines import at, shown

Expanded = Callable[..., Expansion]


@pytest.fixture(name="made")
def made_fixture(tmp_path: Path) -> Expanded:
    """Expands a ticket by seeds in which user 900 and bot@shop.example are the AI's."""
    (tmp_path / "agent_users.csv").write_text("vendor,user\nzendesk,900\nzendesk,bot@shop.example\n", encoding="utf-8")
    expand = expander(tmp_path)

    def made(**members: Any) -> Expansion:
        ticket = {"id": 35, "updated_at": "2026-06-10T12:00:00Z", "status": "open", "requester_id": 1,
                  "via": {"channel": "native_messaging"},
                  "requester": {"id": 1, "email": "a@x.example", "phone": "+15005550006", "external_id": "x1"}}  # fmt: skip
        return expand("zendesk_tickets", dump({**ticket, **members}))

    return made


def turn(number: str, minute: int, kind: str, **members: Any) -> dict[str, Any]:
    return {"id": number, "type": "Messaging::ConversationMessage", "created_at": f"2026-06-10T10:{minute:02}:00Z",
            "author": {"type": kind, "id": 1 if kind == "user" else 2},
            "content": {"type": "text", "text": f"text {number}"}, **members}  # fmt: skip


def audit(minute: int, author_id: int, *events: dict[str, Any]) -> dict[str, Any]:
    return {"created_at": f"2026-06-10T10:{minute:02}:00Z", "author_id": author_id, "events": list(events)}


def change(number: int, name: str, value: Any, kind: str = "Change") -> dict[str, Any]:
    return {"id": number, "type": kind, "field_name": name, "value": value}


def test_a_conversation_log_with_audits(made: Expanded) -> None:
    """A private comment is shown, a status is of the wrong side, or an assignment by the shopper hands over."""
    found = made(
        conversation_log=[
            turn("A", 0, "user"),
            turn("B", 1, "bot"),
            turn("C", 2, "agent", type="Comment", public=False),
            turn("D", 3, "agent", author={"type": "agent", "email": "BOT@shop.example"}),
            turn("E", 4, "robot"),
            turn("F", 5, "user", content={"type": "image"}),
            turn("G", 6, "agent", metadata={"public": "false"}),
            turn("T", 7, "agent", type="ChatDepartmentTransfer"),
        ],
        audits=[
            audit(0, 1, change(101, "status", "new", "Create"), change(102, "priority", "low")),
            audit(2, -1, change(103, "status", "pending"), change(104, "assignee_id", "7")),
            audit(3, 1, change(105, "group_id", "8"), change(106, "assignee_id", None)),
            audit(9, 44, change(107, "status", "solved"), change(108, "group_id", "9", "Create")),
            audit(59, 900, change(109, "status", "closed"), {"id": 110, "type": "ChatDepartmentTransfer"}),
        ],
        tags=["vip"],
    )
    assert (found.object_id, found.version_at, found.took_part) == ("35", at(120), True)
    assert shown(found, "record_id", "part", "actor", "text", "status", "sequence", PLACEMENT) == [
        ("zendesk:A", "A", "customer", "text A", None, 10, None),
        ("zendesk:B", "B", "agent", "text B", None, 10, None),
        ("zendesk:D", "D", "agent", "text D", None, 10, None),
        ("zendesk:101", "101", "customer", None, "open", 11, None),
        ("zendesk:103", "103", "human", None, "open", 11, "by_the_last_speaker"),
        ("zendesk:107", "107", "human", None, "resolved", 11, None),
        ("zendesk:109", "109", "agent", None, "closed", 11, None),
        ("zendesk:tags", None, None, None, None, 20, "before_the_first_ending"),
        ("zendesk:handover", None, "agent", None, "escalated", 30, "first_handover_if_any"),
    ]
    assert found.marks == [
        Mark("A", at(0), 10, "customer"), Mark("B", at(1), 10, "agent"), Mark("D", at(3), 10, "agent"),
        Mark("T", at(7), 10, transfers=True), Mark("103", at(2), 11), Mark("104", at(2), 11, assigns=True),
        Mark("110", at(59), 11, transfers=True),
    ]  # fmt: skip
    assert list(found.parts) == [*"ABCDEFGT", *(str(number) for number in (101, 103, 104, 105, 106, 107, 109, 110))]
    profiles = {one.fields["record_id"]: one.fields["profile"] for one in found.records}
    named = {"profile_id": "1", "email": "a@x.example", "phone_number": "+15005550006", "external_id": "x1"}
    assert profiles["zendesk:A"] == profiles["zendesk:B"] == named
    assert {("phone", "+15005550006"), ("profile_id", "1"), ("email", "BOT@shop.example")} <= set(found.people)


@pytest.mark.parametrize(
    ("members", "took_part", "names"),
    [
        ({}, None, []),
        ({"conversation_log": []}, None, []),
        ({"conversation_log": [], "comments": [{"id": 1, "author_id": 900, "body": "hello"}]}, True,
         ["zendesk:1", "zendesk:handover"]),
        ({"conversation_log": [turn("A", 0, "user"), turn("B", 1, "agent")]}, False, ["zendesk:A", "zendesk:B"]),
        ({"comments": [{"id": 1, "author_id": 900, "body": "hello"}]}, True, ["zendesk:1", "zendesk:handover"]),
        ({"comments": [{"id": 1, "author_id": 44, "body": "hello"}]}, False, ["zendesk:1"]),
        ({"audits": [audit(0, 900, change(1, "status", "open"))]}, True, ["zendesk:1", "zendesk:handover"]),
        ({"status": "solved"}, None, ["zendesk:status"]),
        ({"status": "solved", "audits": []}, None, ["zendesk:status"]),
        ({"status": "solved", "audits": [audit(0, 44)]}, None, []),
    ],
)  # fmt: skip
def test_a_line_says_whether_the_bot_took_part_only_if_it_can_tell(
    made: Expanded, members: dict[str, Any], took_part: bool | None, names: list[str]
) -> None:
    """A ticket without its conversation hides one that had it; a ticket without the bot shows a hand-over."""
    found = made(**members)
    assert (found.took_part, [one.fields["record_id"] for one in found.records]) == (took_part, names)


def test_comments_are_messages_where_there_is_no_conversation_log(made: Expanded) -> None:
    """A comment of the AI's user counts as a colleague's, or a private one is shown."""
    comments = [
        {"id": 1, "author_id": 1, "public": True, "body": "help", "created_at": "2026-06-10T10:00:00Z"},
        {"id": 2, "author_id": "900", "public": True, "html_body": "<p>hello</p>", "created_at": "2026-06-10T10:01:00Z"},
        {"id": 3, "author_id": 44, "public": False, "body": "note", "created_at": "2026-06-10T10:02:00Z"},
    ]  # fmt: skip
    assert shown(made(comments=comments), "record_id", "actor", "text")[:2] == [
        ("zendesk:1", "customer", "help"),
        ("zendesk:2", "agent", "hello"),
    ]
    expanded = made(comments=comments, conversation_log=[turn("A", 0, "user")])
    assert [one.fields["record_id"] for one in expanded.records] == ["zendesk:A"]


def test_a_deleted_ticket_is_gone_and_generated_timestamp_ranks_versions_of_one_instant(made: Expanded) -> None:
    """A deleted ticket stays, or a system's update of yesterday is taken for the newest."""
    found = made(status="deleted", generated_timestamp=1781085600)
    assert (found.is_gone, found.version_rank) == (True, 1781085600)
    ranks = [made(generated_timestamp=given).version_rank for given in ("1781085600", 1781085600.0, "soon", None, -1)]
    assert ranks == [1781085600, 1781085600, None, None, None], "connectors write numbers as texts, or with a point"


@pytest.mark.parametrize(
    ("members", "is_profile"),
    [({}, True), ({"active": False}, False), ({"role": "agent"}, False), ({"active": None}, True)],
)
def test_end_users_are_profiles(tmp_path: Path, members: dict[str, Any], is_profile: bool) -> None:
    """A colleague is written to, or somebody who was deleted."""
    user = {"id": 7, "role": "end-user", "active": True, "email": "a@x.example", "phone": None, "external_id": "x",
            "updated_at": "2026-06-10T12:00:00Z", **members}  # fmt: skip
    found = expander(tmp_path)("zendesk_users", dump(user))
    profile = {"profile_id": "7", "email": "a@x.example", "external_id": "x", "updated_at": "2026-06-10T12:00:00Z"}
    assert [(one.feed, one.fields) for one in found.records] == ([("profiles", profile)] if is_profile else [])
