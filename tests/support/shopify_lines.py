"""Shopify's orders, customers and products as it delivers them, in one landing zone of two sources, shop and store."""

from typing import Any

from tests.support.case_runs import AT, JANUARY, recommended
from tests.support.forgetting import lines

HEADER = "Name,Email,Financial Status,Paid at,Currency,Total,Created at,Lineitem quantity,Lineitem price,Lineitem sku,Phone,Refunded Amount,Id,Cancelled at\n"
EXPORT = (
    HEADER
    + "#2050,buyer@x.example,paid,2026-06-30 11:00:00 +0200,EUR,100.90,2026-06-30 10:30:00 +0200,1,62.95,TENT-1,'+31600000000,0.00,555,\n"
    + "#2050,buyer@x.example,,,,,,1,37.95,STOVE-1,,,,\n"
    + "#2051,ida@x.example,paid,,EUR,5.00,2026-06-30 04:30:00 -0400,1,2.00,MUG-1,,0.00,559,\n"
    + "#2051,,,,,,,1,3.00,STOVE-1,,,,\n"
)  # as the case's, with an order that nothing else delivers
COMMON = {
    "created_at": "2026-06-30T04:30:00-04:00",
    "currency": "EUR",
    "customer": {"id": 71, "email": "ida@x.example"},
}
ITEMS = [
    {"product_id": 1, "sku": "TENT-1", "quantity": 1, "price": "62.95"},
    {"sku": "STOVE-1", "quantity": 1, "price": "37.95"},
]
REFUND = {"transactions": [{"kind": "refund", "status": "success", "amount": "10.00"}]}
REST = {"orders": [
    {"id": 555, **COMMON, "updated_at": "2026-06-30T09:30:00Z", "total_price": "100.90", "line_items": ITEMS, "refunds": [REFUND],
     "financial_status": "partially_refunded", "customer": {"id": 70, "email": "BUYER@x.example"}},
    {"id": 556, **COMMON, "updated_at": "2026-06-30T08:40:00Z", "total_price": "20.00", "line_items": [], "refunds": []},
]}  # fmt: skip
GRAPHQL = {
    "id": "gid://shopify/Order/557",
    "createdAt": AT,
    "updatedAt": AT,
    "totalPriceSet": {"shopMoney": {"amount": "7.5"}},
    "lineItems": {"nodes": []},
}
WEBHOOKS = (
    {"id": 90, "order_id": 556, "created_at": "2026-06-30T08:50:00Z", "refund_line_items": [], "transactions": [{**REFUND["transactions"][0], "amount": "5.00"}]},
    {"id": 557},
    {"id": 558, **COMMON, "updated_at": AT, "total_price": "1.00", "line_items": [], "test": True},
    {"id": "gid://shopify/LineItem/1", "__parentId": "gid://shopify/Order/557"},
)  # fmt: skip
VARIANT = {"id": 11, "sku": "STOVE-1", "price": "37.95", "inventory_policy": "deny", "inventory_quantity": 3}
PRODUCT = {"id": 1, "title": "Stove", "updated_at": JANUARY, "variants": [VARIANT]}
CONSENT = {"state": "subscribed", "consent_updated_at": JANUARY}
CUSTOMER = {
    "id": 7,
    "email": "cleo@x.example",
    "updated_at": JANUARY,
    "email_marketing_consent": CONSENT,
    "note": "qxnote",
}
MERGE = {"admin_graphql_api_customer_kept_id": "gid://shopify/Customer/7", "status": "completed",
         "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/6"}  # fmt: skip
THEIRS = {
    "id": 1,
    **COMMON,
    "updated_at": AT,
    "total_price": "3.00",
    "line_items": [],
    "customer": {"id": 6, "email": "old@x.example"},
    "note": "qxorder",
}


def people(*names: str) -> list[dict[str, Any]]:
    return [{"profile_id": name, "updated_at": JANUARY, "email": f"{name}@x.example"} for name in names]


LANDED = {
    "shop/profiles/p.jsonl": lines(*people("buyer", "ida", "eve")),
    "shop/conversation_log/l.jsonl": lines(
        *(recommended(f"of {name}", name, products=["STOVE-1", "TENT-1"]) for name in ("buyer", "ida", "eve"))
    ),
    "shop/orders/orders_export_1.csv": EXPORT.encode(),
    "shop/shopify_orders/page.json": lines(REST),
    "shop/shopify_orders/graphql.jsonl": lines({"order": GRAPHQL}),
    "shop/shopify_orders/webhooks.jsonl": lines(*WEBHOOKS),
    "shop/shopify_products/page.json": lines({"products": [PRODUCT]}),
    "store/conversation_log/l.jsonl": lines(recommended("of 7", "7"), recommended("of 8", "8")),
    "store/shopify_customers/c.jsonl": lines(CUSTOMER, {**CUSTOMER, "id": 8, "email": "dan@x.example"}, MERGE),
    "store/shopify_orders/o.jsonl": lines(THEIRS),
}
