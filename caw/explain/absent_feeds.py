"""Feeds that gates look at and that never landed (spec §4.14), for a run's summary, `caw doctor` and `caw explain`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from duckdb import DuckDBPyConnection

from caw.feeds.declared import feeds_making

LOG = "conversation_log"


@dataclass(frozen=True)
class AbsentFeed:
    """A feed of which no line was ever accepted, nor of a feed that makes records of it.

    Attributes:
        feed: its name.
        gates: those that look at it.
        lets_pass: whether they pass everybody then; else they pass nobody.
        consequence: what that means, as the rest of a sentence that begins with the gates.
        sources: those that have conversations, and none of it.
    """

    feed: str
    gates: Sequence[str]
    lets_pass: bool
    consequence: str
    sources: Sequence[str] = ()

    @property
    def words(self) -> str:
        """That it never landed, in words."""
        return f"no {self.feed} have landed in {', '.join(self.sources)}"


LOOKED_AT = (
    AbsentFeed("profiles", ("profile_unknown",), False, "lets nobody pass"),
    AbsentFeed("consents", ("no_consent",), False, "lets nobody pass"),
    AbsentFeed("orders", ("ordered_since_trigger",), True, "stops nobody: who has bought is written to"),
    AbsentFeed("suppressions", ("suppressed",), True, "stops nobody: who must not be written to is"),
    AbsentFeed("message_sends", ("messaged_recently", "already_sent"), True, "stop nobody: a message may go out again"),
)
SOURCES = """
select distinct source from health.ingestion_ledger
where accepted > 0 and list_contains($feeds, feed) order by source
"""


def absent_feeds(connection: DuckDBPyConnection, source: str | None = None) -> Sequence[AbsentFeed]:
    """The feeds that are absent where there are conversations, each with the sources that lack it.

    Args:
        connection: a published file, or the warehouse.
        source: the one to look at; all that have conversations where it is None.
    """
    sources = _sources_of(connection, LOG) if source is None else [source]
    found = []
    for one in LOOKED_AT:
        has = _sources_of(connection, one.feed)
        if missing := [name for name in sources if name not in has]:
            found.append(replace(one, sources=missing))
    return found


def _sources_of(connection: DuckDBPyConnection, feed: str) -> Sequence[str]:
    rows = connection.execute(SOURCES, {"feeds": [feed, *feeds_making(feed)]}).fetchall()
    return [source for (source,) in rows]
