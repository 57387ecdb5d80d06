"""What a gate looks at and never landed is said: why nobody is found or may be written to, or who is written to for it."""

from collections.abc import Iterator

import duckdb
import pytest

from caw.explain.people import without_profiles
from caw.summary.marts import story


@pytest.fixture
def marts() -> Iterator[duckdb.DuckDBPyConnection]:
    """Two triggers, one of a stranger, and files of the feeds that a test adds."""
    with duckdb.connect() as connection:
        connection.execute("""
            create schema retargeting; create schema health; create schema performance;
            create table retargeting.retargeting_eligibility as
            select 'p' as policy_id, 'blocked' as status, unnest([['profile_unknown'], ['no_consent']]) as failed_gates,
                unnest([null, 'ana']) as profile_id, 'c1' as conversation_id, now() as triggered_at, 'e' as event_id;
            create table health.ingestion_ledger (source varchar, feed varchar, accepted bigint);
            create table health.last_run as select timestamptz '2025-08-01 00:00:00+00' as as_of;
            create table performance.agent_performance_daily (date date, conversations bigint, resolved bigint);
        """)
        yield connection


def said(connection: duckdb.DuckDBPyConnection, *feeds: tuple[str, str, int]) -> list[str]:
    """What the summary says of gates when lines of these feeds were accepted, without the spaces between its columns."""
    connection.executemany("insert into health.ingestion_ledger values (?, ?, ?)", feeds)
    rows = story(connection)
    return [" ".join(f"{heading} {text}".split()) for heading, text in rows if "e.g." in text or "landed" in text]


def test_a_gate_that_blocks_everybody_names_the_feed_that_never_landed(marts: duckdb.DuckDBPyConnection) -> None:
    """A first run on the log alone ends with nobody to write to, and with no word of what is missing."""
    assert said(marts, ("shop", "conversation_log", 5), ("shop", "profiles", 0)) == [
        "Blocked at profile_unknown 1 e.g. conversation c1",
        "(no profiles have landed in shop)",
        "no_consent 1 e.g. ana",
        "(no consents have landed in shop)",
        "Unchecked ordered_since_trigger: no orders have landed in shop",
        "suppressed: no suppressions have landed in shop",
        "messaged_recently and already_sent: no message_sends have landed in shop",
    ]


def test_a_source_is_not_hidden_by_another_one(marts: duckdb.DuckDBPyConnection) -> None:
    """One brand's orders say nothing of who has bought from another; one that has no conversations writes to nobody."""
    feeds = ("profiles", "consents", "suppressions", "message_sends", "conversation_log")
    whole = [("shop", feed, 1) for feed in (*feeds, "orders")]
    found = said(marts, *whole, *(("brand", feed, 1) for feed in feeds), ("stock", "products", 1))
    assert found[2:] == ["Unchecked ordered_since_trigger: no orders have landed in brand"]


@pytest.mark.parametrize("feeds", [("profiles", "consents"), ("klaviyo_profiles",)])
def test_a_feed_that_landed_is_not_named(marts: duckdb.DuckDBPyConnection, feeds: tuple[str, ...]) -> None:
    """A vendor's feed brings profiles and consents, too."""
    found = said(marts, ("shop", "chat_transcripts", 1), *(("shop", feed, 1) for feed in feeds))
    assert found[:2] == ["Blocked at profile_unknown 1 e.g. conversation c1", "no_consent 1 e.g. ana"]


def test_sources_without_any_profile_are_named() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_profile_versions as select 'acme_us' as source, 'p' as profile_id"
        )
        assert without_profiles(connection, ["acme_eu", "acme_us"]) == ["acme_eu"]
