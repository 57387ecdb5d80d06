"""Sources whose shoppers a vendor should name and does not, in the words of a run's summary and `caw doctor`.

Which feeds bring people is what their adapters declare to make, so that no vendor is named here (spec §2.3.0.3).
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from duckdb import DuckDBPyConnection

from caw.adapters.people import PERSON_FEEDS, people_of
from caw.adapters.registry import ADAPTERS
from caw.doctor.needs import Need
from caw.feeds.declared import feeds

OWN_PEOPLE = "profiles"  # a source that lands these has people of its own
ALONE = (
    "{vendor} alone brings people, and none of its person ids count: set people = {vendor} for {source} in sources.csv."
)
STRANGERS = (
    "{vendors} land in {source}, none is named, and orders and conversations share no shopper: set people for {source} "
    "in sources.csv to the vendor whose person ids are the source's profile_ids."
)
FEEDS = "select distinct source, feed from health.ingestion_ledger where status = 'loaded' and accepted > 0"


def people_needed(connection: DuckDBPyConnection, seeds: Path, strangers: Sequence[str]) -> Sequence[Need]:
    """The sources whose people should be named, a sentence each.

    Args:
        connection: a published file.
        seeds: the folder of the run's seeds.
        strangers: the sources whose orders and conversations share no shopper, as the notes of the publication say.
    """
    feeds_of: dict[str, set[str]] = {}
    for source, feed in connection.execute(FEEDS).fetchall():
        feeds_of.setdefault(source, set()).add(feed)
    return list(_needs(feeds_of, people_of(seeds), strangers))


def _needs(feeds_of: Mapping[str, set[str]], people: Mapping[str, str], strangers: Sequence[str]) -> Iterator[Need]:
    for source in sorted(feeds_of.keys() - people.keys()):
        vendors = sorted({ADAPTERS[feed].vendor for feed in feeds_of[source] & ADAPTERS.keys()} - {""})
        bring_people = {ADAPTERS[feed].vendor for feed in feeds_of[source] & ADAPTERS.keys() if makes_people(feed)}
        if len(bring_people) == 1 and OWN_PEOPLE not in feeds_of[source]:
            yield Need(ALONE.format(vendor=bring_people.pop(), source=source), source=source)
        elif len(vendors) > 1 and source in strangers:
            yield Need(STRANGERS.format(vendors=" and ".join(vendors), source=source), source=source)


def makes_people(feed: str) -> bool:
    """Whether a vendor's feed makes records that count only where the vendor names the people."""
    return bool(ADAPTERS[feed].vendor) and not PERSON_FEEDS.isdisjoint(feeds()[feed].makes)
