"""Hand-worked cases of chat_transcripts (spec §2.2)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .cases import at, lines, log
from .transcript_cases import PATH, START, call, records, run


def test_messages_markers_and_tool_calls_become_records(seeds: Path) -> None:
    messages = [
        {"role": "system", "content": "Be nice"},
        {"role": "user", "content": [{"type": "text", "text": "hi"}, {"type": "image"}]},
        {"role": "assistant", "content": None, "tool_calls": [call("1", "find_user", {}), call("2", "no_tool", {})]},
        {"role": "tool", "tool_call_id": "1", "content": "user_9"},
        {
            "role": "assistant",
            "content": "Look: ",
            "timestamp": "2025-03-10T10:05:00Z",
            "tool_calls": [
                call("3", "search", "{}"),
                call("4", "recommend", '{"products": ["p1"]}'),
                call("5", "recommend", {"products": []}),
                call("6", "hand_over", {"summary": "asked for a human"}),
            ],
        },
        {"role": "tool", "id": "3", "content": json.dumps({"products": [{"id": 4}, {"sku": "s"}]})},
        {"role": "user", "content": "###STOP###bye###TRANSFER###"},
    ]
    warehouse = run(seeds, {PATH: lines({"id": "t", "messages": messages, "start_time": START})})
    assert records(warehouse) == [
        ("t:1:content", "message", 1000, None),
        ("t:2:call0:skill", "skill_changed", 2000, None),
        ("t:4:content", "message", 4000, "user_9"),
        ("t:4:call0:skill", "skill_changed", 4001, "user_9"),
        ("t:4:call1", "products_recommended", 4002, "user_9"),
        ("t:4:call3", "status_changed", 4003, "user_9"),
        ("t:5:result", "products_recommended", 5000, "user_9"),
        ("t:6:content", "message", 6000, "user_9"),
        ("t:6:marker0", "status_changed", 6001, "user_9"),
        ("t:6:marker1", "status_changed", 6002, "user_9"),
    ]
    rows = {row["record_id"]: row for row in warehouse.accepted["conversation_records"]}
    assert rows["t:1:content"]["occurred_at"] == at("2025-03-10 10:00")
    assert rows["t:6:content"]["occurred_at"] == at("2025-03-10 10:05")
    assert rows["t:6:content"]["text"] == "bye"
    assert [rows[name]["time_from_start"] for name in ("t:1:content", "t:4:content")] == [True, False]
    assert rows["t:5:result"]["products"] == ["4", "s"]
    # The user's STOP resolves what the agent had escalated, and TRANSFER escalates it once more.
    assert len(warehouse.tables["events.conversation_resolved"]) == 1
    reasons = [row["escalation_reason"] for row in warehouse.tables["events.conversation_escalated"]]
    assert sorted(reasons, key=str) == [None, "asked for a human"]


def test_an_identification_stands_on_the_last_record_and_not_after_an_error(seeds: Path) -> None:
    def transcript(name: str, result: dict[str, Any]) -> dict[str, Any]:
        return {
            "conversation_id": name,
            "start_time": START,
            "messages": [
                {"role": "assistant", "content": "hi", "tool_calls": [call("1", "get_user", {"user_id": "u"})]},
                {"role": "tool", "tool_call_id": "1", **result},
            ],
        }

    content = lines(
        transcript("good", {"content": "{}"}),
        transcript("flag", {"content": "{}", "error": True}),
        transcript("text", {"content": "Error: no such user"}),
    )
    assert [(name, profile) for name, _, _, profile in records(run(seeds, {PATH: content}))] == [
        ("good:0:content", None),
        ("good:0:call0:skill", "u"),
        ("flag:0:content", None),
        ("flag:0:call0:skill", None),
        ("text:0:content", None),
        ("text:0:call0:skill", None),
    ]


def test_refused_transcripts_and_refused_records(seeds: Path) -> None:
    message = {"role": "user", "content": "hi"}
    content = lines(
        {"messages": [message]},
        {"id": "a"},
        {"id": "a", "messages": ["hi"]},
        {"id": "a", "messages": [message], "start_time": "yesterday"},
        {"id": "a", "messages": [message, {**message, "timestamp": START}]},
    )
    warehouse = run(seeds, {PATH: content})
    rows = warehouse.tables["health.rejected_records"]
    assert [(row["line_number"], row["reason"], row["field"]) for row in rows] == [
        (1, "missing_field", "id"),
        (2, "missing_field", "messages"),
        (3, "bad_value", "messages"),
        (4, "bad_value", "occurred_at"),
        (5, "missing_field", "occurred_at"),
    ]
    (ledger,) = warehouse.tables["health.ingestion_ledger"]
    assert (ledger["lines"], ledger["accepted"], ledger["rejected"]) == (5, 2, 3)
    assert records(warehouse) == [("a:1:content", "message", 1000, None)]


def test_the_transcript_with_most_messages_holds_and_the_log_holds_over_both(seeds: Path) -> None:
    message = {"role": "user", "content": "hi", "timestamp": START}
    long = {"id": "t", "messages": [message, {"role": "system"}]}
    short = {"id": "t", "messages": [{**message, "content": "late"}]}
    own = log("t:0:content", START, "message", "t", actor="user", text="from the log")
    document = json.dumps({"simulations": [long, short]}).encode()
    warehouse = run(
        seeds,
        {"acme_us/chat_transcripts/a.json": document},
        {PATH: lines(long), "acme_us/conversation_log/b.jsonl": lines(own)},
    )
    ledger = warehouse.tables["health.ingestion_ledger"]
    assert [(row["accepted"], row["duplicates"]) for row in ledger] == [(2, 0), (0, 1), (1, 0)]
    (started,) = warehouse.tables["events.conversation_started"]
    assert started["first_message"] == "from the log"
