"""A person's triggers with the verdicts on them, and each gate's own words on what decided it.

Nothing is decided here: the models int_gate_* say whether a gate failed and give its evidence (spec §4.14).
"""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from duckdb import DuckDBPyConnection

from caw.explain.absent_feeds import AbsentFeed
from caw.explain.people import Person
from caw.feeds.declared import retargeting_gates

ROW_WIDTH = 100  # columns of a row of evidence, such as all that is wrong with a line
# A bot's profile has thousands of triggers, and a list may name thousands of products: a page that nobody reads.
MOST_ROWS = 20  # of a gate; the rest is counted
MOST_TRIGGERS = 20  # of a policy that are gone through gate by gate, the latest
VERDICTS = {True: "blocks", False: "passes", None: "off"}
NOT_TESTED = "the policy does not use it"


@dataclass(frozen=True)
class Tested:
    """A gate's verdict (`blocks`, `passes` or `off`) and what it looked at, in words."""

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

    @property
    def key(self) -> tuple[str, str]:
        """Its key: (policy_id, event_id)."""
        return self.policy_id, self.event_id


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
EVIDENCE = """
select policy_id, event_id, is_failed, evidence
from intermediate.int_gate_{gate}
where list_contains($1, event_id)
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


def gates_of(
    connection: DuckDBPyConnection, triggers: Sequence[Trigger], absent: Sequence[AbsentFeed] = ()
) -> Mapping[tuple[str, str], Sequence[Tested]]:
    """The ten gates of each trigger, by its key, in the order of spec §4.14.

    Args:
        connection: the warehouse.
        triggers: of one source.
        absent: feeds that never landed there; the gates that look at them say so.
    """
    never_landed = {gate: one.words for one in absent for gate in one.gates}
    found: dict[tuple[str, str], list[Tested]] = {trigger.key: [] for trigger in triggers}
    events = list({trigger.event_id for trigger in triggers})
    for name in retargeting_gates():  # all triggers at once, as a gate reads all that it looks at for one, too
        rows = connection.execute(EVIDENCE.format(gate=name), [events]).fetchall()
        for policy_id, event_id, is_failed, evidence in rows:
            if (policy_id, event_id) in found:
                rows_of = list(_shown_rows(evidence or [NOT_TESTED]))
                if name in never_landed and is_failed is not None:
                    rows_of.append(never_landed[name])
                found[policy_id, event_id].append(Tested(name, VERDICTS[is_failed], rows_of))
    return found


def _shown_rows(evidence: Sequence[str]) -> Iterator[str]:
    """The first `MOST_ROWS` texts, each as lines of `ROW_WIDTH`, and where there are more one that says how many."""
    for text in evidence[:MOST_ROWS]:
        yield from textwrap.wrap(
            text, ROW_WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
    if len(evidence) > MOST_ROWS:
        yield f"and {len(evidence) - MOST_ROWS:,} more"
