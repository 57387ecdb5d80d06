"""Histories of agent frameworks as they keep them, by hand: the dialects of spec §2.3.13."""

import json
from typing import Any

import pytest

from caw.adapters.records import Expansion
from caw.adapters.transcripts import ADAPTER, expand
from caw.formats.strict_json import dump
from tests.support import dialects
from tests.support.transcript_messages import RULES, SHIPPED

START = dialects.START
Json = dict[str, Any]


def made(messages: object, name: str = "messages", **fields: object) -> Expansion:
    return expand(json.dumps({"id": "t", "start_time": START, name: messages, **fields}), RULES)


def records(messages: object, name: str = "messages", **fields: object) -> list[Json]:
    expansion = made(messages, name, **fields)
    assert expansion.reason is None
    return [json.loads(dump(record.fields)) for record in expansion.records]


def parts(messages: object, *names: str) -> list[tuple[Any, ...]]:
    """`<index>:<part>` of the records, with these fields."""
    found = records(messages)
    return [(one["record_id"].removeprefix("t:"), *(one.get(name) for name in names)) for one in found]


def ai_sdk_result(kind: str, value: Any) -> Json:
    return {"type": "tool-result", "toolCallId": "k", "toolName": "transfer", "output": {"type": kind, "value": value}}


@pytest.mark.parametrize("framework", dialects.ALL)
def test_one_conversation_in_every_dialect(framework: str) -> None:
    """A framework whose shape is not read lands silently: conversations without words, or without recommendations."""
    expansion = expand(json.dumps(dialects.ALL[framework]), SHIPPED)
    found = [record.fields for record in expansion.records]
    said = {one["actor"]: one["text"] for one in found if one["record_type"] == "message"}
    assert said == {"customer": dialects.ASKED, "agent": dialects.ANSWERED}
    assert [one["products"] for one in found if "products" in one] == [["p1"]]
    assert [one["skill"] for one in found if "skill" in one] == ["product_search"]
    assert {one["conversation_id"] for one in found} == {"t"}
    assert all("occurred_at" in one for one in found)
    transfers = {("tool", "transfer_to_sales_agent"): 1} if framework == "agents sdk" else {}
    assert dict(expansion.unknown_words) == transfers, "a transfer between agents is no hand-over"
    kinds = {one["record_type"] for one in found}
    assert kinds == {"message", "skill_changed", "products_recommended"}


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"type": "text-delta", "id": "run-1", "delta": "h"}, "messages"),
        ({"type": "tool-input-start", "toolCallId": "k"}, "id"),
        ({"id": "c", "data": [{"role": "user", "content": "hi"}]}, "messages"),
        ({"id": "resp_1", "object": "response", "output": [{"type": "message"}]}, "messages"),
        ({"id": "c", "input": "hi"}, "messages"),
        ({"id": "c", "values": {"messages": []}}, "messages"),
        ({"thread_id": " ", "items": [{"role": "user"}]}, "id"),
        ({"object": "list", "data": []}, "id"),
    ],
)
def test_what_is_no_transcript_says_what_was_looked_for(line: Json, field: str) -> None:
    """A stream's chunk or an answer that is landed by mistake: whoever sees it must learn what is wanted instead."""
    expansion = expand(json.dumps(line), RULES)
    assert (expansion.reason, expansion.field) == ("missing_field", field)
    sentence = ADAPTER.refusals["missing_field"]
    for name in ("thread_id", "config.configurable.thread_id", "items", "values.messages", "history", "chunks"):
        assert name in sentence


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ({"conversation_id": "c", "thread_id": "t"}, ("c", None)),
        ({"thread_id": 7.0, "session_id": "s"}, ("7", None)),
        ({"chatId": "c", "sender_id": "s"}, ("c", None)),
        ({"id": " ", "config": {"configurable": {"thread_id": "g"}}}, ("g", None)),
        ({"session_id": {"a": 1}, "sender_id": "s"}, (None, "session_id")),
        ({"config": {"configurable": {"thread_id": True}}}, (None, "config.configurable.thread_id")),
    ],
)
def test_the_first_id_that_is_there_must_be_usable(line: Json, expected: tuple[str | None, str | None]) -> None:
    expansion = expand(json.dumps({**line, "items": [{"role": "user", "content": "hi"}]}), RULES)
    assert (expansion.object_id, expansion.field) == expected
    assert expansion.reason == ("bad_value" if expected[1] else None)


