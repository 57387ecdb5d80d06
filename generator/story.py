"""The story of the sample: who may be written to at SAMPLE_AS_OF, who may not, and why.

Every status and every gate that the shipped policies can produce has a shopper of its own. `holdout` is not among
them: the shipped policies hold nobody out.
"""

from dataclasses import dataclass

from generator.american_tales import AMERICAN_TALES, DAY, EMAIL_ONLY
from generator.tales import (
    ELIGIBLE,
    EMAIL_POLICY,
    EU,
    EXPIRED,
    SMS_POLICY,
    WAITING,
    Rows,
    Tale,
    blocked,
    escalation,
    records,
)


@dataclass(frozen=True)
class StoryCase:
    """One row that retargeting_eligibility must hold at SAMPLE_AS_OF; its conversation has this one trigger only."""

    source: str
    conversation_id: str
    profile_id: str | None
    policy_id: str
    expected_status: str
    expected_gates: tuple[str, ...]
    why: str


_EU_TALES = (
    Tale("zoe-eligible", 19, ELIGIBLE, blocked("no_consent"), "may get e-mail only", EU, consents=EMAIL_ONLY),
    Tale("remi-waiting", 1.5, WAITING, WAITING, "recommended 90 minutes ago", EU),
    Tale("noor-just-now", 2, ELIGIBLE, ELIGIBLE, "exactly 2 hours ago: the wait is over", EU),
    Tale("otto-just-expired", 72, EXPIRED, EXPIRED, "exactly 72 hours ago: expired this instant", EU),
    Tale(
        "lise-transferee",
        21,
        blocked("escalated_recently"),
        blocked("escalated_recently"),
        "handed over 6 days ago",
        EU,
        extra=escalation(EU, "lise-transferee", 6 * DAY, "transféré", "Paiement refusé"),
    ),
)

_TALES = AMERICAN_TALES + _EU_TALES


def _cases(tale: Tale) -> list[StoryCase]:
    return [
        StoryCase(
            tale.source, tale.conversation_id, tale.resolved_profile, policy, verdict.status, verdict.gates, tale.why
        )
        for policy, verdict in ((EMAIL_POLICY, tale.email), (SMS_POLICY, tale.sms))
    ]


STORY: list[StoryCase] = [case for tale in _TALES for case in _cases(tale)]
"""To be compared with the built mart: two rows a tale, one for each shipped policy."""


def story_records(source: str) -> Rows:
    """All records of a source's tales but its products."""
    return [record for tale in _TALES if tale.source == source for record in records(tale)]
