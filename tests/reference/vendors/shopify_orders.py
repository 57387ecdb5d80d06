"""shopify_orders (spec §2.3.14.3): orders, refunds and deletions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..jsontext import Number
from ..keys import normal_key
from ..model import Refused
from ..values import is_absent
from .instants import instant
from .line import INGESTED_AT, Fields, Says, Surroundings, version_instant
from .members import as_object, first, has, id_text, number, objects, plain, truth
from .people import email as known_email
from .people import profile
from .shopify_ids import digits, id_of, is_gid, is_id_alone, nodes, own_id, shop_money
from .words import vendor_word

PARENT = "__parentId"
STATUSES = {"voided": "cancelled", "refunded": "refunded"}


def is_refund(record: Fields) -> bool:
    """A refund has order_id and refund_line_items or transactions."""
    return has(record, "order_id") and ("refund_line_items" in record or "transactions" in record)


def is_order(record: Fields) -> bool:
    """An order has line_items, total_price or lineItems (spec §2.3.14.2), and a gid of none but an order's."""
    return not _is_other(record) and any(name in record for name in ("line_items", "total_price", "lineItems"))


def _is_other(record: Fields) -> bool:
    """A draft, a fulfillment: its gid says so."""
    gid = next((one for one in (record.get("admin_graphql_api_id"), record.get("id")) if is_gid(one)), None)
    return gid is not None and gid.split("?")[0].split("/")[-2] != "Order"


def is_own(record: Fields) -> bool:
    """An object of the feed, so that nothing inside it is opened."""
    return id_of(record) is not None or is_refund(record) or is_order(record)


def expand(record: Fields, around: Surroundings) -> Says:
    """An order, a refund, or an id alone (orders/delete); another body makes nothing (spec §2.3.14.2)."""
    refuse_child(record)
    if is_refund(record):
        return _refund(record)
    if is_id_alone(record) and not is_order(record) and not _is_other(record):
        return _deletion(record)
    order_id = own_id(record)
    version = order_version(record)
    orders = (
        [("orders", _order(record, order_id, around))] if is_order(record) and not truth(record.get("test")) else []
    )
    return Says(order_id, (version,), whole=lambda parts: orders)


def refuse_child(record: Fields) -> None:
    """A child of a bulk export cannot be mapped by itself (spec §2.3.14.2)."""
    if not is_absent(record.get(PARENT)):
        raise Refused("bad_value", PARENT)


def order_version(record: Fields) -> str:
    """updated_at, or GraphQL's updatedAt."""
    name = "updated_at" if has(record, "updated_at") or not has(record, "updatedAt") else "updatedAt"
    return version_instant(record.get(name), name)


def _refund(record: Fields) -> Says:
    """A refund is an object of its own (spec §2.3.14.2): what it makes is its own whole."""
    refund_id = own_id(record)
    name = "processed_at" if has(record, "processed_at") else "created_at"
    version = version_instant(record.get(name), name)
    adjustment = {
        "adjustment_id": f"shopify:refund:{refund_id}",
        "order_id": digits(record["order_id"]),
        "kind": "refunded",
        "occurred_at": instant(record.get(name)),
        "amount": _refunds_of(record),
    }
    return Says(f"refund:{refund_id}", (version,), whole=lambda parts: [("order_adjustments", adjustment)])


def _deletion(record: Fields) -> Says:
    order_id = own_id(record)
    adjustment = {
        "adjustment_id": f"shopify:delete:{order_id}",
        "order_id": order_id,
        "kind": "cancelled",
        "occurred_at": INGESTED_AT,
    }
    return Says(f"delete:{order_id}", whole=lambda parts: [("order_adjustments", adjustment)])


def _refunds_of(*refunds: Fields) -> Any:
    """The sum of successful refund transactions; one that is no number stands for the sum, to be refused."""
    amounts = [
        transaction.get("amount")
        for refund in refunds
        for transaction in objects(refund.get("transactions"))
        if _is_word(transaction.get("kind"), "refund") and _is_word(transaction.get("status"), "success")
    ]
    total = Decimal(0)
    for raw in amounts:
        amount = Decimal(0) if is_absent(raw) else number(raw)
        if amount is None:
            return raw
        total += amount
    return plain(total)


def _is_word(raw: Any, word: str) -> bool:
    return isinstance(raw, str) and vendor_word(raw) == word


def _order(record: Fields, order_id: str, around: Surroundings) -> Fields:
    total, refunded = record.get("total_price"), shop_money(record, "totalRefundedSet")
    is_rest = refunded is None and "refunds" in record  # GraphQL's refunds need not have their transactions
    return {
        "order_id": order_id,
        "placed_at": instant(first(record, "processed_at", "created_at", "processedAt", "createdAt")),
        "updated_at": instant(first(record, "updated_at", "updatedAt")),
        "status": _status(record, around),
        "currency": first(record, "currency", "currencyCode"),
        "total": shop_money(record, "totalPriceSet") if is_absent(total) else total,
        "refunded_total": _refunds_of(*objects(record["refunds"])) if is_rest else refunded,
        "items": _items(record),
        "profile": _profile(record, around),
    }


def _status(record: Fields, around: Surroundings) -> str:
    if has(record, "cancelled_at", "cancelledAt"):
        return "cancelled"
    raw = first(record, "financial_status", "displayFinancialStatus")
    if not isinstance(raw, str):
        return "placed"
    means = around.seeds.word(around.vendor, "financial_status", raw)
    return means or STATUSES.get(vendor_word(raw), "placed")


def _items(record: Fields) -> list[Fields]:
    rest = [
        {name: item.get(name) for name in ("product_id", "sku", "quantity", "price")}
        for item in objects(record.get("line_items"))
    ]
    graphql = [
        {
            "product_id": digits(as_object(node.get("product")).get("id")),
            "sku": node.get("sku"),
            "quantity": node.get("quantity"),
            "price": shop_money(node, "originalUnitPriceSet"),
        }
        for node in nodes(record.get("lineItems"))
    ]
    return [{name: value for name, value in item.items() if value is not None} for item in rest or graphql]


def _profile(record: Fields, around: Surroundings) -> Fields | None:
    customer = as_object(record.get("customer"))
    emails = (customer.get("email"), record.get("email"), record.get("contact_email"))
    email = _first_known(around, "email", *map(known_email, emails))
    phone = _first_known(around, "phone_number", customer.get("phone"), record.get("phone"))
    return profile(around, id_of(customer), email=email, phone_number=phone)


def _first_known(around: Surroundings, name: str, *given: Any) -> Any:
    """The first that is not absent: words such as `n/a` and values of nothing but zeros are (spec §2.0.4), and what
    has no form in which it matches (spec §3.3)."""

    def is_nobody(raw: Any) -> bool:
        text = raw if isinstance(raw, str) else id_text(raw) if isinstance(raw, Number) else None
        return text is not None and (around.names_nobody(text) or normal_key(name, text) is None)

    return next((one for one in given if not is_absent(one) and not is_nobody(one)), None)
