"""Whom an erasure is about: every identifier of the people to forget, found in the warehouse (contract, section 6).

The warehouse knows what raw lines do not say: which lines were accepted, who was merged with whom, and whose a
conversation is. Nothing is changed here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import duckdb
import pyarrow as pa

from orchestration.erasure.finding import WHITE_SPACE
from orchestration.erasure.forgotten import Identifiers, together
from orchestration.erasure.identifiers import CONVERSATION, ORDER, PERSONAL_KINDS, Identifier
from orchestration.erasure.keyring import PSEUDONYM

IDENTIFIERS = pa.schema([("source", pa.string()), ("kind", pa.string()), ("value", pa.string())])

# Every personal identifier in its normal form, from what staging accepted; `{columns}` name the row it stands in.
KEYS = """
    select {columns}, 'profile_id' as kind, {profile_id} as value from {table} where verdict = 'accepted'
    union all
    select {columns}, 'email', nullif(lower(trim(email, $white)), '') from {table} where verdict = 'accepted'
    union all
    select {columns}, 'phone', regexp_replace(regexp_replace(phone_number, '[^0-9]', '', 'g'), '^00', '')
    from {table} where verdict = 'accepted'
"""
OTHER_KEYS = """
    union all
    select {columns}, 'external_id', external_id from {table} where verdict = 'accepted'
    union all
    select {columns}, 'anonymous_id', {anonymous_id} from {table} where verdict = 'accepted'
