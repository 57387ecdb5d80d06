"""Kinds of a message's blocks, and of items next to messages, by shape (spec §2.3.13.2): a text, a call, a result.

What belongs here: names of kinds and of their members, of every framework. What does not: whose message it is, and
which result belongs to which call (transcript_turns.py). Nothing here asks which framework wrote a block.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from caw.adapters.adapter import JsonPath
from caw.adapters.records import Json
from caw.adapters.transcript_values import NO_OUTPUT, is_absent, is_text, joined

CALL_ITEMS = frozenset({"function_call", "custom_tool_call", "agent.custom_tool_use", "agent.tool_use"})
RESULT_ITEMS = frozenset(
    {"function_call_output", "custom_tool_call_output", "user.custom_tool_result", "agent.tool_result"}
)
CALL_BLOCKS = frozenset({"tool_use", "tool_call", "tool-call"})
RESULT_BLOCKS = frozenset({"tool_result", "tool_call_response", "tool-result"})
# Members of Gemini's parts, as its API names them and as its Python library writes them.
GEMINI_CALLS, GEMINI_RESULTS = ("functionCall", "function_call"), ("functionResponse", "function_response")
UI_TOOL, UI_DYNAMIC_TOOL = "tool-", "dynamic-tool"  # a part that holds a call and, in a state of ANSWERED, its result
ANSWERED = frozenset({"output-available", *NO_OUTPUT})
OLDER_UI_TOOL = "toolInvocation"  # of a part `tool-invocation`, as the AI SDK had it before parts were named by tools
OLDER_UI_TOOLS = "toolInvocations"  # of a message: such objects next to its content, as it was before there were parts
RESULT = "result"  # the state of one with a result
UNNAMED_UI_TOOLS = (UI_DYNAMIC_TOOL, "tool-invocation")  # kinds that are no tool's name
NOT_RETURNED = frozenset({"error-text", "error-json", "execution-denied"})  # types of an output that is a failure
NOTHING = frozenset(
    {"reasoning", "thinking", "redacted_thinking", "step-start", "file", "image", "server_tool_use"}
    | {"item_reference", "compaction"}
)
NOTHING_STARTS = ("source-", "data-", "mcp_", "session.", "span.")
SERVER_RESULT = "_tool_result"  # ends the kinds of results of tools that the vendor runs

CALL_IDS = ("call_id", "toolCallId", "id")
RESULT_IDS = ("tool_use_id", "custom_tool_use_id", "tool_call_id", "call_id", "toolCallId", "id")
TOOL_NAMES = ("name", "toolName")
FUNCTION = "function"  # in which a chat completion's call has its name and arguments
ARGUMENTS = ("arguments", "input", "args")
RETURNED = ("content", "response", "output", "result", "errorText")  # of a block
RETURNED_BY_ITEM = ("output", "content")


class Held(NamedTuple):
    """A call or a result, and where it is in its block."""

    path: JsonPath
    holder: Json


def kind_of(block: Json) -> str:
    """A block's or an item's type; blank for none."""
    kind = block.get("type")
    return kind if kind and is_text(kind) else ""


def makes_nothing(kind: str) -> bool:
    """Whether a kind has nothing that a shopper or the agent said or did."""
    if kind in NOTHING or kind.startswith(NOTHING_STARTS):
        return True
    return kind.endswith(SERVER_RESULT) and kind not in RESULT_ITEMS and kind not in RESULT_BLOCKS


def call_in(block: Json, kind: str) -> Held | None:
    """The call that a block of a message is; its tool's name may be in its kind alone."""
    if kind in CALL_BLOCKS:
        return Held((), block)
    for name in (*GEMINI_CALLS, OLDER_UI_TOOL):
        if isinstance(call := block.get(name), dict):
            return Held((name,), call)
    return Held((), block) if _is_ui_tool(kind) else None


def result_in(block: Json, kind: str) -> Held | None:
    """The result that a block of a message is, or holds next to its call."""
    if kind in RESULT_BLOCKS:
        return Held((), block)
    for name in GEMINI_RESULTS:
        if isinstance(response := block.get(name), dict):
            return Held((name,), response)
    if isinstance(older := block.get(OLDER_UI_TOOL), dict):
        return Held((OLDER_UI_TOOL,), older) if older.get("state") == RESULT else None
    is_answered = _is_ui_tool(kind) and is_text(state := block.get("state")) and state in ANSWERED
    return Held((), block) if is_answered else None


def text_name(block: Json, kind: str) -> str | None:
    """The member with the text of a block that is neither call nor result; None for none, as of a thought."""
    if makes_nothing(kind) or block.get("thought") is True:
        return None
    if kind == "refusal":
        return "refusal"
    return "text" if kind != "text" or block.get("text") is not None else "content"


def tool_name(holder: Json, kind: str) -> Any:
    """The name of a call's or a result's tool; None for none."""
    own = first(holder, TOOL_NAMES)
    if own is None and isinstance(function := holder.get(FUNCTION), dict):
        own = first(function, TOOL_NAMES[:1])
    is_named = own is None and _is_ui_tool(kind) and kind not in UNNAMED_UI_TOOLS
    return kind.removeprefix(UI_TOOL) if is_named else own


def arguments_of(call: Json) -> Any:
    """A call's arguments, an object or its JSON text: its own, or those of its function."""
    own = first(call, ARGUMENTS)
    if own is None and isinstance(function := call.get(FUNCTION), dict):
        return first(function, ARGUMENTS)
    return own


def is_failure(value: Any) -> bool:
    """Whether what a result holds says by its type that the tool failed, or did not run."""
    return isinstance(value, dict) and is_text(kind := value.get("type")) and kind in NOT_RETURNED


def returned(value: Any) -> Any:
    """The content of a result: text, the texts of its blocks, the value of `{type, value}`, else the value itself."""
    if isinstance(value, dict) and "type" in value and "value" in value:
        value = value["value"]
    if not isinstance(value, list) or not value:
        return value
    texts = [block.get("text") if isinstance(block, dict) else block for block in value]
    is_all_text = all(is_text(text) for text in texts)
    has_text = any(is_text(text) for text in texts) and all(isinstance(one, dict) and "type" in one for one in value)
    return joined(text for text in texts if is_text(text)) if is_all_text or has_text else value


def first(holder: Json, names: Iterable[str]) -> Any:
    """The first of these members that is not absent; None if all are."""
    for name in names:
        value = holder.get(name)
        if value is not None and not is_absent(value):
            return value
    return None


def _is_ui_tool(kind: str) -> bool:
    is_named = kind.startswith(UI_TOOL) and kind not in CALL_BLOCKS and kind not in RESULT_BLOCKS
    return is_named or kind == UI_DYNAMIC_TOOL
