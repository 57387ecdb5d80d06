"""What lines of others, and lines that are no records, lose of a forgotten person's words (spec §6.2)."""

import json
from typing import Any

import pytest

from caw.adapters.registry import expander
from caw.erasure.redaction import Redaction, blank_excerpt
from caw.feeds.declared import SEEDS_DIR, feeds

OTHERS = (
    '{ "conversation_id": "p1", "record_id": "customer", "actor":"customer", "text": "I am not Ann@X.example, p1 is my flat;'
    ' +1 (555) 0100?", "quantity": 15550100, "occurred_at": "2026-01-01T00:00:00.15550100Z", "tags": ["ann@x.example"], '
    '"url": "https://x.example/?of=ann@x.example", "sequence": 1.50, "ann@x.example": {"text": "ann@x.example"}, '
    '"profile": {"external_id": "customer 2"} }'
)


def test_somebody_elses_line_loses_words_of_its_free_texts_and_nothing_else(redaction: Redaction) -> None:
    """Others' ids, instants, numbers, tags, urls and names of members go with hers; or her address stays in a text."""
    expected = OTHERS.replace(
        "Ann@X.example, p1 is my flat; +1 (555) 0100?", "[forgotten], p1 is my flat; [forgotten]?"
    )
    assert redaction.others_line(feeds()["conversation_log"], OTHERS) == expected != OTHERS
    for feed in ("orders", "profiles", "consents", "suppressions", "message_sends", "products"):
        given = OTHERS.replace("text", "title").replace("conversation_id", "order_id")
        given = given.replace("record_id", "message_id")
        assert redaction.others_line(feeds()[feed], given) == given


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("ann@x.example", "[forgotten]"),
        ("(ann@x.example).", "([forgotten])."),
        ("mailto:Ann@x.EXAMPLE, or a\u200bnn@x.example!", "mailto:[forgotten], or [forgotten]!"),
        ("ann@x.example.", "[forgotten]."),
        ("joann@x.example jo.ann@x.example jo_ann@x.example jo%ann@x.example jo+ann@x.example jo-ann@x.example", None),
        ("ann@x.example.com ann@x.example-shop.de ann@x.examples ann@x.example7", None),
        ("\u00e4ann@x.example ann@x.example\u00e4", None),
        ("ann@x.example- ann@x.example_", "[forgotten]- [forgotten]_"),
        ("ring 15550100, 001 555 01 00 or +1 (555) 01.00/", "ring [forgotten], [forgotten] or [forgotten]/"),
        ("115550100 155501001 x15550100 15550100x 1555010", None),
        ("order 12 15550100", "order 12 [forgotten]"),
        ("p1 customer", None),
    ],
)
def test_what_is_cut_out_of_a_text(redaction: Redaction, text: str, left: str | None) -> None:
    """Spec §6.4: whole words of e-mails and phones, each with borders of its own."""
    line = json.dumps({"text": text, "escalation_reason": text})
    found = json.loads(redaction.others_line(feeds()["conversation_log"], line))
    assert found == {"text": left or text, "escalation_reason": left or text}


@pytest.mark.parametrize("named", ["ann@x.example", "chat:ann@x.example/2", "15550100", "tel-15550100"])
def test_an_id_of_anybodys_line_that_names_her_is_the_same_pseudonym(redaction: Redaction, named: str) -> None:
    """Records of one conversation are told apart, or her address stays in an id."""
    log = feeds()["conversation_log"]
    given = json.dumps({"conversation_id": named, "record_id": named})
    left = json.loads(redaction.others_line(log, given))
    assert left == json.loads(redaction.own_line(log, given)[0])
    number = json.loads(redaction.others_line(log, '{"conversation_id": 15550100}'))
    assert number["conversation_id"] == redaction.id_of("conversation_id", "15550100")


