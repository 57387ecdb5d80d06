"""Spec §2.3.14 in whole builds: the shapes in which Shopify delivers its orders, its admin's CSV too (the case c07), in
one landing zone; people, consents, redactions; deletions.
"""

from pathlib import Path
from typing import Any

from tests.support.case_runs import AS_OF, by, gates, ledger, refused
from tests.support.forgetting import ForgettingPipeline, found_in, lines
from tests.support.project import Edit, copy_project
from tests.support.shopify_lines import EXPORT, HEADER, LANDED, REST

MARTS = ("int_products", "ingestion_ledger", "recommended_products", "retargeting_eligibility", "rejected_records")
# In store Shopify names the people, in shop the team does.
PEOPLE = Edit(
    "seeds/sources.csv", "acme_us,America/New_York,USD,,", "acme_us,America/New_York,USD,,\nstore,UTC,USD,,shopify"
)
LATER_EXPORT = (
    HEADER
    + "#2050,buyer@x.example,refunded,2026-06-30 11:00:00 +0200,EUR,100.90,2026-06-30 10:30:00 +0200,1,62.95,TENT-1,,100.90,555,2026-06-30 13:00:00 +0200\n"
    + "#2050,buyer@x.example,,,,,,1,37.95,STOVE-1,,,,\n"
)
REDACTION = {"customer": {"id": 7, "email": "cleo@x.example"}, "orders_to_redact": [1]}
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
    pipeline.refresh(LANDED, at=AS_OF)
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
