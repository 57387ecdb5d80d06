"""agent_users.csv: as which user of a helpdesk the AI agent writes (spec §2.3.9)."""

from dataclasses import dataclass
from pathlib import Path

from caw.adapters.transcript_values import as_id
from caw.adapters.vendor_words import vendor_form, vendor_rows
from caw.feeds.seeds import seed_file

AGENT_USERS = "agent_users"
COLUMNS = ("vendor", "user")


@dataclass(frozen=True)
class AgentUsers:
    """The AI's own users of one vendor: ids, e-mails or names, in the form in which vendors' words are compared."""

    names: frozenset[str]

    def has(self, *names: object) -> bool:
        """Whether one of these ids, e-mails or names is the AI's."""
        return any(vendor_form(text) in self.names for name in names if (text := as_id(name)))

    @property
    def fingerprint(self) -> str:
        """Equal for those who name the same users."""
        return repr(sorted(self.names))


def load_agent_users(seeds: Path, vendor: str) -> AgentUsers:
    """Read one vendor's rows of agent_users.csv; a folder that lacks it has the packaged ones.

    Raises:
        ValueError: a cell is blank; the message names it.
    """
    rows = [row for _, row in vendor_rows(seed_file(seeds, AGENT_USERS), COLUMNS, filled=COLUMNS)]
    return AgentUsers(frozenset(vendor_form(row["user"]) for row in rows if vendor_form(row["vendor"]) == vendor))
