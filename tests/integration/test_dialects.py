"""Transcripts of every agent framework, and changed ones, through the whole warehouse: every table as the reference's."""

import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from caw.doctor.health import AT_ONE_INSTANT
from tests.integration.test_real_inputs import equal_tables
from tests.support import dialects
from tests.support.changed_lines import changed
from tests.support.pipeline import Pipeline
from tests.support.project import ProjectCopy

INGESTED_AT = datetime(2025, 12, 1, tzinfo=UTC)
CHANGED = 80


def line(name: str, transcript: dialects.Json) -> str:
    """A transcript with an id of its own, before the instant of ingestion."""
    text = json.dumps(transcript).replace("2026-06-10", "2025-06-10").replace("1781085600", "1749549600")
    return text.replace('"t"', json.dumps(name))


def test_transcripts_of_every_framework(project: ProjectCopy, tmp_path: Path) -> None:
    """One conversation in every dialect is one event of each kind; a transfer between agents escalates nothing."""
    bases = {name: one for name, one in dialects.ALL.items() if name != "older chat completions"}
    rng = Random(20260611)
    whole = [line(name, one) for name, one in bases.items()]
    odd = [line(f"odd {n}", changed(rng, list(bases.values())[n % len(bases)])) for n in range(CHANGED)]
    files = {
        "acme_us/chat_transcripts/whole.jsonl": "\n".join(whole).encode(),
        "acme_us/chat_transcripts/odd.jsonl": "\n".join(odd).encode(),
    }
    pipeline = Pipeline(tmp_path, project)
    tables = equal_tables(pipeline, files, [INGESTED_AT])
    for table in ("conversation_started", "product_recommendation_received"):
        found = [row["conversation_id"] for row in tables[f"events.{table}"]]
        assert sorted(name for name in found if name in bases) == sorted(bases), table
    escalated = {row["conversation_id"] for row in tables["events.conversation_escalated"]}
    assert not escalated & set(bases)
    assert ("tool", "transfer_to_sales_agent") in {
        (one["field"], one["word"]) for one in tables["health.unknown_words"]
    }
    assert len(tables["health.rejected_records"]) > 5
    (timeless,) = pipeline.query(AT_ONE_INSTANT)
    talked = [
        row for row in tables["performance.conversations"] if row["customer_messages"] + row["agent_messages"] > 1
    ]
    of_bases = [row for row in talked if row["first_record_at"] == row["last_record_at"]]
    assert timeless == {"source": "acme_us", "count_star()": len(of_bases)} and len(of_bases) >= len(bases)
