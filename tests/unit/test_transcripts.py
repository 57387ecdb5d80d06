"""Expansion of agent transcripts into log records, word by word from spec §2.2."""

import dataclasses
import json
from collections import Counter
from typing import Any

import pytest

from caw.adapters.transcripts import expand
from caw.feeds.declared import SEEDS_DIR
from tests.support.expanded_transcripts import made, records
from tests.support.expansions_against_reference import differences
from tests.support.transcript_messages import RULES, call, calls, result, says


@pytest.mark.parametrize(
    ("transcript", "reason", "field"),
    [
        ({}, "missing_field", "id"),
        ({"id": " \u00a0", "conversation_id": None}, "missing_field", "id"),
        ({"id": 1.5, "messages": []}, "bad_value", "id"),
        ({"id": True}, "bad_value", "id"),
        ({"id": {"a": 1}, "conversation_id": "c"}, "bad_value", "id"),
        ({"id": "t"}, "missing_field", "messages"),
        ({"id": "t", "messages": None}, "missing_field", "messages"),
        ({"id": "t", "messages": []}, "missing_field", "messages"),
        ({"id": "t", "messages": [None]}, "missing_field", "messages"),
        ({"id": "t", "messages": "hello"}, "bad_value", "messages"),
        ({"id": "t", "messages": {"role": "user"}}, "bad_value", "messages"),
        ({"id": "t", "messages": [{"role": "user"}, 5]}, "bad_value", "messages"),
    ],
)
def test_a_transcript_without_id_or_messages_is_refused(transcript: object, reason: str, field: str) -> None:
    expansion = expand(json.dumps(transcript), RULES)
    assert (expansion.reason, expansion.field, list(expansion.records)) == (reason, field, [])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"id": " a "}, " a "),
        ({"id": 12345678901234567890}, "12345678901234567890"),
        ({"id": None, "conversation_id": "c"}, "c"),
        ({"id": "a", "conversation_id": "c"}, "a"),
    ],
)
def test_the_id_is_id_or_else_conversation_id(fields: dict[str, object], expected: str) -> None:
    expansion = expand(json.dumps({**fields, "messages": [says("hi")]}), RULES)
    assert expansion.object_id == expected
    assert expansion.records[0].fields["conversation_id"] == expected
    assert expansion.records[0].fields["record_id"] == f"{expected}:0:content"


def test_who_speaks_and_what_makes_no_message() -> None:
    messages = [
        says("be kind", role="system"),
        says("hello"),
        says("Hi!", role="Assistant"),
        says(""),
        says(" \n\u3000"),
        says(None),
        says("r", role="tool"),
        says("?", role="developer"),
        says([{"type": "text", "text": "one "}, {"type": "image_url"}, {"text": " "}, {"text": "two"}, "!"]),
        says([]),
    ]
    assert [(r["record_id"], r["sequence"], r["actor"], r["text"]) for r in records(messages)] == [
        ("t:1:content", 1000, "customer", "hello"),
        ("t:2:content", 2000, "agent", "Hi!"),
        ("t:8:content", 8000, "customer", "one \ntwo\n!"),
    ]
    assert made(messages).version_rank == 10


@pytest.mark.parametrize("part", [" ", "\u00a0", [], [None], {"text": " "}, {"text": [None]}, None])
def test_a_part_without_a_text_is_passed_over(part: object) -> None:
    """Spec §2.0.4 and §2.2.4: a text ends in a line feed, or its message is refused, for a part that says nothing."""
    messages = [says(["a", part, {"text": "b"}], timestamp="2026-06-10T10:00:00Z")]
    assert [one["text"] for one in records(messages)] == ["a\nb"]
    assert differences("chat_transcripts", {"id": "t", "messages": messages}, SEEDS_DIR) == []


def test_a_transcript_that_makes_no_record_is_accepted() -> None:
    expansion = made([says("rules", role="system")])
    assert (expansion.reason, list(expansion.records), expansion.version_rank) == (None, [], 1)


def test_occurred_at_is_the_messages_own_or_the_latest_before_or_the_start() -> None:
    messages = [
        says("a"),
        says("b", timestamp=" "),
        says("rules", role="system", timestamp="2026-01-01T00:00:01"),
        says("c"),
        says("d", timestamp=1700000000.5),
        says("e", timestamp=None),
    ]
    assert [r["occurred_at"] for r in records(messages, start_time="2026-01-01T00:00:00")] == [
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:01",
        1700000000.5,
        1700000000.5,
    ]
    assert ["occurred_at" in r for r in records(messages)] == [False, False, True, True, True]


def test_markers_are_cut_out_and_stand_after_their_message() -> None:
    messages = [
        says("Thanks###TRANSFER### bye ###STOP###", timestamp="T"),
        says("###STOP###"),
        says("done ###STOP###", role="assistant"),
        result("x", "###STOP###"),
    ]
    assert records(messages[:1]) == [
        {
            "record_id": "t:0:content",
            "conversation_id": "t",
            "occurred_at": "T",
            "sequence": 0,
            "record_type": "message",
            "actor": "customer",
            "text": "Thanks bye",
        },
        {
            "record_id": "t:0:marker0",
            "conversation_id": "t",
            "occurred_at": "T",
            "sequence": 1,
            "record_type": "status_changed",
            "actor": "agent",
            "status": "escalated",
        },
        {
            "record_id": "t:0:marker1",
            "conversation_id": "t",
            "occurred_at": "T",
            "sequence": 2,
            "record_type": "status_changed",
            "actor": "agent",
            "status": "resolved",
        },
    ]
    assert [(r["record_id"], r["sequence"]) for r in records(messages)[3:]] == [
        ("t:1:marker0", 1000),
        ("t:2:content", 2000),
        ("t:2:marker0", 2001),
    ]


