"""Expansion of agent transcripts into log records, word by word from contract 2.2."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from orchestration.ingest.feeds import feeds
from orchestration.ingest.lexical import dump
from orchestration.ingest.limits import DEFAULT_LIMITS
from orchestration.ingest.readers import reader_for
from orchestration.ingest.transcript_seeds import Marker, Tool, load_markers, load_tools
from orchestration.ingest.transcripts import Expansion, expand, expand_batch

REPOSITORY = Path(__file__).resolve().parents[2]
TAU2 = REPOSITORY.parent / "shared" / "data" / "tau2_retail"

TOOLS = {
    tool.tool_name: tool
    for tool in (
        Tool("find_user", "identity_check", "identify", "result"),
        Tool("find_user_deep", "identity_check", "identify", "result.user.id"),
        Tool("get_user", "account", "identify", "user_id"),
        Tool("get_order", "order_status"),
        Tool("transfer", "", "escalate", "summary"),
        Tool("search", "search", "recommend", "result.products"),
        Tool("recommend", "advice", "recommend", "products"),
    )
}
MARKERS = (Marker(1, "###STOP###", "resolved"), Marker(2, "###TRANSFER###", "escalated"))


def made(messages: object, **fields: object) -> Expansion:
    return expand(json.dumps({"id": "t", "messages": messages, **fields}), TOOLS, MARKERS)


def records(messages: object, **fields: object) -> list[dict[str, Any]]:
    expansion = made(messages, **fields)
    assert expansion.reason is None
    return [json.loads(dump(record)) for record in expansion.records]


def call(name: str, call_id: str | None = None, **arguments: object) -> dict[str, Any]:
    return {"id": call_id, "name": name, "arguments": arguments}


def says(content: object, role: str = "user", **fields: object) -> dict[str, Any]:
    return {"role": role, "content": content, **fields}


def calls(*tool_calls: Mapping[str, Any], **fields: object) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": list(tool_calls), **fields}


def result(call_id: object, content: object, **fields: object) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": content, **fields}


def profiles(messages: object, **fields: object) -> list[str | None]:
    return [record.get("profile", {}).get("profile_id") for record in records(messages, **fields)]


@pytest.mark.parametrize(
    ("transcript", "reason", "field"),
    [
        ({}, "missing_field", "id"),
        ({"id": " \u00a0", "conversation_id": None}, "missing_field", "id"),
        ({"id": 1.5, "messages": []}, "bad_value", "id"),
        ({"id": True}, "bad_value", "id"),
        ({"id": {"a": 1}, "conversation_id": "c"}, "bad_value", "id"),
        ({"id": "t"}, "missing_field", "messages"),
        ({"id": "t", "messages": None}, "missing_field", "messages"),
        ({"id": "t", "messages": []}, "missing_field", "messages"),
        ({"id": "t", "messages": [None]}, "missing_field", "messages"),
        ({"id": "t", "messages": "hello"}, "bad_value", "messages"),
        ({"id": "t", "messages": {"role": "user"}}, "bad_value", "messages"),
        ({"id": "t", "messages": [{"role": "user"}, 5]}, "bad_value", "messages"),
    ],
)
def test_a_transcript_without_id_or_messages_is_refused(transcript: object, reason: str, field: str) -> None:
    expansion = expand(json.dumps(transcript), TOOLS, MARKERS)
    assert (expansion.reason, expansion.field, list(expansion.records)) == (reason, field, [])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"id": " a "}, " a "),
        ({"id": 12345678901234567890}, "12345678901234567890"),
        ({"id": None, "conversation_id": "c"}, "c"),
        ({"id": "a", "conversation_id": "c"}, "a"),
    ],
)
def test_the_id_is_id_or_else_conversation_id(fields: dict[str, object], expected: str) -> None:
    expansion = expand(json.dumps({**fields, "messages": [says("hi")]}), TOOLS, MARKERS)
    assert expansion.transcript_id == expected
    assert expansion.records[0]["conversation_id"] == expected
    assert expansion.records[0]["record_id"] == f"{expected}:0:content"


def test_who_speaks_and_what_makes_no_message() -> None:
    messages = [
        says("be kind", role="system"),
        says("hello"),
        says("Hi!", role="Assistant"),
        says(""),
        says(" \n\u3000"),
        says(None),
        says("r", role="tool"),
        says("?", role="developer"),
        says([{"type": "text", "text": "one "}, {"type": "image_url"}, {"text": "two"}, "!"]),
        says([]),
    ]
    assert [(r["record_id"], r["sequence"], r["actor"], r["text"]) for r in records(messages)] == [
        ("t:1:content", 1000, "customer", "hello"),
        ("t:2:content", 2000, "agent", "Hi!"),
        ("t:8:content", 8000, "customer", "one two!"),
    ]
    assert made(messages).message_count == 10


def test_a_transcript_that_makes_no_record_is_accepted() -> None:
    expansion = made([says("rules", role="system")])
    assert (expansion.reason, list(expansion.records), expansion.message_count) == (None, [], 1)


def test_occurred_at_is_the_messages_own_or_the_latest_before_or_the_start() -> None:
    messages = [
        says("a"),
        says("b", timestamp=" "),
        says("rules", role="system", timestamp="2026-01-01T00:00:01"),
        says("c"),
        says("d", timestamp=1700000000.5),
        says("e", timestamp=None),
    ]
    assert [r["occurred_at"] for r in records(messages, start_time="2026-01-01T00:00:00")] == [
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:01",
        1700000000.5,
        1700000000.5,
    ]
    assert ["occurred_at" in r for r in records(messages)] == [False, False, True, True, True]


def test_markers_are_cut_out_and_stand_after_their_message() -> None:
    messages = [
        says("Thanks###TRANSFER### bye ###STOP###", timestamp="T"),
        says("###STOP###"),
        says("done ###STOP###", role="assistant"),
        result("x", "###STOP###"),
    ]
    assert records(messages[:1]) == [
        {
            "record_id": "t:0:content",
            "conversation_id": "t",
            "occurred_at": "T",
            "sequence": 0,
            "record_type": "message",
            "actor": "customer",
            "text": "Thanks bye ",
        },
        {
            "record_id": "t:0:marker0",
            "conversation_id": "t",
            "occurred_at": "T",
            "sequence": 1,
            "record_type": "status_changed",
            "actor": "agent",
            "status": "escalated",
        },
        {
            "record_id": "t:0:marker1",
            "conversation_id": "t",
            "occurred_at": "T",
            "sequence": 2,
            "record_type": "status_changed",
            "actor": "agent",
            "status": "resolved",
        },
    ]
    assert [(r["record_id"], r["sequence"]) for r in records(messages)[3:]] == [
        ("t:1:marker0", 1000),
        ("t:2:content", 2000),
        ("t:2:marker0", 2001),
    ]


def test_without_markers_texts_stay_whole() -> None:
    document = json.dumps({"id": "t", "messages": [says("a###STOP###")]})
    assert [record["text"] for record in expand(document, TOOLS, ()).records] == ["a###STOP###"]


def test_calls_show_skills_where_they_change_and_hand_over() -> None:
    messages = [
        calls(call("get_order"), call("get_order"), call("nobody_knows"), call("search", q="x"), content="wait"),
        calls(call("transfer", summary=" wants a refund ")),
        calls(call("search"), call("get_order"), {"name": None}, "no call"),
    ]
    expansion = made(messages)
    assert [
        (r["record_id"], r["sequence"], r["record_type"], r.get("skill") or r.get("status") or r.get("text"))
        for r in expansion.records
    ] == [
        ("t:0:content", 0, "message", "wait"),
        ("t:0:call0:skill", 1, "skill_changed", "order_status"),
        ("t:0:call3:skill", 2, "skill_changed", "search"),
        ("t:1:call0", 1000, "status_changed", "escalated"),
        ("t:2:call1:skill", 2000, "skill_changed", "order_status"),
    ]
    handed_over = expansion.records[3]
    assert (handed_over["actor"], handed_over["escalation_reason"]) == ("agent", " wants a refund ")
    assert expansion.unknown_tools == Counter({"nobody_knows": 1, "(no name)": 1})
    assert "escalation_reason" not in records([calls(call("transfer"))])[0]


def test_calls_may_follow_the_chat_completion_shape() -> None:
    """function.name, and arguments as JSON text, which may also be broken."""
    shaped = {"id": "c1", "type": "function", "function": {"name": "transfer", "arguments": '{"summary": "why"}'}}
    broken = {"function": {"name": "transfer", "arguments": '{"summary": '}}
    assert [r.get("escalation_reason") for r in records([calls(shaped, broken)])] == ["why", None]
    assert [r["escalation_reason"] for r in records([calls({"name": "transfer", "arguments": '{"summary":"s"}'})])] == [
        "s"
    ]


def test_a_recommending_call_carries_its_products() -> None:
    products = ["a", {"sku": "b", "price": 1.5}, " "]
    messages = [calls(call("recommend", products=products), timestamp="T")]
    assert records(messages, channel="sms") == [
        {
            "record_id": "t:0:call0:skill",
            "conversation_id": "t",
            "occurred_at": "T",
            "sequence": 0,
            "record_type": "skill_changed",
            "skill": "advice",
            "channel": "sms",
        },
        {
            "record_id": "t:0:call0",
            "conversation_id": "t",
            "occurred_at": "T",
            "sequence": 1,
            "record_type": "products_recommended",
            "products": products,
            "channel": "sms",
        },
    ]


@pytest.mark.parametrize("products", [None, [], [" ", None], [{}], [{"id": ""}], " "])
def test_a_recommending_call_without_products_makes_no_record(products: object) -> None:
    assert [r["record_type"] for r in records([calls(call("recommend", products=products))])] == ["skill_changed"]


def test_products_of_a_result_stand_at_the_results_message() -> None:
    messages = [
        calls(call("search", "c1"), timestamp="T0"),
        says("hm", timestamp="T1"),
        result("c1", json.dumps({"products": [{"id": 7}], "total": 1}), timestamp="T2"),
    ]
    record = records(messages)[-1]
    assert (record["record_id"], record["sequence"], record["occurred_at"]) == ("t:2:result", 2000, "T2")
    assert (record["record_type"], record["products"]) == ("products_recommended", [{"id": 7}])


@pytest.mark.parametrize(
    "answer",
    [
        None,
        result("other", '{"products":["a"]}'),
        result("c1", "no JSON"),
        result("c1", '{"items":["a"]}'),
        result("c1", '["a"]'),
        result("c1", '{"products":[]}'),
        result("c1", None),
    ],
)
def test_a_missing_or_empty_result_makes_nothing(answer: dict[str, Any] | None) -> None:
    messages = [calls(call("search", "c1")), *([answer] if answer else [])]
    assert [r["record_type"] for r in records(messages)] == ["skill_changed"]


def test_results_belong_to_the_latest_unanswered_call_of_their_id() -> None:
    """Some frameworks number calls anew in every turn; others put the call's id into `id`."""
    messages = [
        result("1", '{"products":["too early"]}'),
        calls(call("search", "1")),
        result(None, '{"products":["a"]}', id="1"),
        result("1", '{"products":["twice"]}'),
        calls(call("search", "1"), call("search", "2")),
        result("2", [{"text": '{"products":'}, {"text": '["c"]}'}]),
        result(1, '{"products":["b"]}'),
    ]
    found = [(r["record_id"], r["products"]) for r in records(messages) if "products" in r]
    assert found == [("t:2:result", ["a"]), ("t:5:result", ["c"]), ("t:6:result", ["b"])]


