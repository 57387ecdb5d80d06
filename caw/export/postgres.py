"""Copies the published file into Postgres, for tools that have no driver for DuckDB (spec §9).

All of it is one transaction: new schemas are filled next to the old ones, which give them their grants and names and
go. A schema that does not carry our comment is never touched. Views become tables, lists arrays; U+0000, which Postgres
cannot hold, is left out. Needs the extra `postgres`. What does not belong here: the command line.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from caw.export.keys import keys
from caw.publication.tables import SCHEMAS, Relation, name, tables_of, text, views_of

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection, Cursor

MARK = "Written by caw export postgres, which replaces it whole: keep objects of your own elsewhere."
DRAFT = "__new"
LONGEST_NAME = 63  # bytes; Postgres cuts what is longer
RESERVED = "pg_"  # begins the names of Postgres' own schemas
BATCH_ROWS = 100_000  # of a table that are in memory at once
LOCK_WAIT = "60s"  # for queries on the old tables; others' queries queue behind the export as long as it waits
WHY = {
    "42501": "this login may not do it: grant it CREATE on the database, and let it own the schemas that it replaces",
    "55P03": f"a query on the old tables has not ended within {LOCK_WAIT}: end it, or try again",
    "53100": "its disk is full",
}
KEY_BYTES = 2000  # an index row of Postgres has 2,704 bytes at most, its headers and alignment among them
TYPES = {
    "VARCHAR": "text",
    "BOOLEAN": "boolean",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "DOUBLE": "double precision",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
}


class ExportError(Exception):
    """The export stopped and changed nothing; the message says why, and quotes neither data nor the address."""


class UnknownOutcomeError(ExportError):
    """No answer came to the commit: all is changed, or nothing."""


@dataclass(frozen=True)
class Exported:
    """Rows by `schema.table`, and the tables that got no key because a value is too long for an index."""

    rows: dict[str, int]
    without_key: tuple[str, ...]


def export(published: Path, url: str, prefix: str) -> Exported:
    """Replace the schemas `<prefix>events` and so on by copies of the published ones, in one transaction.

    Args:
        published: the published DuckDB file.
        url: of the database, as libpq reads it; never shown.
        prefix: begins the schemas' names.

    Raises:
        ExportError: nothing has changed in the database, or of an UnknownOutcomeError, all of it may have.
        ModuleNotFoundError: the extra is not installed.
    """
    dbapi = import_module("adbc_driver_postgresql.dbapi")  # the extra `postgres`
    _check(prefix)
    try:
        connection = dbapi.connect(url)
    except dbapi.Error as refused:
        raise ExportError(f"The database cannot be opened{_state(refused)}: check its address and the login.") from None
    with closing(connection), duckdb.connect() as marts:
        try:
            marts.execute("set TimeZone = 'UTC'")
            marts.execute(f"attach {text(published)} as marts (read_only)")
            with closing(connection.cursor()) as cursor:
                done = _replaced(cursor, marts, prefix)
            _commit(connection, dbapi.Error)
        except dbapi.Error as refused:
            raise ExportError(f"Postgres refused the export{_state(refused)}; nothing has changed there.") from None
        except duckdb.Error as refused:  # its words may quote a value
            kind = type(refused).__name__
            raise ExportError(f"{published} cannot be read ({kind}); nothing has changed in Postgres.") from None
    return done


def _commit(connection: "Connection", refusal: type[Exception]) -> None:
    """Commit; raises UnknownOutcomeError for the driver's error."""
    try:
        connection.commit()
    except refusal as refused:
        raise UnknownOutcomeError(
            f"Postgres did not confirm the export{_state(refused)}: it is not known whether the tables are new; export "
            "again."
        ) from None


def _check(prefix: str) -> None:
    if max(len(f"{prefix}{schema}{DRAFT}".encode()) for schema in SCHEMAS) > LONGEST_NAME:
        raise ExportError("--schema-prefix is too long for the name of a schema in Postgres.")
    if prefix.startswith(RESERVED):
        raise ExportError(f"--schema-prefix begins with {RESERVED}, which Postgres keeps for itself: choose another.")


