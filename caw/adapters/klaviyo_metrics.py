"""The meanings of Klaviyo's metrics (spec §2.3.12.2): the seed klaviyo_metrics.csv.

A metric that no row knows makes no record and is counted; one whose row means nothing makes no record and is known.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from caw.adapters.vendor_words import vendor_form, vendor_rows
from caw.feeds.seeds import seed_file

SEED = "klaviyo_metrics"
COLUMNS = ("metric", "integration", "means")
STARTED, RESOLVED, ESCALATED = "conversation_started", "conversation_resolved", "conversation_escalated"
RECOMMENDED = "recommendation_received"
OF_AGENT = (STARTED, RESOLVED, ESCALATED, RECOMMENDED)
ORDERS = ("order_placed", "order_cancelled", "order_refunded")
OF_CHANNEL = ("message_received", "bounced", "subscribed", "unsubscribed", "marked_as_spam")
ANY_INTEGRATION = ""

_MEANS = re.compile(rf"(?:{'|'.join((*OF_AGENT, *ORDERS))}|(?:{'|'.join(OF_CHANNEL)}):(?:email|sms|whatsapp|push))?")


@dataclass(frozen=True)
class Metrics:
    """Meanings of metrics, by the forms of a metric's name or id and of an integration; blank for known ones that make
    nothing."""

    means: Mapping[tuple[str, str], str]

    def meaning(self, names: Iterable[str], integrations: Iterable[str]) -> str | None:
        """The meaning of the first of a metric's names that a row knows; None if none is known.

        Args:
            names: the metric's name, then its id.
            integrations: the name, key and id of its integration: a row with one of these goes before one with none.
        """
        tried = [*map(vendor_form, integrations), ANY_INTEGRATION]
        for form in map(vendor_form, names):
            for integration in tried:
                found = self.means.get((form, integration))
                if found is not None:
                    return found
        return None

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all of them: what was expanded by other rows is out of date."""
        return hashlib.sha256(repr(sorted(self.means.items())).encode()).hexdigest()


def load_metrics(seeds: Path) -> Metrics:
    """Read klaviyo_metrics.csv; a folder that lacks it has the packaged one.

    Raises:
        ValueError: a row is wrong; the message names it.
    """
    means: dict[tuple[str, str], str] = {}
    for where, row in vendor_rows(seed_file(seeds, SEED), COLUMNS, filled=("metric",)):
        if _MEANS.fullmatch(row["means"]) is None:
            raise ValueError(
                f"{where}: means is one of {', '.join((*OF_AGENT, *ORDERS))}, or one of "
                f"{', '.join(OF_CHANNEL)} with a channel, such as subscribed:sms; not {row['means']!r}"
            )
        key = (vendor_form(row["metric"]), vendor_form(row["integration"]))
        if means.setdefault(key, row["means"]) != row["means"]:
            raise ValueError(f"{where}: {row['metric']} means {means[key]} in another row of this integration")
    return Metrics(means)
