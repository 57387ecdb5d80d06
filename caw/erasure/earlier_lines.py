"""Lines that were taken in before something was learnt of a forgotten person: whether there are any.

What does not belong here: whose they are (subjects.py), and the lines of a batch that arrives (late_deliveries.py).
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from caw.adapters.registry import expander
from caw.erasure.forgotten import FollowUp, follow_ups_of, read_forgotten
from caw.erasure.late_deliveries import found_again
from caw.erasure.seed_words import load_words
from caw.erasure.subjects import reach_back
from caw.feeds.declared import feeds
from caw.raw_store.store import RawStore


def look_again(store: RawStore, seeds: Path) -> None:
    """Add to the follow-ups what all of the raw store has of forgotten people by the seeds of now, as by a new alias.

    Args:
        store: the caller holds the data dir's lock.
        seeds: their folder.
    """
    forgotten = read_forgotten(store.erasure)
    if forgotten is not None:
        parts = {feed: [name for names in store.parts(feed).values() for name in names] for feed in feeds()}
        found = found_again(store.objects, parts, forgotten, load_words(seeds), expander(seeds))
        follow_ups_of(store.erasure).add(found, store.next_batch_id())


def reaches_back(store: RawStore, warehouse: Path, follow_ups: Sequence[FollowUp]) -> bool:
    """Whether what a delivery said of forgotten people may concern lines that were not redacted on its arrival.

    These are the lines of earlier batches. The warehouse has all but those of the latest, unless several came since it
    was built.
    """
    if not follow_ups:
        return False
    if not warehouse.exists():
        return True
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        lacks = int(store.last_batch_id()) - int(_last_built(connection))
        return lacks > 1 or reach_back(connection, follow_ups)


def _last_built(connection: duckdb.DuckDBPyConnection) -> str:
    """The last batch that the warehouse was built of; batch 0 where it has none."""
    try:
        [(last,)] = connection.execute("select coalesce(max(batch_id), '0') from health.ingestion_ledger").fetchall()
    except duckdb.CatalogException:  # its first build ended before
        return "0"
    return str(last)
