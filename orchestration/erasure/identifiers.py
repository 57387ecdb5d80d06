"""What identifies a person in the raw store: kinds of identifiers, their normal forms, and where lines carry them.

A identifier is (kind, value): one of the contract's five identifiers in the form in which it is matched, or a conversation
or an order, whose lines are all of one person.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from orchestration.ingest.feeds import feeds

CONVERSATION = "conversation"
ORDER = "order"
PATH = "path"  # a landed file's path that names the person
PERSONAL_KINDS = ("profile_id", "email", "phone", "external_id", "anonymous_id")

TELLING_LENGTH = 6  # code points; a shorter id is found by chance in other people's ids and texts
PHONE_DIGITS = 7  # contract, section 3: fewer count as absent
_NO_DIGIT = re.compile(r"[^0-9]")


class Identifier(NamedTuple):
    """Something that lines carry and a person is known by; `value` is in the form of its kind."""

    kind: str
    value: str


@dataclass(frozen=True)
class Place:
    """Where lines of a feed carry a kind of identifier: a JSON path; `[*]` for each element of a list."""

    kind: str
    path: str


_PROFILE = (
    Place("profile_id", "$.profile.profile_id"),
    Place("email", "$.profile.email"),
    Place("phone", "$.profile.phone_number"),
    Place("external_id", "$.profile.external_id"),
    Place("anonymous_id", "$.profile.anonymous_id"),
)
PLACES: Mapping[str, tuple[Place, ...]] = {
    "conversation_log": (Place(CONVERSATION, "$.conversation_id"), *_PROFILE),
    "chat_transcripts": (Place(CONVERSATION, "$.id"), Place(CONVERSATION, "$.conversation_id"), *_PROFILE),
    "orders": (Place(ORDER, "$.order_id"), *_PROFILE),
    "profiles": (
        Place("profile_id", "$.profile_id"),
        Place("profile_id", "$.merged_into"),
        Place("email", "$.email"),
        Place("phone", "$.phone_number"),
        Place("external_id", "$.external_id"),
        Place("anonymous_id", "$.anonymous_ids[*]"),
    ),
    "consents": (Place("profile_id", "$.profile_id"),),
    "suppressions": (Place("profile_id", "$.profile_id"),),
    "message_sends": (Place("profile_id", "$.profile_id"),),
    "erasures": (
        Place("profile_id", "$.profile_id"),
        Place("email", "$.email"),
        Place("phone", "$.phone_number"),
    ),
}


def normal(kind: str, value: str) -> str | None:
    """The form in which values of a kind are compared (contract, section 3); None for one that counts as absent."""
    if kind == "email":
        return value.strip().lower() or None
    if kind == "phone":
        digits = _NO_DIGIT.sub("", value).removeprefix("00")
        return digits if len(digits) >= PHONE_DIGITS else None
    return value if value.strip() else None


def telling(identifiers: Iterable[Identifier]) -> list[str]:
    """Those values, in lower case, that are found nowhere by chance: they are looked for in all texts, ids and paths.

    A short id, or one that is a word of the feeds' own, tells nothing where it stands inside something else.
    """
    words = _own_words()
    found = {
        identifier.value.lower()
        for identifier in identifiers
        if identifier.kind in PERSONAL_KINDS
        and len(identifier.value) >= TELLING_LENGTH
        and identifier.value.lower() not in words
    }
    return sorted(found, key=lambda value: (-len(value), value))


def _own_words() -> set[str]:
    names = set(feeds())
    for feed in feeds().values():
        names |= {*feed.kinds, *feed.record_types}
    return names
