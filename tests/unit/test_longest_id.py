"""How long an id may be follows from how many lines the raw store has, and records made of them (spec §2.0.2)."""

import re
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from caw.adapters.expansion import expand_pending
from caw.erasure.staged_people import with_short_ids
from caw.explain.people import people
from caw.feeds.declared import DBT_PROJECT_DIR, SEEDS_DIR
from caw.feeds.keys import is_long_id, short_id
from caw.ingest.ingestion import ingest
from caw.raw_store import longest_id
from caw.raw_store.compaction import compact
from caw.raw_store.objects import Objects
from caw.raw_store.segment_history import forget_members
from caw.raw_store.store import RawStore
from caw.raw_store.tables import put_table, read_table

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HISTORY = "history/segment_membership_history.parquet"
TALK = '{"id": "t", "messages": [{"role": "user", "content": "hi", "timestamp": 1e9}]}\n'
DELIVERIES = (
    {"conversation_log/a.jsonl": '{"record_id": "r"}\n\nno json\n'},
    {"chat_transcripts/t.jsonl": TALK},
    {"chat_transcripts/t.jsonl": TALK.replace("hi", "hello")},
)
COUNTED = (3, 4, 5)  # blank and refused lines too, and of each version of the transcript the message that it makes


@pytest.fixture
def stores(tmp_path: Path) -> list[RawStore]:
    """The raw store after each delivery."""
    found = []
    for number, files in enumerate(DELIVERIES):
        for name, text in files.items():
            path = tmp_path / "landing" / "acme" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        ingest(tmp_path / "landing", tmp_path / "data", ingested_at=NOW)
        found.append(copied(tmp_path / "data", tmp_path / f"after_{number}"))
    return found


def copied(data_dir: Path, to: Path) -> RawStore:
    """The same raw store in another place."""
    shutil.copytree(data_dir, to)
    return RawStore(to)


def is_of_few(store: RawStore, few: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether its lines are few, if so many are."""
    monkeypatch.setattr(longest_id, "FEW_LINES", few)
    return {32_768: True, 1_000: False}[store.longest_id()]


def test_lines_and_records_made_of_them_count(stores: list[RawStore], monkeypatch: pytest.MonkeyPatch) -> None:
    """One transcript of a megabyte makes thousands of records, each with its conversation's id."""
    for store, counted in zip(stores, COUNTED, strict=True):
        assert is_of_few(store, counted, monkeypatch)
        assert not is_of_few(store, counted - 1, monkeypatch)


def test_compaction_leaves_as_many(stores: list[RawStore], monkeypatch: pytest.MonkeyPatch) -> None:
    """Step by step would no longer equal a rebuild."""
    compact(stores[-1], lambda done, total: None)
    expand_pending(stores[-1], SEEDS_DIR)
    assert is_of_few(stores[-1], COUNTED[-1], monkeypatch)
    assert not is_of_few(stores[-1], COUNTED[-1] - 1, monkeypatch)


def test_a_store_with_many_records_of_transcripts_reads_few_ledgers(
    stores: list[RawStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store of a vendor's feed alone has no lines that count: each tick would read all of its ledgers."""
    read: list[str] = []

    def noted(objects: Objects, name: str, columns: Sequence[str]) -> pa.Table:
        read.append(name)
        return read_table(objects, name, columns)

    monkeypatch.setattr(longest_id, "read_table", noted)
    assert is_of_few(stores[-1], COUNTED[-1], monkeypatch)
    assert len(read) == len(DELIVERIES)
    read.clear()
    assert not is_of_few(stores[-1], COUNTED[0], monkeypatch)  # the lines of the first batch, and a record
    assert len(read) == 1


def test_the_short_form_of_an_id_is_its_own() -> None:
    """What tables have shortened is compared with what lines have whole."""
    whole = "é" * 1_001
    assert (short_id("é" * 1_000), len(short_id(whole))) == ("é" * 1_000, 965)
    assert short_id(short_id(whole)) == short_id(whole) != short_id("é" * 1_002)
    assert [is_long_id(one) for one in (whole, short_id(whole), "é" * 1_000, short_id(whole)[:-1])] == [
        True,
        True,
        False,
        False,
    ]


def test_the_history_of_a_long_id_is_deleted_as_it_was_then(tmp_path: Path) -> None:
    """The history is never rebuilt: it has ids whole of when the raw store had few lines."""
    store, long = RawStore(tmp_path), "x" * 2_000
    members = {"source": ["acme"] * 4 + ["other"], "profile_id": [long, short_id(long), long + "x", "p", long]}
    put_table(store.objects, HISTORY, pa.table(members))
    forget_members(store, {"acme": [short_id(long)]})
    assert read_table(store.objects, HISTORY)["profile_id"].to_pylist() == [long + "x", "p", long]


def test_an_erasure_reads_ids_of_tables_in_their_short_form() -> None:
    """As `short_id`, in a list too; other columns and nulls stay as they are."""
    long = ["é" * 1_001, "\U0001f600" * 1_500, "x" * 899 + "é" * 102]
    with duckdb.connect() as connection:
        connection.execute("create table staged (profile_id text, anonymous_ids text[], skill text)")
        rows = [*((one, ["a", one, None], one) for one in long), ("é" * 1_000, [], None), (None, None, None)]
        connection.executemany("insert into staged values (?, ?, ?)", rows)
        found = connection.execute(f"from {with_short_ids('staged', ['profile_id', 'anonymous_ids'])}").fetchall()
    short = [(short_id(one), ["a", short_id(one), None], one) for one in long]
    assert found == [*short, ("é" * 1_000, [], None), (None, None, None)]


@pytest.mark.parametrize("kept", ["x" * 2_000, short_id("x" * 2_000)])
def test_somebody_is_found_by_a_long_id_whole_or_shortened(kept: str) -> None:
    """Whoever asks has the id as the shop has it; the warehouse may not."""
    with duckdb.connect() as connection:
        connection.execute("create schema intermediate")
        for name in ("people", "profile_versions", "suppressions", "message_sends"):
            connection.execute(f"create table intermediate.int_{name} (source text, profile_id text)")
        connection.execute(
            "create table intermediate.int_profile_merges (source text, profile_id text, final_profile_id text)"
        )
        connection.execute(
            "create table intermediate.int_profile_keys (source text, profile_id text, key_kind text, key_value text)"
        )
        connection.execute("insert into intermediate.int_people values ('acme', ?)", [kept])
        assert [one.profile_id for one in people(connection, "x" * 2_000)] == [kept]
        assert people(connection, "x" * 2_001) == []


def test_the_models_know_how_long_an_id_of_a_small_store_may_be() -> None:
    """A limit that is changed on one side alone: by hand, dbt would build with another one than a run."""
    macros = (DBT_PROJECT_DIR / "macros" / "parsing" / "parse_kinds.sql").read_text(encoding="utf-8")
    assert re.findall(r"macro longest_of_few\(\) -%} {{ return\((\d+)\)", macros) == [str(longest_id.LONGEST_OF_FEW)]
