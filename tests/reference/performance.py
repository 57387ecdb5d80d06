"""Schema performance, and events.recommended_products (spec §4.3 to §4.8). None of it is cut at as_of."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from .afterwards import first_responses, handled_by, local_start, recontact
from .carried import shown
from .conversations import FINAL_STATES, UNKNOWN_CHANNEL, Conversation, is_customer_message, is_recommendation
from .facts import CANCELLED, Facts, by_profile, hours
from .model import Row
from .values import summed_money

ABANDONED_AFTER = timedelta(hours=24)
PURCHASE_WINDOW = timedelta(days=7)
OUTCOMES = ("resolved", "escalated", "closed", "abandoned", "open")
TOUCHING_TYPES = ("link_clicked", "added_to_cart")


def _by_conversation(events: Iterable[Row]) -> dict[tuple[str, str], list[Row]]:
    """(source, conversation_id) -> its events, the first in time first."""
    grouped: dict[tuple[str, str], list[Row]] = {}
    for event in events:
        grouped.setdefault((event["source"], event["conversation_id"]), []).append(event)
    return grouped


def _in_record_order(conversation: Conversation, events: list[Row]) -> list[Row]:
    places = {record["record_id"]: place for place, record in enumerate(conversation.records)}
    return sorted(events, key=lambda event: places[event["record_id"]])


def _count(conversation: Conversation, record_type: str, actor: str | None = None) -> int:
    matching = (record for record in conversation.records if record["record_type"] == record_type)
    return sum(1 for record in matching if actor is None or record["actor"] == actor)


def _reopen_count(conversation: Conversation) -> int:
    """Status records resolved or closed that a customer message follows before the next status record."""
    count, waiting = 0, False
    for record in conversation.records:
        if record["record_type"] == "status_changed":
            waiting = record["status"] in FINAL_STATES
        elif is_customer_message(record) and waiting:
            count, waiting = count + 1, False
    return count


def _outcome(conversation: Conversation, escalated: bool, resolved: bool, facts: Facts) -> str | None:
    """The first that holds: escalated, resolved, closed, abandoned, open; null for a preview."""
    if conversation.is_preview:
        return None
    ended = conversation.end_state in FINAL_STATES
    if escalated:
        return "escalated"
    if resolved and ended and _count(conversation, "message", "human") == 0:
        return "resolved"
    if ended:
        return "closed"
    if conversation.records[-1]["occurred_at"] < facts.as_of - ABANDONED_AFTER:
        return "abandoned"
    return "open"


def conversation_rows(facts: Facts) -> list[Row]:
    """performance.conversations: one row per (source, conversation_id)."""
    grouped = {table: _by_conversation(events) for table, events in facts.events.items()}
    rows = []
    for conversation in facts.conversations:
        key = (conversation.source, conversation.conversation_id)
        own = {table: _in_record_order(conversation, by_key.get(key, [])) for table, by_key in grouped.items()}
        started = next(iter(own["conversation_started"]), {})
        resolved = next(iter(own["conversation_resolved"]), {})
        escalated = next(iter(own["conversation_escalated"]), {})
        skills = [skill for skill in conversation.skills if skill]
        rows.append(
            {
                "source": conversation.source,
                "conversation_id": conversation.conversation_id,
                "profile_id": conversation.profile_id,
                "channel": conversation.channels[0],
                "is_preview": conversation.is_preview,
                "started_at": started.get("occurred_at"),
                "first_record_at": conversation.records[0]["occurred_at"],
                "last_record_at": conversation.records[-1]["occurred_at"],
                "initial_skill": skills[0] if skills else None,
                "final_skill": skills[-1] if skills else None,
                "customer_messages": _count(conversation, "message", "customer"),
                "agent_messages": _count(conversation, "message", "agent"),
                "human_messages": _count(conversation, "message", "human"),
                "recommendations": len(own["product_recommendation_received"]),
                "link_clicks": _count(conversation, "link_clicked"),
                "add_to_carts": _count(conversation, "added_to_cart"),
                "resolved_at": resolved.get("occurred_at"),
                "resolution_seconds": resolved.get("resolution_seconds"),
                "escalated_at": escalated.get("occurred_at"),
                "escalation_reason": escalated.get("escalation_reason"),
                "escalation_category": escalated.get("escalation_category"),
                "escalation_count": len(own["conversation_escalated"]),
                "reopen_count": _reopen_count(conversation),
                "tags": conversation.tags[-1],
                "outcome": _outcome(conversation, bool(escalated), bool(resolved), facts),
                **local_start(conversation.source, started.get("occurred_at"), facts),
                **first_responses(conversation, started, escalated),
                "handled_by": handled_by(conversation),
            }
        )
    for row in rows:
        row |= recontact(row, rows, facts)
    return rows


def _is_touch(record: Row) -> bool:
    """A message by customer or agent, a recommendation event's record, a link click or an add-to-cart."""
    if record["record_type"] == "message":
        return record["actor"] in ("customer", "agent")
    return record["record_type"] in TOUCHING_TYPES or is_recommendation(record)