def test_a_transcript_of_others_loses_words_of_contents_and_reasons_alone(redaction: Redaction) -> None:
    """A result or an argument that a record is made of changes, and with it whose the transcript is."""
    call = {"id": "1", "name": "transfer_to_human_agents", "arguments": json.dumps({"summary": "of ann@x.example"})}
    given = {
        "id": "t",
        "messages": [
            {"role": "user", "content": "ann@x.example"},
            {
                "role": "assistant",
                "content": [{"type": "ann@x.example", "text": "yes, ann@x.example"}],
                "tool_calls": [call],
            },
            {"role": "tool", "tool_call_id": "1", "content": "ann@x.example"},
        ],
        "note": "ann@x.example",
    }
    left = json.loads(redaction.others_line(feeds()["chat_transcripts"], json.dumps(given)))
    assert left["messages"][0]["content"] == "[forgotten]"
    assert left["messages"][1]["content"] == [{"type": "ann@x.example", "text": "yes, [forgotten]"}]
    assert left["messages"][2] == given["messages"][2] and left["note"] == "ann@x.example"  # type: ignore[index]
    (reason,) = [
        record.fields["escalation_reason"]
        for record in expander(SEEDS_DIR)("chat_transcripts", json.dumps({**left, "start_time": 1e9})).records
        if "escalation_reason" in record.fields
    ]
    assert reason == "of [forgotten]"


@pytest.mark.parametrize(
    ("summary", "left"),
    [
        ({"note": "of ann@x.example", "ring": 15550100, "n": 1}, {"note": "of [forgotten]", "ring": "[forgotten]", "n": 1}),
        (["ann@x.example", [15550100.0]], ["[forgotten]", ["[forgotten]"]]),
        (15550100, 15550100),  # no text: the record is refused, before and after
    ],
)  # fmt: skip
def test_a_structured_reason_loses_its_numbers_too(redaction: Redaction, summary: Any, left: Any) -> None:
    """What a record shows as text holds her number, as JSON has it without quotes."""
    for given, read in ((lambda one: one, lambda one: one), (json.dumps, json.loads)):
        call = {"name": "transfer_to_human_agents", "arguments": given({"summary": summary})}
        line = json.dumps({"id": "t", "messages": [{"role": "assistant", "tool_calls": [call]}]})
        found = json.loads(redaction.others_line(feeds()["chat_transcripts"], line))
        assert read(found["messages"][0]["tool_calls"][0]["arguments"]) == {"summary": left}


def test_what_stands_in_place_of_a_text_loses_her_words(redaction: Redaction) -> None:
    """A list or an object is refused, and stays in the rejects as it came."""
    given = {"text": ["of ann@x.example", 15550100], "escalation_reason": {"a": {"ann@x.example": "ANN@x.example"}}, "url": ["ann@x.example"]}  # fmt: skip
    left = {"text": ["of [forgotten]", 15550100], "escalation_reason": {"a": {"ann@x.example": "[forgotten]"}}, "url": ["ann@x.example"]}  # fmt: skip
    assert json.loads(redaction.others_line(feeds()["conversation_log"], json.dumps(given))) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('{"a": "ann\\u0040x.example"', '{"a": "[forgotten]"'),
        ('{"a": "\\u0061nn@x.example, \\"ann@x.example\\""', '{"a": "[forgotten], \\"[forgotten]\\""'),
        ('{"a": "1555\\/0100"', '{"a": "[forgotten]"'),
        ('{"a": "{\\"b\\": \\"ann\\\\u0040x.example\\"}"', '{"a": "{\\"b\\": \\"[forgotten]\\"}"'),
        ('{"a": "joann\\u0040x.example\\q\\', '{"a": "joann\\u0040x.example\\q\\'),
    ],
)
def test_a_line_that_is_no_json_loses_what_it_escapes(redaction: Redaction, text: str, left: str) -> None:
    """An address hides behind an escape where nothing reads it."""
    assert redaction.broken_line(text) == left
    assert redaction.names_in_broken_line(text) is (left != text)


def test_a_line_of_utf_16_is_read_without_its_nuls(redaction: Redaction) -> None:
    """Each letter has a NUL next to it, and an address is found in no reject of such a file."""
    given = '{"text": "of ann@x.example"}'.encode("utf-16-le").decode("latin-1")
    assert redaction.names_in_broken_line(given)
    assert redaction.broken_line(given) == '{"text": "of [forgotten]"}'
    others = given.replace("a", "b")
    assert redaction.broken_line(others) == others


def test_what_was_too_large_keeps_its_size_and_hash() -> None:
    """What it held beyond the excerpt is not known; that a line was refused, and which, stays."""
    tail = f" [2000000 bytes, sha256 {'0a' * 32}]"
    assert blank_excerpt("anything" + tail) == "(erased)" + tail == blank_excerpt("(erased)" + tail)
