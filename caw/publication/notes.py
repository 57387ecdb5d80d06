"""Notes of a build for people that are in no published table, taken from the warehouse when it is published.

The summary of a run and `caw doctor` read these notes, so that neither opens the warehouse: a reader there would stop a
run. They have counts and hashes of places, and no name: the line of a hash is looked up in the published file.
"""

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from caw.adapters.agent_users import AGENT_USERS
from caw.adapters.registry import ADAPTERS
from caw.host import atomic

# The hash of a line's place, alike in the warehouse and in the published file.
PLACE = "md5(concat_ws('|', batch_id, file_path, line_number))"

REFUSED_LINES = f"""
select need, {PLACE}
from intermediate.int_needs_a_person
where line_number is not null
order by all
"""
REFUSED_RECORDS = """
select concat_ws(' ', reason, field), count(*)
from intermediate.int_rejected_lines
where batch_id = $batch_id and not is_in_ledger
group by 1
order by 2 desc, 1
"""
# Of the versions of a transcript one is current; all after the first delivered count as repeats, whichever is current.
# A vendor's objects have versions by nature: those feeds are left out.
OF_BATCH = """
with brought as (
    select feed, source, object_id, count(*) as versions
    from staging.stg_expanded_lines
    where batch_id = $batch_id and verdict = 'accepted' and needs_record
    group by feed, source, object_id
),

known as (
    select distinct feed, source, object_id
    from staging.stg_expanded_lines
    semi join brought using (feed, source, object_id)
    where batch_id < $batch_id and verdict = 'accepted'
)

select
    coalesce(sum(brought.versions), 0),
    coalesce(sum(brought.versions - case when known.object_id is null then 1 else 0 end), 0)
from brought
left join known using (feed, source, object_id)
"""
BY_SOURCE = """
select source, count(*), count(*) - count(distinct (feed, object_id))
from staging.stg_expanded_lines
where verdict = 'accepted' and needs_record
group by source
order by source
"""

# Asked only of sources in which two vendors land: nobody else's shoppers are known by two systems' ids.
STRANGERS = """
select source
from (
    select distinct source, profile_id from intermediate.int_orders where source in (select unnest($sources))
) as bought
full join (
    select distinct source, profile_id
    from intermediate.int_conversation_profiles
    where source in (select unnest($sources))
) as talked using (source, profile_id)
group by source
having
    count(*) filter (where bought.source is not null) > 0
    and count(*) filter (where talked.source is not null) > 0
    and count(*) filter (where bought.profile_id is not null and talked.profile_id is not null) = 0
order by source
"""
EXPANDED_FEEDS = "select distinct source, feed from staging.stg_expanded_lines where verdict = 'accepted'"
# Asked only of feeds whose adapters know the AI by the users that a seed names.
UNNAMED_AGENTS = """
select source, feed
from staging.stg_expanded_lines
where verdict = 'accepted' and took_part and feed in (select unnest($feeds))
group by source, feed
having
    bool_or(list_contains([mark.actor for mark in marks], 'human'))
    and not coalesce(bool_or(list_contains([mark.actor for mark in marks], 'agent')), false)
order by all
"""


@dataclass(frozen=True)
class Transcripts:
    """Counts of accepted transcripts, and of those that are a further version of an id."""

    accepted: int = 0
    repeats: int = 0


@dataclass(frozen=True)
class Notes:
    """The notes of a build; `batch_id` is the last batch in it."""

    batch_id: str | None = None
    needs: Mapping[str, Sequence[str]] = field(default_factory=dict)  # hashes of lines, by what they need a person for
    refused_records: Sequence[tuple[str, int]] = ()  # made of the batch's lines, by reason and field
    of_batch: Transcripts = Transcripts()
    by_source: Mapping[str, Transcripts] = field(default_factory=dict)
    unnamed_agents: Sequence[tuple[str, str]] = ()  # (source, feed) in which a helpdesk's AI took part and never spoke
    taken_back: int = 0  # resolutions of the publication before that are none any more
    strangers: Sequence[str] = ()  # sources of two vendors or more whose orders and conversations share no shopper


def take_notes(warehouse: Path, batch_id: str | None, taken_back: int = 0) -> Notes:
    """Read the notes from the warehouse; what it has no table for is left out.

    Args:
        warehouse: the built warehouse; the caller holds the data dir's lock.
        batch_id: the last batch in it; None for none.
        taken_back: as `resolutions_taken_back` counts them before the publication.
    """
    needs: dict[str, list[str]] = {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for need, place in _rows(connection, REFUSED_LINES):
            needs.setdefault(need, []).append(place)
        refused_records = [(reason, count) for reason, count in _rows(connection, REFUSED_RECORDS, batch_id)]
        of_batch = [
            Transcripts(int(accepted), int(repeats)) for accepted, repeats in _rows(connection, OF_BATCH, batch_id)
        ]
        by_source = {source: Transcripts(*counts) for source, *counts in _rows(connection, BY_SOURCE)}
        sources = _of_several_vendors(_rows(connection, EXPANDED_FEEDS))
        strangers = tuple(source for (source,) in _rows(connection, STRANGERS, sources=sources)) if sources else ()
        feeds = [feed for feed, adapter in ADAPTERS.items() if AGENT_USERS in adapter.seeds]
        unnamed = tuple((source, feed) for source, feed in _rows(connection, UNNAMED_AGENTS, feeds=feeds))
    transcripts = of_batch[0] if of_batch else Transcripts()
    return Notes(
        batch_id, needs, refused_records, transcripts, by_source, unnamed, taken_back=taken_back, strangers=strangers
    )


def write_notes(state_dir: Path, notes: Notes) -> None:
    """Save the notes in place of the previous build's; the caller holds the data dir's lock."""
    atomic.write(_path(state_dir), json.dumps(asdict(notes)))


def read_notes(state_dir: Path) -> Notes:
    """The notes of the last build that was published; empty ones where there are none."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        kept: dict[str, Any] = json.loads(_path(state_dir).read_text(encoding="utf-8"))
        return Notes(
            batch_id=kept["batch_id"],
            needs=kept["needs"],
            refused_records=[(reason, count) for reason, count in kept["refused_records"]],
            of_batch=Transcripts(**kept["of_batch"]),
            by_source={source: Transcripts(**counts) for source, counts in kept["by_source"].items()},
            unnamed_agents=tuple((source, feed) for source, feed in kept.get("unnamed_agents", ())),
            taken_back=kept.get("taken_back", 0),
            strangers=tuple(kept.get("strangers", ())),  # none of these is in notes of an older version
        )
    return Notes()


def _of_several_vendors(feeds: Sequence[tuple[str, str]]) -> Sequence[str]:
    """The sources in which two vendors land, of (source, feed)."""
    vendors: dict[str, set[str]] = {}
    for source, feed in feeds:
        if feed in ADAPTERS and ADAPTERS[feed].vendor:
            vendors.setdefault(source, set()).add(ADAPTERS[feed].vendor)
    return sorted(source for source, names in vendors.items() if len(names) > 1)


def _rows(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    batch_id: str | None = None,
    sources: Sequence[str] = (),
    feeds: Sequence[str] = (),
) -> list[tuple[Any, ...]]:
    given = {"batch_id": batch_id, "sources": list(sources), "feeds": list(feeds)}
    with contextlib.suppress(duckdb.CatalogException, duckdb.BinderException):  # of an older build
        return connection.execute(sql, {name: value for name, value in given.items() if f"${name}" in sql}).fetchall()
    return []


def _path(state_dir: Path) -> Path:
    return state_dir / "notes.json"
