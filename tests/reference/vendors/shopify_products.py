"""shopify_products (spec §2.3.14.5): products with their variants, variants, deletions."""

from __future__ import annotations

from typing import Any

from ..values import is_absent
from .instants import instant, utc_text
from .line import INGESTED_AT, Fields, Says, Surroundings, version_instant
from .members import has, number, objects
from .shopify_ids import id_of, is_id_alone, own_id
from .shopify_orders import refuse_child
from .words import vendor_word

DELETION = "is_deletion"  # its other fields are those of the version before (spec §2.3.14.5)


def is_own(record: Fields) -> bool:
    """An object of the feed, so that nothing inside it is opened."""
    return id_of(record) is not None or has(record, "product_id")


def expand(record: Fields, around: Surroundings) -> Says:
    """A product, a variant alone, or an id alone (products/delete); another body makes nothing (spec §2.3.14.2)."""
    refuse_child(record)
    own = own_id(record)
    if is_id_alone(record) and "variants" not in record:
        deletion = {"product_id": own, "updated_at": INGESTED_AT, "in_stock": False, DELETION: True}
        return Says(f"delete:{own}", whole=lambda parts: [("products", deletion)])
    version = version_instant(record.get("updated_at"), "updated_at")
    if "variants" in record:
        products = _product(record, own)
    elif has(record, "product_id"):
        products = [_variant(record, {})]
    else:
        return Says(f"product:{own}", (version,))
    kind = "product" if "variants" in record else "variant"
    return Says(f"{kind}:{own}", (version,), whole=lambda parts: [("products", one) for one in products])


def _product(record: Fields, own: str) -> list[Fields]:
    """One for the product, with the first variant's price and in stock if any variant is, and one a variant."""
    variants = [_variant(one, record) for one in objects(record["variants"])]
    product = {
        "product_id": own,
        "updated_at": instant(record.get("updated_at")),
        "title": record.get("title"),
        "price": variants[0]["price"] if variants else None,
        "in_stock": any(one["in_stock"] for one in variants),
    }
    return [product, *variants]


def _variant(variant: Fields, product: Fields) -> Fields:
    return {
        "product_id": id_of(variant),
        "updated_at": _greater(instant(variant.get("updated_at")), instant(product.get("updated_at"))),
        "sku": variant.get("sku"),
        "price": variant.get("price"),
        "in_stock": _is_active(product) and _has_stock(variant),
    }


def _greater(own: Any, of_product: Any) -> Any:
    """The greater one (spec §2.3.14.5); UTC texts of one length compare as their instants. Its own that is none stays, for the record to be refused."""
    if own is None or of_product is None:
        return of_product if own is None else own
    if utc_text(own) is None:
        return own
    return max(own, of_product, key=str)


def _is_active(product: Fields) -> bool:
    """A status that is absent counts as active (spec §2.3.14.5)."""
    status = product.get("status")
    return not isinstance(status, str) or vendor_word(status) in ("", "active")


def _has_stock(variant: Fields) -> bool:
    """Untracked (inventory_management given as null or blank, spec §2.3.14.5), sold without stock, or in stock."""
    if "inventory_management" in variant and is_absent(variant["inventory_management"]):
        return True
    policy, quantity = variant.get("inventory_policy"), number(variant.get("inventory_quantity"))
    return (isinstance(policy, str) and vendor_word(policy) == "continue") or (quantity is not None and quantity > 0)
