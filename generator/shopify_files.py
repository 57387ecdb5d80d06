"""Shopify's files of an account: pages of orders, customers and products as its REST API answers, and a webhook's
refund.
"""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from generator.helpdesk_plan import helpdesk_plan
from generator.shop import Product
from generator.story_time import SAMPLE_AS_OF
from generator.tales import dumps
from generator.vendor_plans import HELPDESK, JOINED, Person, Plan, Sale, price_of, shelf

LONDON = timezone(timedelta(hours=1))  # the shop's offset in summer, as Shopify writes it with each instant
PRODUCTS = 9
SOLD_OUT = 3  # the product that is
REFUNDED_BY_WEBHOOK = 7  # the order whose refund came as a webhook's body alone
FEEDS = f"{HELPDESK}/shopify_{{}}/2026/06/page-1.json"
Element = dict[str, Any]


def shopify_files(until: datetime = SAMPLE_AS_OF) -> dict[str, bytes]:
    """The account's files by path."""
    plan = helpdesk_plan(until)
    pages = {
        FEEDS.format("orders"): {"orders": [*map(_order, plan.sales), _try_out(plan)]},
        FEEDS.format("customers"): {"customers": [_customer(person, until) for person in plan.people]},
        FEEDS.format("products"): {"products": [_product(one, until) for one in shelf(HELPDESK, 0, PRODUCTS)]},
    }
    files = {path: f"{dumps(page)}\n".encode() for path, page in pages.items()}
    refunds = [_refund(sale) for sale in plan.sales if sale.number == REFUNDED_BY_WEBHOOK]
    files[f"{HELPDESK}/shopify_orders/2026/06/webhooks.jsonl"] = "".join(f"{dumps(one)}\n" for one in refunds).encode()
    return files


def _text(instant: datetime) -> str:
    return instant.astimezone(LONDON).isoformat()


def product_id(line: Product) -> int:
    """The shop's number for a product; it is too long, or begins otherwise, than that of an instant."""
    return 8_100_000_000_000 + int(line.product_id.removeprefix("prod-"))


def _order(sale: Sale) -> Element:
    by_pages = sale.number != REFUNDED_BY_WEBHOOK
    cancelled = sale.changed_at if sale.is_cancelled else None
    refunds = [_refund(sale)] if sale.refunded and by_pages else []
    status = "paid" if not refunds else "refunded" if sale.refunded == sale.total else "partially_refunded"
    changed_at = sale.changed_at if sale.changed_at and by_pages else sale.placed_at
    return {
        "id": int(sale.order_id),
        "admin_graphql_api_id": f"gid://shopify/Order/{sale.order_id}",
        "created_at": _text(sale.placed_at),
        "processed_at": _text(sale.placed_at),
        "updated_at": _text(changed_at),
        "cancelled_at": _text(cancelled) if cancelled else None,
        "currency": "GBP",
        "total_price": f"{sale.total}",
        "financial_status": status,
        "test": False,
        "email": sale.person.email,
        "customer": {"id": int(sale.person.person_id), "email": sale.person.email, "phone": None},
        "line_items": [_line(sale, place, line) for place, line in enumerate(sale.lines)],
        "refunds": refunds,
    }


def _try_out(plan: Plan) -> Element:
    """The order with which the shop tried its checkout out, which counts for nothing."""
    first = plan.sales[0]
    return {**_order(first), "id": 5_700_000_009_999, "admin_graphql_api_id": "gid://shopify/Order/5700000009999",
            "test": True}  # fmt: skip


def _line(sale: Sale, place: int, line: Product) -> Element:
    own = {"id": int(sale.order_id) * 10 + place, "product_id": product_id(line), "sku": line.sku}
    return {**own, "title": line.title, "quantity": 1, "price": f"{price_of(line)}"}


def _refund(sale: Sale) -> Element:
    transaction = {"kind": "refund", "status": "success", "amount": f"{sale.refunded}"}
    own = {"id": 9_300_000_000_000 + sale.number, "order_id": int(sale.order_id)}
    processed_at = _text(sale.changed_at or sale.placed_at)
    return {**own, "processed_at": processed_at, "refund_line_items": [], "transactions": [transaction]}


def _customer(person: Person, until: datetime) -> Element:
    created = until - 2 * JOINED
    consent = _consent(person.asked_at)
    return {
        "id": int(person.person_id),
        "email": person.email,
        "created_at": _text(created),
        "updated_at": _text(person.asked_at),
        "orders_count": 1,
        "email_marketing_consent": consent(person.email_consent),
        "sms_marketing_consent": consent(person.sms_consent) if person.sms_consent else None,
    }


def _consent(asked_at: datetime) -> Callable[[str], Element]:
    return lambda state: {
        "state": state,
        "opt_in_level": "single_opt_in",
        "consent_updated_at": _text(asked_at),
    }


def _product(line: Product, until: datetime) -> Element:
    number = product_id(line)
    left = 0 if line.product_id == f"prod-{SOLD_OUT:05d}" else 12
    variant = {"id": number + 4_000, "product_id": number, "sku": line.sku, "price": f"{price_of(line)}",
               "inventory_management": "shopify", "inventory_policy": "deny", "inventory_quantity": left}  # fmt: skip
    return {"id": number, "title": line.title, "status": "active", "updated_at": _text(until - JOINED),
            "variants": [variant]}  # fmt: skip
