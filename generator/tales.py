"""One shopper's story, as records of the feeds."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from generator.story_time import before, epoch_seconds, written

EMAIL_POLICY = "recommendation_follow_up_email"
SMS_POLICY = "recommendation_follow_up_sms"

US, EU = "acme_us", "acme_eu"
DEFAULT_PRODUCTS = ("story-lamp", "story-rug")

Row = dict[str, Any]
Rows = list[tuple[str, Row]]
"""Records with the feed that each belongs to."""

JOINED_HOURS = 24 * 120  # profiles and consents of the story are months old


@dataclass(frozen=True)
class Verdict:
    """The expected row of retargeting_eligibility for one trigger."""

    status: str
    gates: tuple[str, ...] = ()


ELIGIBLE, WAITING, EXPIRED = Verdict("eligible"), Verdict("waiting"), Verdict("expired")


def dumps(value: Any) -> str:
    """Compact JSON, characters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def blocked(*gates: str) -> Verdict:
    """Blocked by these gates, in the order of spec §4.14."""
    return Verdict("blocked", gates)


@dataclass(frozen=True)
class Tale:
    """One recommendation to one shopper, what else happened to them, and the verdicts that follow.

    Attributes:
        name: the profile_id, and in the conversation's id.
        hours: from the recommendation to SAMPLE_AS_OF.
        extra: further records of the shopper.
        consents: channel to status, as old as the profile.
        identity: the profile object in the log, where it is not the profile_id.
        profile_id: who the trigger resolves to: the name, unless given; None for nobody.
        profile: further fields of the profile's record.
        part: tells a shopper's conversations apart.
        logged: False where the conversation comes in a transcript, not in the log.
    """

    name: str
    hours: float
    email: Verdict
    sms: Verdict
    why: str
    source: str = US
    extra: Rows = field(default_factory=list)
    consents: tuple[tuple[str, str], ...] = (("email", "subscribed"), ("sms", "subscribed"))
    products: tuple[str, ...] = DEFAULT_PRODUCTS
    identity: Row | None = None
    profile_id: str | None = ""
    profile: Row = field(default_factory=dict)
    part: str = ""
    logged: bool = True

    @property
    def conversation_id(self) -> str:
        """Unique in the sample."""
        return f"story-{self.name}{self.part}"

    @property
    def resolved_profile(self) -> str | None:
        """The trigger's profile_id."""
        return self.name if self.profile_id == "" else self.profile_id


def records(tale: Tale) -> Rows:
    """All records of a tale."""
    rows = (_recommendation(tale) if tale.logged else []) + tale.extra
    if tale.resolved_profile is None or tale.part:  # nobody, or somebody whose profile another tale brings
        return rows
    return rows + _profile(tale) + [consent(tale.source, tale.name, *each, JOINED_HOURS) for each in tale.consents]


def _profile(tale: Tale) -> Rows:
    joined = written(tale.source, before(JOINED_HOURS))
    own: Row = {"profile_id": tale.name, "updated_at": joined, "email": f"{tale.name}@example.com"}
    return [("profiles", own | tale.profile)]


def _recommendation(tale: Tale) -> Rows:
    """A short conversation, resolved by the agent; the products are shown exactly `hours` before SAMPLE_AS_OF."""
    shown = before(tale.hours)
    identity = {"profile_id": tale.name} if tale.identity is None else tale.identity
    steps: list[tuple[int, Row]] = [
        (-90, {"record_type": "message", "actor": "customer", "text": "Which of these goes with an oak table?"}),
        (-88, {"record_type": "skill_changed", "skill": "product_recommendation"}),
        (-85, {"record_type": "message", "actor": "agent", "text": "Let me look; I will show you what fits."}),
        (0, {"record_type": "products_recommended", "actor": "agent", "products": list(tale.products)}),
        (40, {"record_type": "message", "actor": "customer", "text": "Lovely, I will think about it."}),
        (45, {"record_type": "status_changed", "status": "resolved", "actor": "agent"}),
    ]
    return _conversation(tale.source, tale.conversation_id, shown, identity, steps)


def _conversation(source: str, name: str, around: datetime, identity: Row, steps: list[tuple[int, Row]]) -> Rows:
    rows: Rows = []
    for place, (seconds, own) in enumerate(steps):
        head = {
            "record_id": f"{name}-{place}",
            "conversation_id": name,
            "occurred_at": written(source, around + timedelta(seconds=seconds)),
            "channel": "web_chat",
        }
        rows.append(("conversation_log", head | own | ({"profile": identity} if place == 0 else {})))
    return rows


def escalation(source: str, profile_id: str, hours: float, status: str, reason: str) -> Rows:
    """Another conversation of the shopper, handed over to staff `hours` before SAMPLE_AS_OF."""
    steps: list[tuple[int, Row]] = [
        (-60, {"record_type": "message", "actor": "customer", "text": "This is the third time that I ask."}),
        (0, {"record_type": "status_changed", "status": status, "actor": "agent", "escalation_reason": reason}),
        (600, {"record_type": "message", "actor": "human", "text": "I am taking over from here, and I am sorry."}),
    ]
    return _conversation(source, f"story-{profile_id}-handover", before(hours), {"profile_id": profile_id}, steps)


def order(source: str, profile_id: str, hours: float, **fields: Any) -> tuple[str, Row]:
    """An order of one lamp, `hours` before SAMPLE_AS_OF."""
    items = [{"product_id": "story-lamp", "quantity": 1, "price": 59.9}]
    own: Row = {"order_id": f"story-{profile_id}", "placed_at": written(source, before(hours)), "total": 59.9}
    return "orders", own | {"profile": {"profile_id": profile_id}, "items": items} | fields


def consent(source: str, profile_id: str, channel: str, status: str, hours: float, **fields: Any) -> tuple[str, Row]:
    """A consent given or taken back `hours` before SAMPLE_AS_OF."""
    own: Row = {"profile_id": profile_id, "channel": channel, "status": status}
    return "consents", own | {"occurred_at": written(source, before(hours)), "method": "checkout"} | fields


def suppression(source: str, profile_id: str, channel: str, action: str, hours: float, reason: str) -> tuple[str, Row]:
    """A suppression, or its end, `hours` before SAMPLE_AS_OF."""
    own: Row = {"profile_id": profile_id, "channel": channel, "action": action}
    return "suppressions", own | {"occurred_at": written(source, before(hours)), "reason": reason}


def send(profile_id: str, channel: str, kind: str, hours: float, **fields: Any) -> tuple[str, Row]:
    """A message sent `hours` before SAMPLE_AS_OF; the sending tool writes epoch seconds."""
    own: Row = {"message_id": f"story-{profile_id}-{channel}-{kind}", "profile_id": profile_id, "channel": channel}
    return "message_sends", own | {"sent_at": epoch_seconds(before(hours)), "kind": kind} | fields
