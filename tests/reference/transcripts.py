"""Chat-completion transcripts become conversation log records (spec §2.2).

Lives here: the expansion of one transcript into raw records. They are checked like any others elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .jsontext import Number, compact_json
from .model import Refused
from .seeds import AgentTool, Seeds
from .turns import CallBlock, ResultBlock, Turn, answer_calls, as_list, call_id, chat_turn
from .typed_records import Context
from .values import BadValue, due, is_absent, read_id
from .vendors import dialects
from .vendors.registry import DIALECTS

SEQUENCE_STEP = 1000  # spec §2.2.3: sequence = 1000 x the message's index + the record's place in the message
ACTORS = {"user": "customer", "assistant": "agent"}  # whose content is a message
CHAT_ID_NAMES = ("id", "conversation_id")
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
class _Expansion:
    """What is known while the messages are walked through.

    Attributes:
        latest_timestamp: of the messages so far, else start_time. from_start: it is start_time.
    """

    transcript: Transcript
    seeds: Seeds
    channel: Any
    profile: Any
    latest_timestamp: Any
    from_start: bool
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
    has_dialects = DIALECTS in context.seeds.built
    transcript_id = _transcript_id(record, dialects.ID_NAMES if has_dialects else CHAT_ID_NAMES)
    messages = _messages(dialects.messages_of(record) if has_dialects else record.get("messages"))
    read = dialects.turn if has_dialects else chat_turn
    turns = [None if message is None else read(message, context.seeds) for message in messages]
    answer_calls(turns)
    start_time = dialects.start_time(record) if has_dialects else record.get("start_time")
    start_time = None if is_absent(start_time) else start_time
    expansion = _Expansion(
        Transcript(transcript_id, len(messages), unknown_words=_unknown_words(turns, context.seeds)),
        context.seeds,
        record.get("channel"),
        profile=None if is_absent(record.get("profile")) else due(record["profile"], dict),
        latest_timestamp=start_time,
        from_start=start_time is not None,
    )
    for index, turn in enumerate(turns):
        expansion.index, expansion.place = index, 0
        if turn is not None:
            _expand_turn(turn, expansion)
    if expansion.transcript.records:
        expansion.transcript.records[-1]["profile"] = expansion.profile  # "at least on the last"
    return expansion.transcript


def _transcript_id(record: dict[str, Any], names: Sequence[str]) -> str:
    for name in names:
        raw = dialects.at(record, *name.split("."))
        if not is_absent(raw):
            try:
                return read_id(raw)
            except BadValue as error:
                raise Refused("bad_value", name) from error
    raise Refused("missing_field", "id")


def _messages(given: Any) -> list[dict[str, Any] | None]:
    messages = as_list(given)
    if is_absent(messages):
        raise Refused("missing_field", "messages")
    if not isinstance(messages, list) or not all(message is None or isinstance(message, dict) for message in messages):
        raise Refused("bad_value", "messages")
    return messages


def _unknown_words(turns: Sequence[Turn | None], seeds: Seeds) -> set[tuple[str, str]]:
    """Spec §2.2.6 and §2.0.14: tools of the assistant's calls, and roles, that no seed knows."""
    found = set()
    for turn in turns:
        if turn is None:
            continue
        text = turn.role_text
        if turn.role is None and isinstance(text, str) and not is_absent(text):
            found.add(("role", text))
        for block in turn.blocks:
            name = block.name if isinstance(block, CallBlock) else None
            if isinstance(name, str) and not is_absent(name) and name not in seeds.tools:
                found.add(("tool", name))
    return found


def _expand_turn(turn: Turn, expansion: _Expansion) -> None:
    """Content and markers, then block by block a call's skill and record, what a result makes (spec §2.3.13.3)."""
    if not is_absent(turn.timestamp):
        expansion.latest_timestamp, expansion.from_start = turn.timestamp, False
    if turn.role in ACTORS:
        _add_content(turn.content, ACTORS[turn.role], expansion)
    for block in turn.blocks:
        if isinstance(block, CallBlock):
            _add_call(block, expansion)
        elif block.answers is not None:
            _take_result(block, block.answers, expansion)


def _add_content(content: Any, actor: str, expansion: _Expansion) -> None:
    """The message's content, trimmed where a marker was cut out, then its markers as status changes by the agent."""
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
    kept: list[str] = []
    statuses, start = [], 0
    while start < len(text):
        found = next(((m, status) for m, status in seeds.markers if m and text.startswith(m, start)), None)
        if found is None:
            kept.append(text[start])
            start += 1
        else:
            statuses.append(found[1])
            start += len(found[0])
    return "".join(kept), statuses


def _tool(call: CallBlock, expansion: _Expansion) -> AgentTool | None:
    """The call's tool, None if no seed knows its name."""
    return expansion.seeds.tools.get(call.name) if isinstance(call.name, str) else None


def _at_path(value: Any, path: list[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _wants_result(path: str | None) -> bool:
    return path is not None and (path == "result" or path.startswith("result."))


def _argument(call: CallBlock, path: str | None) -> Any:
    """What stands at the tool's path in the arguments; nothing if the path is of the result."""
    return None if path is None or _wants_result(path) else _at_path(call.arguments, path.split("."))


def _in_result(call: CallBlock, path: str | None) -> Any:
    """What stands at the tool's path in the result; `result` alone is the result itself."""
    assert path is not None and call.result is not None
    return _at_path(call.result.value, path.split(".")[1:])


def _add_call(call: CallBlock, expansion: _Expansion) -> None:
    """Spec §2.2.6: a known tool makes its skill, where it differs from the one before, and its effect.

    Spec §2.2.7: the skill_changed of a failed call stands.
    """
    tool, position = _tool(call, expansion), call.position
    if tool is None:
        return
    if tool.skill and tool.skill != expansion.skill:
        expansion.add(f"call{position}:skill", "skill_changed", skill=tool.skill)
        expansion.skill = tool.skill
    if not call.counts:
        return
    value = _argument(call, tool.path)
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
    listed = as_list(value)
    if is_absent(listed):
        return
    if not isinstance(listed, list) or any(not is_absent(item) and not _is_unnamed(item) for item in listed):
        expansion.add(part, "products_recommended", products=value)


def _is_unnamed(item: Any) -> bool:
    return isinstance(item, dict) and all(is_absent(item.get(name)) for name in PRODUCT_MEMBERS)


def _take_result(block: ResultBlock, call: CallBlock, expansion: _Expansion) -> None:
    """What a call's result makes, at the result's message; nothing if it failed."""
    tool = _tool(call, expansion)
    if tool is None or not call.counts:
        return
    if _wants_result(tool.path):
        part = "result" if block.position == 0 else f"result{block.position}"
        _add_effect(part, tool, _in_result(call, tool.path), expansion)
    if tool.effect == "identify":
        _identify(call, tool, expansion)


def _identify(call: CallBlock, tool: AgentTool, expansion: _Expansion) -> None:
    """Set the profile_id from here on; the other fields of the transcript's profile stay.

    Spec §2.0.4: a tool names nobody with a word that counts as absent.
    """
    given = _in_result(call, tool.path) if _wants_result(tool.path) else _argument(call, tool.path)
    profile_id = call_id(given)
    if profile_id is not None and not expansion.seeds.names_nobody(profile_id):
        expansion.profile = {
            **(expansion.profile if isinstance(expansion.profile, dict) else {}),
            "profile_id": profile_id,
        }
