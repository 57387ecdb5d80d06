"""Hand-worked cases of Shopify's feeds (spec §2.3.14)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from ..cases import at
from .cases import counts, refusals, rows, warehouse

CREATED = "2026-05-31T20:00:00-04:00"  # 2026-06-01 00:00 UTC


def order(order_id: int, **own: Any) -> dict[str, Any]:
    """A webhook's body."""
    found = {"id": order_id, "created_at": CREATED, "updated_at": CREATED, "currency": "USD", "total_price": "50.00"}
    return {**found, "line_items": [], **own}


def refunds(*amounts: str, kind: str = "refund", status: str = "success") -> list[dict[str, Any]]:
    """A list of refunds with one transaction each."""
    return [{"transactions": [{"kind": kind, "status": status, "amount": amount}]} for amount in amounts]


def test_orders_in_rest_and_webhook_shape(tmp_path: Path) -> None:
    big = order(820982911946154500, admin_graphql_api_id="gid://shopify/Order/820982911946154508")
    items = [{"product_id": 1, "sku": "s", "quantity": 2, "price": "5.00"}, {"product_id": None, "sku": ""}]
    bodies = [
        {**big, "processed_at": "2026-05-01T00:00:00Z", "line_items": items, "financial_status": "paid"},
        order(2, cancelled_at=CREATED, refunds=refunds("5.00", "1.5") + refunds("9", kind="sale")),
        order(3, financial_status="voided"),
        order(4, financial_status="refunded", refunds=refunds("9", status="failure")),
        order(5, test=True),
        order(6, refunds=refunds("a lot")),
        {"id": 7, "note": "none of these shapes"},
        order(8, __parentId="gid://shopify/Order/1"),
        {"order_edit": {"id": 1}},
    ]
    built = warehouse(tmp_path, {"shopify_orders/a.jsonl": bodies})
    assert counts(built) == [(7, 0, 2)]
    assert refusals(built) == [("bad_value", "refunded_total"), ("bad_value", "__parentId"), ("missing_field", "id")]
    assert rows(built, "orders", "order_id", "status", "refunded_total") == [
        ("820982911946154508", "placed", Decimal("0.00")),
        ("2", "cancelled", Decimal("6.50")),
        ("3", "cancelled", Decimal("0.00")),
        ("4", "refunded", Decimal("0.00")),
    ]
    first = built.counted["orders"][0]
    assert (first["placed_at"], first["updated_at"]) == (at("2026-05-01"), at("2026-06-01"))
    assert [(item["product_id"], item["quantity"]) for item in first["items"]] == [("1", 2)]


def test_orders_in_graphql_shape_and_whose_they_are(tmp_path: Path) -> None:
    money = {"shopMoney": {"amount": "12.5", "currencyCode": "CAD"}, "presentmentMoney": {"amount": "99"}}
    node = {"product": {"id": "gid://shopify/Product/31"}, "sku": "s", "quantity": 3, "originalUnitPriceSet": money}
    bare = {"product": None, "sku": "t", "quantity": 1}
    body = {
        "id": "gid://shopify/Order/9",
        "createdAt": "2026-06-01T00:00:00Z",
        "updatedAt": "2026-06-02T00:00:00Z",
        "displayFinancialStatus": "REFUNDED",
        "currencyCode": "CAD",
        "totalPriceSet": money,
        "totalRefundedSet": money,
        "lineItems": {"edges": [{"node": node}, {"node": bare}]},
        "customer": {"id": "gid://shopify/Customer/5", "email": "c@x.example", "phone": None},
    }
    built = warehouse(tmp_path, {"shopify_orders/a.jsonl": {**body, "phone": "+15005550006"}})
    (found,) = built.counted["orders"]
    assert (found["order_id"], found["status"], found["currency"]) == ("9", "refunded", "CAD")
    assert (found["total"], found["refunded_total"]) == (Decimal("12.50"), Decimal("12.50"))
    assert [(item["product_id"], item["sku"]) for item in found["items"]] == [("31", "s"), (None, "t")]
    profile = found["profile"]
    keys = ("profile_id", "email", "phone_number")
    assert tuple(profile[key] for key in keys) == (None, "c@x.example", "+15005550006")
    theirs = warehouse(tmp_path, {"shopify_orders/a.jsonl": body}, people="shopify").counted["orders"][0]["profile"]
    assert tuple(theirs[key] for key in keys) == ("5", None, None)


def test_the_first_contact_that_identifies_somebody_counts(tmp_path: Path) -> None:
    """Spec §2.0.4 and §3.3: a shop's till that writes `n/a` for a guest's e-mail still knows the one that was typed in."""
    orders = [
        order(
            1, customer={"email": "N/A", "phone": "000"}, email="unknown", contact_email="g@x.example", phone="+1555123"
        ),
        order(2, customer={"email": "c@x.example"}, email="n/a", contact_email="d@x.example"),
        order(3, customer={"email": "null"}, phone="n/a"),
        order(4, customer={"phone": "(000) 000-0000"}, phone="5551234"),
        order(5, customer={"phone": "12-34-56"}, phone="(000) 000-0000"),
    ]
    built = warehouse(tmp_path, {"shopify_orders/a.jsonl": orders})
    profiles = [row["profile"] or {} for row in built.counted["orders"]]
    assert [(one.get("email"), one.get("phone_number")) for one in profiles] == [
        ("g@x.example", "+1555123"),
        ("c@x.example", None),
        (None, None),
        (None, "5551234"),
        (None, None),
    ]


