"""Vendors' words (spec §2.3.9): four seeds, and how a word is compared.

Lives here: klaviyo_metrics.csv, klaviyo_flows.csv, vendor_words.csv, agent_users.csv, and `people` of sources.csv (spec
§2.3.0.3).
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from ..words import normal_word

OWN_PEOPLE = "own"


def vendor_word(text: str) -> str:
    """Matched like words (NFC, case, space, `-`, `_`), here also without accents; any white space is a space."""
    split = unicodedata.normalize("NFD", "".join(" " if one.isspace() else one for one in text))
    bare = "".join(one for one in split if not unicodedata.combining(one))
    return normal_word(bare)


@dataclass(frozen=True)
class VendorSeeds:
    """The seeds of vendor feeds; all empty where a folder has none of them.

    Attributes:
        people: source -> the vendor whose person ids are profile_ids there.
        metrics: (metric, integration) as words -> what it means; a blank meaning is known and makes nothing.
        flows: a flow's id -> the policy that it carries out.
        words: (vendor, field, value) as words -> what it means.
        agent_users: (vendor, user) as words.
    """

    people: dict[str, str] = field(default_factory=dict)
    metrics: dict[tuple[str, str], str] = field(default_factory=dict)
    flows: dict[str, str] = field(default_factory=dict)
    words: dict[tuple[str, str, str], str] = field(default_factory=dict)
    agent_users: frozenset[tuple[str, str]] = frozenset()

    def names_people(self, source: str, vendor: str) -> bool:
        """Whether this vendor's person ids are the source's profile_ids."""
        return self.people.get(source, OWN_PEOPLE) == vendor

    def word(self, vendor: str, name: str, value: str) -> str | None:
        """What a vendor's word means, None if no row knows it."""
        return self.words.get((vendor, vendor_word(name), vendor_word(value)))

    def metric(self, name: str, integrations: Collection[str]) -> str | None:
        """What a metric means: a row with its own integration wins over a blank one (spec §2.3.12.2); None if no row knows it."""
        for integration in (*integrations, ""):
            found = self.metrics.get((vendor_word(name), vendor_word(integration)))
            if found is not None:
                return found
        return None

    def is_agent(self, vendor: str, *names: str | None) -> bool:
        """Whether one of these ids, e-mails or names is the AI's own user."""
        return any(name is not None and (vendor, vendor_word(name)) in self.agent_users for name in names)


def read_vendor_seeds(folder: Path) -> VendorSeeds:
    """Read the seeds of vendor feeds; a file or column that is not there is an empty one."""
    return VendorSeeds(
        people={row["source"]: vendor_word(row.get("people") or OWN_PEOPLE) for row in _rows(folder, "sources.csv")},
        metrics={
            (vendor_word(row["metric"]), vendor_word(row["integration"] or "")): row["means"].strip()
            for row in _rows(folder, "klaviyo_metrics.csv")
        },
        flows={row["flow_id"].strip(): row["policy_id"].strip() for row in _rows(folder, "klaviyo_flows.csv")},
        words={
            (vendor_word(row["vendor"]), vendor_word(row["field"]), vendor_word(row["value"])): row["means"].strip()
            for row in _rows(folder, "vendor_words.csv")
        },
        agent_users=frozenset(
            (vendor_word(row["vendor"]), vendor_word(row["user"])) for row in _rows(folder, "agent_users.csv")
        ),
    )


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    if not (folder / name).is_file():
        return []
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
