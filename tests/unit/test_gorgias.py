"""Spec §2.3.15, tickets of Gorgias: what is made of a line, worked out by hand."""

from typing import Any

import pytest

from caw.adapters.records import PLACEMENT, Expansion, Mark
from caw.adapters.registry import ADAPTERS, expander
from caw.feeds.declared import SEEDS_DIR
from caw.formats.strict_json import dump
from tests.support.helpdesk_lines import at, shown

AI = {"id": 71, "firstname": "AI", "lastname": "Agent", "email": "ai@shop.example"}
STAFF = {"id": 70, "email": "staff@shop.example", "name": "Staff"}


def made(**members: Any) -> Expansion:
    ticket = {"id": 9, "updated_datetime": "2026-06-10T12:00:00.123456+0000", "channel": "chat", **members}
    return expander(SEEDS_DIR)("gorgias_tickets", dump(ticket))


def message(number: int, minute: int, **members: Any) -> dict[str, Any]:
    """A public message of a colleague, unless given otherwise."""
    sent = f"2026-06-10T10:{minute:02}:00Z"
    return {"id": number, "public": True, "from_agent": True, "sender": STAFF, "sent_datetime": sent,
            "stripped_text": f"text {number}", **members}  # fmt: skip


def tags(*names: str) -> list[dict[str, str]]:
    return [{"name": name} for name in names]


