"""The marts in a few lines, for the summary of a run: who may be written to, who may not and why, day by day."""

from collections.abc import Iterator, Sequence

from duckdb import DuckDBPyConnection

from caw.explain.absent_feeds import absent_feeds
from caw.explain.page import shown
from caw.feeds.declared import retargeting_gates

STATUSES = ("eligible", "waiting", "blocked", "expired")
SHOWN_POLICIES = 6
DAYS = 30
BLOCKS = "▁▂▃▄▅▆▇█"
NO_DAY = "·"  # nothing to show on a day without conversations
COUNT_WIDTH = 9
Row = tuple[str, str]

POLICIES = f"""
select policy_id, {", ".join(f"count(*) filter (where status = '{status}')" for status in STATUSES)}
from retargeting.retargeting_eligibility
group by policy_id
order by policy_id
"""
# Of those blocked at a gate, the one with the fewest other reasons explains it best; then the latest.
BLOCKED = """
select
    gate,
    count(*),
    min_by(
        coalesce(profile_id, 'conversation ' || conversation_id),
        {'others': len(failed_gates), 'age': -epoch_us(triggered_at), 'event_id': event_id}
    )
from (
    select *, unnest(failed_gates) as gate
    from retargeting.retargeting_eligibility
    where status = 'blocked'
)
group by gate
"""
DAILY = f"""
with days as (
    select cast(as_of as date) - cast(unnest(range({DAYS})) as integer) as date
    from health.last_run
)

select
    cast(date as varchar),
    coalesce(sum(daily.conversations), 0),
    sum(daily.resolved) / nullif(sum(daily.conversations), 0)
from days
left join performance.agent_performance_daily as daily using (date)
group by date
order by date
"""


def story(connection: DuckDBPyConnection) -> Sequence[Row]:
    """The rows of the summary: a heading, blank where the row goes on with the one before, and its text.

    Args:
        connection: a published file.
    """
    connection.execute("set TimeZone = 'UTC'")
    return [*_policies(connection), *_gates(connection), *_days(connection)]


def sparkline(values: Sequence[float | None], highest: float) -> str:
    """One block a value, from 0 to the highest; a dot where there is none."""
    top = len(BLOCKS) - 1
    scale = top / highest if highest else 0.0
    return "".join(NO_DAY if value is None else BLOCKS[min(top, round(value * scale))] for value in values)


def _policies(connection: DuckDBPyConnection) -> Iterator[Row]:
    found = connection.execute(POLICIES).fetchall()
    if not found:
        return
    width = max(len(shown(policy_id)) for policy_id, *_ in found[:SHOWN_POLICIES])
    yield "Retargeting", " " * width + "".join(f"{status:>{COUNT_WIDTH}}" for status in STATUSES)
    for policy_id, *counts in found[:SHOWN_POLICIES]:
        yield "", f"{shown(policy_id):<{width}}" + "".join(f"{count:>{COUNT_WIDTH},}" for count in counts)
    if len(found) > SHOWN_POLICIES:
        yield "", f"and {len(found) - SHOWN_POLICIES} more policies"


def _gates(connection: DuckDBPyConnection) -> Iterator[Row]:
    found = {gate: (count, example) for gate, count, example in connection.execute(BLOCKED).fetchall()}
    if not found:
        return
    gates, absent = retargeting_gates(), absent_feeds(connection)
    never_landed = {gate: one.words for one in absent for gate in one.gates if not one.lets_pass}
    width = max(len(gate) for gate in gates)
    heading = "Blocked at"
    for gate in gates:
        if gate in found:
            count, example = found[gate]
            yield heading, f"{gate:<{width}}{count:>{COUNT_WIDTH},}  e.g. {shown(example)}"
            if gate in never_landed:
                yield "", f"  ({never_landed[gate]})"
            heading = ""
    nobody = [gate for gate in gates if gate not in found]
    if nobody:
        yield "", f"no trigger at {', '.join(nobody)}"
    heading = "Unchecked"
    for one in absent:
        if one.lets_pass:
            yield heading, f"{' and '.join(one.gates)}: {one.words}"
            heading = ""


def _days(connection: DuckDBPyConnection) -> Iterator[Row]:
    found = connection.execute(DAILY).fetchall()
    counts = [float(count) for _, count, _ in found if count]
    if not counts:
        return
    rates = [None if rate is None else float(rate) for _, _, rate in found]
    known = [rate for rate in rates if rate is not None]
    days = sparkline([float(count) or None for _, count, _ in found], max(counts))
    yield "Per day", f"{days}  conversations: {_range(f'{min(counts):,.0f}', f'{max(counts):,.0f}')}"
    yield "", f"{sparkline(rates, 1.0)}  resolved by the agent: {_range(f'{min(known):.0%}', f'{max(known):.0%}')}"
    yield "", f"{DAYS} days to {found[-1][0]}"


def _range(least: str, greatest: str) -> str:
    return least if least == greatest else f"{least} to {greatest}"
