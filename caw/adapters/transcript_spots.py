"""Where a transcript has ids and free texts of records: contents but for results, and reasons (spec §6.5)."""

from collections.abc import Mapping
from typing import Any

from caw.adapters.adapter import TEXT, JsonPath, Spots
from caw.adapters.transcript_values import is_text, parsed
from caw.formats.strict_json import Number

RESULTS = frozenset({"tool", "function"})  # roles whose contents are results of calls, no words


def spots(reasons: Mapping[str, str], transcript: Any) -> Spots:
    """The texts and ids of a parsed transcript.

    Args:
        reasons: the argument with the reason, by the tool that escalates.
        transcript: whatever the line holds.
    """
    found: dict[JsonPath, str | Spots] = {(name,): "conversation_id" for name in ("id", "conversation_id")}
    messages = transcript.get("messages") if isinstance(transcript, dict) else None
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        if isinstance(message, dict):
            if str(message.get("role")).strip().lower() not in RESULTS:
                spoken = _spoken_paths(message.get("content"), ("messages", index, "content"))
                found |= dict.fromkeys(spoken, TEXT)
            found |= _reasons(message.get("tool_calls"), ("messages", index, "tool_calls"), reasons)
    return found


def _reasons(calls: Any, path: JsonPath, reasons: Mapping[str, str]) -> Spots:
    found: dict[JsonPath, str | Spots] = {}
    for index, call in enumerate(calls if isinstance(calls, list) else ()):
        if not isinstance(call, dict):
            continue
        function = call.get("function")
        function = function if isinstance(function, dict) else {}
        reason = reasons.get(str(call.get("name") or function.get("name")))
        if reason is None:
            continue
        for holder, inner in ((call, (index,)), (function, (index, "function"))):
            place: JsonPath = (*path, *inner, "arguments")
            arguments = holder.get("arguments")
            if isinstance(arguments, str) and is_text(arguments):
                found[place] = dict.fromkeys(_reason_paths(parsed(arguments), reason, ()), TEXT)
            else:
                found |= dict.fromkeys(_reason_paths(arguments, reason, place), TEXT)
    return found


def _spoken_paths(content: Any, path: JsonPath) -> list[JsonPath]:
    """Where a message's content has its texts: itself, or its parts."""
    if not isinstance(content, list):
        return [path]
    places = ((place, "text") if isinstance(part, dict) else (place,) for place, part in enumerate(content))
    return [(*path, *place) for place in places]


def _reason_paths(arguments: Any, reason: str, path: JsonPath) -> list[JsonPath]:
    for name in reason.split("."):
        arguments = arguments.get(name) if isinstance(arguments, dict) else None
        path = (*path, name)
    return _text_paths(arguments, path)


def _text_paths(value: Any, path: JsonPath) -> list[JsonPath]:
    """The paths of all texts of a parsed value."""
    if isinstance(value, dict):
        return [found for name, part in value.items() for found in _text_paths(part, (*path, name))]
    if isinstance(value, list):
        return [found for place, part in enumerate(value) for found in _text_paths(part, (*path, place))]
    return [path] if isinstance(value, str) and not isinstance(value, Number) else []
