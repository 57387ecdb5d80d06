"""The seeds: shared data files that name words, tools, windows and policies.

Lives here: reading the CSV files and looking words up (section 2, "Words from a fixed set").
"""

from __future__ import annotations

import csv
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

DEFAULT_TIMEZONE = "UTC"  # section 1: a source that is not listed is UTC / USD
DEFAULT_CURRENCY = "USD"


def normal_word(text: str) -> str:
    """Section 2: NFC, trimmed, lower-cased, with space, `-` and `_` alike (one for one)."""
    return unicodedata.normalize("NFC", text).strip().lower().replace(" ", "_").replace("-", "_")


@dataclass(frozen=True)
class AgentTool:
    """One row of agent_tools.csv (section 2.2); empty cells are None."""

    skill: str | None
    effect: str | None
    path: str | None


@dataclass(frozen=True)
class Seeds:
    """All seed tables, read once.

    Attributes:
        zones: source -> time zone. currencies: source -> currency.
        words: (vocabulary, normal alias) -> word.
        markers: (marker, status) by position. tools: tool_name -> AgentTool.
        categories: (pattern, category) by position. windows: channel -> hours, as text.
        policies: rows of retargeting_policies.csv, all text.
    """

    zones: dict[str, ZoneInfo]
    currencies: dict[str, str]
    words: dict[tuple[str, str], str]
    markers: list[tuple[str, str]]
    tools: dict[str, AgentTool]
    categories: list[tuple[str, str]]
    windows: dict[str, str]
    policies: list[dict[str, str]]

    def zone(self, source: str) -> ZoneInfo:
        """The account's time zone (section 1)."""
        return self.zones.get(source) or ZoneInfo(DEFAULT_TIMEZONE)

    def currency(self, source: str) -> str:
        """The account's currency (section 1)."""
        return self.currencies.get(source) or DEFAULT_CURRENCY

    def word(self, vocabulary: str, text: str) -> str | None:
        """The word that a text stands for, None if no alias knows it (section 2)."""
        return self.words.get((vocabulary, normal_word(text)))


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _by_position(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return sorted(rows, key=lambda row: int(row["position"]))


def read_seeds(folder: Path) -> Seeds:
    """Read every seed file of a folder; a missing one raises FileNotFoundError."""
    sources = _rows(folder, "sources.csv")
    return Seeds(
        zones={row["source"]: ZoneInfo(row["timezone"].strip()) for row in sources},
        currencies={row["source"]: row["currency"].strip().upper() for row in sources},
        words={
            (row["vocabulary"], normal_word(row["alias"])): row["word"] for row in _rows(folder, "word_aliases.csv")
        },
        markers=[(row["marker"], row["status"]) for row in _by_position(_rows(folder, "transcript_markers.csv"))],
        tools={
            row["tool_name"]: AgentTool(row["skill"] or None, row["effect"] or None, row["path"] or None)
            for row in _rows(folder, "agent_tools.csv")
        },
        categories=[
            (row["pattern"], row["category"]) for row in _by_position(_rows(folder, "escalation_categories.csv"))
        ],
        windows={row["channel"]: row["hours"] for row in _rows(folder, "attribution_windows.csv")},
        policies=_rows(folder, "retargeting_policies.csv"),
    )
