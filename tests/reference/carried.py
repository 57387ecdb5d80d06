"""What rows of other records carry of a text (spec §3.2): no more than a number of characters in all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MOST = 4 * 1024 * 1024  # characters of a text in all rows that carry it
LEAST = 1_000  # characters that each of them may always have
LEAST_OF_TAGS = 10_000


def carried(text: str | None, rows: int) -> str | None:
    """A text as so many rows carry it: whole, or cut."""
    room = max(LEAST, MOST // rows)
    return text if text is None or len(text) <= room else f"{text[:room]}…"


def shown(elements: Sequence[Any], *ids: str | None) -> Sequence[Any]:
    """The elements of one record's list that are rows, each of which carries these ids."""
    longest = max(len(one or "") for one in ids)
    return elements if longest <= LEAST else elements[: MOST // longest]


def room_for_tags(events: int) -> int:
    """Characters of a conversation's tags, which it and so many of its events have."""
    return max(LEAST_OF_TAGS, MOST // (events + 1))
