"""What was sold and recommended (spec §7): performance.orders, order_items, recommendation_funnel and
product_performance_daily.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from decimal import Decimal

from .carried import carried, shown
from .facts import CANCELLED, Facts, by_profile
from .model import Row
from .performance import buys, recommended_products, touches_of_orders
from .values import summed_money

Money = Decimal | None


def product_of(code: str | None, source: str, facts: Facts) -> Row:
    """The product whose product_id it is, else that whose sku it is, of several the least product_id; else nothing."""
    known = [row for row in facts.products if row["source"] == source]
    of_id = [row for row in known if code is not None and row["product_id"] == code]
    return of_id[0] if of_id else _of_sku(code, known)


def _of_sku(sku: str | None, known: list[Row]) -> Row:
    matching = [row for row in known if sku is not None and row["sku"] == sku]
    return min(matching, key=lambda row: row["product_id"], default={})


def _local_date(row: Row, column: str, facts: Facts) -> date:
    found: date = row[column].astimezone(facts.seeds.zone(row["source"])).date()
    return found


def orders(facts: Facts, attributed: list[Row]) -> list[Row]:
    """performance.orders: every order in its current version."""
    taken = {(row["source"], row["order_id"]): row for row in attributed}
    touched = {
        (order["source"], order["order_id"]): sorted({conversation for _, conversation, _, _ in touches})
        for order, touches in touches_of_orders(facts)
    }
    people = by_profile(order for order in facts.orders if order["status"] != CANCELLED)
    rows = []
    for order in facts.orders:
        key = (order["source"], order["order_id"])
        own = taken.get(key, {})
        is_first: bool | None = None
        if order["profile_id"] is not None and order["status"] != CANCELLED:
            others = people[(order["source"], order["profile_id"])]
            first = min(others, key=lambda other: (other["placed_at"], other["order_id"]))
            is_first = first["order_id"] == order["order_id"]
        revenue = Decimal("0.00") if order["status"] == CANCELLED else order["total"] - order["refunded_total"]
        rows.append(
            {
                **{name: order[name] for name in ("source", "order_id", "profile_id", "placed_at")},
                "local_date": _local_date(order, "placed_at", facts),
                **{name: order[name] for name in ("status", "currency", "total", "refunded_total")},
                "revenue": revenue,
                "items": sum((Decimal(item["quantity"]) for item in order["items"]), Decimal(0)),
                "is_first_order": is_first,
                "conversation_id": own.get("conversation_id"),
                "touched_at": own.get("touched_at"),
                "touched_conversations": touched.get(key, []),
            }
        )
    return rows


def order_items(facts: Facts) -> list[Row]:
    """performance.order_items: a row per line that names a product."""
    rows = []
    of_lines: list[Row] = []
    for order in facts.orders:
        for position, item in enumerate(shown(order["items"], order["order_id"]), start=1):
            product = product_of(item["product_id"], order["source"], facts)
            known = [row for row in facts.products if row["source"] == order["source"]]
            of_lines.append(product or _of_sku(item["sku"], known))
            rows.append(
                {
                    "source": order["source"],
                    "order_id": order["order_id"],
                    "position": position,
                    "product_id": item["product_id"],
                    "sku": item["sku"],
                    "quantity": item["quantity"],
                    "currency": carried(order["currency"], len(order["items"])),
                    "price": item["price"],
                }
            )
    lines = Counter((row.get("source"), row.get("product_id")) for row in of_lines)
    for row, product in zip(rows, of_lines, strict=True):
        row["title"] = carried(product.get("title"), lines[product.get("source"), product.get("product_id")])
    return rows


def recommendation_funnel(facts: Facts) -> list[Row]:
    """performance.recommendation_funnel: what became of each recommended product."""
    events = {event["event_id"]: event for event in facts.events["product_recommendation_received"]}
    conversations = {(one.source, one.conversation_id): one for one in facts.conversations}
    rows = []
    recommended = recommended_products(facts)
    times = Counter((row["source"], row["product_id"]) for row in recommended)
    bought = Counter((row["source"], row["profile_id"], row["purchased_at"]) for row in recommended)
    for product in recommended:
        event = events[product["event_id"]]
        source, code = event["source"], product["product_id"]
        known = product_of(code, source, facts)
        records = conversations[(source, event["conversation_id"])].records
        place = next(i for i, record in enumerate(records) if record["record_id"] == event["record_id"])
        products = [row for row in facts.products if row["source"] == source]

        later = [record for record in records[place + 1 :] if _names(record, code, products)]
        order, lines = _purchase(product, products, facts)
        may_have_bought = bought[source, product["profile_id"], product["purchased_at"]]
        priced = [item["quantity"] * item["price"] for item in lines if item["price"] is not None]
        rows.append(
            {
                "event_id": product["event_id"],
                "position": product["position"],
                "source": source,
                "conversation_id": event["conversation_id"],
                "profile_id": event["profile_id"],
                "channel": event["channel"],
                "product_id": code,
                "title": carried(known.get("title"), times[source, code]),
                "catalogue_currency": facts.seeds.currency(source),
                "price": known.get("price"),
                "in_stock": known.get("in_stock"),
                "recommended_at": event["occurred_at"],
                "clicked_at": _first_at(later, "link_clicked"),
                "carted_at": _first_at(later, "added_to_cart"),
                "purchased_at": product["purchased_at"],
                "purchased_order_id": carried(order.get("order_id"), may_have_bought),
                "purchased_currency": carried(order.get("currency"), may_have_bought),
                "purchased_revenue": summed_money(priced) if priced else None,
            }
        )
    return rows


def _first_at(records: list[Row], record_type: str) -> datetime | None:
    return next((one["occurred_at"] for one in records if one["record_type"] == record_type), None)


def _names(record: Row, code: str, products: list[Row]) -> bool:
    """Whether a click or a cart is of the product, as an order's line with that product_id would be."""
    item = {"product_id": record.get("product_id"), "sku": None}
    return item["product_id"] is not None and buys({"items": [item]}, code, products)


