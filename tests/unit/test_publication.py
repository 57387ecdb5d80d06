"""The published file: what it holds, in which format, and that it is replaced whole or not at all."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from caw.publication import (
    FILE_NAME,
    LastRun,
    Published,
    instant_name,
    publish,
    published_as_of,
)

AS_OF = datetime(2025, 8, 1, 0, 0, 0, 123456, tzinfo=UTC)
BUILD = """
create schema events; create schema health; create schema staging; create schema "odd ""one";
create table events.started (
    event_id varchar not null, tags varchar[], revenue decimal(18, 2), occurred_at timestamptz, "Größe" integer
);
comment on table events.started is 'One row per conversation; it''s the grain.';
comment on column events.started."Größe" is 'A column with a hard name.';
insert into events.started values ('a', ['x', 'y'], 1.5, '2025-07-01 00:00:00+00', 1), ('b', [], null, null, null);
create view events.feed as
    select event_id, to_json({'tags': tags, 'where': 'warehouse.events'}) as properties from warehouse.events.started;
comment on view events.feed is 'All events.';
comment on column events.feed.properties is 'JSON text.';
create view events.feed_of_feed as select event_id from events.feed;
create table health.ledger as select 1 as lines;
create table staging.private as select 'a person' as name;
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(BUILD)
    return file


def published(
    warehouse: Path, as_of: datetime = AS_OF, run_id: str = "run", by_clock: bool = False, at: datetime | None = None
) -> Published:
    last_run = LastRun(run_id, as_of, at or AS_OF + timedelta(seconds=9), "1.2.3")
    return publish(warehouse, warehouse.parent / "published", last_run, by_clock=by_clock)


def versions(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "parquet").iterdir() if path.is_dir() and not path.is_symlink())