def test_an_absent_list_gives_way_to_the_next_name() -> None:
    message = {"role": "user", "content": "hi"}
    for absent in (None, [], [None], " ", "[]"):
        line = {"id": "t", "messages": absent, "items": [message]}
        assert len(expand(json.dumps(line), RULES).records) == 1
    wrong = {"id": "t", "messages": {"role": "user"}, "items": [message]}
    assert expand(json.dumps(wrong), RULES).reason == "bad_value"
    assert len(records(json.dumps([message]), "input")) == 1, "as in a cell of a table"


def test_an_assistants_blocks_stand_in_their_order_and_a_repeated_call_is_one() -> None:
    """Anthropic's blocks through LangChain: each call is there twice, in the content and in tool_calls."""
    message = {
        "type": "ai",
        "content": [
            {"type": "text", "text": "one"},
            {"type": "tool_use", "id": "a", "name": "recommend", "input": {"products": ["p1"]}},
            {"type": "tool_use", "id": "b", "name": "nobody_knows", "input": {}},
            {"type": "text", "text": "two"},
        ],
        "tool_calls": [
            {"id": "a", "name": "recommend", "args": {"products": ["p9"]}},
            {"id": "b", "name": "nobody_knows", "args": {}},
            {"id": "c", "name": "get_order", "args": {}},
            {"name": "get_order", "args": {}},
            {"name": "transfer", "args": {"summary": "why"}},
        ],
    }
    assert parts([message], "text", "products", "skill", "escalation_reason") == [
        ("0:content", "one\ntwo", None, None, None),
        ("0:call0:skill", None, None, "advice", None),
        ("0:call0", None, ["p1"], None, None),
        ("0:call2:skill", None, None, "order_status", None),
        ("0:call4", None, None, None, "why"),
    ]
    assert dict(made([message]).unknown_words) == {("tool", "nobody_knows"): 1}
    call = {"type": "tool_use", "name": "transfer ", "input": {}}
    odd = made([{"role": "assistant", "content": [call]}, {"role": " boss", "content": "x"}, {"role": " "}])
    assert dict(odd.unknown_words) == {("tool", "transfer "): 1, ("role", "boss"): 1}, (
        "tools are compared as they are written"
    )


def test_calls_of_anybody_but_the_assistant_make_nothing() -> None:
    call = {"type": "tool_use", "id": "a", "name": "transfer", "input": {"summary": "s"}}
    assert parts([{"role": "user", "content": [call]}, {"role": "system", "content": [call]}]) == []


def test_who_is_identified_by_a_block_stands_from_there_on() -> None:
    """The text of the message that also brings the result comes before it."""
    messages = [
        {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "find_user", "input": {}}]},
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "a", "content": "p1"},
                {"type": "text", "text": "hello"},
            ],
        },
        {"role": "assistant", "content": "hi"},
        {"role": "user", "content": "bye"},
    ]
    found = [record.get("profile", {}).get("profile_id") for record in records(messages)[-3:]]
    assert found == [None, "p1", "p1"]
    assert ("profile_id", "p1") in list(made(messages).people)