Touch = tuple[datetime, str, int, str]
"""(touched_at, conversation_id, place of the record, channel there)"""


def touches_of_orders(facts: Facts) -> Iterator[tuple[Row, list[Touch]]]:
    """Every order that may be attributed, with all touches within their channels' windows."""
    windows = {channel: hours(text) for channel, text in facts.seeds.windows.items()}
    people: dict[tuple[str, str | None], list[Conversation]] = {}
    for conversation in facts.conversations:
        if not conversation.is_preview:
            people.setdefault((conversation.source, conversation.profile_id), []).append(conversation)
    for order in facts.orders:
        if order["status"] == CANCELLED or order["profile_id"] is None:
            continue
        touches: list[Touch] = []
        for conversation in people.get((order["source"], order["profile_id"]), []):
            for place, record in enumerate(conversation.records):
                channel = conversation.channels[place]
                waited = order["placed_at"] - record["occurred_at"]
                window = windows.get(channel, windows[UNKNOWN_CHANNEL])
                if _is_touch(record) and timedelta(0) <= waited <= window:
                    touches.append((record["occurred_at"], conversation.conversation_id, place, channel))
        yield order, touches


def attributed_orders(facts: Facts) -> list[Row]:
    """performance.attributed_orders: the latest touch within its channel's window takes the order."""
    rows = []
    for order, touches in touches_of_orders(facts):
        if not touches:
            continue
        touched_at, conversation_id, _, channel = max(touches)
        rows.append(
            {
                "source": order["source"],
                "order_id": order["order_id"],
                "profile_id": order["profile_id"],
                "conversation_id": conversation_id,
                "channel": channel,
                "touched_at": touched_at,
                "placed_at": order["placed_at"],
                "currency": order["currency"],
                "revenue": order["total"] - order["refunded_total"],
            }
        )
    return sorted(rows, key=lambda row: (row["source"], row["order_id"]))


def _started_on(row: Row, facts: Facts) -> date:
    """The date of started_at in the account's time zone."""
    return row["started_at"].astimezone(facts.seeds.zone(row["source"])).date()


def agent_performance_daily(facts: Facts, conversations: list[Row], attributed: list[Row]) -> list[Row]:
    """performance.agent_performance_daily: (source, date, channel), live conversations with a start."""
    groups: dict[tuple[str, date, str], list[Row]] = {}
    for row in conversations:
        if row["started_at"] is not None:
            groups.setdefault((row["source"], _started_on(row, facts), row["channel"]), []).append(row)
    result = []
    for source, day, channel in sorted(dense(groups, facts)):
        rows = groups.get((source, day, channel), [])
        members = {row["conversation_id"] for row in rows}
        revenues = [
            order["revenue"]
            for order in attributed
            if order["source"] == source
            and order["conversation_id"] in members
            and order["currency"] == facts.seeds.currency(source)
        ]
        outcomes = {outcome: sum(1 for row in rows if row["outcome"] == outcome) for outcome in OUTCOMES}
        resolved = [row["resolution_seconds"] for row in rows if row["outcome"] == "resolved"]
        seconds = [value for value in resolved if value is not None]
        revenue = summed_money(revenues)
        result.append(
            {
                "source": source,
                "date": day,
                "channel": channel,
                "currency": facts.seeds.currency(source),
                "conversations": len(rows),
                **outcomes,
                "resolution_rate": outcomes["resolved"] / len(rows) if rows else None,
                **{name: sum(row[name] for row in rows) for name in ("recommendations", "link_clicks", "add_to_carts")},
                "attributed_orders": len(revenues),
                "attributed_revenue": revenue,
                "average_order_value": float(revenue / len(revenues)) if revenues else None,
                "median_resolution_seconds": statistics.median(seconds) if seconds else None,
            }
        )
    return result


