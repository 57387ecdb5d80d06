"""The feeds and their fields, read from the one place that declares them: `vars.feeds` of dbt_project.yml.

What a field's kind means is the business of staging's macros; readers need it only where a format has no types
(a CSV cell) and where numbers must not lose digits (money).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_PACKAGE = Path(__file__).resolve().parents[1]
# Built into the wheel (setup.py); in a checkout they are in its root.
PROJECT_ROOT = _PACKAGE / "project" if (_PACKAGE / "project").is_dir() else _PACKAGE.parent
DBT_PROJECT_DIR = PROJECT_ROOT / "dbt_project"
SEEDS_DIR = PROJECT_ROOT / "seeds"

NUMBER_KINDS = frozenset({"instant", "integer", "quantity", "money"})
BOOLEAN_KINDS = frozenset({"boolean"})
NESTED_KINDS = frozenset({"texts", "ids", "products", "items", "profile", "messages"})
MONEY_INSIDE_ITEMS = frozenset({"price"})
WHOLE_KINDS = frozenset({"id", "ids", "products", "integer"})
WHOLE_INSIDE_LISTS = frozenset({"product_id", "sku", "id"})
PHONES = frozenset({"phone_number", "phone"})


@dataclass(frozen=True)
class Feed:
    """One feed of spec §2.0.5: its name and the kind of each named field."""

    name: str
    kinds: Mapping[str, str]
    personal: frozenset[str] = frozenset()  # fields that a forgotten person's lines lose (spec §6.2)
    pseudonyms: frozenset[str] = frozenset()  # fields that become keyed hashes in them
    vocabularies: Mapping[str, str] = field(default_factory=dict)  # of the fields that hold a word
    record_types: frozenset[str] = frozenset()
    profile_fields: frozenset[str] = frozenset()  # of the profile object, where the feed has one
    required: tuple[str, ...] = ()  # in checking order
    one_of: tuple[str, ...] = ()  # fields of which one is required

    @property
    def money_fields(self) -> frozenset[str]:
        """Names under which this feed's records carry money, at any depth."""
        own = frozenset(name for name, kind in self.kinds.items() if kind == "money")
        return own | (MONEY_INSIDE_ITEMS if "items" in self.kinds.values() else frozenset())

    @property
    def exact_fields(self) -> frozenset[str]:
        """Names under which every digit of a number counts, at any depth: money, and instants, which may be epochs."""
        return self.money_fields | {name for name, kind in self.kinds.items() if kind == "instant"}

    @property
    def whole_fields(self) -> frozenset[str]:
        """Names under which a number must be whole, at any depth: ids, phone numbers and integers."""
        own = frozenset(name for name, kind in self.kinds.items() if kind in WHOLE_KINDS)
        inside = WHOLE_INSIDE_LISTS if {"items", "products"} & set(self.kinds.values()) else frozenset()
        return own | inside | self.profile_fields | PHONES


@cache
def feeds() -> Mapping[str, Feed]:
    """All feeds by name, in the order dbt_project.yml declares them."""
    project: dict[str, Any] = yaml.safe_load((DBT_PROJECT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))
    parts = frozenset(one["name"] for one in project["vars"]["profile_fields"])
    return {name: _feed(name, spec, parts) for name, spec in project["vars"]["feeds"].items()}


@cache
def profile_kinds() -> Mapping[str, str]:
    """The kind of each field of a profile object."""
    project: dict[str, Any] = yaml.safe_load((DBT_PROJECT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))
    return {one["name"]: one["kind"] for one in project["vars"]["profile_fields"]}


def _feed(name: str, spec: Mapping[str, Any], profile_fields: frozenset[str]) -> Feed:
    fields = spec["fields"]
    return Feed(
        name,
        kinds={one["name"]: one["kind"] for one in fields},
        personal=frozenset(one["name"] for one in fields if one.get("personal")),
        pseudonyms=frozenset(one["name"] for one in fields if one.get("pseudonym")),
        vocabularies={one["name"]: one["vocabulary"] for one in fields if "vocabulary" in one},
        record_types=frozenset(spec.get("record_types", {})),
        profile_fields=profile_fields if any(one["kind"] == "profile" for one in fields) else frozenset(),
        required=tuple(one["name"] for one in fields if one.get("required")),
        one_of=tuple(spec.get("one_of", ())),
    )
