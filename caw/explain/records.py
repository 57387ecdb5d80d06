"""Reads one person's records from the warehouse, each row with its landed file and line."""

from collections.abc import Sequence
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from caw.explain.people import Person


@dataclass(frozen=True)
class Section:
    """Rows of one kind; a cell is text or None."""

    title: str
    rows: Sequence[Sequence[str | None]]


# Each query takes some of $source, $profile_id and $ids (the profile's, and those merged into it). The last column, or
# of events the last but one, is the row's landed file and line.
PROFILE = """
select
    case when profile_id <> $profile_id then profile_id || ', merged into it' else profile_id end,
    'email ' || email,
    'phone ' || phone_number,
    'external_id ' || external_id,
    'anonymous_ids ' || nullif(array_to_string(anonymous_ids, ', '), ''),
    'updated ' || (updated_at at time zone 'UTC'),
    file_path || ':' || line_number
from intermediate.int_profile_versions
where source = $source and profile_id in (select unnest($ids)) and is_current
order by profile_id <> $profile_id, profile_id
"""
# Events of one instant are sorted as their conversation's records (spec §3.1).
EVENTS = """
with lines as (
    select conversation_id, record_id, sequence, file_path, line_number, 1 as rank
    from staging.stg_conversation_log
    where source = $source and verdict = 'accepted'
    union all
    select conversation_id, record_id, sequence, file_path, line_number, 2 as rank
    from staging.stg_expanded_conversation_log
    where source = $source and verdict = 'accepted'
),

first_line as (
    select
        conversation_id,
        record_id,
        min_by(sequence, rank) as sequence,
        min_by(file_path || ':' || line_number, rank) as place
    from lines
    group by conversation_id, record_id
)

select
    cast(feed.occurred_at at time zone 'UTC' as varchar),
    feed.event_name,
    feed.channel,
    feed.conversation_id,
    case when feed.occurred_at > run.as_of then 'after as_of' end,
    first_line.place,
    feed.properties
from events.activity_feed as feed
cross join intermediate.int_run as run
left join first_line using (conversation_id, record_id)
where feed.source = $source and feed.profile_id = $profile_id
order by
    feed.occurred_at,
    feed.conversation_id,
    first_line.sequence,
    length(feed.record_id),
    feed.record_id,
    feed.event_name
"""
ORDERS = """
select
    cast(orders.placed_at at time zone 'UTC' as varchar),
    orders.order_id,
    orders.status,
    orders.total || ' ' || orders.currency,
    case when orders.placed_at > run.as_of then 'after as_of' end,
    lines.file_path || ':' || lines.line_number
from intermediate.int_orders as orders
cross join intermediate.int_run as run
left join staging.stg_orders as lines
    on orders.source = lines.source and orders.order_id = lines.order_id and lines.verdict = 'accepted'
where orders.source = $source and orders.profile_id = $profile_id
qualify row_number() over (
    partition by orders.order_id
    order by lines.updated_at desc, lines.batch_id desc, lines.file_path desc, lines.line_number desc
) = 1
order by orders.placed_at, orders.order_id
"""
CONSENTS = """
select
    cast(occurred_at at time zone 'UTC' as varchar),
    channel,
    status,
    method,
    'valid until ' || (valid_until at time zone 'UTC'),
    case when occurred_at > as_of then 'after as_of' end,
    file_path || ':' || line_number
from staging.stg_consents
cross join intermediate.int_run
where source = $source and profile_id in (select unnest($ids)) and verdict = 'accepted'
order by occurred_at, channel, status
"""
SUPPRESSIONS = """
select
    cast(occurred_at at time zone 'UTC' as varchar),
    channel,
    action,
    case when occurred_at > as_of then 'after as_of' end,
    file_path || ':' || line_number
from staging.stg_suppressions
cross join intermediate.int_run
where source = $source and profile_id in (select unnest($ids)) and verdict = 'accepted'
order by occurred_at, channel, action
"""
SENDS = """
select
    cast(sent_at at time zone 'UTC' as varchar),
    channel,
    kind,
    message_id,
    'policy ' || policy_id,
    'event ' || event_id,
    case when sent_at > as_of then 'after as_of' end,
    file_path || ':' || line_number
from staging.stg_message_sends
cross join intermediate.int_run
where source = $source and profile_id in (select unnest($ids)) and verdict = 'accepted'
order by sent_at, message_id
"""
QUERIES = {
    "Profile": PROFILE,
    "Events": EVENTS,
    "Orders": ORDERS,
    "Consents": CONSENTS,
    "Suppressions": SUPPRESSIONS,
    "Sends": SENDS,
}
MERGED = """
select profile_id from intermediate.int_profile_merges where source = ? and final_profile_id = ? order by profile_id
"""


def sections(connection: DuckDBPyConnection, person: Person) -> Sequence[Section]:
    """Everything that is known of the person, by kind; a kind without rows is there, empty."""
    merged = [profile_id for (profile_id,) in connection.execute(MERGED, [person.source, person.profile_id]).fetchall()]
    given = {"source": person.source, "profile_id": person.profile_id, "ids": [person.profile_id, *merged]}
    return [
        Section(
            title,
            connection.execute(query, {name: value for name, value in given.items() if f"${name}" in query}).fetchall(),
        )
        for title, query in QUERIES.items()
    ]
