"""Batches of transcripts as tables, the seeds they are read with, and real ones."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from caw.adapters import tables
from caw.adapters.adapter import Expander
from caw.adapters.transcript_seeds import Rules, Tool, load_markers, load_rules, load_tools
from caw.adapters.transcripts import ADAPTER, expand
from caw.feeds.declared import feeds
from caw.formats import reader_for
from caw.formats.lines import FileToRead
from caw.ingest.ingestion import BatchResult
from caw.limits import DEFAULT_LIMITS
from caw_dagster.assets.raw import _metadata
from tests.support.transcript_messages import MARKERS, RULES, SHIPPED, call, calls, says

REPOSITORY = Path(__file__).resolve().parents[2]
TAU2 = REPOSITORY.parent / "shared" / "data" / "tau2_retail"


def raw_lines(*texts: str, rejection: str | None = None, document: str | None = None) -> pa.Table:
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
            "problem": pa.array([rejection] * count, pa.string()),
            "is_erased": pa.array([False] * count, pa.bool_()),
        }
    )


def expand_batch(lines: pa.Table, rules: Rules) -> tuple[pa.Table, pa.Table, Counter[tuple[str, str]]]:
    """The lines, the log records, and the unknown words of a table of transcripts."""
    expander = Expander("", lambda line: expand(line, rules), lambda _: {})
    made = tables.expand_batch(lines, "chat_transcripts", ADAPTER, expander, ["conversation_log"])
    return made.lines, made.records["conversation_log"], made.unknown_words


def test_a_batch_becomes_two_tables() -> None:
    one = json.dumps({"id": "a", "messages": [says("x", timestamp=1e9), calls(call("odd"))]})
    same = json.dumps({"messages": [says("x", timestamp=1e9), calls(call("odd"))], "id": "a", "other": 1})
    transcripts, made_records, unknown = expand_batch(raw_lines(one, "{}", same), RULES)
    columns = ["batch_id", "ingested_at", "source", "file_path", "line_number"]
    assert transcripts.column_names == [
        *columns,
        "raw_text",
        "feed",
        "reason",
        "field",
        "detail",
        "object_id",
        "version_at",
        "version_rank",
        "parts",
        "marks",
        "is_gone",
        "took_part",
        "metric",
        "state_id",
        "content_id",
        "needs_record",
        "lists_every_refusal",
        "unknown_words",
    ]
    assert made_records.column_names == [
        *columns,
        "is_erased",
        "expanded_from",
        "object_id",
        "part",
        "record_index",
        "document",
        "time_from_start",
        "erased_category",
        "placement",
    ]
    assert transcripts["reason"].to_pylist() == [None, "missing_field", None]
    assert transcripts["field"].to_pylist() == [None, "id", None]
    assert transcripts["detail"].to_pylist() == [None, f"id {ADAPTER.refusals['missing_field']}", None]
    assert transcripts["raw_text"].to_pylist() == [None, "{}", None]
    assert transcripts["version_rank"].to_pylist() == [2, None, 2]
    ids = transcripts["content_id"].to_pylist()
    assert ids[0] == ids[2] and len(ids[0]) == 64 and ids[1] is None
    assert made_records["line_number"].to_pylist() == [1, 3]
    assert made_records["record_index"].to_pylist() == [0, 0]
    assert json.loads(made_records["document"][0].as_py())["occurred_at"] == 1e9
    assert unknown == Counter({("tool", "odd"): 2})
    odd = [{"field": "tool", "word": "odd", "times": 1}]
    assert transcripts["unknown_words"].to_pylist() == [odd, None, odd]


def test_one_message_more_is_other_content() -> None:
    """A silent message makes no record, but versions with it are told apart: most messages wins."""
    lines = raw_lines(*(json.dumps({"id": "a", "messages": [says("x")] + [says("")] * more}) for more in (0, 1)))
    first, second = expand_batch(lines, RULES)[0]["content_id"].to_pylist()
    assert first != second


def test_lines_with_a_lexical_problem_keep_it_and_documents_win_over_raw_text() -> None:
    transcripts, made_records, _ = expand_batch(raw_lines("{", rejection="not_json"), RULES)
    assert transcripts["reason"].to_pylist() == ["not_json"]
    assert (transcripts["field"].to_pylist(), made_records.num_rows) == ([None], 0)
    canonical = json.dumps({"id": "right", "messages": [says("x")]})
    transcripts, _, _ = expand_batch(raw_lines('{"id":"wrong"}', document=canonical), RULES)
    assert transcripts["object_id"].to_pylist() == ["right"]
    empty = expand_batch(raw_lines(), RULES)
    assert (empty[0].num_rows, empty[1].num_rows) == (0, 0)
    assert empty[1].schema.types == made_records.schema.types


def test_of_a_forgotten_persons_transcript_the_records_are_left_as_they_were_noted() -> None:
    """Their times, and what the escalation's reason meant; the words that no seed knew are gone."""
    left = {
        "transcript_id": "hashed",
        "message_count": 2,
        "records": [
            {"record_id": "hashed:0:content", "time_from_start": True},
            {"record_id": "hashed:1:call0", "erased_category": "billing"},
        ],
    }
    lines = raw_lines(json.dumps(left))
    lines = lines.set_column(lines.column_names.index("is_erased"), "is_erased", pa.array([True]))
    transcripts, made_records, unknown = expand_batch(lines, RULES)
    assert (transcripts["version_rank"].to_pylist(), transcripts["unknown_words"].to_pylist()) == ([2], [None])
    assert made_records["time_from_start"].to_pylist() == [True, False]
    assert made_records["erased_category"].to_pylist() == [None, "billing"]
    assert [json.loads(text) for text in made_records["document"].to_pylist()] == [
        {"record_id": "hashed:0:content"},
        {"record_id": "hashed:1:call0"},
    ]
    assert unknown == Counter()


