"""Spots of a transcript with ids and free texts of records: contents but for results, and reasons (spec §6.5).

What is a text, a call or a result in which framework is known by transcript_documents.py and transcript_blocks.py.
"""

from collections.abc import Callable, Iterator
from typing import Any

from caw.adapters.adapter import TEXT, JsonPath, Spots
from caw.adapters.records import Json
from caw.adapters.transcript_blocks import (
    ARGUMENTS,
    CALL_ITEMS,
    FUNCTION,
    OLDER_UI_TOOLS,
    RESULT_ITEMS,
    Held,
    call_in,
    kind_of,
    result_in,
    tool_name,
)
from caw.adapters.transcript_documents import ID_NAMES, opened, place_of_messages
from caw.adapters.transcript_seeds import Rules
from caw.adapters.transcript_turns import OLDER_CALL, TOOL
from caw.adapters.transcript_values import is_text, parsed, text_paths
from caw.formats.json_numbers import Number

SAID = ("text", "content", "refusal", "thinking", "reasoning")  # members of a block that is neither call nor result

Found = Iterator[tuple[JsonPath, "str | Spots"]]


def spots(rules: Rules, transcript: Any) -> Spots:
    """The texts and ids of a parsed transcript, whatever the line holds."""
    found: dict[JsonPath, str | Spots] = {tuple(name.split(".")): "conversation_id" for name in ID_NAMES}
    if isinstance(transcript, dict):
        path, messages = place_of_messages(transcript)
        found |= dict(_elements(messages, path, lambda element, place: _of_element(element, place, rules)))
    return found


def _elements(value: Any, path: JsonPath, find: Callable[[Json, JsonPath], Found]) -> Found:
    """Spots in the objects of a list, or of the list that a JSON text is."""
    if is_text(value):
        yield from _nested(path, dict(_elements(parsed(value), (), find)) if value.lstrip().startswith("[") else {})
    for place, element in enumerate(value if isinstance(value, list) else ()):
        if isinstance(element, dict):
            yield from find(element, (*path, place))


def _of_element(element: Json, path: JsonPath, rules: Rules) -> Found:
    inner, message = opened(element)
    path, kind = (*path, *inner), kind_of(message)
    if kind in CALL_ITEMS:
        yield from _reason(Held((), message), kind, path, rules)
    if kind in RESULT_ITEMS:
        return
    role = message.get("role", kind)
    is_result = is_text(role) and rules.role(role) == TOOL
    for name in ("content", "parts"):
        content = message.get(name)
        if is_text(content) and not is_result:
            yield (*path, name), TEXT
        for place, block in enumerate(content if isinstance(content, list) else ()):
            yield from _of_block(block, (*path, name, place), is_result, rules)
    for name in ("tool_calls", OLDER_UI_TOOLS):
        yield from _elements(
            message.get(name), (*path, name), lambda call, place: _reason(Held((), call), "", place, rules)
        )
    if isinstance(call := message.get(OLDER_CALL), dict):
        yield from _reason(Held((OLDER_CALL,), call), "", path, rules)


def _of_block(block: Any, path: JsonPath, is_result: bool, rules: Rules) -> Found:
    if not isinstance(block, dict):
        if not is_result:
            yield path, TEXT
        return
    kind = kind_of(block)
    call = call_in(block, kind)
    if call is not None:
        yield from _reason(call, kind, path, rules)
    elif not is_result and result_in(block, kind) is None:
        yield from (((*path, name), TEXT) for name in SAID)


def _reason(call: Held, kind: str, path: JsonPath, rules: Rules) -> Found:
    """The texts of the argument with the reason, where the call escalates."""
    name = tool_name(call.holder, kind)
    reason = rules.reasons.get(name) if is_text(name) else None
    if reason is None:
        return
    function = call.holder.get(FUNCTION)
    held = [((), call.holder)] + ([((FUNCTION,), function)] if isinstance(function, dict) else [])
    for inner, holder in held:
        for member in ARGUMENTS:
            given: Any = holder.get(member)
            place = (*path, *call.path, *inner, member)
            if is_text(given):
                yield from _nested(place, dict.fromkeys(_reason_paths(parsed(given), reason, ()), TEXT))
            else:
                yield from ((one, TEXT) for one in _reason_paths(given, reason, place))


def _nested(path: JsonPath, found: Spots) -> Found:
    """Places inside a text that is JSON; a text without any is left alone, as it need not be JSON."""
    if found:
        yield path, found


def _reason_paths(arguments: Any, reason: str, path: JsonPath) -> list[JsonPath]:
    for name in reason.split("."):
        arguments = arguments.get(name) if isinstance(arguments, dict) else None
        path = (*path, name)
    return [] if isinstance(arguments, Number) else text_paths(arguments, path)
