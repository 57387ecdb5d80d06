"""A forgotten person in the shapes of agent frameworks (spec §6.1, §6.4 and §2.3.13), by hand."""

import json
from typing import Any

import pyarrow as pa
import pytest

from caw.adapters.registry import expander
from caw.erasure.finding import IdentifierFinder, rows_carrying
from caw.erasure.identifiers import Identifier
from caw.erasure.keyring import Keyring
from caw.erasure.redaction import Redaction
from caw.erasure.seed_words import load_words
from caw.feeds.declared import SEEDS_DIR, feeds
from caw.raw_store.schemas import LINE_SCHEMA
from tests.support import dialects

FEED = feeds()["chat_transcripts"]
EXPAND = expander(SEEDS_DIR)
ANN = "ann@x.example"
FORGOTTEN = frozenset({Identifier("profile_id", "ann_1"), Identifier("email", ANN)})
START = dialects.START
Json = dict[str, Any]


@pytest.fixture(scope="module")
def redaction() -> Redaction:
    known, words = FORGOTTEN.__contains__, load_words(SEEDS_DIR)
    return Redaction("acme", FORGOTTEN, Keyring(b"k" * 32), words, known, known)


def carrying(text: str, identifier: Identifier, rejection: str | None = None) -> bool:
    """Whether an erasure of this identifier finds the line."""
    row = {"raw_text": text, "problem": rejection, "is_erased": False, "source": "acme", "file_path": "f",
           "batch_id": "00000001", "line_number": 1}  # fmt: skip
    table = pa.Table.from_pylist([row], LINE_SCHEMA)
    found = IdentifierFinder(FEED, "acme", EXPAND).find(table)
    return rows_carrying(found.identifiers, frozenset({identifier})) == [0]


