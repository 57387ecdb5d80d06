"""A transcript's messages as turns in one form, whatever the framework: who speaks, what is said, calls, results.

What belongs here: roles, the order of calls and results in a message, and which result belongs to which call (spec
§2.2.2, §2.3.13.3 and §2.3.13.4). What does not: what a block is by its shape (transcript_blocks.py), and what a turn
makes (transcripts.py).
"""

import dataclasses
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from caw.adapters.members import objects_of
from caw.adapters.records import LONGEST_WORD, Json
from caw.adapters.transcript_blocks import (
    CALL_IDS,
    CALL_ITEMS,
    OLDER_UI_TOOLS,
    RESULT,
    RESULT_IDS,
    RESULT_ITEMS,
    RETURNED,
    RETURNED_BY_ITEM,
    arguments_of,
    call_in,
    first,
    is_failure,
    kind_of,
    makes_nothing,
    result_in,
    returned,
    text_name,
    tool_name,
)
from caw.adapters.transcript_documents import opened
from caw.adapters.transcript_seeds import Rules, Tool
from caw.adapters.transcript_values import as_id, at, has_failed, is_absent, is_text, joined, list_of, parsed

USER, ASSISTANT, TOOL = "user", "assistant", "tool"
EVENT_ROLES = {"user.message": USER, "agent.message": ASSISTANT}  # of events whose kind says who speaks
CLASS_ENDINGS = ("MessageChunk", "Message")  # of LangChain's classes, whose names say who speaks
TIMES = ("timestamp", "created_at", "createdAt", "processed_at")
OLDER_CALL = "function_call"  # of chat completions before there were tool_calls


@dataclass(slots=True)
class Call:
    """A call of a tool by the assistant."""

    place: int  # among the message's calls
    tool: Tool | None  # None where no seed knows it
    holder: Json  # the block or item with its arguments
    is_answered: bool = False
    has_failed: bool = False

    def argument(self, path: str) -> Any:
        """The value at a path in the arguments."""
        given = arguments_of(self.holder)
        return at(parsed(given) if is_text(given) else given, path)


@dataclass(slots=True)
class Result:
    """The result of a call of a known tool with an effect."""

    place: int  # among the message's results
    call: Call
    content: Any
    value: Any  # the JSON value that the content is, or None


@dataclass(slots=True)
class Turn:
    """One element of the list of messages.

    Attributes:
        role: user, assistant, tool or system; None for an unknown word.
        text: what is said; a value of another type is left for staging to reject.
        timestamp: as it was given; None where it is absent.
        acts: calls of known tools, and their results, in the order of the message's blocks.
    """

    role: str | None
    text: Any
    timestamp: Any
    acts: list[Call | Result]


