"""Spec §2.3.15 to §2.3.17, the helpdesks: partial versions in any order, step by step, against the independent reference."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.reference import Delivery, build
from tests.reference.cases import batch
from tests.reference.vendors.registry import ALL_PARTS
from tests.support.helpdesk_lives import LIVES
from tests.support.pipeline import Pipeline
from tests.support.project import copy_project

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
CONVERSATIONS = 40  # of each helpdesk
BATCHES = 3
RECORD = (
    "conversation_id", "record_id", "occurred_at", "sequence", "record_type", "actor", "text", "status",
    "escalation_reason", "tags", "channel", "mode", "profile_id", "email", "phone_number", "external_id",
)  # fmt: skip
SEED_ROWS = {"agent_users": ["zendesk,900"], "sources": ["helpdesks,UTC,USD,,intercom"]}
EVENTS = ("conversation_started", "conversation_resolved", "conversation_escalated")
MARTS = (*EVENTS, "conversations", "ingestion_ledger")


def deliveries(random: Random) -> Sequence[Mapping[str, bytes]]:
    """All versions of all conversations, shuffled, some of them twice, in so many batches."""
    files: list[dict[str, list[Any]]] = [{} for _ in range(BATCHES)]
    for feed, life in LIVES.items():
        versions = [version for number in range(1, CONVERSATIONS + 1) for version in life(number, random)]
        versions += random.sample(versions, 10)
        random.shuffle(versions)
        for version in versions:
            random.choice(files).setdefault(f"helpdesks/{feed}/{random.choice('abc')}.jsonl", []).append(version)
    return [
        {
            path.replace(".jsonl", f"{number}.jsonl"): "\n".join(map(json.dumps, lines)).encode()
            for path, lines in one.items()
        }
        for number, one in enumerate(files)
    ]


def rows(found: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[tuple[Any, ...]]:
    return sorted((tuple(_shown(row.get(name)) for name in names) for row in found), key=repr)


def test_partial_versions_in_any_order_give_what_the_reference_gives(tmp_path: Path) -> None:
    """A record stands where an older state of its conversation put it, or a build does not reach one that moved."""
    project = copy_project(tmp_path / "copy", seed_rows=SEED_ROWS)
    pipeline = Pipeline(tmp_path, project, MARTS)
    taken: list[Delivery] = []
    for number, files in enumerate(deliveries(Random(5)), 1):
        at = NOW - timedelta(hours=BATCHES - number)
        pipeline.deliver(files, at)
        taken.append(batch(files, number, at.strftime("%Y-%m-%d %H:%M")))
        pipeline.build(at)
        expected = build(taken, project.seeds, at, built=ALL_PARTS)
        log = pipeline.query("select * from intermediate.int_log_records")
        theirs = [{**row, **(row["profile"] or {})} for row in expected.counted["conversation_log"]]
        assert rows(log, RECORD) == rows(theirs, RECORD), number
        for name in EVENTS:
            found = pipeline.query(f"select conversation_id, occurred_at from events.{name}")
            names = ("conversation_id", "occurred_at")
            assert rows(found, names) == rows(expected.tables[f"events.{name}"], names)
    ledger = pipeline.query("select file_path, accepted, duplicates, rejected from health.ingestion_ledger")
    names = ("file_path", "accepted", "duplicates", "rejected")
    assert rows(ledger, names) == rows(expected.tables["health.ingestion_ledger"], names)


def _shown(value: Any) -> Any:
    """A value as one may compare it: tags in their order, and none as nothing."""
    return tuple(value) or None if isinstance(value, list) else value
