"""What is known of people, and what became of messages to them (spec §7): segments.shoppers and
retargeting.message_outcomes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from .facts import CANCELLED, Facts, by_profile, hours, up_to
from .identity import Identity
from .model import Row
from .retargeting import ALL_CHANNELS
from .values import summed_money

CHANNELS = ("email", "push", "sms", "whatsapp")
TIME_TO_ORDER = timedelta(days=7)


def shoppers(facts: Facts, conversations: list[Row], membership: list[Row]) -> list[Row]:
    """segments.shoppers: everybody who is known, with numbers up to as_of."""
    identity = Identity(facts.counted["profiles"])
    profiles = [
        {"source": row["source"], "profile_id": identity.end_of_merges(row["source"], row["profile_id"])}
        for row in facts.counted["profiles"]
    ]
    live = [row for row in conversations if not row["is_preview"]]
    people = set(by_profile([*profiles, *live, *facts.orders, *facts.consents]))
    started = by_profile(up_to((row for row in live if row["started_at"] is not None), "started_at", facts.as_of))
    events = {name: by_profile(up_to(rows, "occurred_at", facts.as_of)) for name, rows in facts.events.items()}
    placed = by_profile(up_to((one for one in facts.orders if one["status"] != CANCELLED), "placed_at", facts.as_of))
    segments = by_profile(membership)
    rows = []
    for person in sorted(people):
        own = sorted(started.get(person, []), key=lambda row: (row["started_at"], row["conversation_id"]))
        orders = sorted(placed.get(person, []), key=lambda row: row["placed_at"])
        currency = facts.seeds.currency(person[0])
        revenues = (one["total"] - one["refunded_total"] for one in orders if one["currency"] == currency)
        rows.append(
            {
                "source": person[0],
                "profile_id": person[1],
                "first_conversation_at": own[0]["started_at"] if own else None,
                "last_conversation_at": own[-1]["started_at"] if own else None,
                "conversations": len(own),
                "last_outcome": own[-1]["outcome"] if own else None,
                "recommendations": len(events["product_recommendation_received"].get(person, [])),
                "escalations": len(events["conversation_escalated"].get(person, [])),
                "orders": len(orders),
                "currency": currency,
                "revenue": summed_money(revenues),
                "first_order_at": orders[0]["placed_at"] if orders else None,
                "last_order_at": orders[-1]["placed_at"] if orders else None,
                "segments": sorted(row["segment_id"] for row in segments.get(person, [])),
                "consented_channels": [channel for channel in CHANNELS if _consents(person, channel, facts)],
                "suppressed_channels": [channel for channel in CHANNELS if _is_suppressed(person, channel, facts)],
                "as_of": facts.as_of,
            }
        )
    return rows


def _own(rows: Iterable[Row], person: tuple[str, str]) -> list[Row]:
    return [row for row in rows if (row["source"], row["profile_id"]) == person]


def _refused(person: tuple[str, str], channel: str, feed: str, facts: Facts) -> bool:
    """Whether a refused line may have said no, and no later line of the feed was accepted (spec §4.15)."""
    lines = [
        row
        for row in _own(facts.permissions, person)
        if row["feed"] == feed and row["channel"] in (channel, ALL_CHANNELS, None)
    ]
    return bool(lines) and not lines[-1]["is_accepted"]


def _consents(person: tuple[str, str], channel: str, facts: Facts) -> bool:
    """Gate 4 at as_of."""
    rows = [row for row in up_to(_own(facts.consents, person), "occurred_at", facts.as_of) if row["channel"] == channel]
    if not rows or _refused(person, channel, "consents", facts):
        return False
    latest = [row for row in rows if row["occurred_at"] == max(one["occurred_at"] for one in rows)]
    over = [row for row in latest if row["valid_until"] is not None and row["valid_until"] <= facts.as_of]
    return all(row["status"] == "subscribed" for row in latest) and not over


def _is_suppressed(person: tuple[str, str], channel: str, facts: Facts) -> bool:
    """Gate 5 at as_of."""
    for name in (channel, ALL_CHANNELS):
        known = up_to(_own(facts.suppressions, person), "occurred_at", facts.as_of)
        rows = [row for row in known if row["channel"] == name]
        newest = max((row["occurred_at"] for row in rows), default=None)
        if any(row["occurred_at"] == newest and row["action"] == "suppress" for row in rows):
            return True
    return _refused(person, channel, "suppressions", facts)


def message_outcomes(facts: Facts) -> list[Row]:
    """retargeting.message_outcomes: flow sends with a trigger."""
    policies = facts.seeds.policies
    triggers = [
        {**event, "policy_id": policy["policy_id"], "message_channel": policy["message_channel"], "policy": policy}
        for policy in policies
        for event in up_to(facts.events[policy["trigger_event"]], "occurred_at", facts.as_of)
    ]
    orders = by_profile(up_to(facts.orders, "placed_at", facts.as_of))
    rows = []
    for send in up_to(facts.sends, "sent_at", facts.as_of):
        if send["kind"] != "flow":
            continue
        allowed = [
            one
            for one in triggers
            if one["source"] == send["source"]
            and (
                one["policy_id"] == send["policy_id"]
                if send["policy_id"] is not None
                else one["message_channel"] == send["channel"]
            )
        ]
        if send["event_id"] is not None:
            allowed = [one for one in allowed if one["event_id"] == send["event_id"]]
        else:
            before = [one for one in allowed if one["profile_id"] == send["profile_id"]]
            before = up_to(before, "occurred_at", send["sent_at"])
            latest = max(((one["occurred_at"], one["event_id"]) for one in before), default=None)
            allowed = [one for one in before if (one["occurred_at"], one["event_id"]) == latest]
        if not allowed:
            continue
        trigger = min(allowed, key=lambda one: one["policy_id"])
        send_after = trigger["occurred_at"] + hours(trigger["policy"]["delay_hours"])
        own = orders.get((send["source"], send["profile_id"]), [])
        after = [
            order
            for order in own
            if order["status"] != CANCELLED and send["sent_at"] < order["placed_at"] <= send["sent_at"] + TIME_TO_ORDER
        ]
        first = min(after, key=lambda order: (order["placed_at"], order["order_id"]), default={})
        rows.append(
            {
                "source": send["source"],
                "message_id": send["message_id"],
                "policy_id": trigger["policy_id"],
                "event_id": trigger["event_id"],
                "profile_id": send["profile_id"],
                "channel": send["channel"],
                "sent_at": send["sent_at"],
                "triggered_at": trigger["occurred_at"],
                "send_after": send_after,
                "seconds_after_send_after": (send["sent_at"] - send_after).total_seconds(),
                "ordered_before_send": any(
                    trigger["occurred_at"] <= order["placed_at"] < send["sent_at"] for order in own
                ),
                "ordered_at": first.get("placed_at"),
                "order_id": first.get("order_id"),
                "as_of": facts.as_of,
            }
        )
    return rows
