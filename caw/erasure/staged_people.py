"""People in staged tables, for finding data subjects: queries for contacts, and identifiers as tables."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import duckdb
import pyarrow as pa

from caw.adapters.registry import ADAPTERS
from caw.erasure.forgotten import (
    Identifiers,
)
from caw.erasure.identifiers import (
    RECORD_KINDS,
    Identifier,
    form_of,
)
from caw.erasure.placeholders import PROFILE_FIELDS
from caw.feeds.declared import ERASURES, feeds_making
from caw.feeds.keys import BEGIN_OF_ID, LONGEST_ID

Connection = duckdb.DuckDBPyConnection
IDENTIFIERS = pa.schema([("source", pa.string()), ("kind", pa.string()), ("value", pa.string())])
KEYS = pa.schema([("kind", pa.string()), ("given", pa.string()), ("key", pa.string())])
EXPANDED = "staging.stg_expanded_lines"
PROFILES, LOG, ORDERS, ADJUSTMENTS = "profiles", "conversation_log", "orders", "order_adjustments"
LISTS = ("anonymous_ids",)
PERSON_IDS = ("profile_id", "external_id", "anonymous_id")
IDS = {
    PROFILES: ("profile_id", "merged_into", "external_id", *LISTS),
    LOG: ("conversation_id", *PERSON_IDS),
    ORDERS: ("order_id", *PERSON_IDS),
    ADJUSTMENTS: ("order_id",),
    ERASURES: ("profile_id",),
}
IS_ACCEPTED = "verdict = 'accepted'"
# E-mails and phones of these forms need no more than lower case, or the sign left out, to be in their normal form.
IS_PLAIN = {
    "email": "regexp_full_match(email, '[!-~]+')",
    "phone": r"regexp_full_match(phone_number, '\+?[1-9][0-9]{6,}')",
}
PLAIN = {"email": "lower(email)", "phone": "ltrim(phone_number, '+')"}
ROWS_AT_ONCE = 10_000  # of refused lines, which may be long
COLUMNS = {"email": "email", "phone": "phone_number"}


def conversations_are_objects() -> str:
    """A condition on rows of `EXPANDED`: their feed's objects are conversations."""
    feeds = ", ".join(f"'{feed}'" for feed, adapter in ADAPTERS.items() if adapter.is_conversation)
    return f"feed in ({feeds})" if feeds else "false"


def staged(feed: str) -> Sequence[str]:
    """Queries for a feed's rows, of its own lines and of records that lines of other feeds make, with ids as they are
    compared."""
    tables = [f"staging.stg_{feed}", *([f"staging.stg_expanded_{feed}"] if feeds_making(feed) else [])]
    return [with_short_ids(table, IDS[feed]) for table in tables]


def with_short_ids(table: str, columns: Iterable[str]) -> str:
    """A query for a table's rows with the ids in some columns, or in lists of them, as `short_id` gives them."""
    short = {
        name: f"list_transform({name}, lambda one: {_short('one')})" if name in LISTS else _short(name)
        for name in columns
    }
    return f"(select * replace ({', '.join(f'{one} as {name}' for name, one in short.items())}) from {table})"


def _short(text: str) -> str:
    begin, end = f"{text}[:{BEGIN_OF_ID}]", f"sha256({text})"
    return f"case when length({text}) > {LONGEST_ID} then {begin} || '…' || {end} else {text} end"


def all_of(feed: str, columns: str, condition: str) -> str:
    """A query for columns of a feed's rows that meet a condition."""
    return " union all ".join(f"select {columns} from {table} where {condition}" for table in staged(feed))


def contacts_in(tables: Iterable[str], column: str, is_all: bool = False) -> str:
    """A query for (source, column, kind, value): e-mails and phones in their normal forms, of accepted lines or all."""
    return " union all ".join(
        f"""
        select source, {column}, '{kind}' as kind,
            case when {IS_PLAIN[kind]} then {PLAIN[kind]} else odd.key end as value
        from {table} left join odd_keys as odd on odd.kind = '{kind}' and odd.given = {given}
        where {given} is not null {"" if is_all else f"and {IS_ACCEPTED}"}
        """
        for table in tables
        for kind, given in COLUMNS.items()
    )


def register_keys(connection: Connection) -> None:
    """Make `odd_keys`: the normal forms of e-mails and phones that are not plain."""
    query = " union ".join(
        f"select '{kind}', {given} from {table} where {given} is not null and not {IS_PLAIN[kind]}"
        for table in (*staged(PROFILES), *staged(LOG), *staged(ORDERS))
        for kind, given in COLUMNS.items()
    )
    rows = [
        {"kind": kind, "given": given, "key": key}
        for kind, given in connection.execute(query).fetchall()
        if (key := form_of(kind, given)) is not None
    ]
    connection.register("odd_keys", pa.Table.from_pylist(rows, KEYS))


def register(connection: Connection, name: str, identifiers: Identifiers) -> None:
    """Let queries read identifiers as a table (source, kind, value) of this name."""
    rows = [{"source": source, **one._asdict()} for source, found in identifiers.items() for one in found]
    connection.register(name, pa.Table.from_pylist(rows, IDENTIFIERS))


def by_source(rows: Iterable[tuple[str, str, str]]) -> Identifiers:
    """Identifiers by source, without those that identify nobody."""
    found: dict[str, set[Identifier]] = defaultdict(set)
    for source, kind, value in rows:
        if kind in RECORD_KINDS or form_of(kind, value) is not None:
            found[source].add(Identifier(kind, value))
    return {source: frozenset(identifiers) for source, identifiers in found.items()}


def refused_lines(connection: Connection) -> Iterator[tuple[str, str, str | None, str]]:
    """(feed, source, object_id, raw_text) of refused lines that may name people that no model has read."""
    is_unread = " and ".join(f"{name} is null" for name in sorted(PROFILE_FIELDS))
    is_read_in_part = "refusal_detail like '%profile%'"  # as the checks call the object and its fields
    refused = "verdict = 'rejected' and raw_text is not null"
    queries = [
        f"select feed, source, object_id, raw_text from {EXPANDED} "
        f"where {refused} and object_id is not null and {conversations_are_objects()}"
    ] + [
        f"select '{feed}', source, null, raw_text from staging.stg_{feed} "
        f"where {refused} and (({is_unread}) or {is_read_in_part})"
        for feed in (LOG, ORDERS)
    ]
    for query in queries:
        rows = connection.execute(query)
        while some := rows.fetchmany(ROWS_AT_ONCE):
            yield from some
