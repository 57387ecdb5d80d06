"""Messages of a chat-completion transcript, and the tools and markers that they are read with in tests."""

from collections.abc import Mapping
from typing import Any

from caw.adapters.transcript_seeds import Marker, Rules, Tool, load_rules
from caw.feeds.declared import SEEDS_DIR

TOOLS = {
    tool.tool_name: tool
    for tool in (
        Tool("find_user", "identity_check", "identify", "result"),
        Tool("find_user_deep", "identity_check", "identify", "result.user.id"),
        Tool("get_user", "account", "identify", "user_id"),
        Tool("get_order", "order_status"),
        Tool("transfer", "", "escalate", "summary"),
        Tool("search", "search", "recommend", "result.products"),
        Tool("recommend", "advice", "recommend", "products"),
        Tool("similar", "", "recommend", "result"),
        Tool("add_to_cart", "", "cart", "item"),
        Tool("quick_buy", "", "cart", "result.line"),
    )
}
MARKERS = (
    Marker(1, "###STOP###", "resolved"),
    Marker(2, "###TRANSFER###", "escalated"),
    Marker(3, "###OUT-OF-SCOPE###", "closed"),
)
SHIPPED = load_rules(SEEDS_DIR)
RULES = Rules(TOOLS, MARKERS, SHIPPED.roles, SHIPPED.absent)


def call(name: str, call_id: str | None = None, **arguments: object) -> dict[str, Any]:
    """A tool call with these arguments."""
    return {"id": call_id, "name": name, "arguments": arguments}


def says(content: object, role: str = "user", **fields: object) -> dict[str, Any]:
    """A message, the user's unless it is said otherwise."""
    return {"role": role, "content": content, **fields}


def calls(*tool_calls: Mapping[str, Any], **fields: object) -> dict[str, Any]:
    """A message of the assistant that only calls tools."""
    return {"role": "assistant", "content": None, "tool_calls": list(tool_calls), **fields}


def result(call_id: object, content: object, **fields: object) -> dict[str, Any]:
    """What a call gave back."""
    return {"role": "tool", "tool_call_id": call_id, "content": content, **fields}
