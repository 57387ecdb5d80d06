"""Redaction of one of the people in a refused vendor line that holds a list of objects: the others stay.

They may have said no to messages, and their refused records go on blocking (spec §2.3.10 and §4.15).
"""

from collections.abc import Iterable, Set
from pathlib import Path

from caw.adapters.people import PROFILE_ID
from caw.adapters.records import Expansion, Record
from caw.erasure.identifiers import WEAK_KINDS, Identifier, id_text, identifiers_of_record, normal
from caw.erasure.keyring import is_pseudonym
from caw.feeds.keys import short_id


def others_in_refused(line: Expansion, identifiers: Set[Identifier], was_redacted: bool, seeds: Path) -> frozenset[str]:
    """The profile_ids of those who stay.

    Args:
        line: of the people's.
        identifiers: the people's; an object is theirs by any that no two profiles share.
        was_redacted: whether the line was redacted before: whoever was forgotten then has a pseudonym in it.
        seeds: the folder with the words that identify nobody.
    """
    if line.reason is None:
        return frozenset()
    if was_redacted:
        stay = _profile_ids(line.records)
    else:
        by_owner: dict[bool, set[str]] = {True: set(), False: set()}
        for one in line.listed:
            by_owner[_is_theirs(one, identifiers, seeds)] |= _profile_ids(one.records)
        stay = by_owner[False] - by_owner[True]
    return frozenset(
        one for one in stay if not is_pseudonym(one) and Identifier(PROFILE_ID, short_id(one)) not in identifiers
    )


def _profile_ids(records: Iterable[Record]) -> set[str]:
    return {text for record in records if (text := id_text(record.fields.get(PROFILE_ID)))}


def _is_theirs(one: Expansion, identifiers: Set[Identifier], seeds: Path) -> bool:
    named = ((kind, normal(kind, value, seeds)) for kind, value in one.people if kind not in WEAK_KINDS)
    of_people = (Identifier(kind, value) for kind, value in named if value is not None)
    of_records = (found for record in one.records for found in identifiers_of_record(record, seeds))
    return any(found in identifiers for found in (*of_people, *of_records) if found.kind not in WEAK_KINDS)
