"""Real inputs, which nobody on this project wrote, through the whole warehouse; skipped where they are not at hand."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.reference import Delivery
from tests.support import real_inputs
from tests.support.against_reference import actual_tables, compared, expected_tables
from tests.support.pipeline import Pipeline
from tests.support.project import ProjectCopy

INGESTED_AT = datetime(2025, 12, 1, tzinfo=UTC)
MIDDLE = datetime(2025, 9, 15, 12, tzinfo=UTC)
ESCALATIONS = 3
RETAIL, COMPUTER_SHOP = "acme_us", "core_craft"  # sources
Tables = dict[str, list[dict[str, object]]]

soak = pytest.mark.soak


def equal_tables(pipeline: Pipeline, files: Mapping[str, bytes], as_of: list[datetime]) -> Tables:
    """Deliver files, build at every instant, compare each time, and return the last tables."""
    batch_id = pipeline.deliver(files, INGESTED_AT)
    assert batch_id is not None
    deliveries = [Delivery(batch_id, INGESTED_AT, dict(files))]
    runs: list[tuple[int, datetime]] = []
    for instant in as_of:
        pipeline.build(instant)
        reference = expected_tables(deliveries, pipeline.project.seeds, instant, runs)
        tables = actual_tables(pipeline, reference)
        found = compared(tables, reference, instant)
        assert not found, "\n".join(map(str, found[:5]))
        runs.append((1, instant))
    return tables


@pytest.fixture(scope="module")
def tables(project: ProjectCopy, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Every table after both inputs were taken in, each as a source, as the reference has it."""
    files = {
        **real_inputs.retail(shared_data / "tau2_retail", RETAIL),
        **real_inputs.computer_shop(shared_data / "corecraft", COMPUTER_SHOP),
    }
    return equal_tables(Pipeline(tmp_path_factory.mktemp("real"), project), files, [INGESTED_AT])


def of(source: str, tables: Tables) -> Tables:
    """One source's rows."""
    return {name: [row for row in rows if row.get("source") == source] for name, rows in tables.items()}


def test_retail_transcripts(tables: Tables, shared_data: Path) -> None:
    """An agent framework's transcripts: the shopper is learnt in mid-conversation, and the end is a marker or a tool."""
    found = of(RETAIL, tables)
    started, escalated = found["events.conversation_started"], found["events.conversation_escalated"]
    assert len(started) == 80
    assert len(found["events.conversation_resolved"]) == 77
    assert len(escalated) == ESCALATIONS
    assert all(event["escalation_reason"] for event in escalated)
    users = set(real_inputs.read(shared_data / "tau2_retail" / "retail_db.json")["users"])
    assert {event["profile_id"] for event in started} <= users
    assert not found["health.rejected_records"]


def test_computer_shop(tables: Tables) -> None:
    """Customers, dated orders and tickets of a real export, as dirty as it is."""
    assert_whole(of(COMPUTER_SHOP, tables))


@soak
def test_computer_shop_at_instants_among_its_own(project: ProjectCopy, shared_data: Path, tmp_path: Path) -> None:
    """As above, with builds as of instants among its own."""
    files = real_inputs.computer_shop(shared_data / "corecraft", COMPUTER_SHOP)
    instants = [MIDDLE, MIDDLE + timedelta(days=60), INGESTED_AT]
    assert_whole(equal_tables(Pipeline(tmp_path, project), files, instants))


def assert_whole(tables: Tables) -> None:
    """Every file is loaded, and there are attributed orders and escalations."""
    counts = {row["feed"]: row for row in tables["health.ingestion_ledger"]}
    assert all(row["status"] == "loaded" and row["accepted"] for row in counts.values())
    assert tables["performance.attributed_orders"]
    assert tables["events.conversation_escalated"]
