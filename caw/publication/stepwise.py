"""Updates the last published file to this publication, writing only rows that differ.

Differences are found by comparing the rows themselves, never by what some run claims to have done: a publication is
equal to one that starts from nothing, whatever was in the file before. Each row of both sides is reduced to a hash of
all its columns; rows whose hash occurs equally often on both sides stay, the others are deleted and inserted. Buckets
of hashes with equal counts and equal sums on both sides are taken for equal.
"""

from collections.abc import Collection, Mapping

import duckdb

from caw.publication.last_run import LastRun, write_last_run
from caw.publication.tables import (
    LAST_RUN,
    SCHEMAS,
    Relation,
    comment,
    create_table,
    name,
    tables_of,
    views_of,
)

# The column that every run changes in every row. Where it is one instant in the whole table, it is left out of the
# comparison, and so are other instants that say the same; all of them are then set by one update, which rewrites these
# columns alone.
CLOCK = "as_of"
INSTANT = "TIMESTAMP WITH TIME ZONE"
# Hashes are first counted and summed in this many buckets: only buckets that differ are compared hash by hash.
BUCKETS = 8192
# Beyond this share of changed rows a table is rewritten: that is quicker, and leaves no free pages in it.
REWRITE_SHARE = 0.25


def write(connection: duckdb.DuckDBPyConnection, last_run: LastRun) -> tuple[dict[str, int], frozenset[str]]:
    """Update the attached `marts` to what `warehouse` publishes; its rows by table, and the relations that changed.

    What a view shows is not compared: it counts as changed when a relation that its SQL names has.
    """
    for schema in SCHEMAS:
        connection.execute(f"create schema if not exists marts.{schema}")
    wanted, found = tables_of(connection, "warehouse"), tables_of(connection, "marts")
    views, views_before = views_of(connection, "warehouse"), views_of(connection, "marts")
    _drop_others(connection, wanted.keys(), found, views_before)
    rows: dict[str, int] = {}
    changed: set[str] = {LAST_RUN}
    for label, table in wanted.items():
        rows[label], differs = _bring_up_to_date(connection, table, found.get(label))
        if differs:
            changed.add(label)
    _create_views(connection, views)
    write_last_run(connection, f"marts.{LAST_RUN}", last_run)
    for label, view in views.items():
        if label not in views_before or _names_any(view, changed):
            changed.add(label)
    return rows, frozenset(changed)


def _drop_others(
    connection: duckdb.DuckDBPyConnection,
    wanted: Collection[str],
    tables: Mapping[str, Relation],
    views: Mapping[str, Relation],
) -> None:
    for view in reversed(list(views.values())):
        connection.execute(f"drop view marts.{view.path}")
    for label in tables.keys() - wanted - {LAST_RUN}:
        connection.execute(f"drop table marts.{tables[label].path}")


def _names_any(view: Relation, labels: Collection[str]) -> bool:
    """Whether the view's SQL contains the name of one of these relations; by chance it may name more than it uses."""
    names = (label.partition(".")[2].replace('"', '""') for label in labels)
    return any(name in str(view.sql) for name in names)


def _create_views(connection: duckdb.DuckDBPyConnection, views: Mapping[str, Relation]) -> None:
    connection.execute("use marts")
    for view in views.values():
        connection.execute(str(view.sql))  # DuckDB keeps a view's SQL without the name of its own database
        comment(connection, view)


def _bring_up_to_date(
    connection: duckdb.DuckDBPyConnection, table: Relation, before: Relation | None
) -> tuple[int, bool]:
    """The table's rows, and whether any of them, or its columns, changed."""
    if before is None or before.shape != table.shape:
        return _write_whole(connection, table), True
    changed = _apply_differences(connection, table, before)
    return _count(connection, f"select count(*) from marts.{table.path}"), changed


def _write_whole(connection: duckdb.DuckDBPyConnection, table: Relation) -> int:
    create_table(connection, table)
    comment(connection, table)
    return _insert(connection, table)


def _apply_differences(connection: duckdb.DuckDBPyConnection, table: Relation, before: Relation) -> bool:
    clock = _clock(connection, table)
    _hash_rows(connection, table, clock is not None)
    differing = _count(connection, "select count(*) from temp.differing_rows")
    rows = _count(connection, "select count(*) from temp.rows_here")
    if differing > REWRITE_SHARE * rows:
        _write_whole(connection, table)
        return True
    comment(connection, table, before)
    if differing:
        places = "select place from temp.{} where hash in (select hash from temp.differing_rows)"
        connection.execute(f"delete from marts.{table.path} where rowid in ({places.format('rows_here')})")
        _insert(connection, table, f"where rowid in ({places.format('rows_there')})")
    return _set_clock(connection, table, clock) > 0 or differing > 0