@dataclass
class _Reader:
    """Reads message by message; remembers which calls wait for their result."""

    rules: Rules
    unknown_words: Counter[tuple[str, str]] = dataclasses.field(default_factory=Counter)
    calls: list[tuple[str, Call]] = dataclasses.field(default_factory=list)  # all so far that `by_name` lacks
    by_id: dict[str, list[Call]] = dataclasses.field(default_factory=dict)
    by_name: dict[str, deque[Call]] = dataclasses.field(default_factory=dict)  # those of all names under ""

    def turn(self, element: Json) -> Turn:
        """One element as a turn."""
        message = opened(element)[1] if "lc" in element or "data" in element else element
        kind = kind_of(message) if "type" in message else ""
        timestamp = message.get("timestamp")
        if timestamp is None or is_absent(timestamp):
            timestamp = _other_time(message)
        turn = Turn(None, "", timestamp, [])
        if not kind:
            turn.role = self._role(message.get("role"))
        elif kind in CALL_ITEMS:
            turn.role = ASSISTANT
            self._take_call(message, kind, 0, _call_id(message), turn)
            return turn
        elif kind in RESULT_ITEMS:
            turn.role = TOOL
            self._take_result(message, first(message, RETURNED_BY_ITEM), 0, turn)
            return turn
        elif makes_nothing(kind):
            return turn
        else:
            turn.role = self._role_beside(message, kind)
        self._read(message, turn)
        return turn

    def _role(self, given: Any) -> str | None:
        role = self.rules.role(given) if is_text(given) else None
        if role is None:
            self._note("role", given.strip() if is_text(given) else "")  # words are compared trimmed
        return role

    def _role_beside(self, message: Json, kind: str) -> str | None:
        """The role of a message with a kind: without a role of its own what the kind means, if it means one."""
        given = EVENT_ROLES.get(kind, message.get("role"))
        if not is_absent(given):
            return self._role(given)
        ending = next((ending for ending in CLASS_ENDINGS if kind.endswith(ending)), "")
        return self.rules.role(kind.removesuffix(ending))

    def _read(self, message: Json, turn: Turn) -> None:
        """Read the content, block by block, then the calls next to it; a tool's message is itself its result."""
        content, parts = message.get("content"), message.get("parts")
        if parts is not None and is_absent(content):
            content = parts
        blocks = content if isinstance(content, list) else parts
        calls: dict[str | int, None] = {}  # of the message so far, by id, or by place where they have none
        results = self._read_blocks(blocks, calls, turn) if isinstance(blocks, list) else 0
        if content is not None and not isinstance(content, list):
            turn.text = content  # the AI SDK once kept the text of a message's parts next to them
        if turn.role == ASSISTANT:
            if "tool_calls" in message or OLDER_CALL in message:
                self._read_calls(message, calls, turn)
            if OLDER_UI_TOOLS in message:
                self._read_older_tools(message[OLDER_UI_TOOLS], calls, results, turn)
        elif turn.role == TOOL and not results:
            self._take_result(message, turn.text, 0, turn)

    def _read_blocks(self, content: Sequence[Any], calls: dict[str | int, None], turn: Turn) -> int:
        """Read the texts, calls and results of a content; the number of results."""
        texts: list[Any] = []
        results = 0
        for block in content:
            if not isinstance(block, dict):
                texts.append(block)
                continue
            kind = kind_of(block)
            call, result = call_in(block, kind), result_in(block, kind)
            if call is None and result is None:
                name = text_name(block, kind)
                texts.append(None if name is None else block.get(name))
            elif call is not None and turn.role == ASSISTANT:
                call_id = _call_id(call.holder)
                if _is_new(call_id, calls):
                    self._take_call(call.holder, kind, len(calls) - 1, call_id, turn)
            if result is not None:
                self._take_result(result.holder, first(result.holder, RETURNED), results, turn, kind)
                results += 1
        turn.text = joined(texts)
        return results

    def _read_calls(self, message: Json, calls: dict[str | int, None], turn: Turn) -> None:
        """The calls next to the content: those that its blocks have too are there once."""
        given = list_of(message.get("tool_calls"))
        before, repeated = len(calls), 0
        for place, call in enumerate(given if isinstance(given, list) else ()):
            if not isinstance(call, dict):
                continue
            call_id = _call_id(call)
            if _is_new(call_id, calls):
                self._take_call(call, "", before + place - repeated, call_id, turn)
            else:
                repeated += 1
        if OLDER_CALL in message and is_absent(given) and isinstance(call := message[OLDER_CALL], dict):
            self._take_call(call, "", before, _call_id(call), turn)

    def _read_older_tools(self, given: Any, calls: dict[str | int, None], results: int, turn: Turn) -> None:
        """The calls that the AI SDK once kept next to a message's text, each with its result."""
        for call in objects_of(list_of(given)):
            call_id = _call_id(call)
            if not _is_new(call_id, calls):
                continue
            self._take_call(call, "", len(calls) - 1, call_id, turn)
            if call.get("state") == RESULT:
                self._take_result(call, first(call, RETURNED), results, turn)
                results += 1

    def _take_call(self, holder: Json, kind: str, place: int, call_id: str, turn: Turn) -> None:
        name = tool_name(holder, kind)
        name = name if is_text(name) else ""
        call = Call(place, self.rules.tools.get(name), holder)
        if call.tool is None:
            self._note("tool", name)
        else:
            turn.acts.append(call)
        if call_id:
            self.by_id.setdefault(call_id, []).append(call)
        self.calls.append((name, call))

    def _take_result(self, holder: Json, given: Any, place: int, turn: Turn, kind: str = "") -> None:
        """Give a result to its call: the latest unanswered one of its id, else the earliest of its name."""
        call = self._waiting(holder, kind)
        if call is None:
            return
        call.is_answered = True
        if call.tool is not None and call.tool.effect:
            content = returned(given)
            value = parsed(content) if is_text(content) else content
            call.has_failed = is_failure(given) or has_failed(holder, content, value)
            turn.acts.append(Result(place, call, content, value))

    def _waiting(self, holder: Json, kind: str) -> Call | None:
        if call_id := as_id(first(holder, RESULT_IDS)):
            stack = self.by_id.get(call_id)
            while stack:
                if not (call := stack.pop()).is_answered:
                    return call
            return None
        return self._earliest(tool_name(holder, kind))

    def _earliest(self, name: Any) -> Call | None:
        """The earliest unanswered call of a name, of all without one."""
        for own_name, call in self.calls:
            for known in {own_name, ""}:
                self.by_name.setdefault(known, deque()).append(call)
        self.calls.clear()
        queue = self.by_name.get("" if name is None else name) if name is None or is_text(name) else None
        while queue:
            if not (call := queue.popleft()).is_answered:
                return call
        return None

    def _note(self, field_name: str, word: str) -> None:
        """Count a word that no seed knows; a call without a tool's name, or a message without a role, has none."""
        if word.strip():
            self.unknown_words[field_name, word[:LONGEST_WORD]] += 1


def turns_of(messages: Sequence[Json | None], rules: Rules) -> tuple[list[Turn | None], Counter[tuple[str, str]]]:
    """(turns, unknown words): every message as a turn, None for none; of every call it is known whether it failed."""
    reader = _Reader(rules)
    return [None if message is None else reader.turn(message) for message in messages], reader.unknown_words


def _other_time(message: Json) -> Any:
    """An instant under another name than `timestamp`, else that of the metadata; None where neither is there."""
    own = first(message, TIMES[1:])
    if own is None and "metadata" in message and isinstance(metadata := message["metadata"], dict):
        return first(metadata, TIMES)
    return own


def _call_id(call: Json) -> str:
    """A call's id; blank for none."""
    return as_id(first(call, CALL_IDS))


def _is_new(call_id: str, calls: dict[str | int, None]) -> bool:
    """Whether a message has no call of this id yet; the call is noted among its calls, also one without an id."""
    key = call_id or len(calls)
    if key in calls:
        return False
    calls[key] = None
    return True
