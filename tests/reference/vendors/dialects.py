"""What agent frameworks keep, as turns (spec §2.3.13).

Lives here: lists and ids of histories, wrappers, roles, blocks and items. What a turn makes is in `transcripts`.
"""

from __future__ import annotations

from typing import Any

from ..seeds import Seeds
from ..turns import (
    CallBlock,
    Result,
    ResultBlock,
    Turn,
    as_list,
    call_id,
    is_word,
    json_of_text,
    result_of,
    role_word,
    tool_calls,
)
from ..values import is_absent
from .members import at, first

__all__ = ["ID_NAMES", "at", "messages_of", "start_time", "turn"]

ID_NAMES = (
    "id",
    "conversation_id",
    "thread_id",
    "session_id",
    "chat_id",
    "chatId",
    "sender_id",
    "config.configurable.thread_id",
)
LIST_NAMES = ("messages", "items", "input", "events", "values.messages", "contents", "history")
TIMES = ("timestamp", "created_at", "createdAt", "processed_at")
CLASS_ENDINGS = ("MessageChunk", "Message")  # LangChain's classes name the role
EVENT_ROLES = {"user.message": "user", "agent.message": "assistant"}
CALL_ITEMS = ("function_call", "custom_tool_call", "agent.custom_tool_use", "agent.tool_use")
RESULT_ITEMS = ("function_call_output", "custom_tool_call_output", "user.custom_tool_result", "agent.tool_result")
CALL_BLOCKS = ("tool_use", "tool_call", "tool-call")
RESULT_BLOCKS = ("tool_result", "tool_call_response", "tool-result")
NOTHING = (
    "reasoning",
    "thinking",
    "redacted_thinking",
    "step-start",
    "file",
    "image",
    "server_tool_use",
    "item_reference",
    "compaction",
)
NOTHING_STARTS = ("source-", "data-", "mcp_")
SERVER_RESULT = "_tool_result"
RESULT_IDS = ("tool_use_id", "custom_tool_use_id", "tool_call_id", "call_id", "toolCallId", "id")
NO_OUTPUT = ("error-text", "error-json", "execution-denied")  # types of an AI SDK output that is a failure
ANSWERED = ("output-available", "output-error", "output-denied")
NAMELESS = ("dynamic-tool", "tool-invocation")  # kinds that are no tool's name
ARGUMENTS = ("arguments", "input", "args")
GEMINI_CALLS = ("functionCall", "function_call")
GEMINI_RESULTS = ("functionResponse", "function_response")


def messages_of(record: dict[str, Any]) -> Any:
    """The list of messages, under the first of its names that is there."""
    for name in LIST_NAMES:
        given = at(record, *name.split("."))
        if given is not None and not (name == "input" and not isinstance(given, list)):
            return given
    return None


def start_time(record: dict[str, Any]) -> Any:
    """start_time, else created_at or createdAt."""
    return first(record, "start_time", "created_at", "createdAt")


def turn(element: dict[str, Any], seeds: Seeds) -> Turn:
    """One element of a history, whatever the framework."""
    element = _opened(element)
    kind = element.get("type") if isinstance(element.get("type"), str) else ""
    assert isinstance(kind, str)
    read = Turn(timestamp=_timestamp(element))
    if kind in CALL_ITEMS:
        read.role = "assistant"
        read.blocks.append(_call(element, 0))
    elif kind in RESULT_ITEMS:
        read.role = "tool"
        read.blocks.append(_result(element, first(element, "output", "content"), 0))
    elif not _is_nothing(kind):
        read.role_text = EVENT_ROLES.get(kind) or _role_text(element, kind, seeds)
        read.role = role_word(read.role_text, seeds)
        _read_content(element, read)
    return read