"""


def requested(connection: duckdb.DuckDBPyConnection) -> Identifiers:
    """Whom accepted requests name that have not been carried out: those that were show pseudonyms."""
    keys = KEYS.format(columns="source", profile_id="profile_id", table="staging.stg_erasures")
    rows = connection.execute(
        f"select distinct * from ({keys}) where value is not null and not starts_with(value, $pseudonym)",
        {"white": WHITE_SPACE, "pseudonym": PSEUDONYM},
    ).fetchall()
    return _by_source(rows)


def subjects(connection: duckdb.DuckDBPyConnection, requests: Identifiers, seeds: Identifiers) -> Identifiers:
    """All identifiers of the people to forget.

    Args:
        connection: the warehouse, with staging and the identities built.
        requests: identifiers whose every holder is to be forgotten.
        seeds: what deliveries said of people forgotten before; only a profile_id leads on to more.
    """
    profiles = _holders(connection, requests, seeds)
    _register(connection, "forgotten_profiles", profiles)
    identifiers = _exclusive(connection, together(requests, seeds, profiles))
    _register(connection, "forgotten_identifiers", identifiers)
    of_records = _records(connection, CONVERSATION, "conversation_id", "int_conversation_profiles", _LOGGED)
    of_orders = _records(connection, ORDER, "order_id", "int_orders", _ORDERED)
    given = {
        source: frozenset(identifier for identifier in found if is_record(identifier))
        for source, found in seeds.items()
    }
    return together(identifiers, of_records, of_orders, given)


def is_record(identifier: Identifier) -> bool:
    """Whether an identifier is a conversation or an order."""
    return identifier.kind in (CONVERSATION, ORDER)


def were_staged(connection: duckdb.DuckDBPyConnection, records: Identifiers) -> bool:
    """Whether staging holds a line of one of these conversations or orders."""
    _register(connection, "records", records)
    row = connection.execute(
        f"""
        select exists (
            select 1 from (
                select source, '{CONVERSATION}' as kind, conversation_id as value from staging.stg_conversation_log
                union all
                select source, '{CONVERSATION}', transcript_id from staging.stg_chat_transcripts
                union all
                select source, '{ORDER}', order_id from staging.stg_orders
            ) semi join records using (source, kind, value)
        )
        """
    ).fetchone()
    return bool(row and row[0])


def _holders(connection: duckdb.DuckDBPyConnection, requests: Identifiers, seeds: Identifiers) -> Identifiers:
    """The profiles that ever held a requested identifier, and those that merges tie to them, either way."""
    _register(connection, "requests", requests)
    keys = KEYS.format(columns="source, profile_id", profile_id="profile_id", table="staging.stg_profiles")
    rows = connection.execute(
        f"select distinct source, profile_id from ({keys}) semi join requests using (source, kind, value)",
        {"white": WHITE_SPACE},
    ).fetchall()
    found: dict[str, set[str]] = defaultdict(set)
    for source, profile_id in rows:
        found[source].add(profile_id)
    for source, identifiers in together(requests, seeds).items():
        found[source] |= {identifier.value for identifier in identifiers if identifier.kind == "profile_id"}
    merges = connection.execute(
        "select distinct source, profile_id, merged_into from staging.stg_profiles "
        "where verdict = 'accepted' and merged_into is not null"
    ).fetchall()
    neighbours: dict[tuple[str, str], set[str]] = defaultdict(set)
    for source, profile_id, merged_into in merges:
        neighbours[source, profile_id].add(merged_into)
        neighbours[source, merged_into].add(profile_id)
    return {source: _tied(source, profiles, neighbours) for source, profiles in found.items()}


def _tied(
    source: str, profiles: Iterable[str], neighbours: Mapping[tuple[str, str], set[str]]
) -> frozenset[Identifier]:
    reached: set[str] = set()
    waiting = list(profiles)
    while waiting:
        profile = waiting.pop()
        if profile not in reached and not profile.startswith(PSEUDONYM):
            reached.add(profile)
            waiting.extend(neighbours.get((source, profile), ()))
    return frozenset(Identifier("profile_id", profile) for profile in reached)


def _exclusive(connection: duckdb.DuckDBPyConnection, known: Identifiers) -> Identifiers:
    """What is known, and what the forgotten profiles ever held; but nothing that somebody else has held too."""
    _register(connection, "known", known)
    keys = (KEYS + OTHER_KEYS).format(
        columns="source, profile_id",
        profile_id="profile_id",
        anonymous_id="unnest(anonymous_ids)",
        table="staging.stg_profiles",
    )
    rows = connection.execute(
        f"""
        with keys as (select distinct * from ({keys}) where value is not null),
        forgotten as (select source, value as profile_id from forgotten_profiles),
        candidates as (
            select source, kind, value from keys semi join forgotten using (source, profile_id)
            union
            select source, kind, value from known
        ),
        others as (select source, kind, value from keys anti join forgotten using (source, profile_id))
        select source, kind, value from candidates anti join others using (source, kind, value)
        where kind in ($kinds)
          and not (kind = 'phone' and length(value) < 7)
        """.replace("$kinds", ", ".join(f"'{kind}'" for kind in PERSONAL_KINDS)),
        {"white": WHITE_SPACE},
    ).fetchall()
    return _by_source(rows)


_LOGGED = ("staging.stg_conversation_log", "staging.stg_transcript_records")
_ORDERED = ("staging.stg_orders",)


def _records(
    connection: duckdb.DuckDBPyConnection, kind: str, column: str, resolved: str, tables: Iterable[str]
) -> Identifiers:
    """The conversations or orders of the forgotten profiles, and those with a line that carries an identifier."""
    keys = " union all ".join(
        (KEYS + OTHER_KEYS).format(
            columns=f"source, {column}", profile_id="profile_id", anonymous_id="anonymous_id", table=table
        )
        for table in tables
    )
    rows = connection.execute(
        f"""
        select distinct source, '{kind}', {column} from ({keys}) semi join forgotten_identifiers using (source, kind, value)
        union
        select source, '{kind}', {column} from intermediate.{resolved}
        where (source, profile_id) in (select (source, value) from forgotten_profiles)
        """,
        {"white": WHITE_SPACE},
    ).fetchall()
    return _by_source(rows)


def _register(connection: duckdb.DuckDBPyConnection, name: str, identifiers: Identifiers) -> None:
    rows = [{"source": source, **identifier._asdict()} for source, found in identifiers.items() for identifier in found]
    connection.register(name, pa.Table.from_pylist(rows, IDENTIFIERS))


def _by_source(rows: Iterable[tuple[str, str, str]]) -> Identifiers:
    found: dict[str, set[Identifier]] = defaultdict(set)
    for source, kind, value in rows:
        found[source].add(Identifier(kind, value))
    return {source: frozenset(identifiers) for source, identifiers in found.items()}
