"""A publication that starts from the one before equals one that starts from nothing, whatever changed in between."""

import random
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from caw.publication import FILE_NAME, PARQUET, Published, forget_published, stepwise
from tests.support.publishing import AS_OF, change, content, parquet_content, published

BUILD = """
create schema events; create schema health; create schema segments; create schema performance; create schema staging;
create table events.started (event_id varchar not null, tags varchar[], revenue decimal(18, 2), first_message varchar);
insert into events.started select 'e' || i, ['a', 'b'], i / 7, 'words ' || i from range(200) as t (i);
comment on table events.started is 'One row per conversation.';
create table segments.membership (profile_id varchar, qualified_at timestamptz, as_of timestamptz not null);
insert into segments.membership select 'p' || i, '2025-07-01 00:00+00'::timestamptz, '2025-08-01 00:00+00' from range(100) as t (i);
create table health.rejected (raw_text varchar, line integer);
insert into health.rejected select 'the same line', 1 from range(4);
create table performance.daily (date date, rate double);
insert into performance.daily values ('2025-07-01', 0.5), ('2025-07-02', null);
create view events.feed as
    select event_id, to_json(tags) as properties from warehouse.events.started
    union all (select event_id, to_json(revenue) as properties from warehouse.events.started)
    union all (select event_id, to_json(first_message) as properties from warehouse.events.started);
"""
# Values that look alike to a careless comparison.
LISTS = ("null", "[]", "['']", "[null]", "['a', 'b']", "['b', 'a']", "['a, b']", "['a', null]", "[null, 'a']")
# The clock moves on, and with it what says the same.
MOVE = """
update segments.membership
set as_of = '2025-08-04 00:00+00'::timestamptz + to_minutes({minutes}),
    qualified_at = case when qualified_at = as_of then '2025-08-04 00:00+00'::timestamptz + to_minutes({minutes})
    else qualified_at end
"""
INSTANTS = ("null", "'2025-08-01 00:00+00'", "'2025-08-02 00:00+00'")
TEXTS = ("null", "''", "'null'", "'0'", "' '", "'é'", "'é'")


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    file = tmp_path / "warehouse.duckdb"
    change(file, BUILD)
    return file


def assert_as_from_nothing(warehouse: Path, step: Published, number: int, as_of: datetime | None = None) -> None:
    fresh = published(warehouse, number, f"fresh-{number}", as_of)
    assert content(step.path) == content(fresh.path)
    assert parquet_content(step.parquet) == parquet_content(fresh.parquet)
    assert step.rows == fresh.rows
    shutil.rmtree(warehouse.parent / f"fresh-{number}")


def drawn_change(draw: random.Random) -> str:
    """A statement that changes something of the warehouse."""
    row, other = draw.randrange(260), draw.randrange(100)
    texts, lists = draw.choice(TEXTS), draw.choice(LISTS)
    instant, clock = draw.choice(INSTANTS), draw.choice(INSTANTS)
    return draw.choice(
        (
            f"update events.started set tags = {lists} where event_id = 'e{row}'",
            f"update events.started set first_message = {texts} where event_id = 'e{row}'",
            f"delete from events.started where event_id = 'e{row}'",
            f"insert into events.started values ('e{row}', {lists}, {other} / 3, {texts})",
            f"insert into health.rejected select 'the same line', 1 from range({other % 3})",
            "delete from health.rejected where rowid in (select max(rowid) from health.rejected)",
            f"insert into health.rejected values ({texts}, null)",
            f"update segments.membership set as_of = '2025-08-02 00:00+00'::timestamptz + to_minutes({row})",
            f"update segments.membership set as_of = '2025-08-03 00:00+00' where profile_id = 'p{other}'",
            f"update segments.membership set qualified_at = null where profile_id = 'p{other}'",
            f"update segments.membership set qualified_at = as_of where profile_id < 'p{other}'",
            MOVE.format(minutes=row),
            "create or replace table health.seen as select n, seen_at::timestamptz as seen_at, "
            f"{clock}::timestamptz as as_of from (values (1, {instant}), (2, null), (3, {clock})) as t (n, seen_at)",
            "delete from segments.membership",
            f"insert into segments.membership values ('p{other}', null, '2025-08-01 00:00+00')",
            f"create or replace table performance.daily (date date, rate double, n{row} integer)",
            "create or replace table performance.daily as select 1::bigint as date",
            "drop table if exists performance.daily",
            f"create table if not exists performance.t{row} as select {row} as n",
            f"comment on table events.started is {texts}",
            f"comment on column events.started.tags is {texts}",
            f"create or replace view events.feed as select event_id, {row} as n from warehouse.events.started",
            "create or replace view events.feed_2 as select count(*) as n from warehouse.segments.membership",
            "create or replace table events.started as from events.started order by random()",
            f"delete from events.started where hash(event_id, {row}) % 3 = 0",
        )
    )


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 12))])
def test_a_publication_equals_one_from_nothing_after_any_changes(warehouse: Path, seed: int) -> None:
    """A row, column, comment or view that a step overlooks would stay wrong in every publication after it."""
    draw = random.Random(seed)
    published(warehouse, 0)
    for number in range(1, 5):
        for _ in range(draw.randrange(5)):
            change(warehouse, drawn_change(draw))
        assert_as_from_nothing(warehouse, published(warehouse, number), number)