def _opened(element: dict[str, Any]) -> dict[str, Any]:
    """LangChain's wrappers, opened: the constructor's kwargs, or the data next to a type."""
    kwargs, path, data = element.get("kwargs"), element.get("id"), element.get("data")
    if "lc" in element and isinstance(kwargs, dict) and isinstance(path, list) and path:
        return {**kwargs, "type": path[-1]}
    if isinstance(element.get("type"), str) and isinstance(data, dict) and "role" not in element:
        return {**data, "type": element["type"]}
    return element


def _timestamp(element: dict[str, Any]) -> Any:
    own = first(element, *TIMES)
    metadata = element.get("metadata")
    return first(metadata, *TIMES) if own is None and isinstance(metadata, dict) else own


def _role_text(element: dict[str, Any], kind: str, seeds: Seeds) -> Any:
    """Its role, else a type that names one (LangChain's `human`, `AIMessageChunk`)."""
    role = element.get("role")
    if not is_absent(role):
        return role
    bare = next((kind.removesuffix(ending) for ending in CLASS_ENDINGS if kind.endswith(ending)), kind)
    return bare if role_word(bare, seeds) is not None else None


def _is_nothing(kind: str) -> bool:
    is_server = kind.endswith(SERVER_RESULT) and kind not in (*RESULT_BLOCKS, *RESULT_ITEMS)
    return kind in NOTHING or kind.startswith((*NOTHING_STARTS, "session.", "span.")) or is_server


def _read_content(element: dict[str, Any], read: Turn) -> None:
    """`content` or `parts`, block by block; then `tool_calls`; a tool's message is itself its result."""
    parts = element.get("parts")
    content = element.get("content") if not is_absent(element.get("content")) else parts
    texts: list[Any] = []
    blocks = content if isinstance(content, list) else parts  # parts next to a text: their calls and results count
    for block in blocks if isinstance(blocks, list) else []:
        _read_block(block, texts, read)
    read.content = _joined(texts) if isinstance(content, list) else content
    if read.role == "assistant":
        seen = {block.call_id for block in read.blocks if isinstance(block, CallBlock) and block.call_id}
        place = sum(isinstance(block, CallBlock) for block in read.blocks)
        skipped = 0
        older = element.get("function_call")  # where there are no tool_calls: issue 24, of chat completions before them
        others = tool_calls(element) or ([(0, older)] if isinstance(older, dict) else [])
        for position, call in others:
            read_call = _call(call, place + position - skipped)
            if (
                read_call.call_id is not None and read_call.call_id in seen
            ):  # spec §2.3.13.4: one at the first place it has
                skipped += 1
                continue
            if read_call.call_id is not None:
                seen.add(read_call.call_id)
            read.blocks.append(read_call)
        _read_older_tools(element, read)
    has_results = any(isinstance(block, ResultBlock) for block in read.blocks)
    if read.role == "tool" and not has_results:
        read.blocks.append(_result(element, read.content, 0))


def _read_older_tools(element: dict[str, Any], read: Turn) -> None:
    """`toolInvocations`, which the AI SDK had next to a text before 4.2: each a call, in state `result` with its result."""
    given = as_list(element.get("toolInvocations"))
    for invocation in given if isinstance(given, list) else []:
        if not isinstance(invocation, dict):
            continue
        before = len(read.blocks)
        _add_call(invocation, read)
        if len(read.blocks) > before and invocation.get("state") == "result":
            results = sum(isinstance(block, ResultBlock) for block in read.blocks)
            read.blocks.append(_result(invocation, invocation.get("result"), results))


def _joined(texts: list[Any]) -> Any:
    """Spec §2.0.4: a blank one is absent, and so is a list without a usable element."""
    given = [text for text in texts if not is_absent(text)]
    odd = [text for text in given if not isinstance(text, str)]
    return odd[0] if odd else "\n".join(given)


