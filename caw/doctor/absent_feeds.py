"""Feeds without which a gate lets nobody pass (spec §4.14), for a run's summary and `caw doctor`."""

from collections.abc import Mapping

from duckdb import DuckDBPyConnection

from caw.feeds.declared import feeds_making

NEEDED = {"profile_unknown": "profiles", "no_consent": "consents"}  # feeds by gate
ACCEPTED = "select 1 from health.ingestion_ledger where accepted > 0 and list_contains($feeds, feed) limit 1"


def absent_feeds(connection: DuckDBPyConnection) -> Mapping[str, str]:
    """By gate, the feed that it needs and of which no line was ever accepted, nor of a feed that makes records of it.

    Args:
        connection: a published file.
    """
    return {gate: feed for gate, feed in NEEDED.items() if not _has_landed(connection, feed)}


def _has_landed(connection: DuckDBPyConnection, feed: str) -> bool:
    return connection.execute(ACCEPTED, {"feeds": [feed, *feeds_making(feed)]}).fetchone() is not None
