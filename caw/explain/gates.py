"""Fetches the verdicts on a person's triggers as they were built, gate by gate, with the rows that decided each.

Whether a gate failed is in retargeting.retargeting_eligibility, which is built from the models int_gate_*. The
queries here only fetch the rows that such a gate looks at, for people to read.
"""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from duckdb import DuckDBPyConnection

from caw.explain.people import Person
from caw.publication.catalog import has_table

DETAIL_WIDTH = 100  # columns of a detail, which says all that is wrong with a line
# A bot's profile has thousands of triggers, each with thousands of orders after it: a page of pairs that nobody reads.
MOST_ROWS = 20  # of a gate; the rest is counted
MOST_TRIGGERS = 20  # of a policy that are gone through gate by gate, the latest


@dataclass(frozen=True)
class Gate:
    """One gate: the rows it looks at, in words, and what to say where there is none.

    `rows` selects one text column from `judged`, the one trigger; `off` is true of a policy that does not use the gate.
    A refused line of `refused_feed` blocks the profile that it names: it may have been a no.
    """

    rows: str
    none: str
    off: str = "false"
    refused_feed: str | None = None


@dataclass(frozen=True)
class Tested:
    """A gate's verdict (`blocks`, `passes` or `off`) and the rows that decided it."""

    name: str
    verdict: str
    rows: Sequence[str]


@dataclass(frozen=True)
class Trigger:
    """One row of retargeting_eligibility; instants are UTC, as text."""

    policy_id: str
    event_id: str
    event_name: str
    conversation_id: str
    triggered_at: str
    send_after: str
    expires_at: str
    judged_at: str
    failed_gates: Sequence[str]
    status: str


