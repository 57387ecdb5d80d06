"""The feeds, as the property files of their base models and dbt_project.yml declare them, and the names of the gates.

The facts of a canonical feed are the `meta` of its base model and of that model's columns; columns without a `kind` are
no fields. What a kind means is the business of the base model's SQL; readers need it only where a format has no types
(a CSV cell) and where numbers must not lose digits (money). A feed whose lines are expanded into records of canonical
feeds is declared in `vars.expanded_feeds`.

A feed has `versions` (first: immutable, the first delivered counts; latest: the greatest updated_at, then the last
delivered; all: a history), `key`, `one_of` (fields of which one is required), `record_types` (`own` fields, checked
first and in this order, some `required`) and `shared` (fields checked after them). An expanded feed has `makes`, the
feeds of its records, of its documents `lists` and `whole`, and of its tables `grouped`, `capitals` and `nested`.

A field has a `kind` and, where they apply: `required`; `vocabulary` (of a word); `words` (of a
choice: all that it may be, without aliases); `default`, `default_field`, `default_of_source` or `default_by_size_of`;
`unknown` (what a text counts as that no alias knows); `known_for` (where the other field is this word, such a text is a
bad value); `booleans` (true and false count as words); `dates` (a lone date is its midnight); `may_lie_ahead`;
`member_of` (the object it is in); `identifies` (what of a person it names); `personal` (a forgotten person's lines lose
it); `pseudonym` (it becomes a keyed hash in them).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from caw.host.yaml_files import read_yaml

_PACKAGE = Path(__file__).resolve().parents[1]
# Built into the wheel (setup.py); in a checkout they are in its root.
PROJECT_ROOT = _PACKAGE / "project" if (_PACKAGE / "project").is_dir() else _PACKAGE.parent
DBT_PROJECT_DIR = PROJECT_ROOT / "dbt_project"
SEEDS_DIR = PROJECT_ROOT / "seeds"
BASE_MODELS = Path("models", "staging", "base")

NUMBER_KINDS = frozenset({"instant", "integer", "quantity", "money"})
BOOLEAN_KINDS = frozenset({"boolean"})
NESTED = "nested"  # the kind of a column of an expanded feed in which a list or an object is due
NESTED_KINDS = frozenset({"texts", "ids", "products", "items", "profile", "messages", NESTED})
MONEY_INSIDE_ITEMS = frozenset({"price"})
WHOLE_KINDS = frozenset({"id", "ids", "products", "integer"})
WHOLE_INSIDE_LISTS = frozenset({"product_id", "sku", "id"})
PHONES = frozenset({"phone_number", "phone"})
ERASURES = "erasures"  # the feed of requests to forget somebody
PERMISSIONS = ("consents", "suppressions")  # the feeds that say who may be written to, which fails closed (spec §4.15)


@dataclass(frozen=True)
class Grouped:
    """The CSV of an expanded feed in which an object takes several rows (spec §2.3.14.3); names as they are compared.

    Attributes:
        by: the column that the rows of one object share.
        begins_with: a column that only the object's own row fills.
        prefix: begins the names of the columns that each row fills for its part.
        member: the list in the object that takes the parts.
        instead_of: the canonical feed in whose folder such a file is one of this feed as well.
    """

    by: str
    begins_with: str
    prefix: str
    member: str
    instead_of: str


@dataclass(frozen=True)
class Feed:
    """One feed of spec §2.0.5: its name and the kind of each named field."""

    name: str
    kinds: Mapping[str, str]
    personal: frozenset[str] = frozenset()  # fields that a forgotten person's lines lose (spec §6.2)
    pseudonyms: frozenset[str] = frozenset()  # fields that become keyed hashes in them
    vocabularies: Mapping[str, str] = field(default_factory=dict)  # of the fields that are words
    choices: Mapping[str, frozenset[str]] = field(default_factory=dict)  # of the fields that are a few words: which
    keeps: frozenset[str] = frozenset()  # fields of which the text of an unknown word is kept
    record_types: frozenset[str] = frozenset()
    profile_fields: frozenset[str] = frozenset()  # of the profile object, where the feed has one
    required: tuple[str, ...] = ()  # in checking order
    one_of: tuple[str, ...] = ()  # fields of which one is required
    makes: tuple[str, ...] = ()  # of an expanded feed: the feeds of the records that its lines make
    lists: tuple[str, ...] = ()  # of an expanded feed: names of the lists in a document that hold its objects
    whole: str | None = None  # of an expanded feed: a document's object with this member is one itself
    capitals: Mapping[str, str] = field(default_factory=dict)  # names that have some, by the form of their columns
    nested: frozenset[str] = frozenset()  # of an expanded feed: members in which a list or an object is due
    grouped: Grouped | None = None  # of an expanded feed: how a CSV looks in which an object takes several rows

    @property
    def is_expanded(self) -> bool:
        """Whether its lines are documents of another shape, of which records of other feeds are made."""
        return bool(self.makes)

    @property
    def record_feeds(self) -> frozenset[str]:
        """The feeds of the records that its lines hold or make."""
        return frozenset(self.makes or (self.name,))

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


def declarations(project: Path = DBT_PROJECT_DIR) -> Mapping[str, Mapping[str, Any]]:
    """The declarations of a dbt project's base models.

    Returns:
        By feed, in the order of dbt_project.yml, expanded ones last: the facts of the model's `meta`, and `fields`: the
        facts of each field's `meta` with its `name`, in checking order. An object (`profile`) is a field whose
        `members` are fields.
    """
    return _declarations(project, _variables(project))


def _declarations(project: Path, variables: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    names = variables.get("feeds", ())  # none in a project that is not ours
    expanded = variables.get("expanded_feeds", {})
    return {
        **{name: _declaration(project / BASE_MODELS / f"_base_{name}__models.yml") for name in names},
        **{name: {"fields": [], **facts} for name, facts in expanded.items()},
    }


def _variables(project: Path) -> Mapping[str, Any]:
    """The variables that a dbt project's dbt_project.yml sets."""
    settings: dict[str, Any] = read_yaml(project / "dbt_project.yml")
    return settings.get("vars") or {}


