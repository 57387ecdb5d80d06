"""Finds profiles by profile_id, e-mail address or phone number (spec §3.3 and §3.4)."""

from collections.abc import Sequence
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from caw.feeds.keys import email_key, phone_key, short_id

BY_ID = """
with known as (
    select source, profile_id from intermediate.int_people
    union
    select source, profile_id from intermediate.int_profile_versions
    union
    select source, profile_id from intermediate.int_suppressions
    union
    select source, profile_id from intermediate.int_message_sends
)

select distinct known.source, coalesce(merges.final_profile_id, known.profile_id)
from known
left join intermediate.int_profile_merges as merges using (source, profile_id)
where known.profile_id in (?, ?)
"""
BY_KEY = """
select keys.source, coalesce(merges.final_profile_id, keys.profile_id)
from intermediate.int_profile_keys as keys
left join intermediate.int_profile_merges as merges using (source, profile_id)
where keys.key_kind = ? and keys.key_value = ?
"""


@dataclass(frozen=True)
class Person:
    """A profile after its merges; `by` is the kind of identifier by which it was found."""

    source: str
    profile_id: str
    by: str


def sources_of(connection: DuckDBPyConnection) -> Sequence[str]:
    """Every source of which files have landed, sorted."""
    found = connection.execute("select source from intermediate.int_landed_sources order by source").fetchall()
    return [source for (source,) in found]


def without_profiles(connection: DuckDBPyConnection, sources: Sequence[str]) -> Sequence[str]:
    """Those of these sources of which no profile has landed: nobody is known there by an address or a number."""
    found = connection.execute("select distinct source from intermediate.int_profile_versions").fetchall()
    return [source for source in sources if (source,) not in found]


def people(connection: DuckDBPyConnection, text: str) -> Sequence[Person]:
    """The matching profiles, at most one a source: by profile_id, else by e-mail, else by phone; sorted by source."""
    found: dict[str, Person] = {}
    for by, rows in (
        ("profile_id", connection.execute(BY_ID, [text, short_id(text)]).fetchall()),
        ("email", connection.execute(BY_KEY, ["email", email_key(text)]).fetchall()),
        ("phone", connection.execute(BY_KEY, ["phone", phone_key(text)]).fetchall()),
    ):
        for source, profile_id in rows:
            found.setdefault(source, Person(source, profile_id, by))
    return [found[source] for source in sorted(found)]
