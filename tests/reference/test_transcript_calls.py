"""Roles, calls and results of transcripts in the reference, worked out by hand (spec §2.2)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .cases import lines
from .transcript_cases import PATH, START, assistant, call, made, parts, run


def test_roles_have_words_of_their_own_and_unknown_ones_are_counted(seeds: Path) -> None:
    messages: list[dict[str, Any]] = [
        {"role": "Human", "content": "hi"},
        {"role": "ai", "content": "hello", "tool_calls": [call("1", "find_user", {}), call("2", "weather", {})]},
        {"role": "FUNCTION", "tool_call_id": "1", "content": "u1"},
        {"role": "developer", "content": "x"},
        {"role": "narrator", "content": "x", "tool_calls": [call("3", "hand_over", {})]},
        {"role": "user", "content": "x", "tool_calls": [call("4", "hand_over", {}), call("5", "no_tool", {})]},
        {"role": "staff", "content": "x"},
    ]
    warehouse = made(seeds, *messages)
    assert parts(warehouse) == ["0:content", "1:content", "1:call0:skill", "5:content"]
    actors = [row["actor"] for row in warehouse.accepted["conversation_records"]]
    assert actors == ["customer", "agent", None, "customer"]
    assert warehouse.accepted["conversation_records"][-1]["profile"]["profile_id"] == "u1"
    words = [(row["field"], row["word"], row["lines"]) for row in warehouse.tables["health.unknown_words"]]
    assert words == [("role", "narrator", 1), ("role", "staff", 1), ("tool", "weather", 1)]


@pytest.mark.parametrize(
    ("result", "failed"),
    [
        ({"content": "{}", "error": True}, True),
        ({"content": "{}", "error": "timeout"}, True),
        ({"content": "{}", "error": "False"}, False),
        ({"content": "{}", "error": ""}, False),
        ({"content": "{}", "error": []}, False),
        ({"content": '{"error": "no such user"}'}, True),
        ({"content": '{"error": null, "status": "ok"}'}, False),
        ({"content": '{"status": " ERROR "}'}, True),
        ({"content": '{"success": false}'}, True),
        ({"content": '{"success": "False"}'}, True),
        ({"content": '{"success": true}'}, False),
        ({"content": "ERRORS occurred"}, True),
        ({"content": "no error"}, False),
        ({"content": [{"text": "error"}, {"text": "x"}]}, True),
    ],
)
def test_a_failed_result_makes_nothing_but_the_call_s_skill(seeds: Path, result: dict[str, Any], failed: bool) -> None:
    calls = [
        call("1", "hand_over", {"summary": "s"}),
        call("2", "recommend", {"products": ["p"]}),
        call("3", "get_user", {"user_id": "u"}),
        call("4", "put_in_cart", {"product_id": "p"}),
    ]
    answers = [{"role": "tool", "tool_call_id": name, **result} for name in "1234"]
    warehouse = made(seeds, assistant(*calls), *answers)
    skills = ["0:call1:skill", "0:call2:skill"]
    assert parts(warehouse) == (skills if failed else ["0:call0", skills[0], "0:call1", skills[1], "0:call3"])
    last = warehouse.accepted["conversation_records"][-1]
    assert last["profile"]["profile_id"] == (None if failed else "u")


def test_a_call_without_a_result_counts(seeds: Path) -> None:
    warehouse = made(seeds, assistant(call("1", "hand_over", {"summary": "s"})), {"role": "tool", "content": "error"})
    assert parts(warehouse) == ["0:call0"]


def test_a_result_belongs_to_the_latest_unanswered_call_of_its_id(seeds: Path) -> None:
    first, second = call("1", "hand_over", {"summary": "a"}), call("1", "hand_over", {"summary": "b"})
    error, good = ({"role": "tool", "tool_call_id": "1", "content": text} for text in ("Error", "{}"))
    assert parts(made(seeds, assistant(first), assistant(second), error, good)) == ["0:call0"]
    assert parts(made(seeds, assistant(first), good, assistant(second), error)) == ["0:call0"]
    assert parts(made(seeds, error, assistant(first))) == ["1:call0"]
    unknown = call("1", "no_tool", {})
    assert parts(made(seeds, assistant(first), assistant(unknown), error)) == ["0:call0"]


def test_carts_and_the_result_itself(seeds: Path) -> None:
    calls = [call("1", "put_in_cart", {"product_id": 4.0}), call("2", "pick", {}), call("3", "best", {}),
             call("4", "best", {}), call("5", "put_in_cart", {}), call("6", "best", {})]  # fmt: skip
    contents = {"2": '{"product_id": "k"}', "3": '["a", {"sku": "b"}]', "4": "one", "6": "[]"}
    answers = [{"role": "tool", "tool_call_id": name, "content": text} for name, text in contents.items()]
    warehouse = made(seeds, assistant(*calls), *answers)
    rows = warehouse.accepted["conversation_records"]
    assert [(row["record_id"], row.get("product_id"), row.get("products")) for row in rows] == [
        ("t:0:call0", "4", None),
        ("t:1:result", "k", None),
        ("t:2:result", None, ["a", "b"]),
        ("t:3:result", None, ["one"]),
    ]
    assert rows[0]["record_type"] == "added_to_cart" and rows[0]["quantity"] == 1


def test_texts_of_one_message_are_joined_and_trimmed_where_a_marker_was_cut_out(seeds: Path) -> None:
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": [{"text": " one"}, {"image": 1}, "two "]},
        {"role": "assistant", "content": [{"text": " bye "}, {"text": "###STOP###"}]},
        {"role": "assistant", "content": "###TRANSFER### "},
    ]
    rows = made(seeds, *messages).accepted["conversation_records"]
    assert [(row["record_id"], row.get("text")) for row in rows] == [
        ("t:0:content", " one\ntwo "),
        ("t:1:content", "bye"),
        ("t:1:marker0", None),
        ("t:2:marker0", None),
    ]


def test_a_structured_reason_is_its_compact_json(seeds: Path) -> None:
    reasons = [{"why": ["é", 1.50]}, ["a", 2], [], {}]
    calls = [call(str(number), "hand_over", {"summary": reason}) for number, reason in enumerate(reasons)]
    rows = made(seeds, assistant(*calls)).accepted["conversation_records"]
    assert [row["escalation_reason"] for row in rows] == ['{"why":["é",1.5]}', '["a",2]', None, "{}"]


def test_a_tool_names_nobody_with_an_absent_identifier_and_ids_may_be_whole_floats(seeds: Path) -> None:
    def identified(result: str) -> Any:
        answer = {"role": "tool", "tool_call_id": "1", "content": result}
        rows = made(seeds, assistant(call("1", "find_user", {})), answer).accepted["conversation_records"]
        return rows[-1]["profile"]["profile_id"]

    assert [identified(one) for one in ("501.0", "7", '"u"', "u v")] == ["501", "7", "u", "u v"]
    assert [identified(one) for one in ("Unknown", "null", "000-0", "0", "7.5", "true", "{}")] == [None] * 7


def test_messages_and_calls_may_be_json_text(seeds: Path) -> None:
    calls = json.dumps([call("1", "hand_over", '{"summary": "s"}')])
    messages = json.dumps([{"role": "assistant", "content": "hi", "tool_calls": calls}])
    assert parts(run(seeds, {PATH: lines({"id": "t", "start_time": START, "messages": messages})})) == [
        "0:content",
        "0:call0",
    ]
    refused = run(seeds, {PATH: lines({"id": "t", "messages": "[hi"}, {"id": "t", "messages": "[]"})})
    rows = refused.tables["health.rejected_records"]
    assert [(row["reason"], row["field"]) for row in rows] == [
        ("bad_value", "messages"),
        ("missing_field", "messages"),
    ]


def test_a_version_without_accepted_records_does_not_hold_while_another_has_some(seeds: Path) -> None:
    message = {"role": "user", "content": "hi"}
    timed = {"id": "t", "messages": [{**message, "timestamp": START}]}
    untimed = {"id": "t", "messages": [message, message]}
    for files in ((timed, untimed), (untimed, timed)):
        warehouse = run(
            seeds, *({f"acme_us/chat_transcripts/{number}.jsonl": lines(one)} for number, one in enumerate(files))
        )
        assert parts(warehouse) == ["0:content"]
        assert len(warehouse.accepted["chat_transcripts"]) == 2


def test_seconds_between_instants_that_are_both_the_start_time_are_null(seeds: Path) -> None:
    user, stop = {"role": "user", "content": "hi"}, {"role": "assistant", "content": "bye ###STOP###"}

    def seconds(*messages: dict[str, Any]) -> Any:
        (event,) = made(seeds, *messages).tables["events.conversation_resolved"]
        return event["resolution_seconds"]

    assert seconds(user, stop) is None
    assert seconds({**user, "timestamp": START}, stop) == 0.0
    assert seconds(user, {**stop, "timestamp": START}) == 0.0
    assert seconds(user, {**stop, "timestamp": "2025-03-10T10:00:05Z"}) == 5.0
