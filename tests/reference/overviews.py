"""Tables that count others' rows (spec §7): performance.sources, headlines, conversation_tags and escalations_daily, and
retargeting.failed_gates.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from .facts import Facts
from .model import Row
from .retargeting import GATES
from .values import summed_money

PERIODS = {"last_7_days": 7, "last_28_days": 28, "all_time": None}
NONE = "none"


def sources(facts: Facts, conversations: list[Row]) -> list[Row]:
    """performance.sources: one row per landed source."""
    rows = []
    for source in facts.landed:
        days = [row["started_local_date"] for row in conversations if row["source"] == source and row["started_at"]]
        rows.append(
            {
                "source": source,
                "timezone": facts.seeds.zone(source).key,
                "currency": facts.seeds.currency(source),
                "people": facts.seeds.vendors.people.get(source) or "own",
                "first_date": min(days, default=None),
                "last_date": max(days, default=None),
                "conversations": len(days),
            }
        )
    return rows


def headlines(facts: Facts, conversations: list[Row], attributed: list[Row]) -> list[Row]:
    """performance.headlines: (source, channel or all, period)."""
    rows = []
    for source in facts.landed:
        started = [row for row in conversations if row["source"] == source and row["started_at"] is not None]
        today = facts.as_of.astimezone(facts.seeds.zone(source)).date()
        for channel in ["all", *sorted({row["channel"] for row in started})]:
            own = [row for row in started if channel in ("all", row["channel"])]
            for period, days in PERIODS.items():
                if days is None:
                    first, last = None, today
                    present = _amounts([row for row in own if row["started_at"] <= facts.as_of], facts, attributed)
                    previous: Row = dict.fromkeys(present)
                else:
                    first, last = today - timedelta(days=days), today - timedelta(days=1)
                    length = timedelta(days=days)
                    present = _amounts(_between(own, first, last), facts, attributed)
                    previous = _amounts(_between(own, first - length, last - length), facts, attributed)
                rows.append(
                    {
                        "source": source,
                        "channel": channel,
                        "period": period,
                        "from_date": first,
                        "to_date": last,
                        "currency": facts.seeds.currency(source),
                        **present,
                        **{f"previous_{name}": value for name, value in previous.items()},
                    }
                )
    return rows


def _between(rows: list[Row], first: date, last: date) -> list[Row]:
    return [row for row in rows if first <= row["started_local_date"] <= last]


def _amounts(rows: list[Row], facts: Facts, attributed: list[Row]) -> Row:
    keys = {(row["source"], row["conversation_id"]) for row in rows}
    orders = [
        order["revenue"]
        for order in attributed
        if (order["source"], order["conversation_id"]) in keys
        and order["currency"] == facts.seeds.currency(order["source"])
    ]
    count: Callable[[str], int] = lambda outcome: sum(row["outcome"] == outcome for row in rows)  # noqa: E731
    revenue = summed_money(orders)
    return {
        "conversations": len(rows),
        "resolved": count("resolved"),
        "resolution_rate": count("resolved") / len(rows) if rows else None,
        "escalated": count("escalated"),
        "attributed_revenue": revenue,
        "average_order_value": float(revenue / len(orders)) if orders else None,
        "add_to_carts": sum(row["add_to_carts"] for row in rows),
        "link_clicks": sum(row["link_clicks"] for row in rows),
    }


def conversation_tags(conversations: list[Row]) -> list[Row]:
    """performance.conversation_tags: live conversations only."""
    return [
        {"source": row["source"], "conversation_id": row["conversation_id"], "tag": tag}
        for row in conversations
        if not row["is_preview"]
        for tag in row["tags"]
    ]


def escalations_daily(facts: Facts) -> list[Row]:
    """performance.escalations_daily: of the events, by their own columns."""
    groups: dict[tuple[str, date, str, str, str], list[str]] = {}
    for event in facts.events["conversation_escalated"]:
        day = event["occurred_at"].astimezone(facts.seeds.zone(event["source"])).date()
        skill, category = event["skill"] or NONE, event["escalation_category"] or NONE
        key = (event["source"], day, event["channel"], skill, category)
        groups.setdefault(key, []).append(event["conversation_id"])
    names = ("source", "local_date", "channel", "skill", "category")
    return [
        {**dict(zip(names, key, strict=True)), "escalations": len(found), "conversations": len(set(found))}
        for key, found in sorted(groups.items())
    ]


def failed_gates(eligibility: list[Row]) -> list[Row]:
    """retargeting.failed_gates: (source, policy_id, event_id, gate)."""
    return [
        {
            "source": row["source"],
            "policy_id": row["policy_id"],
            "event_id": row["event_id"],
            "gate": gate,
            "position": GATES.index(gate) + 1,
            "is_only_gate": len(row["failed_gates"]) == 1,
            "as_of": row["as_of"],
        }
        for row in eligibility
        for gate in row["failed_gates"]
    ]
