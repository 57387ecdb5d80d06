"""One conversation as each framework keeps it, and random changes of such lines.

A shopper asks, the agent calls `search_products`, its result names a product, the agent answers.
"""

from typing import Any

START = "2026-06-10T10:00:00Z"
FOUND = '{"products": ["p1"]}'
ASKED, ANSWERED = "Do you have lamps?", "How about this one?"
TOOL = "search_products"
QUERY = {"query": "lamp"}

Json = dict[str, Any]


def _text(kind: str, text: str) -> list[Json]:
    return [{"type": kind, "text": text}]


def _lc(name: str, **kwargs: Any) -> Json:
    return {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", name], "kwargs": kwargs}


CHAT: Json = {
    "id": "t",
    "start_time": START,
    "messages": [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": ASKED},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "k1", "type": "function", "function": {"name": TOOL, "arguments": '{"query": "lamp"}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "k1", "content": FOUND},
        {"role": "assistant", "content": ANSWERED},
    ],
}
OLDER_CHAT: Json = {
    "conversation_id": "t",
    "created_at": START,
    "messages": [
        {"role": "user", "content": ASKED},
        {"role": "assistant", "content": None, "function_call": {"name": TOOL, "arguments": '{"query": "lamp"}'}},
        {"role": "function", "name": TOOL, "content": FOUND},
        {"role": "assistant", "content": ANSWERED},
    ],
}
ANTHROPIC: Json = {
    "id": "t",
    "start_time": START,
    "messages": [
        {"role": "user", "content": _text("text", ASKED)},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "tool_use", "id": "toolu_1", "name": TOOL, "input": QUERY},
            ],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": _text("text", FOUND)}],
        },
        {"role": "assistant", "content": _text("text", ANSWERED)},
    ],
}
RESPONSES: Json = {
    "id": "t",
    "created_at": 1781085600,
    "input": [
        {"type": "message", "role": "user", "content": _text("input_text", ASKED)},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "function_call", "id": "fc_1", "call_id": "k1", "name": TOOL, "arguments": '{"query": "lamp"}'},
        {"type": "function_call_output", "id": "fco_1", "call_id": "k1", "output": FOUND},
        {"type": "message", "role": "assistant", "content": _text("output_text", ANSWERED)},
    ],
}
AGENTS_SDK: Json = {
    "session_id": "t",
    "created_at": START,
    "items": [
        {"role": "user", "content": ASKED},
        {"type": "function_call", "call_id": "k0", "name": "transfer_to_sales_agent", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "k0", "output": '{"assistant": "Sales"}'},
        {"type": "function_call", "call_id": "k1", "name": TOOL, "arguments": "{}"},
        {"type": "function_call_output", "call_id": "k1", "output": FOUND},
        {"type": "message", "role": "assistant", "content": _text("output_text", ANSWERED)},
    ],
}
LANGCHAIN: Json = {
    "session_id": "t",
    "start_time": START,
    "messages": [
        {"type": "human", "data": {"content": ASKED, "type": "human", "additional_kwargs": {}}},
        {"type": "ai", "data": {"content": "", "tool_calls": [{"id": "k1", "name": TOOL, "args": QUERY}]}},
        {"type": "tool", "data": {"content": FOUND, "tool_call_id": "k1", "id": "run-1", "status": "success"}},
        {"type": "ai", "data": {"content": ANSWERED}},
    ],
}
LANGGRAPH: Json = {
    "config": {"configurable": {"thread_id": "t"}},
    "created_at": START,
    "values": {
        "messages": [
            _lc("HumanMessage", content=ASKED),
            _lc("AIMessageChunk", content="", tool_calls=[{"id": "k1", "name": TOOL, "args": QUERY}]),
            _lc("ToolMessage", content=FOUND, tool_call_id="k1"),
            _lc("AIMessage", content=ANSWERED),
        ]
    },
}
AI_SDK: Json = {
    "chatId": "t",
    "createdAt": START,
    "messages": [
        {"id": "m1", "role": "user", "parts": _text("text", ASKED), "metadata": {"createdAt": 1781085600000}},
        {
            "id": "m2",
            "role": "assistant",
            "parts": [
                {"type": "step-start"},
                {
                    "type": f"tool-{TOOL}",
                    "toolCallId": "k1",
                    "state": "output-available",
                    "input": QUERY,
                    "output": {"products": ["p1"]},
                },
                {"type": "text", "text": ANSWERED},
            ],
        },
    ],
}
AI_SDK_4: Json = {  # a message's text is there next to its parts as well
    "chatId": "t",
    "createdAt": START,
    "messages": [
        {"id": "m1", "role": "user", "content": ASKED, "parts": _text("text", ASKED)},
        {
            "id": "m2",
            "role": "assistant",
            "content": ANSWERED,
            "parts": [
                {"type": "step-start"},
                {
                    "type": "tool-invocation",
                    "toolInvocation": {
                        "toolCallId": "k1",
                        "toolName": TOOL,
                        "state": "result",
                        "args": QUERY,
                        "result": {"products": ["p1"]},
                    },
                },
                {"type": "text", "text": ANSWERED},
            ],
        },
    ],
}
AI_SDK_3: Json = {  # before messages had parts
    "chatId": "t",
    "createdAt": START,
    "messages": [
        {"id": "m1", "role": "user", "content": ASKED},
        {
            "id": "m2",
            "role": "assistant",
            "content": ANSWERED,
            "toolInvocations": [
                {
                    "toolCallId": "k1",
                    "toolName": TOOL,
                    "state": "result",
                    "args": QUERY,
                    "result": {"products": ["p1"]},
                }
            ],
        },
    ],
}
AI_SDK_MODEL: Json = {
    "chat_id": "t",
    "start_time": START,
    "messages": [
        {"role": "user", "content": ASKED},
        {
            "role": "assistant",
            "content": [{"type": "tool-call", "toolCallId": "k1", "toolName": TOOL, "input": QUERY}],
        },
        {
            "role": "tool",
            "content": [
                {
                    "type": "tool-result",
                    "toolCallId": "k1",
                    "toolName": TOOL,
                    "output": {"type": "json", "value": {"products": ["p1"]}},
                }
            ],
        },
        {"role": "assistant", "content": _text("text", ANSWERED)},
    ],
}
GEMINI: Json = {
    "id": "t",
    "start_time": START,
    "contents": [
        {"role": "user", "parts": [{"text": ASKED}]},
        {"role": "model", "parts": [{"functionCall": {"name": TOOL, "args": QUERY}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": TOOL, "response": {"products": ["p1"]}}}]},
        {"role": "model", "parts": [{"text": ANSWERED}]},
    ],
}
GEMINI_IN_PYTHON: Json = {  # as its library writes a content, with what a part is not
    "id": "t",
    "start_time": START,
    "history": [
        {"role": "user", "parts": [{"text": ASKED, "function_call": None, "thought": None}]},
        {"role": "model", "parts": [{"text": None, "function_call": {"id": None, "name": TOOL, "args": QUERY}}]},
        {"role": "user", "parts": [{"function_response": {"name": TOOL, "response": {"products": ["p1"]}}}]},
        {"role": "model", "parts": [{"text": ANSWERED, "function_response": None}]},
    ],
}
OTEL: Json = {
    "conversation_id": "t",
    "start_time": START,
    "history": [
        {"role": "user", "parts": [{"type": "text", "content": ASKED}]},
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "k1", "name": TOOL, "arguments": QUERY}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "k1", "response": {"products": ["p1"]}}]},
        {"role": "assistant", "parts": [{"type": "text", "content": ANSWERED}]},
    ],
}
MANAGED: Json = {
    "id": "t",
    "events": [
        {"type": "session.status_running", "id": "e0", "processed_at": START},
        {"type": "user.message", "id": "e1", "content": _text("text", ASKED), "processed_at": START},
        {"type": "agent.custom_tool_use", "id": "e2", "name": TOOL, "input": QUERY, "processed_at": START},
        {"type": "user.custom_tool_result", "id": "e3", "custom_tool_use_id": "e2", "content": _text("text", FOUND)},
        {"type": "agent.message", "id": "e4", "content": _text("text", ANSWERED)},
        {"type": "span.model_request_end", "id": "e5"},
    ],
}
ALL = {
    "chat completions": CHAT,
    "older chat completions": OLDER_CHAT,
    "anthropic": ANTHROPIC,
    "responses": RESPONSES,
    "agents sdk": AGENTS_SDK,
    "langchain": LANGCHAIN,
    "langgraph": LANGGRAPH,
    "ai sdk": AI_SDK,
    "ai sdk 3": AI_SDK_3,
    "ai sdk 4": AI_SDK_4,
    "ai sdk model messages": AI_SDK_MODEL,
    "gemini": GEMINI,
    "gemini in python": GEMINI_IN_PYTHON,
    "opentelemetry": OTEL,
    "claude managed agents": MANAGED,
}
