"""Finds the data subjects of an erasure: every identifier of the people to forget, in the warehouse (spec §6.1).

The warehouse knows what raw lines do not say: which lines were accepted, which profiles were merged, and whose
conversation one is. What does not belong here: changing anything.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import pyarrow as pa

from caw.erasure.finding import IdentifierFinder
from caw.erasure.forgotten import (
    ALWAYS,
    IF_ACCEPTED,
    IF_NO_PROFILE,
    FollowUp,
    Identifiers,
    together,
)
from caw.erasure.identifiers import (
    CONVERSATION,
    ORDER,
    PERSONAL_KINDS,
    RECORD_KINDS,
    Identifier,
    form_of,
    only_record,
)
from caw.erasure.keyring import is_pseudonym
from caw.erasure.staged_people import (
    ADJUSTMENTS,
    COLUMNS,
    EXPANDED,
    IS_ACCEPTED,
    LOG,
    ORDERS,
    PROFILES,
    Connection,
    all_of,
    by_source,
    contacts_in,
    conversations_are_objects,
    refused_lines,
    register,
    register_keys,
    staged,
    with_short_ids,
)
from caw.feeds.declared import ERASURES
from caw.feeds.keys import short_id

FinderOf = Callable[[str, str], IdentifierFinder]  # of an expanded feed, by its name and source

IS_UNREAD = "verdict = 'rejected' and raw_text is not null"
LINES = pa.schema([("batch_id", pa.string()), ("file_path", pa.string()), ("line_number", pa.int64())])


def requested(connection: Connection) -> Identifiers:
    """The identifiers of accepted requests that have not been carried out; those that were show pseudonyms."""
    rows = connection.execute(
        f"select distinct * from ({all_of(ERASURES, 'source, profile_id, email, phone_number, phone', IS_ACCEPTED)})"
    ).fetchall()
    kinds = ("profile_id", "email", "phone", "phone")
    given = (
        (source, kind, value)
        for source, *values in rows
        for kind, value in zip(kinds, values, strict=True)
        if value is not None and not is_pseudonym(value)
    )
    formed = ((source, kind, form_of(kind, value)) for source, kind, value in given)
    return by_source((source, kind, value) for source, kind, value in formed if value is not None)


def subjects(
    connection: Connection, requests: Identifiers, follow_ups: Sequence[FollowUp], finder_of: FinderOf
) -> Identifiers:
    """All identifiers of the people to forget.

    Args:
        connection: the warehouse, with staging and the identities built.
        requests: identifiers; all profiles that have one are to be forgotten.
        follow_ups: what deliveries said of people forgotten before; only a profile_id leads on to more.
        finder_of: finds identifiers in lines of expanded feeds that were refused.
    """
    register_keys(connection)
    said = _confirmed(connection, follow_ups)
    neighbours = _merges(connection)
    profiles = _tied(_holders(connection, requests, said), neighbours)
    while True:
        register(connection, "forgotten_profiles", profiles)
        identifiers = _exclusive(connection, together(requests, said, profiles))
        more = _tied(together(profiles, _without_profile(connection, identifiers)), neighbours)
        if more == profiles:
            break
        profiles = more
    register(connection, "forgotten_identifiers", identifiers)
    return together(
        identifiers,
        _records(connection, CONVERSATION, "conversation_id", "int_conversation_profiles", LOG),
        _records(connection, ORDER, "order_id", "int_orders", ORDERS),
        _of_refused_lines(connection, identifiers, finder_of),
        {source: frozenset(one for one in found if one.kind in RECORD_KINDS) for source, found in said.items()},
    )


def reach_back(connection: Connection, follow_ups: Sequence[FollowUp]) -> bool:
    """Whether follow-ups concern lines of earlier batches; the warehouse may not have the latest one yet."""
    if any(one.condition == IF_ACCEPTED or (one.condition == ALWAYS and not _is_record(one)) for one in follow_ups):
        return True
    if _said(follow_ups, IF_NO_PROFILE) and _without_profiles_row(connection, _said(follow_ups, IF_NO_PROFILE)):
        return True
    register(connection, "records", _said(follow_ups, ALWAYS))
    row = connection.execute(
        f"""
        select exists (
            select 1 from (
                {all_of(LOG, f"source, '{CONVERSATION}' as kind, conversation_id as value", "true")}
                union all
                select source, '{CONVERSATION}', object_id from {with_short_ids(EXPANDED, ["object_id"])}
                where {conversations_are_objects()}
                union all
                {all_of(ORDERS, f"source, '{ORDER}', order_id", "true")}
                union all
                {all_of(ADJUSTMENTS, f"source, '{ORDER}', order_id", "true")}
            ) semi join records using (source, kind, value)
        ) or exists (
            select 1 from (
                {all_of(LOG, f"source, '{CONVERSATION}' as kind, raw_text", f"{IS_UNREAD} and conversation_id is null")}
                union all
                {all_of(ORDERS, f"source, '{ORDER}', raw_text", f"{IS_UNREAD} and order_id is null")}
            ) as unread
            inner join records using (source, kind)
            where contains(unread.raw_text, records.value)
        )
        """
    ).fetchone()
    return bool(row and row[0])


def _is_record(follow_up: FollowUp) -> bool:
    return follow_up.identifier.kind in RECORD_KINDS


def _said(follow_ups: Iterable[FollowUp], condition: str) -> Identifiers:
    return by_source((one.source, *one.identifier) for one in follow_ups if one.condition == condition)


def _confirmed(connection: Connection, follow_ups: Sequence[FollowUp]) -> Identifiers:
    """The identifiers of follow-ups whose condition is met: a refused line of profiles ties nobody to anybody."""
    lines = {one.line for one in follow_ups if one.line is not None}
    rows = [dict(zip(LINES.names, line, strict=True)) for line in lines]
    connection.register("said_in", pa.Table.from_pylist(rows, LINES))
    said = all_of(PROFILES, "batch_id, file_path, line_number", "verdict in ('accepted', 'duplicate')")
    taken = connection.execute(
        f"select batch_id, file_path, line_number from ({said}) semi join said_in "
        "using (batch_id, file_path, line_number)"
    ).fetchall()
    accepted = set(taken)
    profiles = [one for one in follow_ups if one.condition == IF_ACCEPTED and one.line in accepted]
    return together(
        _said(follow_ups, ALWAYS),
        _said(profiles, IF_ACCEPTED),
        _without_profiles_row(connection, _said(follow_ups, IF_NO_PROFILE)),
    )


def _without_profiles_row(connection: Connection, profiles: Identifiers) -> Identifiers:
    """Those profile_ids of which no row of profiles was ever accepted."""
    register(connection, "named_profiles", profiles)
    rows = connection.execute(
        f"select source, kind, value from named_profiles where (source, value) not in "
        f"({all_of(PROFILES, '(source, profile_id)', f'{IS_ACCEPTED} and profile_id is not null')})"
    ).fetchall()
    return by_source(rows)


def _holders(connection: Connection, requests: Identifiers, said: Identifiers) -> Identifiers:
    """The profiles that ever had a requested identifier, and those that are named themselves."""
    register(connection, "requests", requests)
    rows = connection.execute(
        f"select distinct source, 'profile_id', profile_id from ({contacts_in(staged(PROFILES), 'profile_id')}) "
        "semi join requests using (source, kind, value)"
    ).fetchall()
    named = {
        source: frozenset(one for one in found if one.kind == "profile_id")
        for source, found in together(requests, said).items()
    }
    return together(by_source(rows), named)


def _merges(connection: Connection) -> Mapping[Identifier, set[Identifier]]:
    """Profiles by (source, profile_id) that merges tie together, either way."""
    merges = connection.execute(
        "select distinct source, profile_id, merged_into from "
        f"({all_of(PROFILES, 'source, profile_id, merged_into', f'{IS_ACCEPTED} and merged_into is not null')})"
    ).fetchall()
    neighbours: dict[Identifier, set[Identifier]] = defaultdict(set)
    for source, profile_id, merged_into in merges:
        if form_of("profile_id", merged_into) is not None:
            neighbours[Identifier(source, profile_id)].add(Identifier(source, merged_into))
            neighbours[Identifier(source, merged_into)].add(Identifier(source, profile_id))
    return neighbours


def _tied(profiles: Identifiers, neighbours: Mapping[Identifier, set[Identifier]]) -> Identifiers:
    """These profiles and all that merges lead to from them, but those that are pseudonyms by now."""
    reached: set[Identifier] = set()
    waiting = [Identifier(source, one.value) for source, found in profiles.items() for one in found]
    while waiting:
        profile = waiting.pop()
        if profile not in reached and not is_pseudonym(profile.value):
            reached.add(profile)
            waiting.extend(neighbours.get(profile, ()))
    return by_source((source, "profile_id", profile_id) for source, profile_id in reached)


def _without_profile(connection: Connection, identifiers: Identifiers) -> Identifiers:
    """profile_ids without a row of profiles that a record's or order's profile names with an e-mail or phone."""
    contacts = {source: frozenset(one for one in found if one.kind in COLUMNS) for source, found in identifiers.items()}
    register(connection, "contacts", contacts)
    found = [
        row
        for table in (*staged(LOG), *staged(ORDERS))
        for row in connection.execute(
            "select distinct source, 'profile_id', profile_id "
            f"from ({contacts_in([table], 'profile_id', is_all=True)}) "
            "semi join contacts using (source, kind, value) where profile_id is not null"
        ).fetchall()
    ]
    return _without_profiles_row(connection, by_source(found))


def _exclusive(connection: Connection, known: Identifiers) -> Identifiers:
    """Known identifiers, and those that the forgotten profiles ever had; but none that somebody else has had too."""
    register(connection, "known", known)
    rows = connection.execute(
        f"""
        with keys as (
            select distinct * from (
                {contacts_in(staged(PROFILES), "profile_id")}
                union all
                {all_of(PROFILES, "source, profile_id, 'profile_id', profile_id", IS_ACCEPTED)}
                union all
                {all_of(PROFILES, "source, profile_id, 'external_id', external_id", IS_ACCEPTED)}
                union all
                {all_of(PROFILES, "source, profile_id, 'anonymous_id', unnest(anonymous_ids)", IS_ACCEPTED)}
            )
            where value is not null
        ),
        forgotten as (select source, value as profile_id from forgotten_profiles),
        candidates as (
            select source, kind, value from keys semi join forgotten using (source, profile_id)
            union
            select source, kind, value from known
        ),
        others as (select source, kind, value from keys anti join forgotten using (source, profile_id))
        select source, kind, value from candidates anti join others using (source, kind, value)
        where kind in ({", ".join(f"'{kind}'" for kind in PERSONAL_KINDS)})
        """
    ).fetchall()
    return by_source(rows)


def _records(connection: Connection, kind: str, column: str, resolved: str, feed: str) -> Identifiers:
    """The conversations or orders of the forgotten profiles, and those with a line, refused or not, that names them."""
    keys = " union all ".join(
        f"""
        {contacts_in([table], column, is_all=True)}
        union all select source, {column}, 'profile_id', profile_id from {table}
        union all select source, {column}, 'external_id', external_id from {table}
        union all select source, {column}, 'anonymous_id', anonymous_id from {table}
        """
        for table in staged(feed)
    )
    rows = connection.execute(
        f"""
        select distinct source, '{kind}', {column} from ({keys}) as keys
        semi join forgotten_identifiers using (source, kind, value)
        where {column} is not null
        union
        select source, '{kind}', {column} from {with_short_ids(f"intermediate.{resolved}", [column, "profile_id"])}
        where (source, profile_id) in (select (source, value) from forgotten_profiles)
        """
    ).fetchall()
    return by_source(rows)


def _of_refused_lines(connection: Connection, identifiers: Identifiers, finder_of: FinderOf) -> Identifiers:
    """The conversations and orders of refused lines that name the people where no model reads it: of lines that are no
    JSON, or have something else in place of an identifier; and of refused transcripts, which have no records."""
    found = []
    for feed, source, object_id, raw_text in refused_lines(connection):
        if source not in identifiers:
            continue
        named = finder_of(feed, source).in_refused_line(raw_text)
        if identifiers[source].intersection(named):
            records = only_record(named) if object_id is None else [Identifier(CONVERSATION, short_id(object_id))]
            found += [(source, *one) for one in records]
    return by_source(found)
