"""A copy of the segments' history inside the raw store, because no log can give it back: memberships and sizes.

The warehouse is where it is written; after each whole build it is copied here, and a new warehouse starts from here.
Before a build it is made ready for the run's instant: what a clock that was ahead wrote is set back, and sizes of long
ago are thinned.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from caw.feeds.keys import LONGEST_ID, short_id
from caw.host import atomic
from caw.raw_store.objects import exists
from caw.raw_store.store import RawStore
from caw.raw_store.tables import COMPRESSION, put_table, read_table

HISTORY, SIZES = TABLES = ("segment_membership_history", "segment_sizes")
SCHEMA = "segments"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = 24 * 60 * 60 * 1_000_000  # microseconds
FULL_DAYS = 90  # for which the sizes of every run are kept
# The rows of each table that reach an instant or are later, set back to that instant.
LATE = {
    HISTORY: """
        select
            segment_id, source, profile_id, least(entered_at, {now}) as entered_at,
            case when exited_at is not null then least(exited_at, {now}) end as exited_at
        from segments.segment_membership_history
        where greatest(entered_at, exited_at) >= {now}
        qualify row_number() over (
            partition by segment_id, source, profile_id, least(entered_at, {now}) order by entered_at desc
        ) = 1
    """,
    SIZES: """
        select segment_id, source, {now} as as_of, members
        from segments.segment_sizes
        where as_of >= {now}
        qualify row_number() over (partition by segment_id, source order by as_of desc) = 1
    """,
}


def keep_history(store: RawStore, warehouse: Path) -> None:
    """Copy the warehouse's history into the raw store, each table by one put."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for table in _tables_in(connection):
            rows = connection.sql(f"from {SCHEMA}.{table}").to_arrow_reader()
            with (
                store.objects.put_once(_name(table), replaces=True) as stream,
                pq.ParquetWriter(stream, rows.schema, **COMPRESSION) as writer,
            ):
                for batch in rows:
                    writer.write_batch(batch)


def kept_tables(store: RawStore) -> dict[str, str]:
    """The copied tables: their files' names in the raw store, by table; empty before the first whole build."""
    return {table: _name(table) for table in TABLES if exists(store.objects, _name(table))}


def warehouse_from_history(store: RawStore, warehouse: Path) -> bool:
    """Start a new warehouse from the copied history; whether there was anything to do."""
    kept = kept_tables(store)
    if warehouse.exists() or not kept:
        return False
    with atomic.replacing(warehouse) as draft, duckdb.connect(str(draft)) as connection:
        connection.execute(f"create schema {SCHEMA}")
        for table, name in kept.items():
            connection.register("kept", read_table(store.objects, name))
            connection.execute(f"create table {SCHEMA}.{table} as from kept")
            connection.unregister("kept")
    return True


def ready_history(warehouse: Path, as_of: datetime, by_clock: bool) -> datetime | None:
    """Make the history ready for a run, in one transaction (spec §4.11); a run in the past changes nothing.

    What a clock that was ahead has recorded is set to this instant: stays that begin at one instant then are one, the
    last of them, and so are sizes. Of a UTC day that ended `FULL_DAYS` ago, the sizes of the last run stay. Whatever a
    run that dies leaves, here or in the copy that the raw store keeps, the next one finds and sets back.

    Args:
        warehouse: closed; it may lack the tables, or be missing.
        as_of: the run's instant, UTC.
        by_clock: whether that is the clock's; none was given.

    Returns:
        The latest instant that was recorded, UTC, if it was set back; None where none was.
    """
    _, latest = _readied(warehouse, as_of, by_clock)
    return latest


def ready_kept_history(store: RawStore, draft: Path, as_of: datetime, by_clock: bool) -> datetime | None:
    """`ready_history` of the copy, which models read where an engine rebuilds these two tables.

    Args:
        store: the raw store.
        draft: a path to work in.
        as_of: the run's instant, UTC.
        by_clock: whether that is the clock's.
    """
    draft.unlink(missing_ok=True)
    if not warehouse_from_history(store, draft):
        return None
    is_changed, latest = _readied(draft, as_of, by_clock)
    if is_changed:
        keep_history(store, draft)
    draft.unlink()
    return latest


def _readied(warehouse: Path, as_of: datetime, by_clock: bool) -> tuple[bool, datetime | None]:
    """Whether anything was changed, and what `ready_history` returns."""
    if not warehouse.exists():
        return False, None
    now = (as_of - EPOCH) // timedelta(microseconds=1)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = _tables_in(connection)
        latest = max((_latest_in(connection, table) for table in tables), default=0)
        is_ahead = by_clock and latest > now
        statements = [one for table in tables for one in _setting_back(table, now)] if is_ahead else []
        if SIZES in tables and (is_ahead or latest <= now):
            statements += _thinning(connection, now)
    if statements:
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute("; ".join(["begin", *statements, "commit"]))
    return bool(statements), EPOCH + timedelta(microseconds=latest) if is_ahead else None


def _setting_back(table: str, now: int) -> list[str]:
    instant = f"make_timestamptz({now})"
    return [
        f"create temp table late as {LATE[table].format(now=instant)}",
        f"delete from {SCHEMA}.{table} where {_reaches(table)} >= {instant}",
        f"insert into {SCHEMA}.{table} by name from late",
        "drop table late",
    ]


def _thinning(connection: duckdb.DuckDBPyConnection, now: int) -> list[str]:
    """Statements that leave the last run of each day that is long over, where there is another one."""
    is_old = f"as_of < make_timestamptz({now // DAY * DAY - FULL_DAYS * DAY})"
    last = f"select max(as_of) from {SCHEMA}.{SIZES} where {is_old} group by epoch_us(as_of) // {DAY}"
    crowded = connection.execute(f"{last} having max(as_of) > min(as_of) limit 1").fetchone()
    return [f"delete from {SCHEMA}.{SIZES} where {is_old} and as_of not in ({last})"] if crowded else []


def forget_members(store: RawStore, profiles: Mapping[str, Sequence[str]]) -> None:
    """Delete the history of forgotten profiles, by source (spec §6.2)."""
    name = _name(HISTORY)
    if not exists(store.objects, name):
        return
    table = read_table(store.objects, name)
    for source, gone in profiles.items():
        ids = _short_ids(table["profile_id"].combine_chunks())
        is_gone = pc.and_(pc.equal(table["source"], source), pc.is_in(ids, pc.cast(gone, "string")))
        table = table.filter(pc.invert(is_gone))
    put_table(store.objects, name, table, replaces=True)


def _short_ids(ids: pa.StringArray) -> pa.StringArray:
    """Ids as they are compared: the history has those of a store that was small once as they were then."""
    is_long = pc.greater(pc.utf8_length(ids), LONGEST_ID)
    shortened = [short_id(one) for one in ids.filter(is_long).to_pylist()]
    return pc.replace_with_mask(ids, is_long, pc.cast(shortened, "string")) if shortened else ids


def _tables_in(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute(  # views, where another engine holds the rows
        "select table_name from information_schema.tables where table_schema = $1", [SCHEMA]
    ).fetchall()
    return [table for table in TABLES if (table,) in found]


def _latest_in(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """The latest instant of a table's rows, in microseconds since 1970; 0 for none."""
    row = connection.execute(f"select coalesce(max(epoch_us({_reaches(table)})), 0) from {SCHEMA}.{table}").fetchone()
    return int(row[0]) if row else 0


def _reaches(table: str) -> str:
    """The latest instant of a row."""
    return "greatest(entered_at, exited_at)" if table == HISTORY else "as_of"


def _name(table: str) -> str:
    return f"history/{table}.parquet"