@pytest.mark.parametrize("before", LISTS)
@pytest.mark.parametrize("after", LISTS)
def test_lists_that_look_alike_are_told_apart(before: str, after: str) -> None:
    """DuckDB gives an absent and an empty list one hash."""
    if before == after:
        return
    hashed = ", ".join(stepwise._hashed("tags", "VARCHAR[]"))
    sql = f"select hash({hashed}) from (select unnest([{before}, {after}]::varchar[][]) as tags)"
    (one,), (other,) = duckdb.execute(sql).fetchall()
    assert one != other


def test_what_did_not_change_is_not_written_again(warehouse: Path) -> None:
    """The tick on a long history is cheap only if the history stays where it is."""
    published(warehouse, 0)
    change(warehouse, "update segments.membership set as_of = '2025-08-02 00:00+00'")
    first = versions(warehouse)[-1]
    second = published(warehouse, 1)
    assert second.changed == {"segments.membership", "health.last_run"}
    same = {
        str(file.relative_to(first))
        for file in first.glob("*/*.parquet")
        if file.samefile(second.parquet / file.relative_to(first))
    }
    assert same == {
        "events/started.parquet",
        "events/feed.parquet",
        "health/rejected.parquet",
        "performance/daily.parquet",
    }


def test_instants_that_say_what_the_clock_says_move_with_it(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Members without an event to qualify by, and all that is still checked, would be written again in every tick."""
    change(warehouse, "update segments.membership set qualified_at = as_of where profile_id >= 'p85'")
    published(warehouse, 0)
    for number in (1, 2):
        change(warehouse, MOVE.format(minutes=number))
        with monkeypatch.context() as patched:
            patched.delattr(stepwise, "_insert")  # no row may be written again
            step = published(warehouse, number)
        assert_as_from_nothing(warehouse, step, number)


def versions(warehouse: Path, folder: str = "published") -> list[Path]:
    found = (warehouse.parent / folder / PARQUET).iterdir()
    return sorted(path for path in found if path.is_dir() and not path.is_symlink())


def test_a_past_instant_is_published_next_to_the_latest_and_changes_nothing_of_it(warehouse: Path) -> None:
    latest = published(warehouse, 1)
    before = content(latest.path), parquet_content(latest.parquet)
    change(warehouse, "delete from events.started where event_id < 'e2'")
    past = published(warehouse, 2, as_of=AS_OF - timedelta(days=1))
    assert past.path == latest.path.parent / "as_of" / "2025-07-31T000000Z" / FILE_NAME
    assert past.parquet.parent == past.path.parent / PARQUET
    assert_as_from_nothing(warehouse, past, 2, AS_OF - timedelta(days=1))
    assert (content(latest.path), parquet_content(latest.parquet)) == before
    assert_as_from_nothing(warehouse, published(warehouse, 3), 3)


def test_the_pointer_names_the_version_of_the_published_file(warehouse: Path) -> None:
    """Both publications are of one run."""
    for number in range(5):
        done = published(warehouse, number)
    current = warehouse.parent / "published" / PARQUET / "current"
    assert current.is_symlink()
    assert current.resolve() == done.parquet == versions(warehouse)[-1]
    row = duckdb.execute(f"select run_id from '{current}/health/last_run.parquet'").fetchall()
    assert row == [("run-4",)]


def test_old_versions_are_kept_for_open_readers_but_only_a_few(warehouse: Path) -> None:
    for number in range(6):
        published(warehouse, number)
    assert [version.name[-5:] for version in versions(warehouse)] == ["run-3", "run-4", "run-5"]


def test_a_data_dir_copied_with_links_followed_is_gone_on_with(warehouse: Path, tmp_path: Path) -> None:
    """Many ways to copy a folder make a folder of the link; a rename cannot replace that."""
    published(warehouse, 0)
    copied = Path(shutil.copytree(warehouse.parent, tmp_path / "restored", ignore=shutil.ignore_patterns("restored")))
    assert not (copied / "published" / PARQUET / "current").is_symlink()
    done = published(copied / warehouse.name, 1)
    assert (copied / "published" / PARQUET / "current").resolve() == done.parquet.resolve()
    assert len(versions(copied / warehouse.name)) == 2
    assert_as_from_nothing(copied / warehouse.name, done, 1)


def test_a_version_of_another_run_is_not_gone_on_from(warehouse: Path) -> None:
    """A run that died between the two switches leaves Parquet one run behind: its files may be out of date."""
    published(warehouse, 0)
    current = warehouse.parent / "published" / PARQUET / "current"
    behind = current.readlink()
    change(warehouse, "delete from events.started where event_id = 'e7'")
    published(warehouse, 1)
    current.unlink()
    current.symlink_to(behind)
    assert_as_from_nothing(warehouse, published(warehouse, 2), 2)


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"no database" * 1000),
        lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
        lambda file: change(file, "drop table health.last_run"),
        lambda file: change(file, "update events.started set first_message = 'somebody else wrote here'"),
    ],
    ids=["empty", "not a database", "cut", "without its run", "written to"],
)
def test_a_damaged_published_file_is_replaced(warehouse: Path, damage: Callable[[Path], None]) -> None:
    """Otherwise one bad block would stop every publication after it."""
    damage(published(warehouse, 0).path)
    assert_as_from_nothing(warehouse, published(warehouse, 1), 1)


def test_a_client_that_holds_the_file_open_for_writing_does_not_stop_the_publication(warehouse: Path) -> None:
    """Some tools open every database for writing, and hold its lock."""
    file = published(warehouse, 0).path
    with duckdb.connect(str(file)):
        change(warehouse, "delete from events.started where event_id = 'e7'")
        done = published(warehouse, 1)
    assert_as_from_nothing(warehouse, done, 1)


def test_forgetting_leaves_nothing_that_was_published_before(warehouse: Path) -> None:
    """What must be gone is gone from past instants, older versions and the file's free pages too."""
    word = b"words that somebody wants forgotten"
    change(warehouse, f"update events.started set first_message = '{word.decode()} ' || event_id")
    published(warehouse, 1)
    published(warehouse, 2, as_of=AS_OF - timedelta(days=1))
    change(warehouse, "update events.started set first_message = null")
    published(warehouse, 3)
    folder = warehouse.parent / "published"
    assert any(word in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    forget_published(folder)
    done = published(warehouse, 4)
    assert not [path for path in folder.rglob("*") if path.is_file() and word in path.read_bytes()]
    assert sorted(path.name for path in folder.iterdir()) == [FILE_NAME, PARQUET]
    assert versions(warehouse) == [done.parquet]
    assert_as_from_nothing(warehouse, done, 4)


def test_forgetting_makes_even_a_past_instant_the_latest(warehouse: Path) -> None:
    """The latest file still holds what must go, so it cannot stay."""
    published(warehouse, 1)
    forget_published(warehouse.parent / "published")
    done = published(warehouse, 2, as_of=AS_OF - timedelta(days=1))
    assert done.path == warehouse.parent / "published" / FILE_NAME
    with duckdb.connect(str(done.path), read_only=True) as connection:
        assert connection.execute("select run_id from health.last_run").fetchall() == [("run-2",)]


def test_the_file_does_not_grow_with_the_number_of_publications(warehouse: Path) -> None:
    """Rows that were deleted keep their place for a while, and DuckDB never gives free pages back."""
    change(warehouse, "insert into events.started select 'n' || i, [], i, md5(i::varchar) from range(20000) as t (i)")
    first = published(warehouse, 0).bytes
    for number in range(1, 13):
        seventh = f"hash(event_id) % 7 = {number % 7}"
        change(warehouse, f"update events.started set first_message = md5(first_message) where {seventh}")
        change(
            warehouse,
            f"update segments.membership set as_of = '2025-08-01 00:00+00'::timestamptz + to_minutes({number})",
        )
        last = published(warehouse, number)
    assert last.bytes < 2.5 * first


def test_the_file_shrinks_when_its_rows_are_gone(warehouse: Path) -> None:
    """After the first publication without them, the pages are free; the one after that is rewritten."""
    small = published(warehouse, 0).bytes
    change(warehouse, "create table events.big as select md5(i::varchar) as text from range(300000) as t (i)")
    change(warehouse, "create table events.zzz as select md5(i::varchar) as text from range(100) as t (i)")
    big = published(warehouse, 1).bytes
    change(warehouse, "drop table events.big")
    published(warehouse, 2)
    assert published(warehouse, 3).bytes < small + big / 2