def dense(groups: Iterable[tuple[str, date, str]], facts: Facts) -> Iterator[tuple[str, date, str]]:
    """Every day from a source's first to the later of its last and as_of's, for each of its channels (spec §7)."""
    known = list(groups)
    for source in {source for source, _, _ in known}:
        days = [day for other, day, _ in known if other == source]
        last = max(*days, facts.as_of.astimezone(facts.seeds.zone(source)).date())
        for channel in {channel for other, _, channel in known if other == source}:
            for number in range((last - min(days)).days + 1):
                yield source, min(days) + timedelta(days=number), channel


def skill_performance_daily(facts: Facts, conversations: list[Row]) -> list[Row]:
    """performance.skill_performance_daily: (source, date, skill), the same conversations and date."""
    rows = {(row["source"], row["conversation_id"]): row for row in conversations if row["started_at"] is not None}
    totals: dict[tuple[str, date, str], Row] = {}
    for conversation in facts.conversations:
        row = rows.get((conversation.source, conversation.conversation_id))
        if row is None:
            continue
        counted: set[str] = set()
        previous: str | None = None
        for skill in conversation.skills:
            if skill and skill != previous:
                key = (conversation.source, _started_on(row, facts), skill)
                total = totals.setdefault(key, {"invocations": 0, "conversations": 0, "resolved": 0})
                total["invocations"] += 1
                if skill not in counted:
                    total["conversations"] += 1
                    total["resolved"] += row["outcome"] == "resolved"
                counted.add(skill)
            previous = skill
    return [{"source": key[0], "date": key[1], "skill": key[2], **total} for key, total in sorted(totals.items())]


def buys(order: Row, product: str, products: list[Row]) -> bool:
    """An item of that product: by product_id or sku, directly or through the products feed."""
    known = [row for row in products if product in (row["product_id"], row["sku"])]
    for item in shown(order["items"], order.get("order_id"), order.get("profile_id")):
        if product in (item["product_id"], item["sku"]):
            return True
        for row in known:
            if item["product_id"] == row["product_id"] or (item["sku"] is not None and item["sku"] == row["sku"]):
                return True
    return False


def recommended_products(facts: Facts) -> list[Row]:
    """events.recommended_products: (event_id, position from 1), with the first purchase within 7 days."""
    orders = by_profile(order for order in facts.orders if order["status"] != CANCELLED)
    rows = []
    for event in facts.events["product_recommendation_received"]:
        source, profile_id, moment = event["source"], event["profile_id"], event["occurred_at"]
        products = [row for row in facts.products if row["source"] == source]
        candidates = [
            order
            for order in orders.get((source, profile_id), [])
            if moment <= order["placed_at"] <= moment + PURCHASE_WINDOW
        ]
        for position, product in enumerate(shown(event["products"], event["conversation_id"], profile_id), start=1):
            bought = [order["placed_at"] for order in candidates if buys(order, product, products)]
            purchased_at = min(bought, default=None)
            rows.append(
                {
                    "event_id": event["event_id"],
                    "position": position,
                    "product_id": product,
                    "source": source,
                    "profile_id": profile_id,
                    "recommended_at": moment,
                    "purchased_at": purchased_at,
                    "seconds_to_purchase": (purchased_at - moment).total_seconds() if purchased_at else None,
                }
            )
    return rows