@pytest.mark.parametrize(
    ("result", "failed"),
    [
        ({"type": "function_call_output", "call_id": "k", "output": "handed over"}, False),
        ({"type": "function_call_output", "call_id": "k", "output": "error: nobody"}, True),
        ({"type": "function_call_output", "call_id": "k", "output": "x", "status": "completed"}, False),
        ({"type": "user.custom_tool_result", "custom_tool_use_id": "k", "is_error": True, "content": []}, True),
        ({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "k", "is_error": True}]}, True),
        ({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "k"}]}, False),
        ({"type": "tool", "data": {"tool_call_id": "k", "content": "x", "status": "error"}}, True),
        ({"role": "tool", "content": [{"type": "tool-result", "toolCallId": "k", "isError": True}]}, True),
        ({"role": "user", "parts": [{"functionResponse": {"name": "transfer", "response": {"error": "no"}}}]}, True),
        ({"role": "user", "parts": [{"functionResponse": {"name": "other", "response": {"error": "no"}}}]}, False),
        ({"role": "tool", "content": [ai_sdk_result("error-text", "no")]}, True),
        ({"role": "tool", "content": [ai_sdk_result("error-json", {"code": 5})]}, True),
        ({"role": "tool", "content": [ai_sdk_result("execution-denied", None)]}, True),
        ({"role": "tool", "content": [ai_sdk_result("text", "done")]}, False),
    ],
)
def test_a_failed_result_of_any_shape_takes_the_escalation_back(result: Json, failed: bool) -> None:
    call = {"type": "function_call", "id": "fc", "call_id": "k", "name": "transfer", "arguments": '{"summary": "s"}'}
    statuses = [record["status"] for record in records([call, result]) if "status" in record]
    assert statuses[:1] == ([] if failed else ["escalated"])


@pytest.mark.parametrize("kind", ["tool-transfer", "dynamic-tool"])
@pytest.mark.parametrize(
    ("state", "made_parts"),
    [
        ("output-available", ["0:call0"]),
        ("output-error", []),
        ("output-denied", []),
        ("input-available", ["0:call0"]),
    ],
)
def test_a_part_of_the_ai_sdk_is_a_call_and_by_its_state_a_result(kind: str, state: str, made_parts: list[str]) -> None:
    part = {"type": kind, "toolName": "transfer", "state": state, "input": {"summary": "s"}, "errorText": "x"}
    assert [one for (one,) in parts([{"role": "assistant", "parts": [part]}])] == made_parts


@pytest.mark.parametrize(
    ("state", "result", "made_parts"),
    [("call", None, ["0:call0"]), ("result", "done", ["0:call0"]), ("result", {"error": "no"}, [])],
)
def test_a_part_of_the_older_ai_sdk_holds_its_call(state: str, result: Any, made_parts: list[str]) -> None:
    """Chats that were kept before parts were named by tools lose every hand-over."""
    call = {"toolCallId": "k", "toolName": "transfer", "state": state, "args": {"summary": "s"}, "result": result}
    part = {"type": "tool-invocation", "toolInvocation": call}
    assert [one for (one,) in parts([{"role": "assistant", "parts": [part]}])] == made_parts
    nameless = {**part, "toolInvocation": {**call, "toolName": None}}
    assert not made([{"role": "assistant", "parts": [nameless]}]).unknown_words, "`invocation` is no tool"


def test_calls_next_to_the_text_of_an_old_ai_sdk_message_have_their_results() -> None:
    """Chats that were kept before messages had parts lose every recommendation and hand-over."""

    def invocation(call_id: str, tool: str, state: str, **members: Any) -> Json:
        return {"toolCallId": call_id, "toolName": tool, "state": state, "args": {"summary": "s"}, **members}

    found = [
        invocation("k1", "search", "result", result={"products": ["p1"]}),
        invocation("k2", "nobody", "result", result={"products": ["no"]}),
        invocation("k3", "search", "result", result="Error: no stock"),
        invocation("k4", "search", "partial-call", result={"products": ["not yet"]}),
        invocation("k1", "search", "result", result={"products": ["again"]}),
        invocation("k5", "search", "result", result={"products": ["p5"]}),
        "odd",
    ]
    handed = [invocation("k6", "transfer", "call"), invocation("k7", "transfer", "result", result={"error": "no"})]
    user = {"role": "user", "content": "hi", "toolInvocations": handed}
    older = [user, {"role": "assistant", "content": "yes", "toolInvocations": found}]
    made_parts = parts([*older, {"role": "assistant", "content": "", "toolInvocations": handed}], "products")
    assert made_parts == [
        *(("0:content", None), ("1:content", None), ("1:call0:skill", None)),
        *(("1:result", ["p1"]), ("1:result3", ["p5"]), ("2:call0", None)),
    ]
    as_cell = [user, {"role": "assistant", "content": "yes", "toolInvocations": json.dumps(found)}]
    assert records(as_cell) == records(older)
    part = {"type": "tool-invocation", "toolInvocation": found[0]}
    both = {"role": "assistant", "content": "yes", "parts": [part], "toolInvocations": [found[0], found[5]]}
    assert parts([both], "products") == [
        *(("0:content", None), ("0:call0:skill", None), ("0:result", ["p1"]), ("0:result1", ["p5"])),
    ]


