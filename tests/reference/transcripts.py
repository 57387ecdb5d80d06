"""Chat-completion transcripts become conversation log records (section 2.2).

Lives here: the expansion of one transcript into raw records. They are checked like any others elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .feeds import Context
from .jsontext import NotJson, Number, parse_json
from .model import Refused
from .seeds import AgentTool, Seeds, normal_word
from .values import BadValue, due, is_absent, read_id

SEQUENCE_STEP = 1000  # section 2.2: sequence = 1000 x the message's index + the record's place in the message
ROLES = ("user", "assistant", "tool", "system")


@dataclass
class Transcript:
    """An expanded transcript: its id, the number of its messages and its raw records in order."""

    transcript_id: str
    message_count: int
    records: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class _Call:
    """A tool call that waits for its result."""

    call_id: str | None
    tool: AgentTool
    arguments: Any
    answered: bool = False


@dataclass
class _Expansion:
    """What is known while the messages are walked through."""

    transcript: Transcript
    seeds: Seeds
    channel: Any
    profile: Any
    latest_timestamp: Any
    skill: str | None = None
    calls: list[_Call] = field(default_factory=list)
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
    profile = None if is_absent(record.get("profile")) else due(record["profile"], dict)
    expansion = _Expansion(
        Transcript(transcript_id, len(messages)),
        context.seeds,
        record.get("channel"),
        profile,
        None if is_absent(record.get("start_time")) else record["start_time"],
    )
    for index, message in enumerate(messages):
        expansion.index, expansion.place = index, 0
        if message is not None:
            _expand_message(message, expansion)
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
    messages = due(record.get("messages"), list)
    if is_absent(messages):
        raise Refused("missing_field", "messages")
    if not isinstance(messages, list) or not all(message is None or isinstance(message, dict) for message in messages):
        raise Refused("bad_value", "messages")
    return messages


def _expand_message(message: dict[str, Any], expansion: _Expansion) -> None:
    if not is_absent(message.get("timestamp")):
        expansion.latest_timestamp = message["timestamp"]
    raw_role = message.get("role")
    role = normal_word(raw_role) if isinstance(raw_role, str) else None
    if role not in ROLES or role == "system":
        return
    if role == "tool":
        _take_result(message, expansion)
        return
    _add_content(message, "customer" if role == "user" else "agent", expansion)
    calls = message.get("tool_calls")
    for position, call in enumerate(calls if isinstance(calls, list) else []):
        if isinstance(call, dict):
            _add_call(call, position, expansion)


def _content(raw: Any) -> Any:
    """The text of a content: a string, or its parts' texts put together; another type is left for the check."""
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
    return "".join(texts)


def _add_content(message: dict[str, Any], actor: str, expansion: _Expansion) -> None:
    """The message's content, then its markers as status changes by the agent."""
    content = _content(message.get("content"))
    statuses: list[str] = []
    if isinstance(content, str):
        content, statuses = _cut_markers(content, expansion.seeds)
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


def _add_call(call: dict[str, Any], position: int, expansion: _Expansion) -> None:
    """Section 2.2: a known tool makes its skill, where it differs from the one before, and its effect."""
    name, arguments = _tool_name_and_arguments(call)
    tool = expansion.seeds.tools.get(name) if isinstance(name, str) else None
    if tool is None:
        return
    if tool.skill and tool.skill != expansion.skill:
        expansion.add(f"call{position}:skill", "skill_changed", skill=tool.skill)
        expansion.skill = tool.skill
    expansion.calls.append(_Call(_call_id(call.get("id")), tool, arguments))
    value = None if _wants_result(tool.path) else _at_path(arguments, (tool.path or "").split("."))
    if tool.effect == "escalate":
        expansion.add(f"call{position}", "status_changed", actor="agent", status="escalated", escalation_reason=value)
    if tool.effect == "recommend":
        _add_products(f"call{position}", value, expansion)


def _add_products(part: str, value: Any, expansion: _Expansion) -> None:
    """A recommendation, unless it has no products; what is no list is left for the check."""
    if is_absent(value):
        return
    if not isinstance(value, list) or any(not is_absent(item) and not _is_unnamed(item) for item in value):
        expansion.add(part, "products_recommended", products=value)


def _is_unnamed(item: Any) -> bool:
    return isinstance(item, dict) and all(is_absent(item.get(name)) for name in ("product_id", "sku", "id"))


def _call_id(raw: Any) -> str | None:
    try:
        return None if is_absent(raw) else read_id(raw)
    except BadValue:
        return None


def _take_result(message: dict[str, Any], expansion: _Expansion) -> None:
    """A tool's result: it belongs to the latest unanswered call of its id before it."""
    own_id = message.get("id") if is_absent(message.get("tool_call_id")) else message["tool_call_id"]
    result_id = _call_id(own_id)
    waiting = [call for call in expansion.calls if call.call_id == result_id and not call.answered]
    if result_id is None or not waiting:
        return
    call = waiting[-1]
    call.answered = True
    text = _content(message.get("content"))
    value = text
    if isinstance(text, str):
        try:
            value = parse_json(text)
        except NotJson:
            value = None
    if call.tool.effect == "recommend" and _wants_result(call.tool.path):
        _add_products("result", _at_path(value, (call.tool.path or "").split(".")[1:]), expansion)
    if call.tool.effect == "identify" and not _is_error(message, text, value):
        _identify(call, text, value, expansion)


def _is_error(message: dict[str, Any], text: Any, value: Any) -> bool:
    """Section 2.2: `error: true`, on the message or in its JSON, or a text that starts with "Error"."""
    says_so = message.get("error") is True or (isinstance(value, dict) and value.get("error") is True)
    return says_so or (isinstance(text, str) and text.startswith("Error"))


def _identify(call: _Call, text: Any, value: Any, expansion: _Expansion) -> None:
    """Set the profile_id from here on; the other fields of the transcript's profile stay."""
    path = call.tool.path or ""
    if not _wants_result(path):
        found = _at_path(call.arguments, path.split("."))
    elif path == "result":
        is_id = isinstance(value, str) or (isinstance(value, Number) and value.is_integer)
        is_plain_text = value is None and text != "null"
        found = value if is_id else text if is_plain_text else None
    else:
        found = _at_path(value, path.split(".")[1:])
    profile_id = _call_id(found)
    if profile_id is not None:
        expansion.profile = {
            **(expansion.profile if isinstance(expansion.profile, dict) else {}),
            "profile_id": profile_id,
        }