def postgres_type(kind: str) -> str:
    """Postgres' type for one of DuckDB's.

    Raises:
        ExportError: it has none; a test holds every published column to the list.
    """
    if kind.endswith("[]"):
        return postgres_type(kind.removesuffix("[]")) + "[]"
    if kind.startswith("DECIMAL"):
        return kind.replace("DECIMAL", "numeric")
    if kind not in TYPES:
        raise ExportError(f"Postgres has no type for {kind}.")
    return TYPES[kind]


def lock_schemas(cursor: "Cursor", prefix: str) -> None:
    """Wait until no other export works on these schemas, and keep them until the transaction ends."""
    _rows(cursor, f"select pg_advisory_xact_lock(hashtext({text(MARK + prefix)}))")


def _replaced(cursor: "Cursor", marts: duckdb.DuckDBPyConnection, prefix: str) -> Exported:
    lock_schemas(cursor, prefix)
    old = {schema: _is_there(cursor, prefix + schema) for schema in SCHEMAS}
    for schema in SCHEMAS:
        if _is_there(cursor, prefix + schema + DRAFT):
            raise ExportError(f"The schema {prefix + schema + DRAFT} is in the way: remove it.")
        draft = name(prefix + schema + DRAFT)
        cursor.execute(f"create schema {draft}")
        cursor.execute(f"comment on schema {draft} is {text(MARK)}")
    relations = {**tables_of(marts, "marts"), **views_of(marts, "marts")}
    rows, without_key, known = {}, [], keys()
    for label, relation in relations.items():
        rows[label] = _copied(cursor, marts, relation, prefix)
        key = known.get(label, ())
        if key and not _fits(marts, relation, key):
            without_key.append(label)
        elif key:
            columns = ", ".join(map(name, key))
            cursor.execute(f"alter table {_draft(relation, prefix)} add primary key ({columns})")
    cursor.execute(f"set local lock_timeout = {text(LOCK_WAIT)}")
    for schema in SCHEMAS:
        if old[schema]:
            _give_way(cursor, prefix + schema)
        cursor.execute(f"alter schema {name(prefix + schema + DRAFT)} rename to {name(prefix + schema)}")
    return Exported(rows, tuple(without_key))


def _is_there(cursor: "Cursor", schema: str) -> bool:
    """Whether there is such a schema.

    Raises:
        ExportError: there is, and it is not ours.
    """
    found = _rows(
        cursor, f"select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = {text(schema)}"
    )
    if found and found[0][0] != MARK:
        raise ExportError(
            f"The schema {schema} is not one that this export made: nothing is touched. "
            "Move it, or choose another --schema-prefix."
        )
    return bool(found)


def _copied(cursor: "Cursor", marts: duckdb.DuckDBPyConnection, relation: Relation, prefix: str) -> int:
    """Make the table in the draft schema and fill it; its rows."""
    target = _draft(relation, prefix)
    columns = ", ".join(
        f"{name(column.name)} {postgres_type(column.kind)}{' not null' if column.required else ''}"
        for column in relation.columns
    )
    cursor.execute(f"create table {target} ({columns})")
    if relation.comment:
        cursor.execute(f"comment on table {target} is {_literal(relation.comment)}")
    for column in relation.columns:
        if column.comment:
            cursor.execute(f"comment on column {target}.{name(column.name)} is {_literal(column.comment)}")
    chosen = ", ".join(f"{_value(column.name, column.kind)} as {name(column.name)}" for column in relation.columns)
    ((rows,),) = marts.execute(f"select count(*) from marts.{relation.path}").fetchall()
    if rows:
        batches = marts.sql(f"select {chosen} from marts.{relation.path}").to_arrow_reader(BATCH_ROWS)
        draft = prefix + relation.schema + DRAFT
        cursor.adbc_ingest(relation.name, batches, mode="append", db_schema_name=draft)
    return int(rows)