def test_a_result_without_an_id_is_of_the_earliest_call_of_its_name() -> None:
    def answer(name: str | None, product: str) -> Json:
        response: Json = {"response": {"products": [product]}}
        return {"functionResponse": response if name is None else {"name": name, **response}}

    calls = [{"functionCall": {"name": name, "args": {}}} for name in ("search", "get_order", "search", "search")]
    answers = [answer("search", "p1"), answer("nobody", "no"), answer("search", "p2"), answer(None, "order's")]
    messages = [{"role": "model", "parts": calls}, {"role": "user", "parts": [*answers, answer(None, "p3")]}]
    assert [one for one in parts(messages, "products") if one[1]] == [
        ("1:result", ["p1"]),
        ("1:result2", ["p2"]),
        ("1:result4", ["p3"]),
    ]


def test_an_older_function_call_is_read_where_there_are_no_tool_calls() -> None:
    old = {"name": "transfer", "arguments": '{"summary": "old"}'}
    new = [{"id": "1", "function": {"name": "transfer", "arguments": '{"summary": "new"}'}}]
    both = {"role": "assistant", "function_call": old, "tool_calls": new}
    assert parts([both], "escalation_reason") == [("0:call0", "new")]
    assert parts([{**both, "tool_calls": None}], "escalation_reason") == [("0:call0", "old")]
    assert parts([{**both, "role": "user", "content": "x"}], "escalation_reason") == [("0:content", None)]


def test_thoughts_and_tools_of_the_vendor_are_no_words() -> None:
    blocks = [
        {"type": "thinking", "thinking": "no", "text": "no"},
        {"text": "no", "thought": True},
        {"type": "server_tool_use", "id": "s", "name": "transfer", "input": {}},
        {"type": "web_search_tool_result", "tool_use_id": "s", "text": "no"},
        {"type": "mcp_tool_use", "name": "transfer", "text": "no"},
        {"type": "data-weather", "text": "no"},
        {"type": "refusal", "refusal": "I cannot"},
        {"type": "annotated_text", "text": "but this"},
    ]
    items = [
        {"role": "assistant", "content": blocks},
        {"type": "reasoning", "role": "assistant", "content": [{"type": "reasoning_text", "text": "no"}]},
        {"type": "mcp_call", "name": "transfer", "arguments": "{}", "output": "no"},
        {"type": "agent.mcp_tool_use", "name": "transfer", "input": {}},
        {"type": "item_reference", "id": "i"},
    ]
    assert parts(items, "text") == [("0:content", "I cannot\nbut this")]
    assert not made(items).unknown_words


def test_results_of_many_calls_are_found_in_time_that_grows_with_their_number() -> None:
    """20,000 calls without ids, answered in the other order: each name's calls are gone through once."""
    names = [f"tool{number % 5000}" for number in range(20_000)]
    calls = [{"functionCall": {"name": name}} for name in names]
    answers = [{"functionResponse": {"name": name, "response": {}}} for name in reversed(names)]
    expansion = made([{"role": "model", "parts": calls}, {"role": "user", "parts": answers}])
    assert sum(expansion.unknown_words.values()) == 20_000
