"""Records of one shop, acme_us, and of its one shopper, profile p: the tests of the marts are about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import Warehouse, build
from .cases import at, batch, lines, log

LOG = "acme_us/conversation_log/a.jsonl"
P = {"profile": {"profile_id": "p"}}


def run(seeds: Path, as_of: str = "2025-03-10 12:00", **feeds: list[dict[str, Any]]) -> Warehouse:
    """One batch of acme_us with one file a feed, ingested at as_of."""
    files = {f"acme_us/{feed}/a.jsonl": lines(*records) for feed, records in feeds.items()}
    return build([batch(files, ingested_at=as_of)], seeds, at(as_of))


def order(order_id: str, placed_at: str, **fields: Any) -> dict[str, Any]:
    """An order of profile p."""
    return {"order_id": order_id, "placed_at": placed_at, **P, **fields}


def recommendation(
    record_id: str, occurred_at: str, products: list[str], name: str = "c1", **fields: Any
) -> dict[str, Any]:
    """A products_recommended record of profile p."""
    return log(record_id, occurred_at, "products_recommended", name, products=products, **P, **fields)
