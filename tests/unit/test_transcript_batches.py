"""Batches of transcripts as tables, the seeds they are read with, and real ones."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from orchestration.formats import reader_for
from orchestration.ingest.feeds import feeds
from orchestration.ingest.limits import DEFAULT_LIMITS
from orchestration.ingest.lines import Landed
from orchestration.ingest.transcript_seeds import Tool, load_markers, load_tools
from orchestration.ingest.transcripts import expand_batch
from tests.support.transcript_messages import MARKERS, TOOLS, call, calls, says

REPOSITORY = Path(__file__).resolve().parents[2]
TAU2 = REPOSITORY.parent / "shared" / "data" / "tau2_retail"


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
        for lines in reader(Landed.at(path), feeds()["chat_transcripts"], DEFAULT_LIMITS):
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