def _fits(marts: duckdb.DuckDBPyConnection, relation: Relation, key: tuple[str, ...]) -> bool:
    """Whether every row's key is short enough for an index, and none is repeated once U+0000 is left out."""
    kinds = {column.name: column.kind for column in relation.columns}
    size = " + ".join(f"strlen({name(column)}::varchar)" for column in key)
    values = ", ".join(_value(column, kinds[column]) for column in key)
    ((is_short, is_unique),) = marts.execute(
        f"select coalesce(max({size}), 0) <= {KEY_BYTES}, count(*) = count(distinct row({values})) "
        f"from marts.{relation.path}"
    ).fetchall()
    return bool(is_short and is_unique)


def _give_way(cursor: "Cursor", schema: str) -> None:
    """Give the old schema's grants to the draft, and remove it; what others built on its tables stops the export.

    Raises:
        ExportError: a view of somebody's reads one of its tables.
    """
    readers = _rows(
        cursor,
        "select distinct n.nspname || '.' || v.relname from pg_depend d join pg_rewrite w on w.oid = d.objid "
        "join pg_class v on v.oid = w.ev_class join pg_namespace n on n.oid = v.relnamespace "
        "join pg_class t on t.oid = d.refobjid join pg_namespace s on s.oid = t.relnamespace "
        f"where d.classid = 'pg_rewrite'::regclass and v.oid <> t.oid and s.nspname = {text(schema)} order by 1",
    )
    if readers:
        raise ExportError(
            f"The view {readers[0][0]} reads {schema}, which this export replaces: nothing is touched. "
            "Remove it, and make it again afterwards."
        )
    for statement in list(_grants(cursor, schema)):
        cursor.execute(statement)
    tables = _rows(cursor, f"select tablename from pg_tables where schemaname = {text(schema)} order by 1")
    if tables:
        cursor.execute(f"drop table {', '.join(f'{name(schema)}.{name(table)}' for (table,) in tables)}")
    cursor.execute(f"drop schema {name(schema)}")


def _grants(cursor: "Cursor", schema: str) -> Iterator[str]:
    """The statements that give the draft what the old schema and its tables of the same names grant."""
    draft = schema + DRAFT
    to = "case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end"
    option = "case when is_grantable then ' with grant option' else '' end"
    for privilege, role, more in _rows(
        cursor,
        f"select privilege_type, {to}, {option} from pg_namespace, aclexplode(nspacl) "
        f"where nspname = {text(schema)} and grantee <> nspowner",
    ):
        yield f"grant {privilege} on schema {name(draft)} to {role}{more}"
    for table, privilege, role, more in _rows(
        cursor,
        f"select o.relname, privilege_type, {to}, {option} from pg_class o "
        "join pg_namespace s on s.oid = o.relnamespace, aclexplode(o.relacl) "
        f"where s.nspname = {text(schema)} and o.relkind = 'r' and grantee <> o.relowner and exists ("
        "select from pg_class n join pg_namespace d on d.oid = n.relnamespace "
        f"where d.nspname = {text(draft)} and n.relname = o.relname)",
    ):
        yield f"grant {privilege} on table {name(draft)}.{name(table)} to {role}{more}"


def _draft(relation: Relation, prefix: str) -> str:
    return f"{name(prefix + relation.schema + DRAFT)}.{name(relation.name)}"


def _value(column: str, kind: str) -> str:
    if kind == "VARCHAR":
        return f"replace({name(column)}, chr(0), '')"
    if kind == "VARCHAR[]":
        return f"list_transform({name(column)}, lambda one: replace(one, chr(0), ''))"
    return name(column)


def _literal(words: str) -> str:
    return text(words.replace("\0", ""))


def _rows(cursor: "Cursor", query: str) -> list[tuple[Any, ...]]:
    cursor.execute(query)
    return list(cursor.fetchall())


def _state(refused: Exception) -> str:
    """SQLSTATE of an error, in brackets, and what it means: its own words may quote data or the address."""
    state = getattr(refused, "sqlstate", None)
    known = f": {WHY[state]}" if state in WHY else ""
    return f" (SQLSTATE {state}{known})" if state and state != "00000" else ""
