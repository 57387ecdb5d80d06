"""`caw export postgres` against a real server."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from caw.export.keys import keys
from caw.export.postgres import DRAFT, ExportError, export
from caw_dagster.cli import main
from tests.support.postgres import PASSWORD, programs, server

dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi")
BINARIES = programs()
pytestmark = pytest.mark.skipif(BINARIES is None, reason="no Postgres server here, or not root")
AT = datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    assert BINARIES is not None
    with server(BINARIES) as address:
        yield address


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A published file of every type, with one conversation; `prefix` of a test keeps it apart from the others."""
    file = tmp_path / "data" / "published" / "marts.duckdb"
    file.parent.mkdir(parents=True)
    with duckdb.connect(str(file)) as connection:
        for schema in ("events", "segments", "retargeting", "performance", "health"):
            connection.execute(f"create schema {schema}")
        connection.execute(
            "create table performance.conversations (source varchar not null, conversation_id varchar not null, "
            "tags varchar[] not null, started_at timestamptz, day date, hour integer, items bigint, "
            "seconds double, stood boolean, money decimal(18,2), pieces decimal(38,6))"
        )
        connection.execute("comment on table performance.conversations is 'One row per it''s conversation.'")
        connection.execute("comment on column performance.conversations.money is 'What it came to.'")
        connection.execute(
            "insert into performance.conversations values ('acme', 'c' || chr(0) || '1', ['a', chr(0) || 'é', null], ?, "
            "'2026-06-30', 12, 9000000000, 0.25, true, -12.34, 1.5), ('acme', 'c2', [], null, null, null, null, "
            "null, null, null, null)",
            [AT],
        )
        connection.execute("create view events.activity_feed as select source from performance.conversations")
    return file


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def run(url: str, *statements: str) -> None:
    with dbapi.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_every_type_comment_and_key_arrives(url: str, published: Path) -> None:
    """Prevents a value that changes on the way; U+0000 alone is left out (spec §9)."""
    done = export(published, url, "a_")
    assert done.rows == {"performance.conversations": 2, "events.activity_feed": 2}
    assert done.without_key == ()
    found = rows(
        url,
        "select conversation_id, array_to_string(tags, ',', '-'), started_at, day::text, hour, items, seconds, stood, "
        "money::text, pieces::text from a_performance.conversations order by conversation_id",
    )
    first = ("c1", "a,é,-", AT, "2026-06-30", 12, 9_000_000_000, 0.25, True, "-12.34", "1.500000")
    assert found == [first, ("c2", "", *[None] * 8)]
    assert rows(url, "select count(*) from a_events.activity_feed") == [(2,)]
    comments = "obj_description('a_performance.conversations'::regclass), col_description(c, 10)"
    assert rows(url, f"select {comments} from (select 'a_performance.conversations'::regclass as c) as one") == [
        ("One row per it's conversation.", "What it came to.")
    ]
    key = "select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'a_performance.conversations'::regclass"
    assert rows(url, f"{key} and contype = 'p'") == [("PRIMARY KEY (source, conversation_id)",)]


def test_a_key_too_long_for_an_index_is_left_out_and_named(url: str, published: Path) -> None:
    """Prevents one long id from stopping every export."""
    with duckdb.connect(str(published)) as connection:
        long = "select 'acme', repeat('x', 5000), [], null, null, null, null, null, null, null, null"
        connection.execute(f"insert into performance.conversations {long}")
    done = export(published, url, "b_")
    assert done.without_key == ("performance.conversations",)
    assert rows(url, "select max(length(conversation_id)) from b_performance.conversations") == [(5000,)]


def test_grants_are_given_to_the_new_schemas(url: str, published: Path) -> None:
    """Prevents a BI tool that is locked out by the next export."""
    export(published, url, "c_")
    run(
        url,
        'create role "bi Reader"',
        'grant usage on schema c_performance to "bi Reader"',
        'grant select on c_performance.conversations to "bi Reader"',
    )
    with duckdb.connect(str(published)) as connection:
        connection.execute("delete from performance.conversations where conversation_id = 'c2'")
    export(published, url, "c_")
    asked = "select has_schema_privilege('bi Reader', 'c_performance', 'usage'), "
    asked += "has_table_privilege('bi Reader', 'c_performance.conversations', 'select'), "
    asked += "has_table_privilege('bi Reader', 'c_performance.conversations', 'insert')"
    assert rows(url, asked) == [(True, True, False)]
    assert rows(url, "select count(*) from c_performance.conversations") == [(1,)]


def test_a_schema_of_others_is_named_and_nothing_is_touched(url: str, published: Path) -> None:
    """Prevents an export that drops somebody's tables, and one that stops half-way."""
    run(url, "create schema d_segments", "create table d_segments.theirs (x int)")
    with pytest.raises(ExportError, match="d_segments"):
        export(published, url, "d_")
    assert rows(url, "select nspname from pg_namespace where nspname like 'd\\_%'") == [("d_segments",)]
    assert rows(url, "select count(*) from d_segments.theirs") == [(0,)]


def test_a_failure_leaves_the_old_schemas(url: str, published: Path) -> None:
    """Prevents a failed export that takes away what the last one wrote: a view of somebody's, and a repeated key."""
    export(published, url, "e_")
    with duckdb.connect(str(published)) as connection:
        connection.execute("delete from performance.conversations where conversation_id = 'c2'")
    run(url, "create schema theirs", "create view theirs.mine as select source from e_performance.conversations")
    with pytest.raises(ExportError, match=r"theirs\.mine"):
        export(published, url, "e_")
    assert rows(url, "select count(*) from theirs.mine") == [(2,)]
    run(url, "drop view theirs.mine", "create function e_health.own() returns int language sql as 'select 1'")
    with pytest.raises(ExportError, match="2BP01"):
        export(published, url, "e_")
    assert rows(url, "select count(*), e_health.own() from e_performance.conversations") == [(2, 1)]
    assert rows(url, f"select count(*) from pg_namespace where nspname like 'e\\_%{DRAFT}'") == [(0,)]


def test_the_command_says_what_it_did_and_never_the_address(
    url: str, published: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Prevents a password in a journal, also where the address is wrong."""
    arguments = ["export", "postgres", "--url-env", "PG_URL", "--data-dir", str(published.parents[1])]
    monkeypatch.setenv("PG_URL", url)
    assert main([*arguments, "--schema-prefix", "f_"]) == 0
    assert "2 tables with 4 rows" in capsys.readouterr().out
    for wrong in (url.replace("127.0.0.1", "127.0.0.1:x"), url.replace("/postgres", "/none"), url.replace("s3", "s4")):
        monkeypatch.setenv("PG_URL", wrong)
        assert main(arguments) == 1
        said = capsys.readouterr()
        assert "address" in said.err and PASSWORD[2:] not in said.err + said.out
    monkeypatch.delenv("PG_URL")
    assert main(arguments) == 2


def test_every_declared_key_is_one_of_a_published_table() -> None:
    """Prevents keys that are looked up under another name than the table's."""
    found = keys()
    assert found["performance.orders"] == ("source", "order_id")
    assert found["performance.sources"] == ("source",)
    assert found["segments.segment_membership_history"] == ("segment_id", "source", "profile_id", "entered_at")
    assert "health.ingestion_ledger" not in found
