"""The people that a request forgets, and what is left of everybody's lines, by the rules of spec §6.1 to §6.3 alone.

Nothing is asked of what is tested: the reference builds its tables of what is left, and the warehouse's must be the same.
What does not belong here: ids and texts that name somebody, which these lines do not have.
"""

import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from tests.reference.keys import normal_key
from tests.support.scenarios import Line

Named = tuple[str, str]  # kind of an identifier, and its form
NOBODY = frozenset({"n/a", "null", "unknown", "anonymous"})  # the words of absent_identifiers.csv that are drawn
KEYS = ("profile_id", "email", "phone_number", "external_id", "anonymous_id")
CONTACTS = frozenset({"email", "phone_number"})
IN_PLACE = (("email", "customer_email"), ("phone_number", "phone"))  # of orders, in seeds/field_aliases.csv
OWN_FEEDS = ("profiles", "consents", "suppressions", "message_sends")  # whose lines are about one profile_id
RECORDS = {"conversation_log": "conversation_id", "orders": "order_id"}
SAYS_WHO = ("profile", "customer_email", "email", "phone", "text", "escalation_reason")


@dataclass(frozen=True)
class Subjects:
    """Profiles that are forgotten, and all identifiers that are theirs and nobody else's."""

    profiles: frozenset[str]
    identifiers: frozenset[Named]


def members(line: Line) -> dict[str, Any]:
    """The members of a line, parsed."""
    return {name: json.loads(value) for name, value in line.members}


def named_by(request: Line) -> frozenset[Named]:
    """What a request names."""
    return frozenset(_named(members(request)))


def subjects(lines: Sequence[Line], asked: AbstractSet[Named]) -> Subjects:
    """Every profile that ever held what is asked for, with all that merges and profile objects tie to it."""
    versions = [members(line) for line in lines if line.feed == "profiles"]
    found = {value for kind, value in asked if kind == "profile_id"}
    found |= {one["profile_id"] for one in versions if _named(one) & asked}
    while True:
        before = len(found)
        found |= _merged_with(found, versions)
        identifiers = _exclusive(found, versions, asked)
        found |= _without_versions(lines, versions, identifiers)
        if len(found) == before:
            return Subjects(frozenset(found), frozenset(identifiers))


def records_of(
    lines: Sequence[Line], people: Subjects, profiles: Mapping[str, Mapping[str, str | None]]
) -> Mapping[str, set[str]]:
    """The people's conversations and orders, by feed.

    Args:
        lines: of one source.
        people: the subjects.
        profiles: feed -> conversation or order -> the profile that it resolves to while nobody is forgotten.
    """
    return {feed: _records_of(feed, lines, people, profiles[feed]) for feed in RECORDS}


def left_of(lines: Sequence[Line], people: Subjects, own: Mapping[str, AbstractSet[str]]) -> list[Line]:
    """The lines of one source without what is forgotten: the subjects, and their records by feed."""
    left = []
    for line in lines:
        given = members(line)
        if line.feed in OWN_FEEDS and given["profile_id"] in people.profiles:
            continue
        if line.feed in RECORDS and given[RECORDS[line.feed]] in own[line.feed]:
            line = replace(line, members=tuple(one for one in line.members if one[0] not in SAYS_WHO))
        left.append(line)
    return left


def _records_of(feed: str, lines: Sequence[Line], people: Subjects, profiles: Mapping[str, str | None]) -> set[str]:
    """Conversations or orders of the people: those that resolve to them, and those with any line that names them."""
    naming = {
        members(line)[RECORDS[feed]] for line in lines if line.feed == feed and _of_record(line) & people.identifiers
    }
    return naming | {record for record, profile in profiles.items() if profile in people.profiles}


def _merged_with(found: set[str], versions: Sequence[Mapping[str, Any]]) -> set[str]:
    pairs = [(one["profile_id"], one["merged_into"]) for one in versions if "merged_into" in one]
    return {profile for pair in pairs if found.intersection(pair) for profile in pair}


def _exclusive(found: set[str], versions: Sequence[Mapping[str, Any]], asked: AbstractSet[Named]) -> set[Named]:
    theirs = set(asked) | {("profile_id", profile) for profile in found}
    for one in versions:
        theirs |= _named(one) if one["profile_id"] in found else set()
    for one in versions:
        theirs -= _named(one) if one["profile_id"] not in found else set()
    return theirs


def _without_versions(
    lines: Sequence[Line], versions: Sequence[Mapping[str, Any]], identifiers: set[Named]
) -> set[str]:
    """profile_ids that no profiles row has, and that a profile object names together with an e-mail or phone of theirs."""
    known = {one["profile_id"] for one in versions}
    named = [_of_record(line) for line in lines if line.feed in RECORDS]
    tied = [one for one in named if any(kind in CONTACTS for kind, _ in one & identifiers)]
    return {value for one in tied for kind, value in one if kind == "profile_id"} - known


def _of_record(line: Line) -> set[Named]:
    """What the profile object of a record or an order names; where it lacks one, another member of an order has it."""
    given = members(line)
    profile = dict(given.get("profile", {}))
    for key, name in IN_PLACE if line.feed == "orders" else ():
        if _text(profile.get(key)) is None and name in given:
            profile[key] = given[name]
    return _named(profile)


def _named(given: Mapping[str, Any]) -> set[Named]:
    pairs = [(kind, given[kind]) for kind in KEYS if kind in given]
    pairs += [("anonymous_id", one) for one in given.get("anonymous_ids", [])]
    forms = ((kind, normal_key(kind, _text(value))) for kind, value in pairs)
    return {(kind, form) for kind, form in forms if form is not None}


def _text(value: Any) -> str | None:
    """An identifier as text; None for one that counts as absent (spec §2.0.4)."""
    text = "" if value is None else str(value)
    return text if text.strip("0 _-") and text.strip().lower() not in NOBODY else None
