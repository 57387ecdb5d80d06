"""The notes of a publication: counts of transcripts, and which refused lines need a person, without a name."""

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from caw.adapters.registry import ADAPTERS
from caw.publication.notes import Notes, Transcripts, read_notes, take_notes, write_notes
from tests.support.toy_vendor import registered

# Four versions of `task` in two batches, one of `other`; `task` of another source is another transcript. A vendor's
# ticket has versions by nature.
TRANSCRIPTS = """
create schema staging;
create schema intermediate;
create table staging.stg_expanded_lines as select *, feed = 'chat_transcripts' as needs_record from (values
    ('00000001', 'chat_transcripts', 'acme', 'task', 'accepted'),
    ('00000001', 'chat_transcripts', 'acme', 'task', 'accepted'),
    ('00000001', 'chat_transcripts', 'acme', 'task', 'duplicate'),
    ('00000001', 'chat_transcripts', 'acme', null, 'rejected'),
    ('00000002', 'chat_transcripts', 'acme', 'task', 'accepted'),
    ('00000002', 'chat_transcripts', 'acme', 'task', 'accepted'),
    ('00000002', 'chat_transcripts', 'acme', 'other', 'accepted'),
    ('00000002', 'chat_transcripts', 'globex', 'task', 'accepted'),
    ('00000001', 'tickets', 'acme', '1', 'accepted'),
    ('00000002', 'tickets', 'acme', '1', 'accepted')
) as t (batch_id, feed, source, object_id, verdict);
create table intermediate.int_rejected_lines as select * from (values
    ('00000001', false, 'missing_field', 'occurred_at'),
    ('00000002', false, 'missing_field', 'occurred_at'),
    ('00000002', false, 'missing_field', 'occurred_at'),
    ('00000002', false, 'not_json', null),
    ('00000002', true, 'bad_value', 'id')
) as t (batch_id, is_in_ledger, reason, field);
"""
NEEDS = """
create schema if not exists intermediate;
create table intermediate.int_needs_a_person as select * from (values
    ('refused_requests', '00000001', 'acme/erasures/ana@example.com.csv', 2),
    ('nameless_permissions', '00000001', 'acme/consents/c.csv', 1),
    ('unread_permissions', '00000001', 'acme/consents/broken.csv', null)
) as t (need, batch_id, file_path, line_number);
"""


def warehouse(folder: Path, *statements: str) -> Path:
    file = folder / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        for statement in statements:
            connection.execute(statement)
    return file


SHOPPERS = """
create table intermediate.int_orders as select * from (values
    ('shared', 'p1'), ('shared', null), ('strange', 'p1'), ('strange', null), ('own', 'p1'), ('quiet', 'p1')
) as t (source, profile_id);
create table intermediate.int_conversation_profiles as select * from (values
    ('shared', 'p1'), ('shared', 'p2'), ('strange', 'p2'), ('strange', null), ('own', 'p2')
) as t (source, profile_id);
insert into staging.stg_expanded_lines by name select source, feed, 'accepted' as verdict, '00000001' as batch_id
from (values ('shared'), ('strange'), ('quiet'), ('own')) as t (source)
cross join (values ('toy_tickets'), ('toy_orders')) as f (feed)
where source <> 'own' or feed = 'toy_tickets';
"""


def test_sources_of_two_vendors_whose_orders_and_conversations_share_no_shopper_are_noted(tmp_path: Path) -> None:
    """Spec §2.3.0.3: two systems' ids split every shopper; nobody in common is no sign where only one vendor lands."""
    file = warehouse(tmp_path, TRANSCRIPTS, SHOPPERS)
    assert take_notes(file, "00000001").strangers == ()
    with registered("gorgias"):
        ADAPTERS["toy_orders"] = replace(ADAPTERS["toy_tickets"], vendor="shopify")
        try:
            notes = take_notes(file, "00000001")
        finally:
            del ADAPTERS["toy_orders"]
    assert notes.strangers == ("strange",)
    write_notes(tmp_path, notes)
    assert read_notes(tmp_path).strangers == ("strange",)


@pytest.mark.parametrize(
    ("batch_id", "of_batch", "refused_records"),
    [
        ("00000001", Transcripts(2, 1), [("missing_field occurred_at", 1)]),
        ("00000002", Transcripts(4, 2), [("missing_field occurred_at", 2), ("not_json", 1)]),
        ("00000003", Transcripts(0, 0), []),
    ],
)
def test_a_batch_s_repeats_are_its_transcripts_whose_id_was_there(
    tmp_path: Path, batch_id: str, of_batch: Transcripts, refused_records: list[tuple[str, int]]
) -> None:
    """Two hundred transcripts that became fifty conversations, unsaid, once passed for a whole delivery."""
    notes = take_notes(warehouse(tmp_path, TRANSCRIPTS), batch_id)
    assert (notes.batch_id, notes.of_batch, notes.refused_records) == (batch_id, of_batch, refused_records)
    assert notes.by_source == {"acme": Transcripts(5, 3), "globex": Transcripts(1, 0)}


def test_notes_are_read_back_as_they_were_and_hold_no_name(tmp_path: Path) -> None:
    """They lie next to what erasure rewrites: a file may be called what its customer is called."""
    notes = take_notes(warehouse(tmp_path, TRANSCRIPTS, NEEDS), "00000002")
    assert {need: len(places) for need, places in notes.needs.items()} == {
        "refused_requests": 1,
        "nameless_permissions": 1,
    }
    write_notes(tmp_path, notes)
    assert read_notes(tmp_path) == notes
    kept = [path.read_text(encoding="utf-8") for path in tmp_path.glob("*.json")]
    assert len(kept) == 1 and "@" not in kept[0] and ".csv" not in kept[0]


def test_a_warehouse_without_these_tables_has_nothing_to_note(tmp_path: Path) -> None:
    assert take_notes(warehouse(tmp_path), "00000001") == Notes("00000001", refused_records=[])


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"batch_id": "1"}'])
def test_notes_that_are_missing_or_of_another_version_are_none(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "notes.json").write_text(text, encoding="utf-8")
    assert read_notes(tmp_path) == Notes()