def test_without_markers_texts_stay_whole() -> None:
    document = json.dumps({"id": "t", "messages": [says("a###STOP###")]})
    assert [record.fields["text"] for record in expand(document, dataclasses.replace(RULES, markers=())).records] == [
        "a###STOP###"
    ]


def test_calls_show_skills_where_they_change_and_hand_over() -> None:
    messages = [
        calls(call("get_order"), call("get_order"), call("nobody_knows"), call("search", q="x"), content="wait"),
        calls(call("transfer", summary=" wants a refund ")),
        calls(call("search"), call("get_order"), {"name": None}, "no call"),
    ]
    expansion = made(messages)
    assert [
        (r["record_id"], r["sequence"], r["record_type"], r.get("skill") or r.get("status") or r.get("text"))
        for r in (record.fields for record in expansion.records)
    ] == [
        ("t:0:content", 0, "message", "wait"),
        ("t:0:call0:skill", 1, "skill_changed", "order_status"),
        ("t:0:call3:skill", 2, "skill_changed", "search"),
        ("t:1:call0", 1000, "status_changed", "escalated"),
        ("t:2:call1:skill", 2000, "skill_changed", "order_status"),
    ]
    handed_over = expansion.records[3].fields
    assert (handed_over["actor"], handed_over["escalation_reason"]) == ("agent", " wants a refund ")
    assert expansion.unknown_words == Counter({("tool", "nobody_knows"): 1})
    assert "escalation_reason" not in records([calls(call("transfer"))])[0]


def test_calls_may_follow_the_chat_completion_shape() -> None:
    """function.name, and arguments as JSON text, which may also be broken."""
    shaped = {"id": "c1", "type": "function", "function": {"name": "transfer", "arguments": '{"summary": "why"}'}}
    broken = {"function": {"name": "transfer", "arguments": '{"summary": '}}
    assert [r.get("escalation_reason") for r in records([calls(shaped, broken)])] == ["why", None]
    assert [r["escalation_reason"] for r in records([calls({"name": "transfer", "arguments": '{"summary":"s"}'})])] == [
        "s"
    ]


def test_a_recommending_call_carries_its_products() -> None:
    products = ["a", {"sku": "b", "price": 1.5}, " "]
    messages = [calls(call("recommend", products=products), timestamp="T")]
    assert records(messages, channel="sms") == [
        {
            "record_id": "t:0:call0:skill",
            "conversation_id": "t",
            "occurred_at": "T",
            "sequence": 0,
            "record_type": "skill_changed",
            "skill": "advice",
            "channel": "sms",
        },
        {
            "record_id": "t:0:call0",
            "conversation_id": "t",
            "occurred_at": "T",
            "sequence": 1,
            "record_type": "products_recommended",
            "products": products,
            "channel": "sms",
        },
    ]


@pytest.mark.parametrize("products", [None, [], [" ", None], [{}], [{"id": ""}], " "])
def test_a_recommending_call_without_products_makes_no_record(products: object) -> None:
    assert [r["record_type"] for r in records([calls(call("recommend", products=products))])] == ["skill_changed"]


def test_products_of_a_result_stand_at_the_results_message() -> None:
    messages = [
        calls(call("search", "c1"), timestamp="T0"),
        says("hm", timestamp="T1"),
        result("c1", json.dumps({"products": [{"id": 7}], "total": 1}), timestamp="T2"),
    ]
    record = records(messages)[-1]
    assert (record["record_id"], record["sequence"], record["occurred_at"]) == ("t:2:result", 2000, "T2")
    assert (record["record_type"], record["products"]) == ("products_recommended", [{"id": 7}])


@pytest.mark.parametrize(
    "answer",
    [
        None,
        result("other", '{"products":["a"]}'),
        result("c1", "no JSON"),
        result("c1", '{"items":["a"]}'),
        result("c1", '["a"]'),
        result("c1", '{"products":[]}'),
        result("c1", None),
    ],
)
def test_a_missing_or_empty_result_makes_nothing(answer: dict[str, Any] | None) -> None:
    messages = [calls(call("search", "c1")), *([answer] if answer else [])]
    assert [r["record_type"] for r in records(messages)] == ["skill_changed"]


def test_results_belong_to_the_latest_unanswered_call_of_their_id() -> None:
    """Some frameworks number calls again in every turn; others put the call's id into `id`."""
    messages = [
        result("1", '{"products":["too early"]}'),
        calls(call("search", "1")),
        result(None, '{"products":["a"]}', id="1"),
        result("1", '{"products":["twice"]}'),
        calls(call("search", "1"), call("search", "2")),
        result("2", [{"text": '{"products":'}, {"text": '["c"]}'}]),  # put together by a line feed
        result(1, '{"products":["b"]}'),
    ]
    found = [(r["record_id"], r["products"]) for r in records(messages) if "products" in r]
    assert found == [("t:2:result", ["a"]), ("t:5:result", ["c"]), ("t:6:result", ["b"])]
