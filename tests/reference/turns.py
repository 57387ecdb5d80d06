"""The elements of a transcript as turns: who speaks, what is said, which tools are called and what they return
(spec §2.2).

Lives here: reading a chat-completion message. Other frameworks' histories are read in `vendors.dialects`. What a turn
makes is in `transcripts`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .jsontext import NotJson, Number, parse_json
from .seeds import Seeds
from .values import BadValue, is_absent, read_id
from .words import normal_word


@dataclass(frozen=True)
class Result:
    """A tool's result: its text (or what is in its place), and its JSON value, the text if it is no JSON."""

    text: Any
    value: Any
    failed: bool


@dataclass
class CallBlock:
    """A tool call; k is its position among the calls of the message."""

    position: int
    call_id: str | None
    name: Any
    arguments: Any
    result: Result | None = None

    @property
    def counts(self) -> bool:
        """Spec §2.2.7: a failed result makes nothing; a call without any result counts."""
        return self.result is None or not self.result.failed


@dataclass
class ResultBlock:
    """What a tool returned; k is its position among the results of the message.

    Attributes:
        answers: the call that it belongs to, None if there is none.
        by_name: without an id it belongs to the earliest call of its name without a result (spec §2.3.13.4).
    """

    position: int
    call_id: str | None
    result: Result
    name: Any = None
    by_name: bool = False
    answers: CallBlock | None = None


@dataclass
class Turn:
    """One element of a transcript.

    Attributes:
        role: a word of the vocabulary `role`, None if no alias knows it. role_text: as it was given.
    """

    role: str | None = None
    role_text: Any = None
    content: Any = None
    timestamp: Any = None
    blocks: list[CallBlock | ResultBlock] = field(default_factory=list)


def chat_turn(message: dict[str, Any], seeds: Seeds) -> Turn:
    """A chat-completion message."""
    role = role_word(message.get("role"), seeds)
    turn = Turn(role, message.get("role"), content_text(message.get("content")), message.get("timestamp"))
    if role == "assistant":  # only the assistant's calls count
        for position, call in tool_calls(message):
            name, arguments = tool_name_and_arguments(call)
            turn.blocks.append(CallBlock(position, call_id(call.get("id")), name, arguments))
    if role == "tool":
        own_id = message.get("id") if is_absent(message.get("tool_call_id")) else message["tool_call_id"]
        turn.blocks.append(ResultBlock(0, call_id(own_id), result_of(turn.content, [message.get("error")])))
    return turn


def role_word(raw: Any, seeds: Seeds) -> str | None:
    """Spec §2.2.2: roles have a vocabulary of their own."""
    return seeds.word("role", raw) if isinstance(raw, str) else None


def as_list(raw: Any) -> Any:
    """Spec §2.0.2: where a list is due, a text that begins with `[` is read as a JSON list in every format."""
    if not isinstance(raw, str) or not raw.strip().startswith("["):
        return raw
    try:
        return parse_json(raw.strip())
    except NotJson:
        return raw


def tool_calls(message: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """(position, call) of a message's calls that are objects."""
    calls = as_list(message.get("tool_calls"))
    places = enumerate(calls if isinstance(calls, list) else [])
    return [(position, call) for position, call in places if isinstance(call, dict)]


def tool_name_and_arguments(call: dict[str, Any]) -> tuple[Any, Any]:
    """Name and arguments of a call, its own or those of its `function`; arguments may be JSON text."""
    function = call.get("function")
    function = function if isinstance(function, dict) else {}
    name = function.get("name") if is_absent(call.get("name")) else call["name"]
    arguments = function.get("arguments") if is_absent(call.get("arguments")) else call["arguments"]
    return name, json_of_text(arguments, None)


def json_of_text(raw: Any, otherwise: Any) -> Any:
    """A text read as JSON, `otherwise` if it is none; anything else as it is."""
    if not isinstance(raw, str):
        return raw
    try:
        return parse_json(raw)
    except NotJson:
        return otherwise


def call_id(raw: Any) -> str | None:
    """An id, None if it is absent or none."""
    try:
        return None if is_absent(raw) else read_id(raw)
    except BadValue:
        return None


def content_text(raw: Any) -> Any:
    """The text of a content: a string, or its parts' texts joined by a line feed (spec §2.2.4); another type is
    left for the check."""
    if not isinstance(raw, list):
        return raw
    texts = []
    for part in raw:
        text = part.get("text") if isinstance(part, dict) else part
        if is_absent(text):
            continue  # spec §2.0.4: also a blank one, and a list without a usable element
        if not isinstance(text, str):
            return text  # not a text: refused as a bad value when the record is checked
        texts.append(text)
    return "\n".join(texts)


def result_of(text: Any, flags: list[Any]) -> Result:
    """A result from what was returned and the flags that say it failed.

    Spec §2.2.7: an error flag, a JSON object with a truthy `error` or `status: error` or `success: false`, a text that
    starts with "error"; words in any case.
    """
    value = json_of_text(text, text)
    failed = any(_is_flag(flag) for flag in flags)
    if isinstance(value, dict):
        failed = failed or is_word(value.get("status"), "error")
        failed = failed or _is_flag(value.get("error")) or _is_false(value.get("success"))
    else:
        texts = (one for one in (text, value) if isinstance(one, str))
        failed = failed or any(one.strip().lower().startswith("error") for one in texts)
    return Result(text, value, failed)


def is_word(raw: Any, word: str) -> bool:
    """Whether a text is this word."""
    return isinstance(raw, str) and normal_word(raw) == word


def _is_false(raw: Any) -> bool:
    return raw is False or (isinstance(raw, str) and normal_word(raw) == "false")


def _is_flag(raw: Any) -> bool:
    """Any flag that is not false, null or empty; the number 0 is not truthy."""
    is_zero = isinstance(raw, Number) and float(raw.text) == 0
    return not (is_absent(raw) or _is_false(raw) or is_zero or raw == {})


def answer_calls(turns: list[Turn | None]) -> None:
    """Give every result its call: the latest unanswered one of its id before it; where it has none and may be found
    by name, the earliest unanswered one of its name, of all without a name (spec §2.3.13.4)."""
    calls: list[CallBlock] = []
    for turn in turns:
        for block in turn.blocks if turn is not None else []:
            if isinstance(block, CallBlock):
                calls.append(block)
                continue
            waiting = [call for call in calls if call.result is None]
            if block.call_id is not None:
                block.answers = next((call for call in reversed(waiting) if call.call_id == block.call_id), None)
            elif block.by_name:
                named = (call for call in waiting if is_absent(block.name) or call.name == block.name)
                block.answers = next(named, None)
            if block.answers is not None:
                block.answers.result = block.result
