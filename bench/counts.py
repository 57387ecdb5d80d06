"""The event tables' row counts, by which the sides are held together."""

import json
from collections.abc import Mapping
from pathlib import Path

EVENT_TABLES = (
    "conversation_started",
    "conversation_resolved",
    "conversation_escalated",
    "product_recommendation_received",
)
FILE = "counts.json"


def write_counts(work: Path, counts: Mapping[str, int]) -> None:
    """Leave a side's row counts in its work folder."""
    (work / FILE).write_text(json.dumps(dict(counts)), encoding="utf-8")


def read_counts(work: Path) -> dict[str, int]:
    """The row counts that a side left; none where it did not come that far."""
    path = work / FILE
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
