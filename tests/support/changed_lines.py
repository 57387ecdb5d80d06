"""Lines with random changes: a few members removed, replaced, renamed, repeated or moved."""

import copy
import json
from random import Random
from typing import Any

from tests.support.dialects import Json

ODD: tuple[Any, ...] = (
    None, True, False, 0, 7, 1.5, "", " ", "x", "[", "[]", "{}", '["p2"]', '{"products": ["p3"]}', "error", {},
    ["x"], [{}], [{"text": "y"}], {"a": 1}, {"type": "text", "text": "z"}, {"type": "json", "value": ["p4"]}, "k1",
    "recommend_products", "transfer_to_human_agents", {"summary": "why"}, {"products": ["p5", {"sku": "s"}]}, "user", "assistant",
    "tool", "human", "AIMessage", "function_call", "tool_use", "tool_result", "text", "refusal", "reasoning", "output-error",
)  # fmt: skip

NAMES = (
    "id", "type", "role", "content", "parts", "text", "name", "input", "args", "arguments", "output", "response", "call_id",
    "tool_call_id", "toolCallId", "tool_use_id", "tool_calls", "toolInvocations", "error", "is_error", "status", "state", "timestamp", "created_at",
    "metadata", "functionCall", "functionResponse", "messages", "items", "data", "kwargs", "lc", "toolName",
)  # fmt: skip


def changed(rng: Random, line: Json) -> Json:
    """A line with a few members removed, replaced, renamed, repeated or moved to another place."""
    line = copy.deepcopy(line)
    for _ in range(rng.randrange(1, 4)):
        places = list(_places(line))
        holder, key = rng.choice(places)
        what = rng.random()
        if what < 0.25:
            del holder[key]
        elif what < 0.5:
            holder[key] = copy.deepcopy(rng.choice(ODD))
        elif what < 0.65 and isinstance(holder, dict):
            holder[rng.choice(NAMES)] = holder.pop(key)
        elif what < 0.8 and isinstance(holder, list):
            holder.insert(rng.randrange(len(holder) + 1), copy.deepcopy(holder[key]))
        elif what < 0.9:
            other, place = rng.choice(places)
            holder[key] = copy.deepcopy(other[place])
        elif isinstance(holder[key], dict | list) and key != "input":
            holder[key] = json.dumps(holder[key])
        if not line:
            break
    return line


def _places(value: Any) -> Any:
    """(holder, key) of everything inside a value."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])
