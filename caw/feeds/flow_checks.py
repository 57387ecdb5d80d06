"""Checks that a flow's policy is written as the policy is (spec §2.3.12.2), before a run touches anything.

Any other name is valid, for a flow that carries out none of the policies and so keeps no follow-up from being sent: a
policy in other letters would be taken for one.
"""

from collections.abc import Iterator, Mapping, Sequence

from caw.feeds.experiment_checks import POLICIES
from caw.feeds.seed_rules import Value
from caw.feeds.seeds import word_form

FLOWS = "klaviyo_flows"


def policies_in_other_letters(
    flows: Mapping[int, Mapping[str, Value]], policies: Sequence[Mapping[str, Value]]
) -> Iterator[tuple[int, str]]:
    """(line, sentence) for each flow whose policy is one of the policies, but for case, spaces, - and _.

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
