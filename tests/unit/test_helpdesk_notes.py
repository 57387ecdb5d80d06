"""What a run says of helpdesks: resolutions that were taken back, and an AI whose user nobody has named."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from caw.doctor.agents import agents_needed
from caw.publication.files import FILE_NAME
from caw.publication.notes import read_notes, take_notes, write_notes
from caw.publication.taken_back import resolutions_taken_back
from tests.unit.test_notes import warehouse

LINES = """
create schema staging;
create table staging.stg_expanded_lines as
select source, feed, verdict, took_part, [struct_pack(actor := actor) for actor in actors] as marks
from (values
    ('silent', 'gorgias_tickets', 'accepted', true, ['customer', 'human']),
    ('silent', 'gorgias_tickets', 'rejected', true, ['agent']),
    ('silent', 'gorgias_tickets', 'accepted', false, ['agent']),
    ('named', 'gorgias_tickets', 'accepted', true, ['customer', 'human']),
    ('named', 'gorgias_tickets', 'accepted', true, ['agent']),
    ('untouched', 'gorgias_tickets', 'accepted', false, ['customer', 'human']),
    ('alone', 'gorgias_tickets', 'accepted', true, ['customer']),
    ('fin', 'intercom_conversations', 'accepted', true, ['human'])
) as t (source, feed, verdict, took_part, actors);
"""


def resolved(file: Path, resolutions: Sequence[str], conversations: Sequence[str]) -> None:
    """A file with these conversations, of which these are resolved."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(file)) as connection:
        for table, ids in (("events.conversation_resolved", resolutions), ("performance.conversations", conversations)):
            connection.execute(f"create schema {table.partition('.')[0]}")
            connection.execute(f"create table {table} as select 'acme' as source, unnest(?) as conversation_id", [ids])


def test_an_ai_that_never_spoke_is_noted_where_a_human_did(tmp_path: Path) -> None:
    """Every word of Gorgias's AI counts as a human's, and nobody says that a row of a seed would mend it."""
    notes = take_notes(warehouse(tmp_path, LINES), None)
    assert notes.unnamed_agents == (("silent", "gorgias_tickets"),)
    write_notes(tmp_path, notes)
    (need,) = agents_needed(read_notes(tmp_path).unnamed_agents)
    assert need.source == "silent"
    assert need.sentence.startswith("Gorgias says that its AI took part in silent")


def test_resolutions_that_are_none_any_more_are_counted(tmp_path: Path) -> None:
    """Yesterday's numbers change unsaid; or a conversation that was deleted counts as taken back."""
    built, published = tmp_path / "warehouse.duckdb", tmp_path / "published" / FILE_NAME
    resolved(built, ["kept", "new"], ["kept", "new", "back", "older"])
    with duckdb.connect(str(built)) as connection:
        connection.execute("create schema intermediate")
        touched = "select 'acme' as source, unnest(['kept', 'new', 'back', 'deleted']) as conversation_id"
        connection.execute(f"create table intermediate.int_conversations_to_rebuild as {touched}")
    assert resolutions_taken_back(built, None) == 0
    resolved(published, ["kept", "back", "back", "deleted", "older"], ["kept", "back", "deleted", "older"])
    assert resolutions_taken_back(built, published) == 1
    published.write_bytes(b"no database")
    assert resolutions_taken_back(built, published) == 0
