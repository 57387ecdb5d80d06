"""Identifiers of people in the raw store: their kinds, their normal forms, and the fields that carry them.

An identifier is (kind, value): one of the five of spec §2.0.5 in the form in which it is matched, or a conversation or
an order, whose lines all belong to one person. What does not belong here: finding them in lines (finding.py).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from caw.adapters.records import Record
from caw.adapters.registry import ADAPTERS
from caw.adapters.transcript_values import is_text, parsed
from caw.feeds.declared import SEEDS_DIR
from caw.feeds.keys import email_key, phone_key, short_id
from caw.feeds.seeds import ANY_SOURCE, absent_identifiers, field_aliases, identifies_nobody
from caw.formats.json_numbers import Number

CONVERSATION = "conversation"
ORDER = "order"
PATH = "path"  # a landed file's path that names the person
PERSONAL_KINDS = ("profile_id", "email", "phone", "external_id", "anonymous_id")
ID_KINDS = ("profile_id", "external_id")  # looked for as words in the ids of the person's own lines
RECORD_KINDS = (CONVERSATION, ORDER)
WEAK_KINDS = ("external_id", "anonymous_id")  # two profiles may have the same one, and stay two people

_WHOLE = re.compile(r"(-?[0-9]+)(?:\.0+)?")  # spec §2.0.2: 1001.0 is 1001


class Identifier(NamedTuple):
    """An identifier of a person, a conversation or an order; `value` is in the normal form of its kind."""

    kind: str
    value: str


@dataclass(frozen=True)
class Place:
    """A field of a feed that carries a kind of identifier.

    Attributes:
        kind: the identifier's.
        path: names of members from the line inwards, joined by a point.
        is_list: whether it is a list of identifiers.
    """

    kind: str
    path: str
    is_list: bool = False


_PROFILE = (
    Place("profile_id", "profile.profile_id"),
    Place("email", "profile.email"),
    Place("phone", "profile.phone_number"),
    Place("external_id", "profile.external_id"),
    Place("anonymous_id", "profile.anonymous_id"),
)
PLACES: Mapping[str, tuple[Place, ...]] = {
    "conversation_log": (Place(CONVERSATION, "conversation_id"), *_PROFILE),
    "orders": (Place(ORDER, "order_id"), *_PROFILE),
    "profiles": (
        Place("profile_id", "profile_id"),
        Place("profile_id", "merged_into"),
        Place("email", "email"),
        Place("phone", "phone_number"),
        Place("external_id", "external_id"),
        Place("anonymous_id", "anonymous_ids", is_list=True),
    ),
    "consents": (Place("profile_id", "profile_id"),),
    "suppressions": (Place("profile_id", "profile_id"),),
    "message_sends": (Place("profile_id", "profile_id"),),
    "order_adjustments": (Place(ORDER, "order_id"),),
    "erasures": (
        Place("profile_id", "profile_id"),
        Place("email", "email"),
        Place("phone", "phone_number"),
        Place("phone", "phone"),
    ),
}
# Fields of all lines, also of others, in which e-mails and phones are looked for: ids are replaced, words cut out.
OTHERS_IDS = ("conversation_id", "record_id")
OTHERS_TEXTS = ("text", "escalation_reason")


@cache
def aliases_of(feed: str, source: str, seeds: Path = SEEDS_DIR) -> Mapping[str, tuple[str, ...]]:
    """The members that are read where a field is absent, in the order in which they are tried, by field."""
    found: dict[str, tuple[str, ...]] = {}
    for alias in field_aliases(seeds):
        if alias.feed == feed and alias.source in (source, ANY_SOURCE):
            found[alias.means] = (*found.get(alias.means, ()), alias.field)
    return found


def normal(kind: str, value: str, seeds: Path = SEEDS_DIR) -> str | None:
    """The form in which values of a kind are compared (spec §3.3); None for one that counts as absent."""
    if kind in PERSONAL_KINDS and identifies_nobody(value, absent_identifiers(seeds)):
        return None
    return form_of(kind, value)


def form_of(kind: str, value: str) -> str | None:
    """The same of a value that staging has read, which knows the words for nobody of the run's own seeds."""
    if kind == "email":
        return email_key(value)
    if kind == "phone":
        return phone_key(value)
    return short_id(value) if value.strip() else None


def places_of(feed: str) -> tuple[Place, ...]:
    """Places where a line of a feed carries identifiers; of an expanded feed, besides its records."""
    if feed in ADAPTERS:
        return tuple(Place(kind, path) for kind, path in ADAPTERS[feed].carries)
    return PLACES.get(feed, ())


def places_of_broken(feed: str) -> tuple[Place, ...]:
    """Places where a line of a feed that is no JSON carries identifiers besides `places_of`."""
    return tuple(Place(kind, path) for kind, path in ADAPTERS[feed].may_carry) if feed in ADAPTERS else ()


def id_text(value: object) -> str:
    """An id or phone as text (spec §2.0.2): a text as it was given, a whole number; "" for anything else."""
    if isinstance(value, Number):
        whole = _WHOLE.fullmatch(value)
        return "" if whole is None else "0" if whole[1] == "-0" else whole[1]
    return value if isinstance(value, str) and value.strip() else ""


def identifiers_of_record(record: Record, seeds: Path = SEEDS_DIR) -> Iterable[Identifier]:
    """The identifiers of a record that an adapter made, in normal form."""
    return identifiers_at(PLACES.get(record.feed, ()), record.fields, seeds)


def identifiers_at(places: Iterable[Place], document: object, seeds: Path = SEEDS_DIR) -> Iterable[Identifier]:
    """The identifiers at some places of a parsed line, in normal form."""
    for place in places:
        given = document
        for name in place.path.split("."):
            given = given.get(name) if isinstance(given, dict) else None
        for one in given if place.is_list and isinstance(given, list) else (given,):
            value = normal(place.kind, id_text(one), seeds)
            if value is not None:
                yield Identifier(place.kind, value)


def only_record(found: Iterable[Identifier]) -> list[Identifier]:
    """The conversation or order of a refused line; none where it names several, as one of several objects does: most of
    these may be other people's."""
    records = {one for one in found if one.kind in RECORD_KINDS}
    return list(records) if len(records) == 1 else []


def misplaced_at(document: object, path: str) -> Iterator[str]:
    """Ids and phones, as text, of a parsed line that lie deeper than the value of a field does.

    Args:
        document: the line.
        path: names of members from the line inwards, joined by a point; what is no object on the way is looked into.
    """
    outer, _, name = path.rpartition(".")
    holder = document.get(outer) if outer and isinstance(document, dict) else document
    values = [holder.get(name)] if isinstance(holder, dict) else [one.get(name) for one in _objects_in(holder)]
    for value in values:
        if isinstance(value, dict | list) or not isinstance(holder, dict):
            yield from (text for one in _scalars_in(value) if (text := id_text(one)))


def _objects_in(value: object) -> Iterator[dict[str, object]]:
    if isinstance(value, str) and is_text(value) and value.lstrip().startswith(("[", "{")):
        value = parsed(value)
    if isinstance(value, dict):
        yield value
    for inner in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        yield from _objects_in(inner)


def _scalars_in(value: object) -> Iterator[object]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _scalars_in(inner)
    else:
        yield value
