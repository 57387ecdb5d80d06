"""The seeds: shared data files that name words, tools, windows and policies.

Lives here: reading the CSV files and looking words up (spec §2.0.11).
"""

from __future__ import annotations

import csv
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from .vendors.words import VendorSeeds, read_vendor_seeds
from .words import normal_word

DEFAULT_TIMEZONE = "UTC"  # spec §1.2: a source that is not listed is UTC / USD
DEFAULT_CURRENCY = "USD"
ANY_SOURCE = "*"  # spec §2.0.9, field_aliases.csv: source or `*`
NOBODY = frozenset("0- _")  # spec §2.0.4: values of nothing but zeros, hyphens, spaces and `_`


@dataclass(frozen=True)
class AgentTool:
    """One row of agent_tools.csv (spec §2.2.6); empty cells are None."""

    skill: str | None
    effect: str | None
    path: str | None


@dataclass(frozen=True)
class FieldAlias:
    """One row of field_aliases.csv (spec §2.0.9): a member `field` counts as `means` where that is absent."""

    source: str
    feed: str
    field: str
    means: str


@dataclass(frozen=True)
class Seeds:
    """All seed tables, read once.

    Attributes:
        zones: source -> time zone. currencies: source -> currency. channels: source -> default channel.
        absent_identifiers: normal words that name nobody. field_aliases: in the file's order.
        words: (vocabulary, normal alias) -> word.
        markers: (marker, status) by position. tools: tool_name -> AgentTool.
        categories: (pattern, category) by position. windows: channel -> hours, as text.
        policies, experiments: rows of retargeting_policies.csv and retargeting_experiments.csv, all text.
        vendors: the seeds of vendor feeds. built: the parts of spec §2.3 that are read.
    """

    zones: dict[str, ZoneInfo]
    currencies: dict[str, str]
    channels: dict[str, str]
    absent_identifiers: frozenset[str]
    field_aliases: list[FieldAlias]
    words: dict[tuple[str, str], str]
    markers: list[tuple[str, str]]
    tools: dict[str, AgentTool]
    categories: list[tuple[str, str]]
    windows: dict[str, str]
    policies: list[dict[str, str]]
    experiments: list[dict[str, str]] = field(default_factory=list)
    vendors: VendorSeeds = field(default_factory=VendorSeeds)
    built: frozenset[str] = frozenset()

    def zone(self, source: str) -> ZoneInfo:
        """The account's time zone (spec §1.2)."""
        return self.zones.get(source) or ZoneInfo(DEFAULT_TIMEZONE)

    def currency(self, source: str) -> str:
        """The account's currency (spec §1.2)."""
        return self.currencies.get(source) or DEFAULT_CURRENCY

    def default_channel(self, source: str) -> str | None:
        """Spec §1.2: what replaces `unknown` where a conversation has no known channel at all."""
        return self.channels.get(source) or None

    def names_nobody(self, text: str) -> bool:
        """Spec §2.0.4: words and ids that count as absent in every field that identifies a person."""
        return normal_word(text) in self.absent_identifiers or set(text.strip()) <= NOBODY

    def aliases_of(self, source: str, feed: str) -> list[FieldAlias]:
        """Spec §2.0.9: a source's rows before those of `*`, then in the file's order."""
        rows = [row for row in self.field_aliases if row.feed == feed and row.source in (source, ANY_SOURCE)]
        return sorted(rows, key=lambda row: row.source == ANY_SOURCE)

    def word(self, vocabulary: str, text: str) -> str | None:
        """The word that a text stands for, None if no alias knows it (spec §2.0.11)."""
        return self.words.get((vocabulary, normal_word(text)))


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _by_position(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return sorted(rows, key=lambda row: int(row["position"]))


def read_seeds(folder: Path, built: Collection[str] = ()) -> Seeds:
    """Read every seed file of a folder; a missing one raises FileNotFoundError."""
    sources = _rows(folder, "sources.csv")
    return Seeds(
        zones={row["source"]: ZoneInfo(row["timezone"].strip()) for row in sources},
        currencies={row["source"]: row["currency"].strip().upper() for row in sources},
        channels={row["source"]: (row["channel"] or "").strip() for row in sources},
        absent_identifiers=frozenset(normal_word(row["word"]) for row in _rows(folder, "absent_identifiers.csv")),
        field_aliases=[FieldAlias(**row) for row in _rows(folder, "field_aliases.csv")],
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
        experiments=_rows(folder, "retargeting_experiments.csv"),
        vendors=read_vendor_seeds(folder),
        built=frozenset(built),
    )
