"""Chat-completion transcripts become conversation log records (spec §2.2).

Lives here: the expansion of one transcript into raw records. They are checked like any others elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .feeds import Context
from .jsontext import NotJson, Number, compact_json, parse_json
from .model import Refused
from .seeds import AgentTool, Seeds
from .values import BadValue, due, is_absent, read_id
from .words import normal_word

SEQUENCE_STEP = 1000  # spec §2.2.3: sequence = 1000 x the message's index + the record's place in the message
ACTORS = {"user": "customer", "assistant": "agent"}  # whose content is a message
PRODUCT_MEMBERS = ("product_id", "sku", "id")


@dataclass
class Transcript:
    """An expanded transcript: its id, the number of its messages, its raw records in order, and the tools and roles
    that no seed knows as (field, word)."""

    transcript_id: str
    message_count: int
    records: list[dict[str, Any]] = field(default_factory=list)
    unknown_words: set[tuple[str, str]] = field(default_factory=set)


@dataclass
class _Result:
    """A tool's result: its text (or what stands in its place), and its JSON value, the text if it is no JSON."""

    text: Any
    value: Any
    failed: bool


@dataclass
class _Call:
    """A tool call of the assistant; `result` is None if none came, `tool` if no seed knows its name."""

    call_id: str | None
    tool: AgentTool | None
    arguments: Any
    result: _Result | None = None

    @property
    def counts(self) -> bool:
        """Spec §2.2.7: a failed result makes nothing; a call without any result counts."""
        return self.result is None or not self.result.failed


@dataclass
class _Expansion:
    """What is known while the messages are walked through.

    Attributes:
        calls: (message index, position) -> call. answered: message index -> the call whose result the message is.
        latest_timestamp: of the messages so far, else start_time. from_start: it is start_time.
    """

    transcript: Transcript
    seeds: Seeds
    channel: Any
    profile: Any
    latest_timestamp: Any
    from_start: bool
    calls: dict[tuple[int, int], _Call]
    answered: dict[int, _Call]
    skill: str | None = None
    index: int = 0
    place: int = 0

    def add(self, part: str, record_type: str, **fields: Any) -> None:
        """Append a record of the message at hand; its place counts the records made before it in the message."""
        self.transcript.records.append(
            {
                "record_id": f"{self.transcript.transcript_id}:{self.index}:{part}",
                "conversation_id": self.transcript.transcript_id,
                "occurred_at": self.latest_timestamp,
                "record_type": record_type,
                "sequence": Number(str(SEQUENCE_STEP * self.index + self.place)),
                "channel": self.channel,
                "profile": self.profile,
                **({"time_from_start": True} if self.from_start else {}),
                **fields,
            }
        )
        self.place += 1


def expand(record: dict[str, Any], context: Context) -> Transcript:
    """The records of one transcript.

    Raises:
        Refused: id, then messages. Channel, profile and timestamps are checked record by record.
    """
    transcript_id = _transcript_id(record)
    messages = _messages(record)
    roles = [_role(message, context.seeds) for message in messages]
    calls, answered = _calls_and_results(messages, roles, context.seeds)
    start_time = None if is_absent(record.get("start_time")) else record["start_time"]
    expansion = _Expansion(
        Transcript(transcript_id, len(messages), unknown_words=_unknown_words(messages, roles, context.seeds)),
        context.seeds,
        record.get("channel"),
        profile=None if is_absent(record.get("profile")) else due(record["profile"], dict),
        latest_timestamp=start_time,
        from_start=start_time is not None,
        calls=calls,
        answered=answered,
    )
    for index, (message, role) in enumerate(zip(messages, roles, strict=True)):
        expansion.index, expansion.place = index, 0
        if message is not None:
            _expand_message(message, role, expansion)
    if expansion.transcript.records:
        expansion.transcript.records[-1]["profile"] = expansion.profile  # "at least on the last"
    return expansion.transcript


def _transcript_id(record: dict[str, Any]) -> str:
    for name in ("id", "conversation_id"):
        if not is_absent(record.get(name)):
            try:
                return read_id(record[name])
            except BadValue as error:
                raise Refused("bad_value", name) from error
    raise Refused("missing_field", "id")


def _messages(record: dict[str, Any]) -> list[dict[str, Any] | None]:
    messages = _as_list(record.get("messages"))
    if is_absent(messages):
        raise Refused("missing_field", "messages")
    if not isinstance(messages, list) or not all(message is None or isinstance(message, dict) for message in messages):
        raise Refused("bad_value", "messages")
    return messages


def _as_list(raw: Any) -> Any:
    """Spec §2.0.2: where a list is due, a text that begins with `[` is read as a JSON list in every format."""
    if not isinstance(raw, str) or not raw.strip().startswith("["):
        return raw
    try:
        return parse_json(raw.strip())
    except NotJson:
        return raw


