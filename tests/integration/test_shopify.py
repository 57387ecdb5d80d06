"""Spec §2.3.14 in whole builds: the shapes in which Shopify delivers its orders, its admin's CSV too (the case c07), in
one landing zone; people, consents, redactions; deletions.
"""

from pathlib import Path
from typing import Any

from tests.support.case_runs import AS_OF, AT, JANUARY, by, gates, ledger, recommended, refused
from tests.support.forgetting import ForgettingPipeline, found_in, lines
from tests.support.project import Edit, copy_project

MARTS = ("int_products", "ingestion_ledger", "recommended_products", "retargeting_eligibility", "rejected_records")
# In store Shopify names the people, in shop the team does.
PEOPLE = Edit(
    "seeds/sources.csv", "acme_us,America/New_York,USD,,", "acme_us,America/New_York,USD,,\nstore,UTC,USD,,shopify"
)
HEADER = "Name,Email,Financial Status,Paid at,Currency,Total,Created at,Lineitem quantity,Lineitem price,Lineitem sku,Phone,Refunded Amount,Id,Cancelled at\n"
EXPORT = (
    HEADER
    + "#2050,buyer@x.example,paid,2026-06-30 11:00:00 +0200,EUR,100.90,2026-06-30 10:30:00 +0200,1,62.95,TENT-1,'+31600000000,0.00,555,\n"
    + "#2050,buyer@x.example,,,,,,1,37.95,STOVE-1,,,,\n"
    + "#2051,ida@x.example,paid,,EUR,5.00,2026-06-30 04:30:00 -0400,1,2.00,MUG-1,,0.00,559,\n"
    + "#2051,,,,,,,1,3.00,STOVE-1,,,,\n"
)  # as the case's, with an order that nothing else delivers
LATER_EXPORT = (
    HEADER
    + "#2050,buyer@x.example,refunded,2026-06-30 11:00:00 +0200,EUR,100.90,2026-06-30 10:30:00 +0200,1,62.95,TENT-1,,100.90,555,2026-06-30 13:00:00 +0200\n"
    + "#2050,buyer@x.example,,,,,,1,37.95,STOVE-1,,,,\n"
)
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
REDACTION = {"customer": {"id": 7, "email": "cleo@x.example"}, "orders_to_redact": [1]}


def people(*names: str) -> list[dict[str, Any]]:
    return [{"profile_id": name, "updated_at": JANUARY, "email": f"{name}@x.example"} for name in names]


FIRST = {
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
SECOND = {
    "shop/shopify_orders/orders_export_2.csv": LATER_EXPORT.encode(),
    "shop/shopify_orders/page_again.json": lines(REST),
    "shop/shopify_products/deleted.jsonl": lines({"id": 1}),
    "shop/orders/orders_export_1.csv": EXPORT.encode() + b"#2052,eve@x.example,,,,,,1,3.00,STOVE-1,,,,\n",
    "store/shopify_customers/redacted.jsonl": lines(REDACTION),
}


def test_every_shape_of_an_order_is_one_order(tmp_path: Path) -> None:
    """Buyers who are nobody's are written to; an order that comes in three shapes counts three times; a shop's customer
    who asked to be forgotten stays in the raw store.
    """
    project = copy_project(tmp_path / "copy", edits=[PEOPLE])
    pipeline = ForgettingPipeline(tmp_path / "run", project, MARTS)
    pipeline.refresh(FIRST, at=AS_OF)
    assert orders(pipeline) == {
        "555": ("placed", "10.00", 2, "buyer"), "556": ("placed", "5.00", 0, "ida"),
        "557": ("cancelled", "0.00", 0, None), "559": ("placed", "0.00", 2, "ida"),
    }  # fmt: skip
    assert ledger(pipeline, "shop")["orders/orders_export_1.csv"] == ("loaded", 4, 4, 0)
    assert refused(pipeline, "shop") == {("shopify_orders/webhooks.jsonl", 4): ("bad_value", "__parentId")}
    failed = gates(pipeline, "shop")
    assert [("ordered_since_trigger" in failed[name]) for name in ("buyer", "ida", "eve")] == [True, True, False]
    bought = pipeline.query(
        "select profile_id, product_id from events.recommended_products where source = 'shop' and purchased_at is not null"
    )
    assert {tuple(row.values()) for row in bought} == {
        ("buyer", "STOVE-1"), ("buyer", "TENT-1"), ("ida", "STOVE-1"),
    }  # fmt: skip
    assert products(pipeline) == {"1": ("Stove", None, True), "11": (None, "STOVE-1", True)}
    assert gates(pipeline, "store") == {"7": ["ordered_since_trigger"], "8": []}, (
        "an order follows its customer's merge"
    )

    pipeline.refresh(SECOND, at=AS_OF)
    assert orders(pipeline)["555"] == ("cancelled", "100.90", 2, "buyer"), "the export's cancellation is the latest"
    assert products(pipeline) == {"1": ("Stove", None, False), "11": (None, "STOVE-1", True)}
    assert refused(pipeline, "shop")[("orders/orders_export_1.csv", 5)] == ("missing_field", "created_at")
    counts = pipeline.query("select duplicates from health.ingestion_ledger where file_path like '%page_again.json'")
    assert counts == [{"duplicates": 2}]
    assert found_in(pipeline.data_dir / "raw", ["cleo@x.example", "qxorder"]) == {}
    assert by(pipeline, "store", "intermediate.int_orders", "order_id", "profile_id") == {"1": None}


def orders(pipeline: ForgettingPipeline) -> dict[str, tuple[Any, ...]]:
    """status, refunded_total, number of items and profile of shop's orders."""
    columns = ("status", "refunded_total::varchar", "len(items)", "profile_id")
    return by(pipeline, "shop", "intermediate.int_orders", "order_id", *columns)


def products(pipeline: ForgettingPipeline) -> dict[str, tuple[Any, ...]]:
    return by(pipeline, "shop", "intermediate.int_products", "product_id", "title", "sku", "in_stock")