def test_an_identified_profile_stands_from_the_result_on() -> None:
    messages = [
        says("hi"),
        calls(call("find_user", "c1"), content="a moment"),
        result("c1", "p1"),
        says("ok"),
        calls(call("get_user", "c2", user_id="p2")),
        says("still p1"),
        result("c2", "{}"),
        says("now p2"),
    ]
    assert profiles(messages) == [None, None, None, "p1", "p1", "p1", "p2"]
    own = {"email": "x@y", "profile_id": "p0"}
    assert [r["profile"] for r in records(messages, profile=own)][2:4] == [own, {"email": "x@y", "profile_id": "p1"}]


def test_an_identification_after_the_last_record_stands_on_the_last() -> None:
    messages = [says("hi"), says("hello", role="assistant"), calls(call("find_user", "c")), result("c", "p1")]
    assert profiles(messages) == [None, None, "p1"]
    assert records([says("rules", role="system"), calls(call("get_user", "c")), result("c", "x")]) != []


@pytest.mark.parametrize(
    ("tool", "answer", "expected"),
    [
        ("find_user", result("c", "p1"), "p1"),
        ("find_user", result("c", '"p1"'), "p1"),
        ("find_user", result("c", "12"), "12"),
        ("find_user", result("c", "p1", error=False), "p1"),
        ("find_user", result("c", "p1", error=True), None),
        ("find_user", result("c", "Error: user not found"), None),
        ("find_user", result("c", '{"user_id":"p1"}'), None),
        ("find_user", result("c", ""), None),
        ("find_user_deep", result("c", '{"user":{"id":"p1"}}'), "p1"),
        ("find_user_deep", result("c", '{"user":{"id":"p1"},"error":true}'), None),
        ("find_user_deep", result("c", '{"user":"p1"}'), None),
        ("get_user", result("c", "whatever"), "a1"),
        ("get_user", result("c", "Error"), None),
        ("get_user", result("d", "whatever"), None),
    ],
)
def test_only_a_result_without_error_identifies(tool: str, answer: dict[str, Any], expected: str | None) -> None:
    assert profiles([calls(call(tool, "c", user_id="a1")), answer, says("x")])[-1] == expected