def _role(message: dict[str, Any] | None, seeds: Seeds) -> str | None:
    """Spec §2.2.2: roles have a vocabulary of their own."""
    role = (message or {}).get("role")
    return seeds.word("role", role) if isinstance(role, str) else None


def _tool_calls(message: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """(position, call) of a message's calls that are objects."""
    calls = _as_list(message.get("tool_calls"))
    places = enumerate(calls if isinstance(calls, list) else [])
    return [(position, call) for position, call in places if isinstance(call, dict)]


def _unknown_words(
    messages: list[dict[str, Any] | None], roles: list[str | None], seeds: Seeds
) -> set[tuple[str, str]]:
    """Spec §2.2.6 and §2.0.14: tools of the assistant's calls, and roles, that no seed knows."""
    found = set()
    for message, role in zip(messages, roles, strict=True):
        if message is None:
            continue
        text = message.get("role")
        if role is None and isinstance(text, str) and not is_absent(text):
            found.add(("role", text))
        for _, call in _tool_calls(message) if role == "assistant" else []:
            name, _ = _tool_name_and_arguments(call)
            if isinstance(name, str) and not is_absent(name) and name not in seeds.tools:
                found.add(("tool", name))
    return found


def _calls_and_results(
    messages: list[dict[str, Any] | None], roles: list[str | None], seeds: Seeds
) -> tuple[dict[tuple[int, int], _Call], dict[int, _Call]]:
    """The assistant's calls with their results: a result belongs to the latest unanswered call of its id before it."""
    calls: dict[tuple[int, int], _Call] = {}
    answered: dict[int, _Call] = {}
    for index, (message, role) in enumerate(zip(messages, roles, strict=True)):
        if message is None:
            continue
        if role == "assistant":  # only the assistant's calls count
            for position, call in _tool_calls(message):
                name, arguments = _tool_name_and_arguments(call)
                tool = seeds.tools.get(name) if isinstance(name, str) else None
                calls[index, position] = _Call(_call_id(call.get("id")), tool, arguments)
        if role == "tool":
            own_id = message.get("id") if is_absent(message.get("tool_call_id")) else message["tool_call_id"]
            result_id = _call_id(own_id)
            waiting = [call for call in calls.values() if call.call_id == result_id and call.result is None]
            if result_id is not None and waiting:
                waiting[-1].result = _result(message)
                answered[index] = waiting[-1]
    return calls, answered


def _result(message: dict[str, Any]) -> _Result:
    text = _content(message.get("content"))
    value = text
    if isinstance(text, str):
        try:
            value = parse_json(text)
        except NotJson:
            value = text
    return _Result(text, value, _is_failed(message, text, value))


def _is_failed(message: dict[str, Any], text: Any, value: Any) -> bool:
    """Spec §2.2.7: the message's error flag, a JSON object with a truthy `error` or
    `status: error` or `success: false`, a text that starts with "error"; words in any case."""
    if _is_flag(message.get("error")):
        return True
    if isinstance(value, dict):
        says_error = isinstance(value.get("status"), str) and normal_word(value["status"]) == "error"
        return _is_flag(value.get("error")) or says_error or _is_false(value.get("success"))
    texts = (one for one in (text, value) if isinstance(one, str))
    return any(one.strip().lower().startswith("error") for one in texts)


def _is_false(raw: Any) -> bool:
    return raw is False or (isinstance(raw, str) and normal_word(raw) == "false")


def _is_flag(raw: Any) -> bool:
    """Any flag that is not false, null or empty; the number 0 is not truthy."""
    is_zero = isinstance(raw, Number) and float(raw.text) == 0
    return not (is_absent(raw) or _is_false(raw) or is_zero or raw == {})


def _expand_message(message: dict[str, Any], role: str | None, expansion: _Expansion) -> None:
    if not is_absent(message.get("timestamp")):
        expansion.latest_timestamp, expansion.from_start = message["timestamp"], False
    if role == "tool" and expansion.index in expansion.answered:
        _take_result(expansion.answered[expansion.index], expansion)
    if role in ACTORS:
        _add_content(message, ACTORS[role], expansion)
    for position, _ in _tool_calls(message) if role == "assistant" else []:
        _add_call(expansion.calls[expansion.index, position], position, expansion)


def _content(raw: Any) -> Any:
    """The text of a content: a string, or its parts' texts joined by a line feed (spec §2.2.4); another type is
    left for the check."""
    if not isinstance(raw, list):
        return raw
    texts = []
    for part in raw:
        text = part.get("text") if isinstance(part, dict) else part
        if text is None:
            continue
        if not isinstance(text, str):
            return text  # not a text: refused as a bad value when the record is checked
        texts.append(text)
    return "\n".join(texts)


def _add_content(message: dict[str, Any], actor: str, expansion: _Expansion) -> None:
    """The message's content, trimmed where a marker was cut out, then its markers as status changes by the agent."""
    content = _content(message.get("content"))
    statuses: list[str] = []
    if isinstance(content, str):
        content, statuses = _cut_markers(content, expansion.seeds)
        content = content.strip() if statuses else content
    if not is_absent(content):
        expansion.add("content", "message", actor=actor, text=content)
    for position, status in enumerate(statuses):
        expansion.add(f"marker{position}", "status_changed", actor="agent", status=status)


def _cut_markers(text: str, seeds: Seeds) -> tuple[str, list[str]]:
    """The text without its markers, and their statuses by position in the text."""
    kept, statuses, start = "", [], 0
    while start < len(text):
        found = next(((m, status) for m, status in seeds.markers if m and text.startswith(m, start)), None)
        if found is None:
            kept += text[start]
            start += 1
        else:
            statuses.append(found[1])
            start += len(found[0])
    return kept, statuses


def _tool_name_and_arguments(call: dict[str, Any]) -> tuple[Any, Any]:
    """Name and arguments of a call, its own or those of its `function`; arguments may be JSON text."""
    function = call.get("function")
    function = function if isinstance(function, dict) else {}
    name = function.get("name") if is_absent(call.get("name")) else call["name"]
    arguments = function.get("arguments") if is_absent(call.get("arguments")) else call["arguments"]
    if isinstance(arguments, str):
        try:
            arguments = parse_json(arguments)
        except NotJson:
            arguments = None
    return name, arguments


def _at_path(value: Any, path: list[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _wants_result(path: str | None) -> bool:
    return path is not None and (path == "result" or path.startswith("result."))


def _argument(call: _Call) -> Any:
    """What stands at the tool's path in the arguments; nothing if the path is of the result."""
    path = call.tool.path if call.tool else None
    return None if path is None or _wants_result(path) else _at_path(call.arguments, path.split("."))


def _in_result(call: _Call) -> Any:
    """What stands at the tool's path in the result; `result` alone is the result itself."""
    path = call.tool.path if call.tool else None
    assert path is not None and call.result is not None
    return _at_path(call.result.value, path.split(".")[1:])


def _add_call(call: _Call, position: int, expansion: _Expansion) -> None:
    """Spec §2.2.6: a known tool makes its skill, where it differs from the one before, and its effect.

    Spec §2.2.7: the skill_changed of a failed call stands.
    """
    tool = call.tool
    if tool is None:
        return
    if tool.skill and tool.skill != expansion.skill:
        expansion.add(f"call{position}:skill", "skill_changed", skill=tool.skill)
        expansion.skill = tool.skill
    if not call.counts:
        return
    value = _argument(call)
    if tool.effect == "escalate":
        if isinstance(value, list | dict) and not is_absent(value):
            value = compact_json(value)  # spec §2.2.6: a structured reason is its compact JSON text
        expansion.add(f"call{position}", "status_changed", actor="agent", status="escalated", escalation_reason=value)
    _add_effect(f"call{position}", tool, value, expansion)


def _add_effect(part: str, tool: AgentTool, value: Any, expansion: _Expansion) -> None:
    """A recommendation, or a product put into the cart."""
    if tool.effect == "recommend":
        _add_products(part, value, expansion)
    if tool.effect == "cart" and not is_absent(value):
        expansion.add(part, "added_to_cart", product_id=_product(value))


def _product(value: Any) -> Any:
    """A product is named as in products_recommended: by its id, or an object with one."""
    if not isinstance(value, dict):
        return value
    return next((value[name] for name in PRODUCT_MEMBERS if not is_absent(value.get(name))), None)


def _add_products(part: str, value: Any, expansion: _Expansion) -> None:
    """A recommendation, unless it has no products; what is no list is left for the check."""
    listed = _as_list(value)
    if is_absent(listed):
        return
    if not isinstance(listed, list) or any(not is_absent(item) and not _is_unnamed(item) for item in listed):
        expansion.add(part, "products_recommended", products=value)


def _is_unnamed(item: Any) -> bool:
    return isinstance(item, dict) and all(is_absent(item.get(name)) for name in PRODUCT_MEMBERS)


def _call_id(raw: Any) -> str | None:
    try:
        return None if is_absent(raw) else read_id(raw)
    except BadValue:
        return None


def _take_result(call: _Call, expansion: _Expansion) -> None:
    """What a call's result makes, at the result's message; nothing if it failed."""
    if call.tool is None or not call.counts:
        return
    if _wants_result(call.tool.path):
        _add_effect("result", call.tool, _in_result(call), expansion)
    if call.tool.effect == "identify":
        _identify(call, expansion)


def _identify(call: _Call, expansion: _Expansion) -> None:
    """Set the profile_id from here on; the other fields of the transcript's profile stay.

    Spec §2.0.4: a tool names nobody with a word that counts as absent.
    """
    assert call.tool is not None
    profile_id = _call_id(_in_result(call) if _wants_result(call.tool.path) else _argument(call))
    if profile_id is not None and not expansion.seeds.names_nobody(profile_id):
        expansion.profile = {
            **(expansion.profile if isinstance(expansion.profile, dict) else {}),
            "profile_id": profile_id,
        }
