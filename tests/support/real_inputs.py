"""Conversions of real inputs, read from where they lie, into the landing zone's feeds."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Json = dict[str, Any]

CORECRAFT_STATUS = {"fulfilled": "placed", "cancelled": "cancelled", "refunded": "refunded"}


def read(path: Path) -> Any:
    """A JSON document."""
    return json.loads(path.read_text(encoding="utf-8"))


def lines(records: Iterable[Json]) -> bytes:
    """JSON Lines, without members that are null."""
    kept = ({name: value for name, value in record.items() if value is not None} for record in records)
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in kept).encode()


def retail(folder: Path, source: str) -> dict[str, bytes]:
    """The agent's transcripts as they are, and the shop's users as profiles."""
    files = {
        f"{source}/chat_transcripts/{path.name}": path.read_bytes() for path in sorted(folder.glob("*_1trials.json"))
    }
    users = (
        {"profile_id": user_id, "updated_at": "2025-01-01T00:00:00Z", "email": user["email"]}
        for user_id, user in read(folder / "retail_db.json")["users"].items()
    )
    return {**files, f"{source}/profiles/users.jsonl": lines(users)}


def computer_shop(folder: Path, source: str) -> dict[str, bytes]:
    """Customers, orders, products, and support tickets as short conversations."""
    log = [record for ticket in zip(*_items(folder, "support_ticket"), strict=True) for record in _ticket(*ticket)]
    for place, one in enumerate(read(folder / "escalation.json").values()):
        log.append(_status(one, f"{place}-escalated", "escalated", escalation_reason=one["notes"]))
    for place, one in enumerate(read(folder / "resolution.json").values()):
        log.append(_status(one, f"{place}-resolved", "resolved", skill=one["outcome"]))
    feeds: dict[str, Iterable[Json]] = {
        "profiles": map(_profile, *_items(folder, "customer")),
        "orders": map(_order, *_items(folder, "order")),
        "products": map(_product, *_items(folder, "product")),
        "conversation_log": log,
    }
    return {f"{source}/{feed}/all.jsonl": lines(records) for feed, records in feeds.items()}


def _items(folder: Path, name: str) -> tuple[list[str], list[Json]]:
    items: dict[str, Json] = read(folder / f"{name}.json")
    return list(items), list(items.values())


def _profile(profile_id: str, customer: Json) -> Json:
    return {
        "profile_id": profile_id,
        "updated_at": customer["createdAt"],
        "email": customer.get("email"),
        "phone_number": customer.get("phone"),
    }


def _order(order_id: str, order: Json) -> Json:
    status = CORECRAFT_STATUS.get(order["status"], "placed")
    items = [{"product_id": item.get("productId"), "quantity": item.get("qty")} for item in order.get("lineItems", [])]
    return {
        "order_id": order_id,
        "placed_at": order["createdAt"],
        "updated_at": order.get("updatedAt"),
        "profile": {"profile_id": order["customerId"]},
        "status": status,
        "total": order.get("total"),
        "items": items or None,
    }


def _product(product_id: str, product: Json) -> Json:
    stock = product.get("inventory", {}).get("inStock")
    return {
        "product_id": product_id,
        "updated_at": "2025-08-01T00:00:00Z",
        "sku": product.get("sku"),
        "title": product.get("name"),
        "price": product.get("price"),
        "in_stock": None if stock is None else stock > 0,
    }


def _ticket(ticket_id: str, ticket: Json) -> list[Json]:
    """A customer's message, the products that an order of the ticket's could name, and how the ticket stands."""
    head = {
        "conversation_id": ticket_id,
        "channel": ticket.get("channel"),
        "profile": {"profile_id": ticket.get("customerId")},
        "tags": [ticket.get("priority"), ticket.get("ticketType")],
    }
    text = ticket.get("body") or ticket.get("description") or ticket.get("subject")
    asked = {
        **head,
        "record_id": "1",
        "occurred_at": ticket["createdAt"],
        "record_type": "message",
        "actor": "customer",
        "text": text,
    }
    answered = {
        **head,
        "record_id": "2",
        "occurred_at": ticket.get("updatedAt") or ticket["createdAt"],
        "record_type": "status_changed",
        "status": ticket["status"],
    }
    return [asked, answered]


def _status(one: Json, record_id: str, status: str, **own: str) -> Json:
    return {
        "record_id": record_id,
        "conversation_id": one["ticketId"],
        "occurred_at": one["createdAt"],
        "record_type": "status_changed",
        "status": status,
        "actor": "agent",
        **own,
    }
