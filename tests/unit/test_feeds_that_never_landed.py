"""Who has landed no profiles or consents is not left to guess why nobody is found, or may be written to."""

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
            create table health.ingestion_ledger (feed varchar, accepted bigint);
            create table health.last_run as select timestamptz '2025-08-01 00:00:00+00' as as_of;
            create table performance.agent_performance_daily (date date, conversations bigint, resolved bigint);
        """)
        yield connection


def blocked(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What the summary says at the two gates, without the spaces between its columns."""
    return [" ".join(text.split()) for _, text in story(connection) if "e.g." in text]


def test_a_gate_that_blocks_everybody_names_the_feed_that_never_landed(marts: duckdb.DuckDBPyConnection) -> None:
    """A first run on the log alone ends with nobody to write to, and with no word of what is missing."""
    marts.execute("insert into health.ingestion_ledger values ('conversation_log', 5), ('profiles', 0)")
    assert blocked(marts) == [
        "profile_unknown 1 e.g. conversation c1; no profiles have landed",
        "no_consent 1 e.g. ana; no consents have landed",
    ]


@pytest.mark.parametrize("feeds", [("profiles", "consents"), ("klaviyo_profiles",)])
def test_a_feed_that_landed_is_not_named(marts: duckdb.DuckDBPyConnection, feeds: tuple[str, ...]) -> None:
    """A vendor's feed brings profiles and consents, too."""
    for feed in feeds:
        marts.execute("insert into health.ingestion_ledger values (?, 1)", [feed])
    assert blocked(marts) == ["profile_unknown 1 e.g. conversation c1", "no_consent 1 e.g. ana"]


def test_sources_without_any_profile_are_named() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_profile_versions as select 'acme_us' as source, 'p' as profile_id"
        )
        assert without_profiles(connection, ["acme_eu", "acme_us"]) == ["acme_eu"]
