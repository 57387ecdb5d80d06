"""Vendors' documents that nobody on this project wrote; skipped where they are not at hand.

What they should give is worked out by hand from the documents and the specification.
"""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ..cases import at, batch
from ..cases import lines as jsonl
from .cases import SOURCE, counts, log, refusals, rows, warehouse
from .registry import VENDOR_FEEDS

FEED_OF = {"klaviyo": "klaviyo_", "shopify": "shopify_", "intercom": "intercom_", "zendesk": "zendesk_"}


@pytest.fixture(name="documents")
def documents_fixture() -> Path:
    """The gathered documents, a folder a vendor."""
    shared_data = Path(__file__).resolve().parents[4] / "shared" / "data"
    folder = Path(os.environ.get("CAW_SHARED_DATA", shared_data)) / "vendors"
    if not folder.is_dir():
        pytest.skip("the vendors' documents are not here")
    return folder


def test_a_page_with_the_traps_gives_the_counts_that_its_readme_says(documents: Path, tmp_path: Path) -> None:
    """10 started in 9 conversations, 8 resolved, 5 escalated, 4 recommended, of which one is a lone id."""
    page = (documents / "klaviyo" / "made_by_us_events_page.json").read_bytes()
    built = warehouse(tmp_path, {"klaviyo_events/page.json": page})
    agreement = built.tables["health.vendor_agreement"]
    assert {row["name"]: (row["vendor_count"], row["our_count"], row["explanation"]) for row in agreement} == {
        "conversation_started": (10, 9, "repeated"),
        "conversation_resolved": (8, 8, None),
        "conversation_escalated": (5, 5, None),
        "product_recommendation_received": (4, 4, None),
    }
    products = [row["products"] for row in built.tables["events.product_recommendation_received"]]
    assert sorted(products) == [["p1"], ["p1", "p2"], ["p3"], ["p4"]]
    assert rows(built, "orders", "order_id", "total") == [("e028", Decimal("0.00"))]


def test_shopifys_webhook_bodies(documents: Path, tmp_path: Path) -> None:
    """All order examples are test orders; the merge failed; two of the three ids pass 2^53."""
    feeds = {"customers": "shopify_customers", "products": "shopify_products", "variants": "shopify_products"}
    files = {}
    for path in sorted((documents / "shopify").glob("webhook_*.json")):
        kind = path.stem.split("_")[1]
        files[f"{feeds.get(kind, 'shopify_orders')}/{path.name}"] = path.read_bytes()
    built = warehouse(tmp_path, files, people="shopify")
    assert set(refusals(built)) == {("missing_field", "id")}  # order_edit and inventory_levels bear no id
    assert built.counted["orders"] == []
    assert rows(built, "order_adjustments", "adjustment_id", "order_id", "kind", "amount") == [
        ("shopify:delete:820982911946154500", "820982911946154500", "cancelled", Decimal("0.00")),
        ("shopify:refund:890088186047892319", "820982911946154500", "refunded", Decimal("85.00")),
    ]
    assert rows(built, "profiles", "profile_id", "email", "merged_into") == [
        ("706405506930370084", "bob@biller.com", None)
    ]
    assert rows(built, "erasures", "request_id", "email") == [("shopify:redact:191167", "john@example.com")]
    assert built.counted["consents"] == []  # both consent bodies are undated
    assert {row[0] for row in rows(built, "products", "product_id")} == {
        "788032119674292922",
        "788032119674292900",  # products/delete gives the rounded number alone
        "642667041472713922",
        "757650484644203962",
    }


def test_intercoms_examples_show_no_agent(documents: Path, tmp_path: Path) -> None:
    examples = json.loads((documents / "intercom" / "openapi_2_16_examples.json").read_bytes())
    found: list[dict[str, Any]] = []

    def collect(value: Any) -> None:
        if isinstance(value, dict):
            if value.get("type") == "conversation" and "source" in value:
                found.append(value)
            for member in value.values():
                collect(member)
        elif isinstance(value, list):
            for element in value:
                collect(element)

    collect(examples)
    assert len(found) > 5
    built = warehouse(tmp_path, {"intercom_conversations/a.json": found})
    ((accepted, duplicates, rejected),) = counts(built)
    assert (accepted + duplicates, rejected) == (len(found), 0)
    assert built.counted["conversation_log"] == []


def test_a_session_of_a_managed_agent(documents: Path, tmp_path: Path) -> None:
    lines = (documents / "anthropic" / "anthropic_managed_custom_tools.jsonl").read_text(encoding="utf-8").splitlines()
    calls = [json.loads(line) for line in lines if line.strip()]
    events = [body for name, body in calls if name == "client.beta.sessions.events.stream" and "type" in body]
    files = {f"{SOURCE}/chat_transcripts/a.jsonl": jsonl({"id": "s", "events": events})}
    built = warehouse(tmp_path, batch(files, ingested_at="2026-07-10 00:00"))
    texts = [(row["actor"], (row["text"] or "")[:13]) for row in built.accepted["conversation_records"]]
    assert texts == [("customer", "What's the we"), ("agent", "It's currentl")]
    assert built.accepted["conversation_records"][0]["occurred_at"] == at("2026-07-06 14:16:30.622051")
    words = [(row["field"], row["word"]) for row in built.tables["health.unknown_words"]]
    assert words == [("tool", "get_weather")]


def test_no_document_stops_the_reference_in_any_feed(documents: Path, tmp_path: Path) -> None:
    """Every file is read as every feed of its vendor, and as a transcript: refused or not, and each line once."""
    files: dict[str, Any] = {}
    for path in sorted(documents.rglob("*")):
        if path.suffix not in (".json", ".jsonl", ".csv"):
            continue
        own = [feed for feed in VENDOR_FEEDS if feed.startswith(FEED_OF.get(path.parent.name, "gorgias_"))]
        for feed in [*own, "chat_transcripts"]:
            files[f"{feed}/{path.parent.name}_{path.name}"] = path.read_bytes()
    built = warehouse(tmp_path, files, people="klaviyo")
    ledger = built.tables["health.ingestion_ledger"]
    assert len(ledger) == len(files)
    for row in ledger:
        assert row["lines"] == row["blank"] + row["accepted"] + row["duplicates"] + row["rejected"]
    assert log(built, "record_id")