def test_channel_and_profile_are_copied_as_they_are_for_staging_to_judge() -> None:
    record = records([says("a")], channel=5, profile="p", start_time={"bad": 1}, extra="no")[0]
    assert (record["channel"], record["profile"], record["occurred_at"]) == (5, "p", {"bad": 1})
    assert "extra" not in record


def raw_lines(*texts: str, problem: str | None = None, document: str | None = None) -> pa.Table:
    count = len(texts)
    return pa.table(
        {
            "batch_id": pa.array(["00000001"] * count, pa.string()),
            "ingested_at": pa.array([datetime(2026, 1, 1, tzinfo=UTC)] * count, pa.timestamp("us", "UTC")),
            "source": pa.array(["acme_us"] * count, pa.string()),
            "file_path": pa.array(["f.jsonl"] * count, pa.string()),
            "line_number": pa.array(range(1, count + 1), pa.int64()),
            "raw_text": pa.array(list(texts), pa.string()),
            "document": pa.array([document] * count, pa.string()),
            "problem": pa.array([problem] * count, pa.string()),
            "is_erased": pa.array([False] * count, pa.bool_()),
        }
    )


def test_a_batch_becomes_two_tables() -> None:
    one = json.dumps({"id": "a", "messages": [says("x", timestamp=1e9), calls(call("odd"))]})
    same = json.dumps({"messages": [says("x", timestamp=1e9), calls(call("odd"))], "id": "a", "other": 1})
    transcripts, made_records, unknown = expand_batch(raw_lines(one, "{}", same), TOOLS, MARKERS)
    columns = ["batch_id", "ingested_at", "source", "file_path", "line_number"]
    assert transcripts.column_names == [
        *columns,
        "raw_text",
        "reason",
        "field",
        "transcript_id",
        "message_count",
        "content_id",
    ]
    assert made_records.column_names == [
        *columns,
        "is_erased",
        "transcript_id",
        "record_index",
        "document",
        "erased_category",
    ]
    assert transcripts["reason"].to_pylist() == [None, "missing_field", None]
    assert transcripts["field"].to_pylist() == [None, "id", None]
    assert transcripts["message_count"].to_pylist() == [2, None, 2]
    ids = transcripts["content_id"].to_pylist()
    assert ids[0] == ids[2] and len(ids[0]) == 64 and ids[1] is None
    assert made_records["line_number"].to_pylist() == [1, 3]
    assert made_records["record_index"].to_pylist() == [0, 0]
    assert json.loads(made_records["document"][0].as_py())["occurred_at"] == 1e9
    assert unknown == Counter({"odd": 2})