def _purchase(product: Row, products: list[Row], facts: Facts) -> tuple[Row, list[Row]]:
    """The least order of purchased_at that counts, and its lines of the product."""
    candidates = [
        order
        for order in facts.orders
        if order["status"] != CANCELLED
        and product["purchased_at"] is not None
        and order["placed_at"] == product["purchased_at"]
        and (order["source"], order["profile_id"]) == (product["source"], product["profile_id"])
        and buys(order, product["product_id"], products)
    ]
    if not candidates:
        return {}, []
    order = min(candidates, key=lambda one: one["order_id"])
    lines = shown(order["items"], order["order_id"], order["profile_id"])
    return order, [item for item in lines if buys({"items": [item]}, product["product_id"], products)]


def product_performance_daily(facts: Facts, funnel: list[Row]) -> list[Row]:
    """performance.product_performance_daily: by the day of the recommendation and the product as recommended."""
    latest: dict[tuple[str, str, str, str], Row] = {}
    for row in sorted(funnel, key=lambda row: (row["recommended_at"], row["event_id"])):
        if row["purchased_order_id"] is not None:
            latest[row["source"], row["profile_id"], row["product_id"], row["purchased_order_id"]] = row
    counted = [id(row) for row in latest.values()]
    groups: dict[tuple[str, date, str], list[Row]] = {}
    for row in funnel:
        groups.setdefault((row["source"], _local_date(row, "recommended_at", facts), row["product_id"]), []).append(row)
    found = []
    for (source, day, product_id), rows in sorted(groups.items()):
        bought = [row for row in rows if id(row) in counted]
        currency = facts.seeds.currency(source)
        revenues: list[Money] = [row["purchased_revenue"] for row in bought if row["purchased_currency"] == currency]
        found.append(
            {
                "source": source,
                "local_date": day,
                "product_id": product_id,
                "title": rows[0]["title"],
                "recommendations": len(rows),
                "clicks": sum(row["clicked_at"] is not None for row in rows),
                "carts": sum(row["carted_at"] is not None for row in rows),
                "purchases": len(bought),
                "currency": currency,
                "revenue": summed_money(amount for amount in revenues if amount is not None),
            }
        )
    return found
