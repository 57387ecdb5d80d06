"""The team's policies that Klaviyo's flows carry out (spec §2.3.12.2): the seed klaviyo_flows.csv."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from caw.adapters.transcript_values import as_id
from caw.adapters.vendor_words import vendor_rows
from caw.feeds.seeds import seed_file

SEED = "klaviyo_flows"
COLUMNS = ("flow_id", "policy_id")


@dataclass(frozen=True)
class Flows:
    """The flows that a row names; the sends of any other are of an unknown policy.

    Attributes:
        policies: by flow.
    """

    policies: Mapping[str, str]

    def policy(self, flow: Any) -> str | None:
        """The policy of a flow's sends; None for a flow that no row names.

        Args:
            flow: its id, a value of a parsed line.
        """
        return self.policies.get(as_id(flow).strip())

    @cached_property
    def fingerprint(self) -> str:
        """Equal for those who name the same flows."""
        return repr(sorted(self.policies.items()))


def load_flows(seeds: Path) -> Flows:
    """Read klaviyo_flows.csv; a folder that lacks it has the packaged one, which names none.

    Raises:
        ValueError: a row is wrong; the message names it.
    """
    policies: dict[str, str] = {}
    for where, row in vendor_rows(seed_file(seeds, SEED), COLUMNS, filled=COLUMNS):
        if policies.setdefault(row["flow_id"], row["policy_id"]) != row["policy_id"]:
            raise ValueError(f"{where}: {row['flow_id']} is of {policies[row['flow_id']]} in another row")
    return Flows(policies)