SENDS = """
    select format(
        '{} {} sent {}',
        coalesce('unknown kind ' || sends.kind_text, sends.kind),
        sends.message_id,
        sends.sent_at at time zone 'UTC'
    )
    from judged
    inner join intermediate.int_message_sends as sends
        on judged.source = sends.source
        and judged.profile_id = sends.profile_id
        and judged.message_channel = sends.channel
        and sends.sent_at <= judged.judged_at
"""
# In the order of spec §4.14.
GATES = {
    "profile_unknown": Gate("select 'the conversation is of ' || profile_id from judged", "nobody matches"),
    "ordered_since_trigger": Gate(
        """
    select format('order {} placed {}, now {}', orders.order_id, orders.placed_at at time zone 'UTC', orders.status)
    from judged
    inner join intermediate.int_orders as orders
        on judged.source = orders.source
        and judged.profile_id = orders.profile_id
        and orders.placed_at between judged.triggered_at and judged.judged_at
    order by orders.placed_at, orders.order_id
    """,
        "no order since the trigger",
        "not exclude_if_ordered",
    ),
    "escalated_recently": Gate(
        """
    select format(
        'escalated {}, conversation {}{}',
        escalations.occurred_at at time zone 'UTC',
        escalations.conversation_id,
        coalesce(': ' || escalations.escalation_reason, '')
    )
    from judged
    inner join events.conversation_escalated as escalations
        on judged.source = escalations.source
        and judged.profile_id = escalations.profile_id
        and escalations.occurred_at > judged.judged_at - to_days(judged.exclude_escalated_days)
        and escalations.occurred_at <= judged.judged_at
    order by escalations.occurred_at
    """,
        "no escalation in the policy's days",
        "exclude_escalated_days = 0",
    ),
    "no_consent": Gate(
        """
    select format(
        '{} for {} since {}{}',
        consents.status,
        consents.channel,
        consents.occurred_at at time zone 'UTC',
        coalesce(', valid until ' || (consents.valid_until at time zone 'UTC'), '')
    )
    from judged
    inner join intermediate.int_consents as consents
        on judged.source = consents.source
        and judged.profile_id = consents.profile_id
        and judged.message_channel = consents.channel
        and consents.occurred_at <= judged.judged_at
    order by consents.occurred_at desc, consents.status = 'subscribed', consents.valid_until nulls last
    limit 1
    """,
        "no consent for the channel on record",
        "not require_consent",
        refused_feed="consents",
    ),
    "suppressed": Gate(
        """
    select format('{} for {} since {}', action, channel, occurred_at at time zone 'UTC')
    from (
        select
            suppressions.*,
            row_number() over (
                partition by suppressions.channel
                order by suppressions.occurred_at desc, suppressions.action = 'suppress' desc
            ) as place
        from judged
        inner join intermediate.int_suppressions as suppressions
            on judged.source = suppressions.source
            and judged.profile_id = suppressions.profile_id
            and suppressions.channel in (judged.message_channel, 'all')
            and suppressions.occurred_at <= judged.judged_at
    )
    where place = 1
    order by channel
    """,
        "never suppressed on the channel",
        refused_feed="suppressions",
    ),
    "messaged_recently": Gate(
        SENDS
        + """
        and sends.kind <> 'transactional'
        and sends.sent_at > judged.judged_at - to_hours(judged.min_hours_since_last_message)
    order by sends.sent_at, sends.message_id
    """,
        "no message on the channel in the policy's hours",
        "min_hours_since_last_message = 0",
    ),
    "already_sent": Gate(
        SENDS
        + """
        and (sends.kind = 'flow' or sends.kind_text is not null)
        and sends.sent_at >= judged.triggered_at
        and coalesce(sends.policy_id, judged.policy_id) = judged.policy_id
        and coalesce(sends.event_id, judged.event_id) = judged.event_id
    order by sends.sent_at, sends.message_id
    """,
        "no flow of this policy went out since the trigger",
    ),
    "superseded": Gate(
        """
    select format('newer trigger {}, conversation {}', later.triggered_at at time zone 'UTC', later.conversation_id)
    from judged
    inner join intermediate.int_retargeting_triggers as later
        on judged.policy_id = later.policy_id
        and judged.source = later.source
        and judged.profile_id = later.profile_id
        and (later.triggered_at, later.event_id) > (judged.triggered_at, judged.event_id)
        and later.triggered_at <= judged.judged_at
    order by later.triggered_at, later.event_id
    """,
        "no newer trigger of this policy",
    ),
    "products_unavailable": Gate(
        """
    select format(
        '{} {}',
        recommended.code,
        case bool_or(products.in_stock) when true then 'in stock' when false then 'out of stock' else 'not known' end
    )
    from (select source, unnest(products) as code from judged) as recommended
    left join intermediate.int_products as products
        on recommended.source = products.source and recommended.code in (products.product_id, products.sku)
    group by recommended.code
    order by recommended.code
    """,
        "the trigger recommends no product",
    ),
    "holdout": Gate(
        """
    select format(
        'draws {} of 0 to 99; below {} is held out',
        cast('0x' || left(md5(policy_id || '|' || profile_id), 8) as bigint) % 100,
        holdout_percent
    )
    from judged
    """,
        "",
        "holdout_percent = 0",
    ),
}
# Two texts a line: where it is and why it was refused, and what is wrong in words.
REFUSED = """
    select
        format(
            'refused line {}:{}: {}',
            refused.file_path,
            refused.line_number,
            concat_ws(' ', refused.reason, refused.field)
        ),
        refused.detail
    from judged
    inner join intermediate.int_refused_permissions as refused
        on judged.source = refused.source
        and judged.profile_id = refused.profile_id
        and coalesce(refused.channel, 'all') in ('all', judged.message_channel)
        and refused.feed = $3
    order by refused.batch_id, refused.file_path, refused.line_number
"""
JUDGED = "with judged as (select * from intermediate.int_retargeting_triggers where policy_id = $1 and event_id = $2) "
TRIGGERS = """
select
    eligibility.policy_id,
    eligibility.event_id,
    triggers.trigger_event,
    eligibility.conversation_id,
    cast(eligibility.triggered_at at time zone 'UTC' as varchar),
    cast(eligibility.send_after at time zone 'UTC' as varchar),
    cast(eligibility.expires_at at time zone 'UTC' as varchar),
    cast(eligibility.judged_at at time zone 'UTC' as varchar),
    eligibility.failed_gates,
    eligibility.status
from retargeting.retargeting_eligibility as eligibility
inner join intermediate.int_retargeting_triggers as triggers using (policy_id, event_id)
where eligibility.source = ? and eligibility.profile_id = ?
order by eligibility.policy_id, eligibility.triggered_at, eligibility.event_id
"""