def test_one_message_more_is_other_content() -> None:
    """A silent message makes no record, but versions with it are told apart: most messages wins."""
    lines = raw_lines(*(json.dumps({"id": "a", "messages": [says("x")] + [says("")] * more}) for more in (0, 1)))
    first, second = expand_batch(lines, TOOLS, MARKERS)[0]["content_id"].to_pylist()
    assert first != second


def test_lines_with_a_lexical_problem_keep_it_and_documents_win_over_raw_text() -> None:
    transcripts, made_records, _ = expand_batch(raw_lines("{", problem="not_json"), TOOLS, MARKERS)
    assert transcripts["reason"].to_pylist() == ["not_json"]
    assert (transcripts["field"].to_pylist(), made_records.num_rows) == ([None], 0)
    canonical = json.dumps({"id": "right", "messages": [says("x")]})
    transcripts, _, _ = expand_batch(raw_lines('{"id":"wrong"}', document=canonical), TOOLS, MARKERS)
    assert transcripts["transcript_id"].to_pylist() == ["right"]
    empty = expand_batch(raw_lines(), TOOLS, MARKERS)
    assert (empty[0].num_rows, empty[1].num_rows) == (0, 0)
    assert empty[1].schema.types == made_records.schema.types


def test_the_shipped_seeds_load() -> None:
    tools = load_tools(REPOSITORY / "seeds" / "agent_tools.csv")
    assert tools["transfer_to_human_agents"] == Tool("transfer_to_human_agents", "", "escalate", "summary")
    assert load_markers(REPOSITORY / "seeds" / "transcript_markers.csv") == list(MARKERS)