def _read_block(block: Any, texts: list[Any], read: Turn) -> None:
    if not isinstance(block, dict):
        if block is not None:
            texts.append(block)
        return
    kind = block.get("type") if isinstance(block.get("type"), str) else ""
    assert isinstance(kind, str)
    results = sum(isinstance(one, ResultBlock) for one in read.blocks)
    if kind in RESULT_BLOCKS:
        read.blocks.append(_result(block, first(block, "content", "response", "output", "result"), results))
    elif (response := _held(block, GEMINI_RESULTS)) is not None:
        read.blocks.append(_result(response, response.get("response"), results))
    elif isinstance(block.get("toolInvocation"), dict):  # the AI SDK before parts were named by tools
        older = block["toolInvocation"]
        _add_call(older, read)
        if older.get("state") == "result":
            read.blocks.append(_result(older, older.get("result"), results))
    elif kind in CALL_BLOCKS:
        _add_call(block, read)
    elif (gemini := _held(block, GEMINI_CALLS)) is not None:
        _add_call(gemini, read)
    elif kind.startswith("tool-") or kind == "dynamic-tool":
        named = block if kind in NAMELESS else {"toolName": kind.removeprefix("tool-"), **block}
        _add_call(named, read)
        if block.get("state") in ANSWERED:
            read.blocks.append(_result(named, first(block, "output", "errorText"), results))
    elif not _is_nothing(kind) and block.get("thought") is not True:
        text = block.get("refusal") if kind == "refusal" else block.get("text")
        text = block.get("content") if text is None and kind == "text" else text
        if text is not None:
            texts.append(text)


def _held(block: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any] | None:
    """The object under the first of these names that has one."""
    return next((block[name] for name in names if isinstance(block.get(name), dict)), None)


def _add_call(block: dict[str, Any], read: Turn) -> None:
    """Only the assistant's calls count (spec §2.2.6), and those of one id once (§2.3.13.4)."""
    calls = [one for one in read.blocks if isinstance(one, CallBlock)]
    call = _call(block, len(calls))
    if read.role == "assistant" and (call.call_id is None or call.call_id not in {one.call_id for one in calls}):
        read.blocks.append(call)


def _call(block: dict[str, Any], position: int) -> CallBlock:
    """A call: its id, name and arguments, or those of its `function`."""
    function = block["function"] if isinstance(block.get("function"), dict) else {}
    own_id = call_id(first(block, "call_id", "toolCallId", "id"))
    name = first({"a": first(block, "name", "toolName"), "b": function.get("name")}, "a", "b")
    given = first(block, *ARGUMENTS)
    return CallBlock(
        position, own_id, name, json_of_text(first(function, *ARGUMENTS) if given is None else given, None)
    )


def _result(holder: dict[str, Any], returned: Any, position: int) -> ResultBlock:
    """A result: the call that it names, what was returned, and whether it failed."""
    name = first(holder, "name", "toolName")
    own_id = call_id(first(holder, *RESULT_IDS))
    text = _returned(returned)
    flags = [holder.get("error"), holder.get("is_error"), holder.get("isError")]
    found = result_of(text, flags)
    is_error = isinstance(returned, dict) and returned.get("type") in NO_OUTPUT
    is_failed = is_error or found.failed or is_word(holder.get("status"), "error")
    is_failed = is_failed or holder.get("state") in ANSWERED[1:]
    result = Result(found.text, found.value, is_failed)
    return ResultBlock(position, own_id, result, name, by_name=True)


def _returned(raw: Any) -> Any:
    """Text or text blocks joined; `{type, value}` stands for its value; anything else is itself (spec §2.3.13.4)."""
    if isinstance(raw, dict) and "type" in raw and "value" in raw:
        return raw["value"]
    if isinstance(raw, list) and raw and all(_is_text(one) for one in raw):
        return "\n".join(one if isinstance(one, str) else one["text"] for one in raw)
    return raw


def _is_text(block: Any) -> bool:
    return isinstance(block, str) or (isinstance(block, dict) and isinstance(block.get("text"), str))