def rows(file: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(sql).fetchall()


def test_tables_arrive_with_types_constraints_and_comments(warehouse: Path) -> None:
    file = published(warehouse).path
    columns = "select column_name, data_type, is_nullable, comment from duckdb_columns() where table_name = 'started'"
    assert rows(file, columns) == rows(warehouse, columns)
    assert rows(file, "from events.started") == rows(warehouse, "from events.started")
    comments = "select comment from duckdb_tables() where table_name = 'started'"
    assert rows(file, comments) == [("One row per conversation; it's the grain.",)]


def test_views_stay_views_and_need_no_other_database(warehouse: Path) -> None:
    """A view that names the warehouse would fail for everyone who opens the published file alone."""
    file = published(warehouse).path
    assert rows(file, "select view_name, comment from duckdb_views() where not internal order by 1") == [
        ("feed", "All events."),
        ("feed_of_feed", None),
    ]
    assert rows(file, "select properties from events.feed where event_id = 'a'") == [
        ('{"tags":["x","y"],"where":"warehouse.events"}',)
    ]
    with duckdb.connect() as other:
        other.execute(f"attach '{file}' as anything (read_only)")
        assert other.execute("select count(*) from anything.events.feed_of_feed").fetchall() == [(2,)]


def test_only_the_published_schemas_are_in_it(warehouse: Path) -> None:
    """Staging holds what people wrote."""
    file = published(warehouse).path
    schemas = "select distinct schema_name from duckdb_tables() order by 1"
    assert rows(file, schemas) == [("events",), ("health",)]


def test_texts_too_large_for_the_memory_are_copied_a_few_rows_at_a_time(tmp_path: Path) -> None:
    """JSON of 2,048 rows takes many times their text: publication ended, with it every later run's."""
    file, published_folder = tmp_path / "warehouse.duckdb", tmp_path / "published"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema events")
        connection.execute(
            "create table events.started as select md5(cast(i as varchar)) as event_id, repeat('ab', 450000) "
            "as first_message from range(12) as numbers(i)"
        )
        connection.execute(
            "create view events.feed as select event_id, cast(json_object('first_message', first_message) as varchar) as "
            "properties from warehouse.events.started"
        )
    options = {"memory_limit": "64MB", "threads": "2", "temp_directory": str(tmp_path / "spill")}
    last_run = LastRun("run", AS_OF, AS_OF, "1.2.3")
    published = publish(file, published_folder, last_run, options)
    feed = published.parquet / "events" / "feed.parquet"
    with duckdb.connect() as connection:
        [(count, same)] = connection.execute(
            f"select count(*), count(distinct event_id) from '{feed}' where length(properties) = 900020"
        ).fetchall()
    assert (count, same) == (12, 12)


def test_the_last_run_stands_in_the_file(warehouse: Path) -> None:
    file = published(warehouse).path
    assert rows(file, "select run_id, epoch_us(as_of), version from health.last_run") == [
        ("run", int(AS_OF.timestamp()) * 1_000_000 + 123_456, "1.2.3")
    ]
    assert published_as_of(file) == AS_OF


def test_the_format_is_one_that_older_clients_read(warehouse: Path) -> None:
    """DuckDB 2 writes by default what no 1.x client opens. The version is in bytes 12 to 19 of the file."""
    header = published(warehouse).path.read_bytes()[8:20]
    assert header[:4] == b"DUCK"
    assert int.from_bytes(header[4:], "little") == 64


def test_rows_are_counted_by_table(warehouse: Path) -> None:
    assert published(warehouse).rows == {"events.started": 2, "health.ledger": 1}


def test_an_earlier_instant_goes_next_to_the_latest(warehouse: Path) -> None:
    latest = published(warehouse).path
    earlier = published(warehouse, AS_OF - timedelta(days=1), "past")
    assert earlier.path == latest.parent / "as_of" / "2025-07-31T000000.123456Z" / FILE_NAME
    assert rows(latest, "select run_id from health.last_run") == [("run",)]
    again = published(warehouse, AS_OF, "same instant")
    assert again.path == latest


def test_a_run_by_the_clock_is_the_latest_though_the_clock_was_ahead_before(warehouse: Path) -> None:
    """Spec §5.3: every run until the clock has caught up went to a folder of its own, and BI saw none of them."""
    ahead = published(warehouse, AS_OF + timedelta(days=3), "ahead", by_clock=True)
    assert ahead.ahead is None
    right = published(warehouse, AS_OF, "right", by_clock=True)
    assert (right.path, right.ahead) == (ahead.path, AS_OF + timedelta(days=3))
    assert rows(right.path, "select run_id from health.last_run") == [("right",)]
    assert sorted(path.name for path in right.path.parent.iterdir()) == [FILE_NAME, "parquet"]
    assert published(warehouse, AS_OF + timedelta(minutes=5), "next", by_clock=True).ahead is None


def test_an_instant_is_earlier_than_what_is_published_now_not_than_what_once_was(warehouse: Path) -> None:
    """Spec §5.3."""
    published(warehouse, AS_OF + timedelta(days=3), "ahead", by_clock=True)
    other = published(warehouse, AS_OF + timedelta(days=1), "earlier than now")
    assert other.path.parent.parent.name == "as_of"
    latest = published(warehouse, AS_OF, "right", by_clock=True)
    given = published(warehouse, AS_OF + timedelta(hours=1), "between")
    assert given.path == latest.path
    assert published(warehouse, AS_OF, "past").path.parent.parent.name == "as_of"


def test_parquet_versions_that_a_clock_which_was_ahead_has_named_do_not_outlive_it(warehouse: Path) -> None:
    """Whoever takes the last version by its name was given the one of the wrong clock until that had come."""
    folder = warehouse.parent / "published"
    for number in range(3):
        published(warehouse, AS_OF, f"ahead-{number}", by_clock=True, at=AS_OF + timedelta(days=3, minutes=number))
    for number in range(2):
        right = published(warehouse, AS_OF, f"right-{number}", by_clock=True, at=AS_OF + timedelta(minutes=number))
        assert versions(folder)[-1] == right.parquet == (folder / "parquet" / "current").resolve()
    assert len(versions(folder)) == 2


def test_a_failed_publication_changes_nothing_and_leaves_nothing(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = published(warehouse).path
    before = file.read_bytes()
    monkeypatch.setattr("caw.publication.last_run.CREATE", "select error('disk full')")
    with pytest.raises(duckdb.Error):
        published(warehouse, run_id="next")
    assert file.read_bytes() == before
    assert sorted(path.name for path in file.parent.iterdir()) == [FILE_NAME, "parquet"]
    assert len(versions(file.parent)) == 1


def test_what_a_dead_publication_left_is_removed(warehouse: Path) -> None:
    folder = warehouse.parent / "published"
    folder.mkdir()
    for name in (f".{FILE_NAME}.dead.tmp", f".{FILE_NAME}.dead.tmp.wal"):
        (folder / name).touch()
    (folder / "parquet" / ".draft-dead" / "events").mkdir(parents=True)
    (folder / "parquet" / ".draft-link").symlink_to("nowhere")
    published(warehouse)
    assert sorted(path.name for path in folder.iterdir()) == [FILE_NAME, "parquet"]
    assert sorted(path.name for path in (folder / "parquet").iterdir()) == [versions(folder)[0].name, "current"]


def test_a_reader_keeps_its_file_while_the_next_one_is_published(warehouse: Path) -> None:
    file = published(warehouse).path
    with duckdb.connect(str(file), read_only=True) as reader:
        published(warehouse, AS_OF + timedelta(days=1), "next")
        assert reader.execute("select run_id from health.last_run").fetchall() == [("run",)]
    assert rows(file, "select run_id from health.last_run") == [("next",)]


def test_instants_are_names_that_any_file_system_takes() -> None:
    assert instant_name(datetime(2025, 8, 1, tzinfo=UTC)) == "2025-08-01T000000Z"
