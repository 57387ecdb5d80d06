"""Small hand-made vendor files for the tests of this package: the shapes are the vendors' published ones, the values
are ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .. import Delivery, Warehouse, build
from ..cases import at, batch, lines, write_seeds
from .registry import ALL_PARTS

SOURCE = "acme_us"
AS_OF = "2026-07-01 12:00"

METRICS = """metric,integration,means
Started Conversation with Customer Agent,,conversation_started
Début de la conversation avec le Customer Agent,,conversation_started
Conversation with Customer Agent Resolved,,conversation_resolved
Conversation with Customer Agent Escalated,,conversation_escalated
Received Product Recommendation from Customer Agent,,recommendation_received
Placed Order,,order_placed
Placed Order,Shopify,
Cancelled Order,,order_cancelled
Refunded Order,,order_refunded
Received Email,,message_received:email
Bounced Email,,bounced:email
Subscribed to List,,subscribed:email
Unsubscribed from SMS,,unsubscribed:sms
Marked Email as Spam,,marked_as_spam:email
MX7,,order_placed
"""
WORDS = """vendor,field,value,means
klaviyo,property,Compétence finale,final_skill
klaviyo,property,Étiquettes,tags
gorgias,channel,contact form,email
"""
AGENTS = "vendor,user\ngorgias,AI Agent\nzendesk,900\nzendesk,bot@shop.example\n"


def vendor_seeds(folder: Path, people: str = "own") -> Path:
    """The seeds of the reference's tests, with those of vendor feeds."""
    write_seeds(folder)
    sources = f"source,timezone,currency,channel,people\n{SOURCE},America/New_York,USD,,{people}\n"
    files = {
        "sources.csv": sources,
        "klaviyo_metrics.csv": METRICS,
        "vendor_words.csv": WORDS,
        "agent_users.csv": AGENTS,
    }
    with (folder / "word_aliases.csv").open("a", encoding="utf-8") as aliases:
        aliases.write("role,model,assistant\n")
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def warehouse(folder: Path, *deliveries: Delivery | dict[str, Any], people: str = "own") -> Warehouse:
    """A warehouse of batches; a dictionary is one: `<feed>/<file>` -> its content, or objects for its lines."""
    made = []
    for number, one in enumerate(deliveries, start=1):
        if isinstance(one, Delivery):
            made.append(one)
            continue
        files = {f"{SOURCE}/{path}": content_of(path, given) for path, given in one.items()}
        made.append(batch(files, number, f"2026-07-01 {number:02}:00"))
    return build(made, vendor_seeds(folder, people), at(AS_OF), built=ALL_PARTS)


def content_of(path: str, given: Any) -> bytes:
    """The bytes of a file: as they are given, a document's JSON, or a line an object."""
    if isinstance(given, bytes):
        return given
    if path.endswith(".json"):
        return json.dumps(given).encode("utf-8")
    return lines(*(given if isinstance(given, list) else [given]))


def counts(built: Warehouse) -> list[tuple[int, int, int]]:
    """accepted, duplicates, rejected of every ledger row."""
    names = ("accepted", "duplicates", "rejected")
    return [tuple(row[name] for name in names) for row in built.tables["health.ingestion_ledger"]]


def refusals(built: Warehouse) -> list[tuple[str, str | None]]:
    """reason and field of every rejected record."""
    return [(row["reason"], row["field"]) for row in built.tables["health.rejected_records"]]


def log(built: Warehouse, *names: str) -> list[tuple[Any, ...]]:
    """These fields of the conversation log's records that count, by record_id's own order in time."""
    rows = sorted(built.counted["conversation_log"], key=lambda row: (row["occurred_at"], row["sequence"]))
    return [tuple(row.get(name) for name in names) for row in rows]


def rows(built: Warehouse, feed: str, *names: str) -> list[tuple[Any, ...]]:
    """These fields of the records that count of a feed."""
    return [tuple(row[name] for name in names) for row in built.counted[feed]]


def minute_after(minute: int) -> str:
    """A minute after 2026-06-10 10:00 UTC, as an API writes it."""
    return f"2026-06-10T10:{minute:02}:00Z"