def anthropic(result: str, reason: str = "no") -> Json:
    """Ann is found by a tool, and handed over for a reason."""
    blocks = [
        {"type": "tool_use", "id": "a", "name": "find_user_id_by_email", "input": {"email": ANN}},
        {"type": "tool_use", "id": "b", "name": "transfer_to_human_agents", "input": {"summary": reason}},
    ]
    found = {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": result}]}
    said = {"type": "text", "text": f"I am {ANN}."}
    return {
        "id": "t",
        "start_time": START,
        "messages": [{"role": "assistant", "content": blocks}, {"role": "user", "content": [found, said]}],
    }


def gemini(result: str) -> Json:
    call = {"functionCall": {"name": "find_user_id_by_email", "args": {"email": ANN}}}
    response = {"functionResponse": {"name": "find_user_id_by_email", "response": result}}
    contents = [{"role": "model", "parts": [call]}, {"role": "user", "parts": [response, {"text": f"I am {ANN}."}]}]
    return {"session_id": "t", "created_at": START, "contents": contents}


def ui_message(result: str) -> Json:
    part = {
        "type": "tool-find_user_id_by_email",
        "toolCallId": "a",
        "state": "output-available",
        "input": {"email": ANN},
        "output": result,
    }
    messages = [
        {"role": "assistant", "parts": [part, {"type": "text", "text": f"You are {ANN}."}]},
        {"role": "user", "parts": [{"type": "text", "text": f"I am {ANN}."}]},
    ]
    return {"chatId": "t", "createdAt": START, "messages": messages}


@pytest.mark.parametrize("shape", [anthropic, gemini, ui_message])
def test_who_a_call_identifies_is_found_and_nothing_of_them_stays(redaction: Redaction, shape: Any) -> None:
    """Her address is in a call's input, in its result and in what is said: of her own line only records stay."""
    text = json.dumps(shape("ann_1"))
    assert carrying(text, Identifier("profile_id", "ann_1"))
    assert not carrying(text, Identifier("profile_id", "bob_1"))
    left = redaction.own_expansion(FEED, EXPAND(FEED.name, text))
    assert ANN not in left and "ann_1" not in left
    assert len(json.loads(left)["records"]) == len(EXPAND(FEED.name, text).records) > 0


@pytest.mark.parametrize("shape", [anthropic, gemini, ui_message])
def test_of_somebody_elses_line_what_was_said_loses_her_address(redaction: Redaction, shape: Any) -> None:
    """Calls and results stay: they decide whose the transcript is (spec §6.4)."""
    given = shape("bob_1")
    left = json.loads(redaction.others_line(FEED, json.dumps(given)))
    expected = json.dumps(given).replace(f"I am {ANN}.", "I am [forgotten].")
    assert left == json.loads(expected.replace(f"You are {ANN}.", "You are [forgotten]."))
    before, after = (EXPAND(FEED.name, json.dumps(one)).records for one in (given, left))
    assert [one.fields.get("profile") for one in before] == [one.fields.get("profile") for one in after]


def arguments(wrapped: bool) -> Any:
    given = {"summary": f"of {ANN}", "other": ANN}
    return json.dumps(given) if wrapped else given


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize(
    "place",
    [
        lambda given: [{"role": "ai", "content": [{"type": "tool_use", "id": "1", "name": "TOOL", "input": given}]}],
        lambda given: [{"type": "function_call", "call_id": "1", "name": "TOOL", "arguments": given}],
        lambda given: [{"type": "agent.custom_tool_use", "id": "1", "name": "TOOL", "input": given}],
        lambda given: [{"role": "model", "parts": [{"functionCall": {"name": "TOOL", "args": given}}]}],
        lambda given: [{"role": "assistant", "parts": [{"type": "tool-TOOL", "toolCallId": "1", "input": given}]}],
        lambda given: [{"role": "assistant", "tool_calls": [{"function": {"name": "TOOL", "arguments": given}}]}],
        lambda given: [{"role": "assistant", "function_call": {"name": "TOOL", "arguments": given}}],
        lambda given: [{"type": "ai", "data": {"tool_calls": [{"name": "TOOL", "args": given}]}}],
        lambda given: json.dumps([{"role": "ai", "tool_calls": json.dumps([{"name": "TOOL", "args": given}])}]),
    ],
)
def test_the_reason_of_an_escalation_loses_her_address_in_every_shape(
    redaction: Redaction, place: Any, wrapped: bool
) -> None:
    """Also inside JSON that is a text in JSON, as a table's cell has it."""
    line = json.dumps({"thread_id": "t", "start_time": START, "items": place(arguments(wrapped))})
    line = line.replace("TOOL", "transfer_to_human_agents")
    left = redaction.others_line(FEED, line)
    reasons = [
        record.fields["escalation_reason"]
        for one in (line, left)
        for record in EXPAND(FEED.name, one).records
        if "escalation_reason" in record.fields
    ]
    assert reasons == [f"of {ANN}", "of [forgotten]"]
    assert left.count(ANN) == 1, "what is no reason stays"


@pytest.mark.parametrize("name", ["thread_id", "session_id", "chat_id", "chatId", "sender_id"])
def test_a_conversation_is_hers_by_the_id_that_its_transcripts_go_by(redaction: Redaction, name: str) -> None:
    """A later version of her conversation, refused or cut off, is hers; what others have in common makes nobody hers."""
    hers = Identifier("conversation", "t9")
    assert carrying(json.dumps({name: "t9", "items": [{"role": "narrator"}]}), hers)
    assert carrying(json.dumps({name: "t9", "items": 5}), hers)
    assert carrying(f'{{"{name}": "t9", "items": [{{"role": "user", "content": "my secret', hers, "not_json")
    assert not carrying(json.dumps({"id": "other", name: "t9", "items": [{"role": "user", "content": "x"}]}), hers)
    line = json.dumps({name: f"chat:{ANN}", "items": [{"role": "user", "content": "x"}]})
    assert ANN not in redaction.others_line(FEED, line)


def test_an_id_inside_a_langgraph_state_is_found_and_replaced(redaction: Redaction) -> None:
    state = {
        "config": {"configurable": {"thread_id": ANN}},
        "values": {"messages": [{"type": "human", "content": ANN}]},
    }
    left = redaction.others_line(FEED, json.dumps(state))
    assert ANN not in left and len(EXPAND(FEED.name, left).records) == 1
    assert carrying(json.dumps(state), Identifier("conversation", ANN))


@pytest.mark.parametrize("text", ["]", "}{", "[", '{"a": [', '"', "[1, ]"])
def test_texts_that_only_look_like_json_are_left_alone(redaction: Redaction, text: str) -> None:
    """Arguments that a model has cut off, or closed twice, must not stop an erasure."""
    call = {"name": "transfer_to_human_agents", "arguments": text}
    for messages in ([{"role": "assistant", "tool_calls": [call]}], [{"role": "assistant", "tool_calls": text}], text):
        line = json.dumps({"id": "t", "messages": messages})
        assert redaction.others_line(FEED, line) == line
