"""Hand-worked cases of the dialects of agent frameworks (spec §2.3.13)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .cases import counts, refusals, warehouse

START = "2026-06-10T10:00:00Z"
PRODUCTS = '{"products": ["p1"]}'


def parts(built: Any, *names: str) -> list[tuple[Any, ...]]:
    """`<index>:<part>` of the conversation's records in order, with these fields."""
    found = sorted(built.accepted["conversation_records"], key=lambda row: row["sequence"])
    return [(row["record_id"].partition(":")[2], *(row.get(name) for name in names)) for row in found]


def made(tmp_path: Path, messages: Any, name: str = "messages", **own: Any) -> Any:
    """The warehouse of one transcript."""
    transcript = {"id": "t", "start_time": START, name: messages, **own}
    return warehouse(tmp_path, {"chat_transcripts/a.jsonl": transcript})


@pytest.mark.parametrize(
    ("call", "result"),
    [
        pytest.param(
            {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "search", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": PRODUCTS}]},
            id="anthropic",
        ),
        pytest.param(
            {"role": "assistant", "parts": [{"type": "tool_call", "id": "1", "name": "search", "arguments": {}}]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "1", "response": {"products": ["p1"]}}]},
            id="opentelemetry",
        ),
        pytest.param(
            {
                "role": "assistant",
                "content": [{"type": "tool-call", "toolCallId": "1", "toolName": "search", "input": {}}],
            },
            {
                "role": "tool",
                "content": [
                    {
                        "type": "tool-result",
                        "toolCallId": "1",
                        "output": {"type": "json", "value": {"products": ["p1"]}},
                    }
                ],
            },
            id="ai sdk model messages",
        ),
        pytest.param(
            {"role": "model", "parts": [{"functionCall": {"name": "search", "args": {}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "search", "response": {"products": ["p1"]}}}]},
            id="gemini",
        ),
        pytest.param(
            {"type": "function_call", "id": "fc_9", "call_id": "1", "name": "search", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "1", "output": PRODUCTS},
            id="responses",
        ),
        pytest.param(
            {"type": "agent.custom_tool_use", "id": "1", "name": "search", "input": {}},
            {
                "type": "user.custom_tool_result",
                "custom_tool_use_id": "1",
                "content": [{"type": "text", "text": PRODUCTS}],
            },
            id="claude managed agents",
        ),
        pytest.param(
            {
                "lc": 1,
                "type": "constructor",
                "id": ["langchain", "schema", "AIMessageChunk"],
                "kwargs": {"content": "", "tool_calls": [{"id": "1", "name": "search", "args": {}}]},
            },
            {"type": "tool", "data": {"content": PRODUCTS, "tool_call_id": "1", "id": "run-9"}},
            id="langchain",
        ),
    ],
)
def test_calls_and_results_of_every_framework(tmp_path: Path, call: dict[str, Any], result: dict[str, Any]) -> None:
    built = made(tmp_path, [{"role": "user", "content": "hi"}, call, result])
    assert parts(built, "record_type", "products") == [
        ("0:content", "message", None),
        ("1:call0:skill", "skill_changed", None),
        ("2:result", "products_recommended", ["p1"]),
    ]


def test_an_ai_sdk_message_holds_a_call_and_its_result(tmp_path: Path) -> None:
    def tool(call_id: str, state: str, **own: Any) -> dict[str, Any]:
        return {"type": "tool-search", "toolCallId": call_id, "state": state, "input": {}, **own}

    message = {
        "role": "assistant",
        "createdAt": "2026-06-10T11:00:00Z",
        "parts": [
            {"type": "step-start"},
            {"type": "reasoning", "text": "hm"},
            {"type": "text", "text": "look"},
            tool("1", "output-available", output={"products": ["p1"]}),
            {
                **tool("2", "output-available", output={"products": ["p2"]}),
                "type": "dynamic-tool",
                "toolName": "search",
            },
            tool("3", "output-error", errorText="broken"),
            tool("4", "input-available"),
            {"type": "text", "text": "at these"},
        ],
    }
    built = made(tmp_path, [message])
    assert parts(built, "record_type", "text", "products") == [
        ("0:content", "message", "look\nat these", None),
        ("0:call0:skill", "skill_changed", None, None),
        ("0:result", "products_recommended", None, ["p1"]),
        ("0:result1", "products_recommended", None, ["p2"]),
    ]


def test_an_old_ai_sdk_message_has_its_calls_next_to_its_text(tmp_path: Path) -> None:
    def tool(call_id: str, state: str, **own: Any) -> dict[str, Any]:
        return {"toolCallId": call_id, "toolName": "search", "state": state, "args": {}, **own}

    invocations = [
        tool("1", "result", result={"products": ["p1"]}),
        tool("2", "result", result={"error": "none"}),
        tool("3", "call", result={"products": ["not yet"]}),
        tool("4", "result", result={"products": ["p4"]}),
        tool("1", "result", result={"products": ["again"]}),
    ]
    said = {"role": "assistant", "createdAt": "2026-06-10T11:00:00Z", "content": "look", "toolInvocations": invocations}
    shoppers = {**said, "role": "user"}
    assert parts(made(tmp_path, [shoppers, said]), "record_type", "products") == [
        ("0:content", "message", None),
        ("1:content", "message", None),
        ("1:call0:skill", "skill_changed", None),
        ("1:result", "products_recommended", ["p1"]),
        ("1:result2", "products_recommended", ["p4"]),
    ]


