"""What the marts of spec §4 are made of: conversations, events, orders and the rest, with people resolved.

Lives here: assembling one run's inputs, and the cut at as_of. Does not live here: any mart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from .conversations import Conversation, build_conversations
from .events import build_events
from .identity import Identity
from .intake import conversation_records, counted_records, current_versions, take_in
from .model import Delivery, Row
from .seeds import Seeds
from .taken import Intake
from .vendors.adjustments import adjusted
from .vendors.registry import ADJUSTMENTS, VENDOR_LOG_FEEDS

LOG_FEEDS = ("conversation_log", "chat_transcripts", *VENDOR_LOG_FEEDS)
CANCELLED = "cancelled"

Person = tuple[str, str]
"""(source, profile_id)"""


@dataclass(frozen=True)
class Facts:
    """One run's inputs of the marts.

    Attributes:
        counted: canonical feed -> the records that count, canonical and vendors'.
        orders: current versions, with the profile_id their profile object stands for.
        products: current versions.
        consents, suppressions, sends: accepted rows (sends: one a message_id), profile_id after merges.
        permissions: accepted and refused lines of consents and suppressions in delivery order, the same way.
        landed: every source named in the ledger, sorted.
    """

    seeds: Seeds
    as_of: datetime
    intake: Intake
    counted: dict[str, list[Row]]
    records: list[Row]
    conversations: list[Conversation]
    events: dict[str, list[Row]]
    orders: list[Row]
    products: list[Row]
    consents: list[Row]
    suppressions: list[Row]
    sends: list[Row]
    permissions: list[Row]
    landed: list[str]


def gather(deliveries: Sequence[Delivery], seeds: Seeds, as_of: datetime) -> Facts:
    """Read the deliveries and resolve who everything is about."""
    intake = take_in(deliveries, seeds)
    counted = counted_records(intake)
    identity = Identity(counted["profiles"])
    records = conversation_records(intake, counted["conversation_log"])
    conversations = build_conversations(records, identity, seeds)

    def merged(rows: Iterable[Row]) -> list[Row]:
        return [{**row, "profile_id": identity.end_of_merges(row["source"], row["profile_id"])} for row in rows]

    versions = list(current_versions(counted["orders"], "order_id", "updated_at").values())
    orders = adjusted(versions, counted[ADJUSTMENTS])
    return Facts(
        seeds,
        as_of,
        intake,
        counted,
        records,
        conversations,
        build_events(conversations, seeds),
        orders=[{**order, "profile_id": identity.resolve(order["source"], [order["profile"]])} for order in orders],
        products=list(current_versions(counted["products"], "product_id", "updated_at").values()),
        consents=merged(counted["consents"]),
        suppressions=merged(counted["suppressions"]),
        sends=merged(counted["message_sends"]),
        permissions=merged(intake.permissions),
        landed=sorted({row["source"] for row in intake.ledger if row["source"] is not None}),
    )


def up_to(rows: Iterable[Row], column: str, end: datetime) -> list[Row]:
    """Rows whose instant is not later than `end`."""
    return [row for row in rows if row[column] <= end]


def in_last(moment: datetime, end: datetime, length: timedelta) -> bool:
    """Spec §4.2: "in the last N" means > end - N and <= end."""
    return end - length < moment <= end


def hours(text: str) -> timedelta:
    """A number of hours written in a seed."""
    return timedelta(microseconds=int(Decimal(text) * 3_600_000_000))


def by_profile(rows: Iterable[Row]) -> dict[Person, list[Row]]:
    """Person -> rows, in their order; rows without a profile are left out."""
    grouped: dict[Person, list[Row]] = {}
    for row in rows:
        if row["profile_id"] is not None:
            grouped.setdefault((row["source"], row["profile_id"]), []).append(row)
    return grouped
