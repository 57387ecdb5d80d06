"""Person ids of vendors that are a source's profile_ids, and what others lose of their records (spec §2.3.5).

Adapters make all records and name everybody in them, whoever names the people of a source; here is the one rule that
takes away what another vendor's ids would split. An erasure finds a line by e-mails and phones that are taken away, too
(spec §2.3.10).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from caw.adapters.members import is_redacted
from caw.adapters.records import Expansion, Json, Record
from caw.adapters.transcript_values import is_absent
from caw.feeds.declared import ERASURES, PERMISSIONS
from caw.feeds.seeds import rows_of, seed_file

OWN = "own"  # a source's own ids, which is the default
PERSON_FEEDS = frozenset({"profiles", *PERMISSIONS, "message_sends"})  # made by who names the people alone
PROFILE, PROFILE_ID, EMAIL = "profile", "profile_id", "email"


def people_of(seeds: Path) -> Mapping[str, str]:
    """The vendor whose person ids are profile_ids, by source; without sources whose ids are their own."""
    named = {row["source"].strip(): (row.get("people") or "").strip() for row in rows_of(seed_file(seeds, "sources"))}
    return {source: vendor for source, vendor in named.items() if vendor not in ("", OWN)}


def names_people(vendor: str, source: str, seeds: Path) -> bool:
    """Whether a vendor's person ids are profile_ids of a source: `people` names it, or the feed is nobody's (blank)."""
    return not vendor or people_of(seeds).get(source) == vendor


def of_source(expansion: Expansion, vendor: str, source: str, people: Mapping[str, str]) -> Expansion:
    """The records of a line as they count in a source.

    Args:
        expansion: all that the vendor's adapter made of the line.
        vendor: whose line it is; blank for nobody's, whose records stay as they are.
        source: the line's.
        people: as `people_of` gives it.
    """
    if not vendor or not expansion.records:
        return expansion
    return expansion.with_records(records_of_source(expansion.records, vendor, source, people))


def records_of_source(
    records: Sequence[Record], vendor: str, source: str, people: Mapping[str, str]
) -> Sequence[Record]:
    """The records that count of a line's in a source, with the identifiers that do; arguments as of `of_source`."""
    if not vendor or not records:
        return records
    is_named = people.get(source) == vendor
    return [
        Record(feed, _identified(feed, fields, is_named), part)
        for feed, fields, part in records
        if is_named or feed not in PERSON_FEEDS
    ]


def _identified(feed: str, fields: Json, is_named: bool) -> Json:
    left = _without_redacted(fields)
    if feed == ERASURES and not is_named:
        left.pop(PROFILE_ID, None)
    if isinstance(profile := fields.get(PROFILE), dict):
        known = _without_redacted(profile)
        left[PROFILE] = {
            name: value for name, value in known.items() if (name == PROFILE_ID) == is_named and not is_absent(value)
        }
        if not left[PROFILE]:
            del left[PROFILE]
    return left


def _without_redacted(holder: Json) -> Json:
    """A copy of an object, without an e-mail that a deletion left."""
    copy = dict(holder)
    if EMAIL in copy and is_redacted(copy[EMAIL]):
        del copy[EMAIL]
    return copy
