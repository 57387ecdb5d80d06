"""What all deliveries so far left behind, and how a line adds to it (spec §2.1).

Lives here: ledger, rejects, accepted rows, words, who may be written to. Does not live here: what a line is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .model import FEEDS, Delivery, Refused, Row
from .values import LONGEST_OF_FEW
from .vendors.registry import ADJUSTMENTS
from .vendors.taking import VendorLine

PERMISSION_FEEDS = ("consents", "suppressions")  # what decides whether one may write
DETAIL = "a sentence"  # spec §2.1.2: its words are free, but a rejected record has some
LONGEST_WORD = 100  # spec §2.0.14: unknown words are cut at 100 characters

Word = tuple[str, str, str, str]
"""(source, feed, field, word)"""


@dataclass
class Intake:
    """What all deliveries so far left behind.

    Attributes:
        ledger: rows of health.ingestion_ledger. rejected: rows of health.rejected_records.
        accepted: feed -> accepted rows in delivery order: the typed content plus batch_id, file_path,
            line_number and ingested_at.
        contents: key -> typed contents accepted before. seen: (path, sha256) of the versions read.
        permissions: lines of consents and suppressions in delivery order, who they name, on which channel (None:
            on all), and whether they were accepted ("May one write").
        objects: (source, vendor feed, object id) -> its accepted lines in delivery order.
        vendor_lines: number of vendor lines taken, which gives each its place.
        made: how many records vendors' lines and transcripts have made. longest_id: see `Context`.
        unknown_fields: (source, feed, field) -> [lines, first_file_path]. unknown_words: word -> lines.
    """

    ledger: list[Row] = field(default_factory=list)
    rejected: list[Row] = field(default_factory=list)
    accepted: dict[str, list[Row]] = field(default_factory=lambda: {feed: [] for feed in (*FEEDS, ADJUSTMENTS)})
    contents: dict[tuple[Any, ...], list[Row]] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    permissions: list[Row] = field(default_factory=list)
    objects: dict[tuple[str, str, str], list[VendorLine]] = field(default_factory=dict)
    vendor_lines: int = 0
    made: int = 0
    longest_id: int = LONGEST_OF_FEW
    unknown_fields: dict[tuple[str, str, str], list[Any]] = field(default_factory=dict)
    unknown_words: Counter[Word] = field(default_factory=Counter)


@dataclass(frozen=True)
class Arrival:
    """Where a line comes from."""

    delivery: Delivery
    path: str
    source: str
    feed: str
    gave_way: bool = False  # its last row did

    def stamp(self, line_number: int) -> Row:
        """The columns that tell where a row came from."""
        return {
            "batch_id": self.delivery.batch_id,
            "file_path": self.path,
            "line_number": line_number,
            "ingested_at": self.delivery.ingested_at,
        }


def reject(refusal: Refused, line_number: int, raw_text: str, arrival: Arrival, intake: Intake) -> None:
    intake.rejected.append(
        {
            "file_path": arrival.path,
            "line_number": line_number,
            "source": arrival.source,
            "feed": arrival.feed,
            "raw_text": raw_text,
            "reason": refusal.reason,
            "field": refusal.field_name,
            "batch_id": arrival.delivery.batch_id,
            "ingested_at": arrival.delivery.ingested_at,
            "detail": DETAIL,
        }
    )


def note_permission(arrival: Arrival, profile_id: str, channel: str | None, is_accepted: bool, intake: Intake) -> None:
    intake.permissions.append(
        {
            "source": arrival.source,
            "feed": arrival.feed,
            "profile_id": profile_id,
            "channel": channel,
            "is_accepted": is_accepted,
            "place": len(intake.permissions),  # lines are taken in delivery order
        }
    )


def note_words(arrival: Arrival, words: Iterable[tuple[str, str]], intake: Intake) -> None:
    """health.unknown_words: a line counts once for each (field, word)."""
    for field_name, word in {(name, text[:LONGEST_WORD]) for name, text in words}:
        intake.unknown_words[arrival.source, arrival.feed, field_name, word] += 1
