"""Checks experiments and flows against their policies (spec §8.1, §2.3.12.2), before a run touches anything.

dbt's test `experiments_fit_policies` checks the same of the loaded experiments as of a run's own instant. What does not
belong here: checks of a row by itself (seed_checks.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from caw.feeds.seed_rules import Value
from caw.feeds.seeds import word_form

EXPERIMENTS = "retargeting_experiments"
FLOWS = "klaviyo_flows"
POLICIES = "retargeting_policies"


def unlike_their_policies(
    experiments: Mapping[int, Mapping[str, Value]], policies: Sequence[Mapping[str, Value]], now: datetime
) -> Iterator[tuple[int, str]]:
    """(line, sentence) for each experiment of no policy, or that holds out another share while its orders count.

    Args:
        experiments: valid rows of their seed, by line.
        policies: those of theirs.
        now: the instant; when the last order that counts is past, a policy may hold out what it likes.
    """
    percents = {row["policy_id"]: row["holdout_percent"] for row in policies}
    for line, row in experiments.items():
        policy, percent = row["policy_id"], row["holdout_percent"]
        if policy not in percents:
            yield line, f"no policy in {POLICIES}.csv has the policy_id '{policy}'"
        elif percents[policy] != percent and orders_count(_ends_at(row), int(row["conversion_hours"] or 0), now):
            theirs = f"that of {policy} in {POLICIES}.csv ({percents[policy]})"
            yield line, f"holdout_percent ({percent}) must be {theirs} until its last order counts"


def orders_count(ends_at: datetime, hours: int, now: datetime) -> bool:
    """Whether orders of an experiment still count: its end may be the last instant that there is."""
    return now - timedelta(hours=hours) < ends_at


def _ends_at(row: Mapping[str, Value]) -> datetime:
    return datetime.fromisoformat(str(row["ends_at"]))


def policies_in_other_letters(
    flows: Mapping[int, Mapping[str, Value]], policies: Sequence[Mapping[str, Value]]
) -> Iterator[tuple[int, str]]:
    """(line, sentence) for each flow whose policy is one of the policies, but for case, spaces, - and _.

    Any other name is valid, for a flow that carries out none of the policies and so keeps no follow-up from being sent.

    Args:
        flows: valid rows of their seed, by line.
        policies: those of theirs.
    """
    known = {word_form(str(row["policy_id"])): str(row["policy_id"]) for row in policies}
    exact = {str(row["policy_id"]) for row in policies}
    for line, row in flows.items():
        given = str(row["policy_id"]).strip()
        if given not in exact and (meant := known.get(word_form(given))) is not None:
            yield line, f"policy_id '{given}' must be written as in {POLICIES}.csv: {meant}"
