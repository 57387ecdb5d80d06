"""Bodies of Shopify's webhooks and exports, and what a line of them makes."""

import json
from typing import Any

from caw.adapters.records import Expansion, Json
from caw.adapters.registry import expander
from caw.feeds.declared import SEEDS_DIR

EVENING = "2026-05-31T20:00:00-04:00"
MIDNIGHT = "2026-06-01T00:00:00Z"  # the same instant
LATER = "2026-06-02T00:00:00Z"
MONEY = {"shopMoney": {"amount": "12.50", "currencyCode": "CAD"}, "presentmentMoney": {"amount": "9.10"}}
expand = expander(SEEDS_DIR)


def order(order_id: Any, **members: Any) -> Json:
    """A webhook's body."""
    common = {"created_at": EVENING, "updated_at": EVENING, "currency": "USD", "total_price": "50.00", "line_items": []}
    return {"id": order_id, **common, **members}


def refund(*amounts: Any, kind: str = "refund", status: str = "success") -> Json:
    """A refund of an order, with a transaction for each amount."""
    return {"transactions": [{"kind": kind, "status": status, "amount": amount} for amount in amounts]}


def variant(variant_id: int, **members: Any) -> Json:
    return {"id": variant_id, "price": "9.00", "inventory_policy": "deny", "inventory_quantity": 0, **members}


GRAPHQL: Json = {
    "id": "gid://shopify/Order/9",
    "createdAt": MIDNIGHT,
    "updatedAt": LATER,
    "displayFinancialStatus": "PARTIALLY_REFUNDED",
    "currencyCode": "CAD",
    "totalPriceSet": MONEY,
    "totalRefundedSet": {"shopMoney": {"amount": "2.5"}},
    "lineItems": {
        "edges": [
            {
                "node": {
                    "product": {"id": "gid://shopify/Product/31"},
                    "sku": "s",
                    "quantity": 3,
                    "originalUnitPriceSet": MONEY,
                }
            },
            {"node": {"product": None, "sku": "t", "quantity": 1}},
        ]
    },
    "customer": {"id": "gid://shopify/Customer/5", "email": "c@x.example", "phone": None},
    "phone": "+15005550006",
}
CONSENT: Json = {"state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": EVENING}
CUSTOMER: Json = {"id": 1, "email": "a@x.example", "phone": "+15005550001", "updated_at": LATER}
MERGE: Json = {
    "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/1",
    "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2",
    "status": "completed",
}
REDACTION: Json = {"customer": {"id": 8, "email": "j@x.example", "phone": "555-625-1199"}, "orders_to_redact": [1]}
PRODUCT: Json = {
    "id": 1, "title": "Shirt", "updated_at": LATER,
    "variants": [variant(11, updated_at="2026-06-03T00:00:00Z", inventory_management="shopify", sku="s-11"), variant(12, inventory_management=None)],
}  # fmt: skip
SHAPES: dict[str, list[Json]] = {
    "shopify_orders": [
        order(1, line_items=[{"product_id": 1, "sku": "s", "quantity": 2, "price": "5.00"}], refunds=[refund("5.00", "1.5")]),
        order(2, cancelled_at=EVENING, test=False, customer={**CUSTOMER, "id": 7}, contact_email="d@x.example"),
        GRAPHQL,
        {**refund("75.00", 10), "id": 1, "order_id": 2, "created_at": EVENING, "refund_line_items": []},
        {"id": 7},
    ],
    "shopify_customers": [
        {**CUSTOMER, "email_marketing_consent": CONSENT, "sms_marketing_consent": {"state": "pending"}},
        {**CUSTOMER, "accepts_marketing": True, "accepts_marketing_updated_at": EVENING, "orders_count": 2},
        {"customer_id": 1, "email_marketing_consent": {**CONSENT, "state": "redacted"}},
        MERGE,
        REDACTION,
        {"customer": {"id": 8, "email": "j@x.example"}, "orders_requested": [1], "data_request": {"id": 9}},
        {"id": 5, "tax_exemptions": [], "admin_graphql_api_id": "gid://shopify/Customer/55"},
    ],
    "shopify_products": [PRODUCT, {**PRODUCT, "status": "draft"}, {**variant(31, product_id=3), "updated_at": LATER}, {"id": 1}],
}  # fmt: skip


def made(feed: str, body: Any, canonical: str = "") -> list[Json]:
    """The fields of the records that a line makes, of one canonical feed."""
    found = said(feed, body).records
    return [record.fields for record in found if canonical in ("", record.feed)]


def said(feed: str, body: Any) -> Expansion:
    return expand(feed, json.dumps(body))


def the_order(body: Json) -> Json:
    (found,) = made("shopify_orders", body, "orders")
    return found
