"""Schema retargeting (spec §4.12 to §4.17): who may be followed up, who is kept out of promotions, and the funnel."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from .facts import Facts, Person, by_profile, hours, in_last, up_to
from .model import Row

GATES = (
    "profile_unknown",
    "ordered_since_trigger",
    "escalated_recently",
    "no_consent",
    "suppressed",
    "messaged_recently",
    "already_sent",
    "superseded",
    "products_unavailable",
    "holdout",
)
EXCLUSION = timedelta(days=7)
ALL_CHANNELS = "all"


@dataclass(frozen=True)
class Case:
    """One trigger under one policy, with everything of its profile at or before judged_at; permissions whatever their
    instant."""

    policy: dict[str, str]
    trigger: Row
    others: list[Row]
    judged_at: datetime
    orders: list[Row]
    escalations: list[Row]
    consents: list[Row]
    suppressions: list[Row]
    sends: list[Row]
    permissions: list[Row]
    products: list[Row]


def _is_on(text: str) -> bool:
    return text.strip().lower() == "true"


def _ordered_since_trigger(case: Case) -> bool:
    placed = [order for order in case.orders if order["placed_at"] >= case.trigger["occurred_at"]]
    return _is_on(case.policy["exclude_if_ordered"]) and bool(placed)


def _escalated_recently(case: Case) -> bool:
    """Within exclude_escalated_days; 0 is off, since nothing lies in the last 0 days."""
    days = hours(case.policy["exclude_escalated_days"]) * 24
    return any(in_last(event["occurred_at"], case.judged_at, days) for event in case.escalations)


def _refused_line_counts(case: Case, feed: str) -> bool:
    """("May one write") A refused line of the feed names the profile, on the policy's channel or on all, and no line
    was accepted for the profile on that channel, or on `all`, later in the delivery order."""
    concerned = (case.policy["message_channel"], ALL_CHANNELS, None)
    lines = [row for row in case.permissions if row["feed"] == feed and row["channel"] in concerned]
    return bool(lines) and not lines[-1]["is_accepted"]


def _no_consent(case: Case) -> bool:
    """The latest consent (ties: not subscribed, then least valid_until) is no valid subscription, or is missing; or a
    refused line may have said no. Spec §4.15: only where the policy requires consent."""
    if not _is_on(case.policy["require_consent"]):
        return False
    if _refused_line_counts(case, "consents"):
        return True
    consents = [row for row in case.consents if row["channel"] == case.policy["message_channel"]]
    if not consents:
        return True
    latest = max(row["occurred_at"] for row in consents)
    tied = [row for row in consents if row["occurred_at"] == latest]
    if any(row["status"] != "subscribed" for row in tied):
        return True
    ends = [row["valid_until"] for row in tied if row["valid_until"] is not None]
    return bool(ends) and min(ends) <= case.judged_at


def _suppressed(case: Case) -> bool:
    """The latest action for the channel, or the latest for all, is suppress (ties: suppress), or a refused line may
    have said so."""
    if _refused_line_counts(case, "suppressions"):
        return True
    for channel in (case.policy["message_channel"], ALL_CHANNELS):
        rows = [row for row in case.suppressions if row["channel"] == channel]
        latest = max((row["occurred_at"] for row in rows), default=None)
        if any(row["occurred_at"] == latest and row["action"] == "suppress" for row in rows):
            return True
    return False


def _messaged_recently(case: Case) -> bool:
    """A send on the channel that is not transactional, in the last min_hours (0 is off)."""
    length = hours(case.policy["min_hours_since_last_message"])
    return any(
        send["kind"] != "transactional" and in_last(send["sent_at"], case.judged_at, length) for send in case.sends
    )


def _already_sent(case: Case) -> bool:
    """A flow send at or after the trigger, unless its policy_id or its event_id is given and is another.

    Spec §4.14: a send of an unknown kind counts as `flow` too.
    """
    return any(
        (send["kind"] == "flow" or send["kind_text"] is not None)
        and send["sent_at"] >= case.trigger["occurred_at"]
        and send["policy_id"] in (None, case.policy["policy_id"])
        and send["event_id"] in (None, case.trigger["event_id"])
        for send in case.sends
    )


def _superseded(case: Case) -> bool:
    """A later trigger of the same policy and profile; at the same instant the greater event_id is later."""
    own = (case.trigger["occurred_at"], case.trigger["event_id"])
    return any((other["occurred_at"], other["event_id"]) > own for other in case.others)


def _products_unavailable(case: Case) -> bool:
    """Every recommended product is known (by product_id or sku) and out of stock; never without products."""
    recommended = case.trigger.get("products", [])
    for product in recommended:
        known = [row for row in case.products if product in (row["product_id"], row["sku"])]
        if not known or any(row["in_stock"] for row in known):
            return False
    return bool(recommended)


def _holdout(case: Case) -> bool:
    text = f"{case.policy['policy_id']}|{case.trigger['profile_id']}"
    number = int(hashlib.md5(text.encode("utf-8")).hexdigest()[:8], 16)
    return number % 100 < Decimal(case.policy["holdout_percent"])


TESTS = {
    "ordered_since_trigger": _ordered_since_trigger,
    "escalated_recently": _escalated_recently,
    "no_consent": _no_consent,
    "suppressed": _suppressed,
    "messaged_recently": _messaged_recently,
    "already_sent": _already_sent,
    "superseded": _superseded,
    "products_unavailable": _products_unavailable,
    "holdout": _holdout,
}


Histories = dict[str, tuple[dict[Person, list[Row]], str]]
"""What gates look at: name -> (rows by person, the column that says when)."""


def histories_of(facts: Facts) -> Histories:
    return {
        "orders": (by_profile(facts.orders), "placed_at"),
        "escalations": (by_profile(facts.events["conversation_escalated"]), "occurred_at"),
        "consents": (by_profile(facts.consents), "occurred_at"),
        "suppressions": (by_profile(facts.suppressions), "occurred_at"),
        "sends": (by_profile(facts.sends), "sent_at"),
    }


def case_of(
    policy: dict[str, str],
    trigger: Row,
    triggers: dict[Person, list[Row]],
    judged_at: datetime,
    facts: Facts,
    histories: Histories,
    permissions: dict[Person, list[Row]],
) -> Case:
    """Everything of the trigger's profile at or before judged_at; sends on the policy's channel only."""
    person = (trigger["source"], trigger["profile_id"])
    own = {name: up_to(people.get(person, []), column, judged_at) for name, (people, column) in histories.items()}
    own["sends"] = [send for send in own["sends"] if send["channel"] == policy["message_channel"]]
    return Case(
        policy,
        trigger,
        others=up_to(triggers.get(person, []), "occurred_at", judged_at),
        judged_at=judged_at,
        permissions=permissions.get(person, []),
        products=[row for row in facts.products if row["source"] == trigger["source"]],
        **own,
    )


def retargeting_eligibility(facts: Facts) -> list[Row]:
    """retargeting.retargeting_eligibility: (policy_id, event_id of a trigger at or before as_of)."""
    histories = histories_of(facts)
    permissions = by_profile(facts.permissions)
    rows = []
    for policy in facts.seeds.policies:
        triggers = up_to(facts.events[policy["trigger_event"]], "occurred_at", facts.as_of)
        others = by_profile(triggers)
        for trigger in triggers:
            send_after = trigger["occurred_at"] + hours(policy["delay_hours"])
            expires_at = trigger["occurred_at"] + hours(policy["expires_after_hours"])
            judged_at = min(facts.as_of, expires_at)
            if trigger["profile_id"] is None:
                failed = ["profile_unknown"]  # then nothing else is tested
            else:
                case = case_of(policy, trigger, others, judged_at, facts, histories, permissions)
                failed = [gate for gate in GATES if gate in TESTS and TESTS[gate](case)]
            if facts.as_of >= expires_at:
                status = "expired"
            elif failed:
                status = "blocked"
            else:
                status = "waiting" if facts.as_of < send_after else "eligible"
            rows.append(
                {
                    "policy_id": policy["policy_id"],
                    "event_id": trigger["event_id"],
                    "source": trigger["source"],
                    "conversation_id": trigger["conversation_id"],
                    "profile_id": trigger["profile_id"],
                    "message_channel": policy["message_channel"],
                    "triggered_at": trigger["occurred_at"],
                    "send_after": send_after,
                    "expires_at": expires_at,
                    "judged_at": judged_at,
                    "products": trigger.get("products", []),
                    "failed_gates": failed,
                    "status": status,
                    "is_eligible": status == "eligible",
                    "as_of": facts.as_of,
                }
            )
    return rows


def promotion_exclusions(facts: Facts) -> list[Row]:
    """retargeting.promotion_exclusions: profiles with an escalated event in the last 7 days."""
    latest: dict[tuple[str, str], datetime] = {}
    for event in facts.events["conversation_escalated"]:
        moment = event["occurred_at"]
        if event["profile_id"] is not None and in_last(moment, facts.as_of, EXCLUSION):
            person = (event["source"], event["profile_id"])
            latest[person] = max(moment, latest.get(person, moment))
    return [
        {
            "source": source,
            "profile_id": profile_id,
            "reason": "escalated",
            "last_escalated_at": moment,
            "excluded_until": moment + EXCLUSION,
            "as_of": facts.as_of,
        }
        for (source, profile_id), moment in sorted(latest.items())
    ]


def eligibility_funnel(facts: Facts, eligibility: list[Row]) -> list[Row]:
    """retargeting.eligibility_funnel: (policy_id, source) with a trigger; gates are counted whatever the status."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in eligibility:
        groups.setdefault((row["policy_id"], row["source"]), []).append(row)
    return [
        {
            "policy_id": policy_id,
            "source": source,
            "triggered": len(rows),
            **{gate: sum(1 for row in rows if gate in row["failed_gates"]) for gate in GATES},
            **{
                status: sum(1 for row in rows if row["status"] == status)
                for status in ("blocked", "waiting", "eligible", "expired")
            },
            "as_of": facts.as_of,
        }
        for (policy_id, source), rows in sorted(groups.items())
    ]
