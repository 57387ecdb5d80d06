"""Words of fixed sets in a vendor's document (spec §2.3.9): a row of the seed, else the section's own word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .line import Surroundings
from .words import vendor_word


def known_word(
    raw: Any, name: str, words: Mapping[str, Any], around: Surroundings, unknown: set[tuple[str, str]]
) -> str | None:
    """What a word of a fixed set means: a row of vendor_words.csv, else the section's own.

    One that nobody knows is None, and is put into `unknown`.
    """
    if not isinstance(raw, str) or not raw.strip():
        return None
    means = around.seeds.word(around.vendor, name, raw)
    if means is None and vendor_word(raw) not in words:
        unknown.add((name, raw))
    return means or words.get(vendor_word(raw))


def channel(raw: Any, words: Mapping[str, str], around: Surroundings) -> Any:
    """The channel that a vendor's word names; another text as it is, for the log's own words to read."""
    if not isinstance(raw, str):
        return raw
    return around.seeds.word(around.vendor, "channel", raw) or words.get(vendor_word(raw)) or raw