@pytest.mark.parametrize(
    ("content", "row"),
    [
        ("tool_name,skill,effect\na,b,\n", 0),
        ("tool_name,skill,effect,path\na,,,\n,b,,\n", 2),
        ("tool_name,skill,effect,path\na,,,\na,,,\n", 2),
        ("tool_name,skill,effect,path\na,,explode,\n", 1),
        ("tool_name,skill,effect,path\na,,identify,\n", 1),
        ("tool_name,skill,effect,path\na,,,,,\n", 1),
        ("tool_name,skill,effect,path\na,b\n", 1),
    ],
)
def test_a_bad_row_of_the_tool_map_is_named(tmp_path: Path, content: str, row: int) -> None:
    path = tmp_path / "agent_tools.csv"
    path.write_text(content)
    with pytest.raises(ValueError, match=f"agent_tools.csv row {row}:"):
        load_tools(path)


@pytest.mark.parametrize("row", ["x,###A###,open", "1,,open", "1,###A###,", "1,###STOP###,open"])
def test_a_bad_row_of_the_markers_is_named(tmp_path: Path, row: str) -> None:
    path = tmp_path / "transcript_markers.csv"
    path.write_text(f"position,marker,status\n2,###STOP###,resolved\n{row}\n")
    with pytest.raises(ValueError, match=r"transcript_markers.csv row 2:"):
        load_markers(path)


@pytest.mark.skipif(not TAU2.is_dir(), reason="the shared real data is not here")
def test_real_conversations_of_a_retail_agent() -> None:
    """80 conversations: 77 end in a marker, 3 are handed over with a reason, all shoppers are learnt."""
    tools = load_tools(REPOSITORY / "seeds" / "agent_tools.csv")
    markers = load_markers(REPOSITORY / "seeds" / "transcript_markers.csv")
    found: list[dict[str, Any]] = []
    conversations: set[str] = set()
    for path in sorted(TAU2.glob("*_1trials.json")):
        reader = reader_for(path.name)
        assert reader is not None
        for lines in reader(path, feeds()["chat_transcripts"], DEFAULT_LIMITS):
            texts = lines.judge().raw_text.to_pylist()
            transcripts, made_records, _ = expand_batch(raw_lines(*texts), tools, markers)
            assert transcripts["reason"].null_count == len(texts)
            conversations.update(transcripts["transcript_id"].to_pylist())
            found.extend(json.loads(text) for text in made_records["document"].to_pylist())
    assert len(conversations) == 80
    assert len({record["record_id"] for record in found}) == len(found)
    assert sum(record.get("status") == "resolved" for record in found) == 77
    handed_over = [record for record in found if record.get("status") == "escalated" and "call" in record["record_id"]]
    assert len(handed_over) == 3 and all(record["escalation_reason"] for record in handed_over)
    assert {record["conversation_id"] for record in found if record.get("profile")} == conversations
    assert all(record["occurred_at"] for record in found)
