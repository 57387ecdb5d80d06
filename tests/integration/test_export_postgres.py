"""`caw export postgres` against a real server."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from caw.export import postgres
from caw.export.keys import keys
from caw.export.postgres import DRAFT, ExportError, export, lock_schemas
from caw.publication.copies import copies_to_write_again, outdating_copies
from caw_dagster.cli import main
from tests.support.patience import PATIENCE_SECONDS, wait_until
from tests.support.postgres import PASSWORD, WITHOUT, programs, server

dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi")
URL = f"postgresql://caw:{PASSWORD}@db.invalid/warehouse"
ROOT = Path(__file__).resolve().parents[2]
# Exports until a function is called for the second time, and is killed there.
KILLED = """
import os, signal, sys
from pathlib import Path
from caw.export import postgres
name, calls = sys.argv[1], []
before = getattr(postgres, name)
def dies(*arguments):
    calls.append(1)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return before(*arguments)
setattr(postgres, name, dies)
postgres.export(Path(sys.argv[2]), sys.argv[3], "j_")
"""
AT = datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    binaries = programs()
    if binaries is None:
        pytest.skip(WITHOUT)
    with server(binaries) as address:
        yield address


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A published file of every type, with one conversation; `prefix` of a test keeps it apart from the others."""
    file = tmp_path / "data" / "published" / "marts.duckdb"
    file.parent.mkdir(parents=True)
    (file.parents[1] / "state").mkdir()
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
    away = re.sub(r":\d+/", ":1/", url)
    for wrong in (
        url.replace("127.0.0.1", "127.0.0.1:x"),
        url.replace("/postgres", "/none"),
        url.replace("s3", "s4"),
        away,
    ):
        monkeypatch.setenv("PG_URL", wrong)
        assert main(arguments) == 1
        said = capsys.readouterr()
        assert "address" in said.err and PASSWORD[2:] not in said.err + said.out and said.err.count("\n") == 1
    monkeypatch.delenv("PG_URL")
    assert main(arguments) == 2
    with outdating_copies(published.parents[1] / "state"):
        pass
    (again,) = copies_to_write_again(published.parents[1] / "state")
    assert again.startswith("Write again caw export postgres --url-env PG_URL --schema-prefix=f_ --data-dir /")


@pytest.mark.parametrize("wrong", [["--url-env", URL], ["--url", URL], ["--db", URL, "--url-env", "PG_URL"], [URL]])
def test_an_address_on_the_command_line_is_refused_without_its_password(
    wrong: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who gives the address in place of the variable's name finds the password in the service's journal."""
    to = [] if wrong == [URL] else ["postgres"]
    assert main(["export", *to, *wrong, "--data-dir", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert PASSWORD not in said.err + said.out and said.err.count("\n") == 1


def test_a_login_without_rights_and_a_file_that_is_none_are_reported_in_a_sentence(url: str, published: Path) -> None:
    run(url, "create role poor login password 'poor'")
    with pytest.raises(ExportError, match="42501: this login may not do it: grant it CREATE on the database"):
        export(published, url.replace(f"postgres:{PASSWORD}", "poor:poor"), "g_")
    published.write_text("no database")
    with pytest.raises(ExportError, match=r"marts\.duckdb cannot be read"):
        export(published, url, "g_")
    assert rows(url, "select count(*) from pg_namespace where nspname like 'g\\_%'") == [(0,)]


@pytest.mark.parametrize(
    ("prefix", "why"), [("ü" * 40, "too long"), ("x" * 50, "too long"), ("pg_", "keeps for itself")]
)
def test_a_prefix_that_postgres_would_cut_or_refuse_is_named(prefix: str, why: str, tmp_path: Path) -> None:
    """Postgres cuts a long name without a word, so that old and new schema would have one name."""
    with pytest.raises(ExportError, match=why):
        export(tmp_path / "none", "postgresql://nobody@127.0.0.1:1/none", prefix)


@pytest.mark.parametrize("prefix", ['a"b', "a'b;--", "😀 ", "%s{}", ""])
def test_any_other_prefix_is_a_name(url: str, published: Path, prefix: str) -> None:
    export(published, url, prefix)
    export(published, url, prefix)
    schema = f"{prefix}performance".replace('"', '""')
    assert rows(url, f'select count(*) from "{schema}".conversations') == [(2,)]


def test_a_second_export_waits_for_the_first(url: str, published: Path) -> None:
    """Both would make the same schemas, and one would fail half-way."""
    with ThreadPoolExecutor(1) as other, dbapi.connect(url) as connection, connection.cursor() as cursor:
        lock_schemas(cursor, "h_")
        second = other.submit(export, published, url, "h_")
        waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
        wait_until(lambda: rows(url, waiting) == [(1,)])
        connection.rollback()
        assert second.result(PATIENCE_SECONDS).rows["performance.conversations"] == 2


def test_a_query_that_does_not_end_stops_the_export_and_not_everybody_elses(
    url: str, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A forgotten session of one analyst: the export waits for it for ever, and all others' queries behind the export."""
    monkeypatch.setattr(postgres, "LOCK_WAIT", "200ms")
    export(published, url, "i_")
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from i_performance.conversations")
        assert cursor.fetchall() == [(2,)]
        with pytest.raises(ExportError, match="55P03: a query on the old tables has not ended"):
            export(published, url, "i_")
        assert rows(url, "select count(*) from i_performance.conversations") == [(2,)]
    export(published, url, "i_")


def test_a_killed_export_leaves_the_old_schemas_whole_and_nothing_of_its_own(url: str, published: Path) -> None:
    """Killed where the drafts are filled, and where some of the old tables are gone already."""
    export(published, url, "j_")
    with duckdb.connect(str(published)) as connection:
        connection.execute("delete from performance.conversations where conversation_id = 'c2'")
    for function in ("_copied", "_give_way"):
        ended = subprocess.run([sys.executable, "-c", KILLED, function, str(published), url], cwd=ROOT, check=False)
        assert ended.returncode == -signal.SIGKILL
        assert rows(url, "select count(*) from j_performance.conversations") == [(2,)]
        wait_until(lambda: rows(url, f"select count(*) from pg_namespace where nspname like 'j\\_%{DRAFT}'") == [(0,)])
    export(published, url, "j_")
    assert rows(url, "select count(*) from j_performance.conversations") == [(1,)]


def test_every_declared_key_is_one_of_a_published_table() -> None:
    """Prevents keys that are looked up under another name than the table's."""
    found = keys()
    assert found["performance.orders"] == ("source", "order_id")
    assert found["performance.sources"] == ("source",)
    assert found["segments.segment_membership_history"] == ("segment_id", "source", "profile_id", "entered_at")
    assert "health.ingestion_ledger" not in found
