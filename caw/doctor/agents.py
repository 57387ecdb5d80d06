"""Sources in which a helpdesk's AI answers as a user that nobody has named, in the words of a run's summary and
`caw doctor` (spec §2.3.15.2).
"""

from collections.abc import Sequence

from caw.adapters.registry import ADAPTERS
from caw.doctor.needs import Need

UNNAMED = (
    "{vendor} says that its AI took part in {source}, and no message is of a user in agent_users.csv, so its words "
    "count as a human's: add the id, e-mail or name under which it writes."
)


def agents_needed(unnamed: Sequence[tuple[str, str]]) -> Sequence[Need]:
    """A sentence for each (source, feed) of a publication's notes in which the AI took part and never spoke."""
    return [
        Need(UNNAMED.format(vendor=ADAPTERS[feed].vendor.title(), source=source), source=source)
        for source, feed in unnamed
        if feed in ADAPTERS
    ]