def test_calls_of_one_message_with_the_same_id_are_one_and_only_the_assistants_count(tmp_path: Path) -> None:
    hand_over = {"type": "tool_use", "id": "1", "name": "hand_over", "input": {"summary": "s"}}
    calls = [
        {"id": "1", "name": "hand_over", "args": {"summary": "s"}},
        {"id": "2", "name": "transfer_to_analytics_agent", "args": {}},
        {"id": "3", "name": "get_order", "args": {}},
    ]
    message = {"role": "ai", "content": [{"type": "text", "text": "wait"}, hand_over], "tool_calls": calls}
    built = made(tmp_path, [message, {"role": "user", "content": [hand_over]}])
    assert parts(built, "record_type", "escalation_reason") == [
        ("0:content", "message", None),
        ("0:call0", "status_changed", "s"),
        ("0:call2:skill", "skill_changed", None),  # get_order: k counts transfer_to_analytics_agent too
    ]
    words = {(row["field"], row["word"]) for row in built.tables["health.unknown_words"]}
    assert words == {("tool", "transfer_to_analytics_agent")}


def test_failed_results_make_nothing(tmp_path: Path) -> None:
    def turn(call_id: str, **result: Any) -> list[dict[str, Any]]:
        return [
            {"type": "function_call", "call_id": call_id, "name": "recommend", "arguments": '{"products": ["p"]}'},
            {"type": "function_call_output", "call_id": call_id, **result},
        ]

    items = [
        *turn("1", output="ok"),
        *turn("2", output="error: no"),
        *turn("3", output="ok", status="error"),
        *turn("4", output="ok", is_error=True),
        *turn("5", output='{"success": false}'),
    ]
    built = made(tmp_path, items, "items")
    assert parts(built, "record_type") == [
        ("0:call0:skill", "skill_changed"),
        ("0:call0", "products_recommended"),
    ]


@pytest.mark.parametrize("name", ["messages", "items", "input", "events", "contents", "history"])
def test_names_of_the_list_and_of_the_id(tmp_path: Path, name: str) -> None:
    transcript = {name: [{"role": "human", "content": "hi"}], "created_at": START, "thread_id": "t9"}
    built = warehouse(tmp_path, {"chat_transcripts/a.jsonl": transcript})
    (record,) = built.accepted["conversation_records"]
    assert (record["record_id"], record["conversation_id"]) == ("t9:0:content", "t9")


def test_a_langgraph_state_and_times_in_metadata(tmp_path: Path) -> None:
    message = {"type": "human", "content": "hi", "metadata": {"created_at": 1781085600000}}
    state = {"values": {"messages": [message]}, "config": {"configurable": {"thread_id": "g"}}}
    built = warehouse(tmp_path, {"chat_transcripts/a.jsonl": state})
    (record,) = built.accepted["conversation_records"]
    assert (record["conversation_id"], record["occurred_at"].isoformat()) == ("g", "2026-06-10T10:00:00+00:00")


def test_texts_of_all_kinds_and_what_makes_nothing(tmp_path: Path) -> None:
    blocks = [
        "plain",
        {"type": "input_text", "text": "one"},
        {"type": "text", "content": "two"},
        {"type": "refusal", "refusal": "three"},
        {"text": "four"},
        {"type": "thinking", "thinking": "no", "text": "no"},
        {"type": "source-url", "text": "no"},
        {"type": "image", "text": "no"},
        {"type": "web_search_tool_result", "text": "no"},
        {"type": "mcp_tool_use", "text": "no"},
    ]
    elements = [
        {"type": "session.status_running", "id": "s"},
        {"type": "span.model_request_start"},
        {"type": "item_reference", "id": "i"},
        {"type": "user.message", "content": blocks},
        {"role": "developer", "content": "be nice"},
        {"role": "narrator", "content": "once"},
        {"type": "reasoning", "summary": []},
    ]
    built = made(tmp_path, elements, "events")
    assert parts(built, "text", "actor") == [("3:content", "plain\none\ntwo\nthree\nfour", "customer")]
    assert [(row["field"], row["word"]) for row in built.tables["health.unknown_words"]] == [("role", "narrator")]


def test_streams_of_chunks_and_answers_without_a_conversation_are_refused(tmp_path: Path) -> None:
    lines = [{"id": "c", "type": "text-delta", "delta": "h"}, {"data": [{"role": "user"}]}, {"id": "c", "input": "hi"}]
    built = warehouse(tmp_path, {"chat_transcripts/a.jsonl": lines})
    assert counts(built) == [(0, 0, 3)]
    assert refusals(built) == [("missing_field", "messages"), ("missing_field", "id"), ("missing_field", "messages")]