def test_a_time_of_its_own_is_other_content_than_the_transcripts_start() -> None:
    """The same instants, but resolution_seconds may be known from one of them only."""
    start = {"id": "a", "start_time": "2026-01-01T00:00:00Z"}
    own = {**start, "messages": [says("x", timestamp="2026-01-01T00:00:00Z")]}
    lines = raw_lines(json.dumps({**start, "messages": [says("x")]}), json.dumps(own))
    transcripts, made_records, _ = expand_batch(lines, RULES)
    assert len(set(made_records["document"].to_pylist())) == 1
    assert made_records["time_from_start"].to_pylist() == [True, False]
    assert len(set(transcripts["content_id"].to_pylist())) == 2


@pytest.mark.parametrize(
    ("seed", "row", "is_other"),
    [
        ("word_aliases.csv", "role,narrator,system", True),
        ("word_aliases.csv", "channel,fax,email", False),
        ("absent_identifiers.csv", "nobody", True),
        ("agent_tools.csv", "lookup,search,,", True),
        ("transcript_markers.csv", "9,###AWAY###,closed", True),
        ("attribution_windows.csv", "fax,1", False),
    ],
)
def test_only_rules_that_expansion_reads_expand_everything_again(
    tmp_path: Path, seed: str, row: str, is_other: bool
) -> None:
    for path in (REPOSITORY / "seeds").glob("*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    before = load_rules(tmp_path).fingerprint
    with (tmp_path / seed).open("a") as file:
        file.write(row + "\n")
    assert (load_rules(tmp_path).fingerprint != before) is is_other


def test_roles_and_absent_identifiers_are_the_projects_own_where_a_folder_has_none(tmp_path: Path) -> None:
    (tmp_path / "agent_tools.csv").write_text("tool_name,skill,effect,path\n")
    (tmp_path / "transcript_markers.csv").write_text("position,marker,status\n")
    rules = load_rules(tmp_path)
    assert (rules.tools, rules.markers) == ({}, [])
    assert (rules.role("human"), rules.names_nobody("null")) == ("user", True)


def test_names_of_tools_stay_out_of_the_metadata() -> None:
    """Dagster's history is not reached by an erasure: it gets counts alone."""
    report = BatchResult(
        "00000001",
        unknown_words={
            "chat_transcripts": Counter({("tool", "ana_lopez"): 3, ("tool", "lookup"): 1, ("role", "x"): 1})
        },
    )
    expected = {"unknown tools": 2, "times an unknown tool occurs": 4, "unknown roles": 1}
    assert _metadata("chat_transcripts", report).items() >= expected.items()
    assert "ana_lopez" not in str(_metadata("chat_transcripts", report))


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
    found: list[dict[str, Any]] = []
    conversations: set[str] = set()
    for path in sorted(TAU2.glob("*_1trials.json")):
        reader = reader_for(path.name)
        assert reader is not None
        for lines in reader(FileToRead.at(path), feeds()["chat_transcripts"], DEFAULT_LIMITS):
            texts = lines.validate().raw_text.to_pylist()
            transcripts, made_records, _ = expand_batch(raw_lines(*texts), SHIPPED)
            assert transcripts["reason"].null_count == len(texts)
            conversations.update(transcripts["object_id"].to_pylist())
            found.extend(json.loads(text) for text in made_records["document"].to_pylist())
    assert len(conversations) == 80
    assert len({record["record_id"] for record in found}) == len(found)
    assert sum(record.get("status") == "resolved" for record in found) == 77
    handed_over = [record for record in found if record.get("status") == "escalated" and "call" in record["record_id"]]
    assert len(handed_over) == 3 and all(record["escalation_reason"] for record in handed_over)
    assert {record["conversation_id"] for record in found if record.get("profile")} == conversations
    assert all(record["occurred_at"] for record in found)
