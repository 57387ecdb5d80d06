"""What goes into the reference warehouse and what comes out of it.

Lives here: the two public data classes and the small types that the other modules share.
Does not live here: any rule of the specification.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Row = dict[str, Any]
"""One row of a table or one typed record: column name -> value."""

FEEDS = (
    "conversation_log",
    "orders",
    "profiles",
    "consents",
    "suppressions",
    "message_sends",
    "products",
    "erasures",
    "chat_transcripts",
)
"""The names of the table in spec §2.0.5."""

EVENT_TABLES = (
    "conversation_started",
    "conversation_resolved",
    "conversation_escalated",
    "product_recommendation_received",
)
"""The four event tables of spec §3.6, in its order."""

PROFILE_KEYS = ("profile_id", "email", "phone_number", "external_id", "anonymous_id")
"""Fields of a profile object (spec §2.0.5), in checking order, which is the order of matching too (spec §3.4)."""


@dataclass(frozen=True)
class Delivery:
    """One batch of landed files (spec §1.12).

    Attributes:
        batch_id: name of the batch; deliveries are given to `build` in batch order.
        ingested_at: when the batch was read, UTC and aware.
        files: path relative to the landing zone (posix) -> content.
    """

    batch_id: str
    ingested_at: datetime
    files: dict[str, bytes]


@dataclass
class Warehouse:
    """Everything that one run leaves behind.

    Attributes:
        tables: "schema.table" -> rows, in a stable order.
        accepted: feed -> accepted typed records in delivery order (all versions). The extra key
            `conversation_records` holds the records that are in conversations, all log feeds together.
        counted: canonical feed -> the typed records that count, canonical and vendors' (spec §2.3.3).
    """

    tables: dict[str, list[Row]] = field(default_factory=dict)
    accepted: dict[str, list[Row]] = field(default_factory=dict)
    counted: dict[str, list[Row]] = field(default_factory=dict)


class Refused(Exception):
    """A record is rejected, with the reason and the field of spec §2.1.3."""

    def __init__(self, reason: str, field_name: str | None = None) -> None:
        super().__init__(f"{reason} {field_name or ''}".strip())
        self.reason = reason
        self.field_name = field_name


class Unreadable(Exception):
    """A file cannot be read whole (spec §2.1.4): it loads nothing and is in the ledger as failed."""
