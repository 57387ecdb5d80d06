"""What order_adjustments do to orders (spec §2.3.0.2)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from ..model import Row
from .registry import ADJUSTMENTS

CANCELLED = "cancelled"


def adjusted(orders: Sequence[Row], adjustments: Sequence[Row]) -> list[Row]:
    """Orders with their adjustments, whatever the instant of these and whichever feed they come from (spec §2.3.0.2).

    An order is cancelled if its version says so or any adjustment does; its refunded_total is the greatest of the
    version's and, feed by feed, the sum of the refunds, at most its total.
    """
    by_order: dict[tuple[str, str], list[Row]] = {}
    for row in adjustments:
        by_order.setdefault((row["source"], row["order_id"]), []).append(row)
    return [_adjusted(order, by_order.get((order["source"], order["order_id"]), [])) for order in orders]


def _adjusted(order: Row, adjustments: Sequence[Row]) -> Row:
    refunds: dict[str, Decimal] = {}
    for row in adjustments:
        if row["kind"] == "refunded":
            feed = row.get("vendor_feed", ADJUSTMENTS)
            refunds[feed] = refunds.get(feed, Decimal(0)) + row["amount"]
    status = CANCELLED if any(row["kind"] == CANCELLED for row in adjustments) else order["status"]
    if not refunds:
        return {**order, "status": status}
    greatest = max(order["refunded_total"], min(max(refunds.values()), order["total"]))
    return {**order, "status": status, "refunded_total": greatest}
