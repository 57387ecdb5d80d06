"""The test that compares conversations with events: it looks closer only if sums of hashes differ, so each kind of
difference has to change a sum."""

from pathlib import Path

import pytest

from tests.support.built_sample import copied, dbt, warehouse
from tests.support.pipeline import Pipeline

NAME = "conversations_agree_with_events"
AN_EVENT = "where event_id = (select min(event_id) from events.{table})"
MISTAKES = {
    "a start is missing": "delete from events.conversation_started " + AN_EVENT.format(table="conversation_started"),
    "a start at another instant": "update events.conversation_started set occurred_at = occurred_at + interval 1 second "
    + AN_EVENT.format(table="conversation_started"),
    "a second start": "insert into events.conversation_started from events.conversation_started limit 1",
    "a start of no conversation": "insert into events.conversation_started by name "
    "select * replace ('nobody''s' as conversation_id) from events.conversation_started limit 1",
    "two starts have changed places": "update events.conversation_started as one set occurred_at = other.occurred_at "
    "from (select min(occurred_at) as first_at, max(occurred_at) as last_at from events.conversation_started) as ends, "
    "events.conversation_started as other where (one.occurred_at = first_at and other.occurred_at = last_at) "
    "or (one.occurred_at = last_at and other.occurred_at = first_at)",
    "a conversation's resolutions are missing": "delete from events.conversation_resolved "
    "where conversation_id = (select min(conversation_id) from events.conversation_resolved)",
    "a resolution that the conversation does not know": "update performance.conversations set resolved_at = null "
    "where resolved_at is not null",
    "an escalation too many": "insert into events.conversation_escalated from events.conversation_escalated limit 1",
    "no escalation at all": "delete from events.conversation_escalated",
    "a recommendation is another conversation's": "update events.product_recommendation_received "
    "set conversation_id = (select max(conversation_id) from performance.conversations) "
    + AN_EVENT.format(table="product_recommendation_received"),
    "no recommendation at all": "delete from events.product_recommendation_received",
    "a conversation is missing": "delete from performance.conversations "
    "where conversation_id = (select min(conversation_id) from events.conversation_started)",
    "a preview with a start": "update performance.conversations set is_preview = true where started_at is not null",
    "a preview that is said to have started": "update performance.conversations set started_at = first_record_at "
    "where is_preview",
    "no conversation at all": "delete from performance.conversations",
}


@pytest.fixture(scope="module")
def spoilt(sample: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A copy of the sample's data dir to spoil, and the test as a query."""
    data_dir = copied(sample, tmp_path_factory.mktemp("spoilt"))
    results = dbt(sample.project, data_dir, "test", "--select", NAME)
    return data_dir, str(results[NAME].node.compiled_code)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_disagreement_alone_is_found(spoilt: tuple[Path, str], mistake: str) -> None:
    """A sum that leaves something out would let it pass for ever."""
    data_dir, query = spoilt
    with warehouse(data_dir, read_only=False) as connection:
        assert connection.execute(query).fetchall() == []
        connection.execute("begin")
        connection.execute(MISTAKES[mistake])
        assert connection.execute(query).fetchall() != []
        connection.execute("rollback")