@cache
def _own_variables() -> Mapping[str, Any]:
    """Those of the packaged project, which a process reads once."""
    return _variables(DBT_PROJECT_DIR)


def _declaration(properties: Path) -> Mapping[str, Any]:
    """One feed's, from its base model's property file."""
    (model,) = read_yaml(properties)["models"]
    fields: dict[str, dict[str, Any]] = {}
    for column in model["columns"]:
        facts = column.get("config", {}).get("meta", {})
        if "member_of" in facts:
            whole = {"name": facts["member_of"], "kind": facts["member_of"], "personal": True, "members": []}
            fields.setdefault(facts["member_of"], whole)["members"].append({"name": column["name"], **facts})
        elif "kind" in facts:
            fields[column["name"]] = {"name": column["name"], **facts}
    return {**model["config"]["meta"], "fields": list(fields.values())}


@cache
def feeds() -> dict[str, Feed]:
    """All feeds by name, in the order of dbt_project.yml: one dictionary, to which tests add feeds of their own."""
    return {name: _feed(name, declared) for name, declared in _declarations(DBT_PROJECT_DIR, _own_variables()).items()}


def feeds_making(feed: str) -> Sequence[str]:
    """The expanded feeds that make records of a canonical one."""
    return [name for name, one in feeds().items() if feed in one.makes]


@cache
def retargeting_gates() -> Sequence[str]:
    """The names of the gates of retargeting eligibility, in the order of spec §4.14."""
    return tuple(_own_variables()["retargeting_gates"])


@cache
def profile_kinds() -> Mapping[str, str]:
    """The kind of each field of a profile object."""
    profile = next(one for one in declarations()["conversation_log"]["fields"] if one["name"] == "profile")
    return {one["name"]: one["kind"] for one in profile["members"]}


def _feed(name: str, spec: Mapping[str, Any]) -> Feed:
    fields = spec["fields"]
    return Feed(
        name,
        kinds={one["name"]: one["kind"] for one in fields},
        personal=frozenset(one["name"] for one in fields if one.get("personal")),
        pseudonyms=frozenset(one["name"] for one in fields if one.get("pseudonym")),
        vocabularies={one["name"]: one["vocabulary"] for one in fields if "vocabulary" in one},
        choices={one["name"]: frozenset(one["words"]) for one in fields if "words" in one},
        keeps=frozenset(one["name"] for one in fields if "unknown" in one),
        record_types=frozenset(spec.get("record_types", {})),
        profile_fields=frozenset(profile_kinds()) if any(one["kind"] == "profile" for one in fields) else frozenset(),
        required=tuple(one["name"] for one in fields if one.get("required")),
        one_of=tuple(spec.get("one_of", ())),
        makes=tuple(spec.get("makes", ())),
        lists=tuple(spec.get("lists", ())),
        whole=spec.get("whole"),
        nested=frozenset(spec.get("nested", ())),
        capitals={name.lower(): name for name in spec.get("capitals", ())},
        grouped=Grouped(**spec["grouped"]) if "grouped" in spec else None,
    )