def test_refunds_and_deletions_are_adjustments(tmp_path: Path) -> None:
    refund = {
        "id": 1,
        "admin_graphql_api_id": "gid://shopify/Refund/19",
        "order_id": 2,
        "created_at": CREATED,
        "refund_line_items": [],
        "transactions": refunds("75.00")[0]["transactions"] + refunds("10")[0]["transactions"],
    }
    built = warehouse(tmp_path, {"shopify_orders/a.jsonl": [order(2), {"refund": refund}, {"id": 2}]})
    assert rows(built, "order_adjustments", "adjustment_id", "order_id", "kind", "amount", "occurred_at") == [
        ("shopify:refund:19", "2", "refunded", Decimal("85.00"), at("2026-06-01")),
        ("shopify:delete:2", "2", "cancelled", Decimal("0.00"), at("2026-07-01 01:00")),
    ]


def test_customers_their_consents_merges_and_redactions(tmp_path: Path) -> None:
    consent = {"state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": "2026-01-01T00:00:00Z"}
    later = "2026-03-01T00:00:00Z"
    bodies = [
        {"id": 1, "email": "a@x.example", "updated_at": later, "email_marketing_consent": consent},
        {"id": 2, "email": "b@x.example", "updated_at": later, "accepts_marketing": False},
        {"id": 3, "email": "c@x.example", "sms_marketing_consent": {"state": "pending"}},
        {"customer_id": 1, "email_marketing_consent": {"state": "redacted", "consent_updated_at": later}},
        {"id": 4, "phone": None, "sms_marketing_consent": {"state": None, "consent_updated_at": None}},
        {
            "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/1",
            "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2",
            "status": "completed",
        },
        {"admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/3", "status": "failed"},
        {"customer": {"id": 8, "email": "j@x.example", "phone": "555-625-1199"}, "orders_to_redact": [1]},
        {"customer": {"id": 8, "email": "j@x.example"}, "orders_requested": [1], "data_request": {"id": 9}},
        {"id": 5, "tax_exemptions": [], "admin_graphql_api_id": "gid://shopify/Customer/55"},
    ]
    built = warehouse(tmp_path, {"shopify_customers/a.jsonl": bodies}, people="shopify")
    assert counts(built) == [(10, 0, 0)]
    assert refusals(built) == []
    assert rows(built, "profiles", "profile_id", "merged_into", "updated_at") == [
        ("1", None, at("2026-03-01")),
        ("2", None, at("2026-03-01")),
        ("2", "1", at("2026-07-01 01:00")),
    ]
    assert rows(built, "consents", "profile_id", "status", "occurred_at", "method") == [
        ("1", "subscribed", at("2026-01-01"), "single_opt_in"),
        ("2", "never_subscribed", at("2026-03-01"), None),
        ("1", "unsubscribed", at("2026-03-01"), None),
    ]
    erasure = ("shopify:redact:8", "8", at("2026-07-01 01:00"))
    assert rows(built, "erasures", "request_id", "profile_id", "requested_at") == [erasure]
    others = warehouse(tmp_path, {"shopify_customers/a.jsonl": bodies})
    assert rows(others, "erasures", "request_id", "profile_id") == [("shopify:redact:8", None)]
    assert others.counted["profiles"] == others.counted["consents"] == []


def test_products_with_their_variants_and_a_deletion_that_keeps_the_other_fields(tmp_path: Path) -> None:
    def variant(variant_id: int, **own: Any) -> dict[str, Any]:
        return {"id": variant_id, "price": "9.00", "inventory_policy": "deny", "inventory_quantity": 0, **own}

    product = {
        "id": 1,
        "title": "Shirt",
        "updated_at": "2026-06-02T00:00:00Z",
        "variants": [
            variant(11, updated_at="2026-06-03T00:00:00Z", inventory_management="shopify"),
            variant(12, inventory_management=None),
            variant(13, inventory_policy="continue", price="7"),
            variant(14, inventory_quantity=1),
        ],
    }
    draft = {
        "id": 2,
        "title": "Old",
        "status": "draft",
        "updated_at": "2026-06-02T00:00:00Z",
        "variants": [variant(21, inventory_quantity=5)],
    }
    alone = variant(31, product_id=3, updated_at="2026-06-02T00:00:00Z", inventory_quantity=2)
    first = {"shopify_products/a.jsonl": [product, draft, alone]}
    built = warehouse(tmp_path, first, {"shopify_products/b.jsonl": {"id": 1}})
    assert rows(built, "products", "product_id", "in_stock", "updated_at", "price") == [
        ("1", True, at("2026-06-02"), Decimal("9.00")),
        ("11", False, at("2026-06-03"), Decimal("9.00")),
        ("12", True, at("2026-06-02"), Decimal("9.00")),
        ("13", True, at("2026-06-02"), Decimal("7.00")),
        ("14", True, at("2026-06-02"), Decimal("9.00")),
        ("2", False, at("2026-06-02"), Decimal("9.00")),
        ("21", False, at("2026-06-02"), Decimal("9.00")),
        ("31", True, at("2026-06-02"), Decimal("9.00")),
        ("1", False, at("2026-07-01 02:00"), Decimal("9.00")),
    ]
    assert built.counted["products"][-1]["title"] == "Shirt"