def _hash_rows(connection: duckdb.DuckDBPyConnection, table: Relation, without_clock: bool) -> None:
    """Hash each row of both sides into rows_here (`marts`) and rows_there; differing_rows has the unequal hashes."""
    parts = [part for column, kind, _ in table.shape for part in _compared(column, kind, without_clock)]
    hashed = f"hash({', '.join(parts or ['0'])})"
    for side, database in (("rows_here", "marts"), ("rows_there", "warehouse")):
        connection.execute(
            f"create or replace temp table {side} as "
            f"select rowid as place, {hashed} as hash from {database}.{table.path}"
        )
    bucket = f"cast(hash % {BUCKETS} as integer)"
    connection.execute(
        f"create or replace temp table differing_buckets as select part as bucket from ({_both_sides(bucket)}) "
        "group by part having sum(n) <> 0 or sum(n * cast(hash as hugeint)) <> 0"
    )
    compared = _both_sides("hash", f"where {bucket} in (select bucket from temp.differing_buckets)")
    connection.execute(
        "create or replace temp table differing_rows as "
        f"select part as hash from ({compared}) group by part having sum(n) <> 0"
    )


def _both_sides(part: str, which: str = "") -> str:
    """A query of the hashes of both sides, each with a part of it to group by and a sign that differs by side."""
    return (
        f"select {part} as part, hash, 1 as n from temp.rows_there {which} "
        f"union all select {part}, hash, -1 from temp.rows_here {which}"
    )


def _compared(column: str, kind: str, without_clock: bool) -> list[str]:
    """A column as the hash takes it; of an instant, if there is a clock, whether it equals that, or itself."""
    if without_clock and column == CLOCK:
        return []
    if without_clock and kind == INSTANT:
        differs = f"{name(column)} is distinct from {CLOCK}"
        return [differs, f"case when {differs} then {name(column)} end"]
    return _hashed(name(column), kind)


def _hashed(column: str, kind: str) -> list[str]:
    """A column as the hash takes it. DuckDB gives an absent and an empty list one hash, and [''] that of ''."""
    if kind.endswith("[]") and "(" not in kind and "[]" not in kind[:-2]:
        return [column, f"len({column})"]
    if kind.endswith("[]") or kind.startswith(("STRUCT", "MAP", "UNION")):
        return [f"cast(to_json({column}) as varchar)"]
    return [column]


def _clock(connection: duckdb.DuckDBPyConnection, table: Relation) -> int | None:
    """The one instant of the whole table's clock column, in microseconds since 1970; None where there is no such."""
    if not any(column == CLOCK and kind == INSTANT for column, kind, _ in table.shape):
        return None
    found = connection.execute(
        f"select min(epoch_us({CLOCK})) from warehouse.{table.path} "
        f"having min({CLOCK}) = max({CLOCK}) and count(*) = count({CLOCK})"
    ).fetchone()
    return None if found is None else found[0]


def _set_clock(connection: duckdb.DuckDBPyConnection, table: Relation, clock: int | None) -> int:
    """Set the clock column of every row, and the instants that said the same; how many rows had another instant."""
    if clock is None:
        return 0
    instant = f"make_timestamptz({clock})"
    others = [name(column) for column, kind, _ in table.shape if kind == INSTANT and column != CLOCK]
    changes = [f"{CLOCK} = {instant}"]
    changes += [
        f"{column} = case when {column} is distinct from {CLOCK} then {column} else {instant} end"
        for column in others
        if _follows_clock(connection, table, column)
    ]
    return _count(
        connection, f"update marts.{table.path} set {', '.join(changes)} where {CLOCK} is distinct from {instant}"
    )


def _follows_clock(connection: duckdb.DuckDBPyConnection, table: Relation, column: str) -> bool:
    """Whether the column says what the clock column does, in any row."""
    same = f"select count(*) from marts.{table.path} where {column} is not distinct from {CLOCK}"
    return _count(connection, same) > 0


def _insert(connection: duckdb.DuckDBPyConnection, table: Relation, which: str = "") -> int:
    return _count(connection, f"insert into marts.{table.path} from warehouse.{table.path} {which}")


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0
