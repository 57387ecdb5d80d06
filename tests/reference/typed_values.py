"""Values as the reference types them, one line of a feed at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import Warehouse, build
from .cases import at, batch, lines
from .jsontext import parse_json
from .model import Refused
from .typed_records import Context, type_record

AT = "2025-03-10T10:00:00Z"
NOON = at("2025-03-10 12:00")
LOG = "acme_us/conversation_log/a.jsonl"


def run(seeds: Path, **feeds: list[Any]) -> Warehouse:
    """One batch of acme_us with one file a feed."""
    files = {f"acme_us/{feed}/a.jsonl": lines(*records) for feed, records in feeds.items()}
    return build([batch(files)], seeds, NOON)


def typed(context: Context, feed: str, text: str) -> Any:
    """The typed content of a line, or the field that it is refused for."""
    try:
        return type_record(feed, parse_json(text), context)
    except Refused as refusal:
        return f"{refusal.reason} {refusal.field_name}"


def instant_of(context: Context, value: str) -> Any:
    """What an order's placed_at is read as."""
    read = typed(context, "orders", f'{{"order_id": 1, "placed_at": {value}}}')
    return read if isinstance(read, str) else read["placed_at"].isoformat(sep=" ").removesuffix("+00:00")