def policies(connection: DuckDBPyConnection) -> Sequence[str]:
    """Every policy_id of the seed, sorted."""
    found = connection.execute("select policy_id from seeds.retargeting_policies order by policy_id").fetchall()
    return [policy_id for (policy_id,) in found]


def triggers_of(connection: DuckDBPyConnection, person: Person) -> Sequence[Trigger]:
    """The person's triggers up to as_of, by policy and instant."""
    found = connection.execute(TRIGGERS, [person.source, person.profile_id]).fetchall()
    return [Trigger(*row) for row in found]


def latest_of(triggers: Sequence[Trigger]) -> Mapping[str, tuple[Sequence[Trigger], Sequence[Trigger]]]:
    """(earlier ones, the latest `MOST_TRIGGERS`) by policy, of triggers by policy and instant."""
    of_policies = groupby(triggers, key=lambda trigger: trigger.policy_id)
    return {
        policy_id: (found[:-MOST_TRIGGERS], found[-MOST_TRIGGERS:])
        for policy_id, found in ((policy_id, list(found)) for policy_id, found in of_policies)
    }


def gates_of(connection: DuckDBPyConnection, trigger: Trigger) -> Sequence[Tested]:
    """The ten gates of a trigger, in the order of spec §4.14."""
    key = [trigger.policy_id, trigger.event_id]
    switches = ", ".join(gate.off for gate in GATES.values())
    off = connection.execute(f"{JUDGED} select {switches} from judged", key).fetchone() or ()
    knows_refused = has_table(connection, "intermediate", "int_refused_permissions")
    tested = []
    for (name, gate), is_off in zip(GATES.items(), off, strict=True):
        rows = [text for (text,) in _first_rows(connection, gate.rows, key)]
        if gate.refused_feed and knows_refused:
            rows = [*_refused(connection, [*key, gate.refused_feed]), *rows]
        rows = rows or [gate.none]
        if name in trigger.failed_gates:
            tested.append(Tested(name, "blocks", rows))
        elif is_off:
            tested.append(Tested(name, "off", ["the policy does not use it"]))
        else:
            tested.append(Tested(name, "passes", rows))
    return tested


def _first_rows(connection: DuckDBPyConnection, rows: str, key: Sequence[str]) -> Sequence[tuple[str, ...]]:
    """The first `MOST_ROWS` rows of a query, and where there are more one that says how many."""
    found = connection.execute(f"{JUDGED} select * from ({rows}) limit {MOST_ROWS + 1}", list(key)).fetchall()
    if len(found) <= MOST_ROWS:
        return found
    counted = connection.execute(f"{JUDGED} select count(*) from ({rows})", list(key)).fetchone() or (0,)
    nothing = ("",) * (len(found[0]) - 1)
    return [*found[:MOST_ROWS], (f"and {counted[0] - MOST_ROWS:,} more", *nothing)]


def _refused(connection: DuckDBPyConnection, key: Sequence[str]) -> Iterator[str]:
    for place, detail in _first_rows(connection, REFUSED, key):
        yield place
        yield from (f"  {part}" for part in textwrap.wrap(detail or "", DETAIL_WIDTH))