def test_messages_are_parts_and_the_agent_s_word_is_in_the_tags() -> None:
    """A message is of the wrong side, an internal note is shown, or the ticket's tags have the agent's among them."""
    found = made(
        customer={"id": 5, "email": "a@x.example", "external_id": "x5"},
        messages=[
            message(1, 0, from_agent=False, sender={"id": 6, "email": "other@x.example"}),
            message(2, 1, sender=AI, stripped_text=None, body_html="<p>Hello<br>you</p>"),
            message(3, 2, public=False),
            message(4, 3, sent_datetime=None, created_datetime="2026-06-10T10:03:30+00:00"),
        ],
        tags=tags("ai_answered", "AI-Handover", "Ai_new", "vip", "AI support"),
        custom_fields=[{"label": "Handover Reason", "value": "wants a human"}],
        status="closed",
    )
    assert (found.object_id, found.took_part, found.is_gone) == ("9", True, False)
    assert shown(found, "record_id", "part", "actor", "text", "status", "tags", "sequence") == [
        ("gorgias:1", "1", "customer", "text 1", None, None, 10),
        ("gorgias:2", "2", "agent", "Hello\nyou", None, None, 10),
        ("gorgias:4", "4", "human", "text 4", None, None, 10),
        ("gorgias:tags", None, None, None, None, ["vip", "AI support"], 20),
        ("gorgias:handover", None, "agent", None, "escalated", None, 30),
        ("gorgias:closed", None, "human", None, "closed", None, 30),
    ]
    assert {(one.fields["conversation_id"], one.fields["channel"]) for one in found.records} == {
        ("gorgias:9", "web_chat")
    }
    profiles = {one.fields["record_id"]: one.fields["profile"] for one in found.records}
    assert profiles["gorgias:1"] == {"profile_id": "6", "email": "other@x.example", "external_id": "x5"}
    assert profiles["gorgias:2"] == {"profile_id": "5", "email": "a@x.example", "external_id": "x5"}
    assert shown(found, "escalation_reason", "occurred_at", PLACEMENT)[-2:] == [
        ("wants a human", "2026-06-10T12:00:00.123456Z", "first_human_message_after_the_agent"),
        (None, "2026-06-10T12:00:00.123456Z", None),
    ]
    assert found.parts == ["1", "2", "3", "4"]
    assert found.marks == [
        Mark("1", at(0), 10, "customer"), Mark("2", at(1), 10, "agent"), Mark("4", at(3.5), 10, "human")
    ]  # fmt: skip
    assert set(found.people) == {
        ("profile_id", "5"), ("email", "a@x.example"), ("external_id", "x5"), ("profile_id", "6"),
        ("email", "other@x.example"), ("email", "ai@shop.example"), ("email", "staff@shop.example"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("members", "statuses"),
    [
        ({"tags": tags("ai_close"), "status": "closed"}, [("resolved", "12:00:00.123456Z", "last_agent_message")]),
        (
            {"tags": tags("ai_close"), "closed_datetime": "2026-06-10T11:00:00"},
            [("resolved", "11:00:00Z", None)],
        ),
        (
            {"tags": tags("ai_close", "ai_handover"), "status": "closed", "closed_datetime": "2026-06-10T11:00:00Z"},
            [("escalated", "12:00:00.123456Z", "first_human_message_after_the_agent"), ("closed", "11:00:00Z", None)],
        ),
        ({"tags": tags("ai_answered"), "status": "open"}, []),
        ({"status": "closed"}, [("closed", "12:00:00.123456Z", None)]),
    ],
)
def test_what_a_ticket_came_to(members: dict[str, Any], statuses: list[tuple[Any, ...]]) -> None:
    """A ticket that the agent closed after it had handed over counts as resolved, or one closed by hand does."""
    found = shown(made(**members), "status", "occurred_at", PLACEMENT)
    assert [(status, time.partition("T")[2], rule) for status, time, rule in found] == statuses


@pytest.mark.parametrize(
    ("members", "took_part", "is_gone"),
    [
        ({"tags": tags("vip", "ai_ignore"), "messages": [message(1, 0)]}, False, False),
        ({"tags": []}, False, False),
        ({"messages": [message(1, 0)]}, None, False),
        ({"messages": [message(1, 0, sender=AI)]}, True, False),
        ({"messages": [message(1, 0, sender=AI, public=False)]}, True, False),
        ({"tags": tags("ai_processing"), "spam": True}, True, True),
        ({"trashed_datetime": "2026-06-10T10:00:00Z"}, None, True),
    ],
)
def test_a_line_says_whether_the_agent_took_part_only_if_it_can_tell(
    members: dict[str, Any], took_part: bool | None, is_gone: bool
) -> None:
    """A webhook without tags hides a conversation of the agent, or a ticket in the bin is counted."""
    found = made(**members)
    assert (found.took_part, found.is_gone) == (took_part, is_gone)


def test_a_handover_without_any_instant_of_the_ticket_stands_at_its_latest_message() -> None:
    """A ticket without updated_datetime loses its hand-over, although its messages say where that stands."""
    found = made(updated_datetime=None, tags=tags("ai_handover"), messages=[message(2, 7), message(1, 3)])
    assert shown(found, "record_id", "occurred_at")[-1] == ("gorgias:handover", "2026-06-10T10:07:00Z")


def test_a_message_that_a_line_lists_twice_is_one_part() -> None:
    """Two pages of one answer overlap, and a record stands twice."""
    found = made(tags=tags("ai_answered"), messages=[message(1, 0), message(1, 0, stripped_text="edited")])
    assert shown(found, "record_id", "text") == [("gorgias:1", "edited")]


def test_who_is_forgotten_is_cut_out_of_ids_and_texts_in_any_envelope() -> None:
    """A forgotten person's address stays in what others wrote, because a connector wraps the ticket."""
    from caw.formats.strict_json import parse

    spots = ADAPTERS["gorgias_tickets"].load(SEEDS_DIR).spots
    ticket = {"id": 1, "messages": [{"id": 2, "body_text": "hi"}], "tags": [{"name": "x"}]}
    inner = spots(ticket)
    expected = {("id",): "object_id", ("messages", 0, "id"): "part", ("messages", 0, "body_text"): "text",
                ("tags", 0, "name"): "text"}  # fmt: skip
    assert expected.items() <= inner.items()
    assert inner.items() <= {path[1:]: what for path, what in spots({"ticket": ticket}).items()}.items()
    assert spots(parse(dump({"_airbyte_data": dump(ticket)})))["_airbyte_data",] == inner
