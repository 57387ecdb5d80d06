"""Shopify's products (spec §2.3.14.5): products with their variants, variants alone, deletions."""

from pathlib import Path
from typing import Any

from caw.adapters.adapter import Adapter, Expander
from caw.adapters.instants import instant
from caw.adapters.members import objects_of, present
from caw.adapters.records import INGESTED_AT, Expansion, Json, Record
from caw.adapters.shopify_ids import (
    VENDOR,
    amount,
    expander,
    given_id,
    has,
    instant_text,
    is_id_alone,
    is_word,
    latest,
    own_object,
    version,
)
from caw.adapters.transcript_values import is_absent, is_text

PRODUCTS = "products"
UPDATED_AT = "updated_at"
VARIANTS = "variants"


def is_own(body: Json) -> bool:
    """Whether an object is one of the feed itself: a product, or a variant, which names its product."""
    return given_id(body) is not None or has(body, "product_id")


def made_of(body: Json) -> Expansion:
    """The expansion of an object of the feed; one of another shape is a version that makes nothing."""
    own_id = given_id(body)
    if is_id_alone(body) and VARIANTS not in body:
        # int_products fills the other fields with those of the version before it (spec §2.3.14.5)
        deletion = present({"product_id": own_id, "updated_at": INGESTED_AT, "in_stock": False})
        return version(body, own_object("delete", own_id), [Record(PRODUCTS, deletion)])
    is_variant = VARIANTS not in body and has(body, "product_id")
    made = [_variant(body, {})] if is_variant else _product(body) if VARIANTS in body else []
    object_id = own_object("variant" if is_variant else "product", own_id)
    return version(body, object_id, [Record(PRODUCTS, one) for one in made], body.get(UPDATED_AT), UPDATED_AT)


def _product(body: Json) -> list[Json]:
    """The product, at its first variant's price and in stock if any variant is, and its variants."""
    variants = [_variant(one, body) for one in objects_of(body[VARIANTS])]
    product = present(
        {
            "product_id": given_id(body),
            "updated_at": instant_text(body.get(UPDATED_AT)),
            "title": body.get("title"),
            "price": variants[0].get("price") if variants else None,
            "in_stock": any(one["in_stock"] for one in variants),
        }
    )
    return [product, *variants]


def _variant(variant: Json, product: Json) -> Json:
    dates = [one[UPDATED_AT] for one in (variant, product) if has(one, UPDATED_AT)]
    unreadable = next((one for one in dates if instant(one) is None), None)
    return present(
        {
            "product_id": given_id(variant),
            "updated_at": latest(*dates) if unreadable is None else unreadable,
            "sku": variant.get("sku"),
            "price": variant.get("price"),
            "in_stock": _is_active(product) and _has_stock(variant),
        }
    )


def _is_active(product: Json) -> bool:
    """A status that is absent counts as active."""
    status = product.get("status")
    return not is_text(status) or is_absent(status) or is_word(status, "active")


def _has_stock(variant: Json) -> bool:
    """Not tracked (inventory_management is given as null, or blank), sold without stock, or in stock."""
    if "inventory_management" in variant and is_absent(variant["inventory_management"]):
        return True
    left: Any = amount(variant.get("inventory_quantity"))
    return is_word(variant.get("inventory_policy"), "continue") or (left is not None and left > 0)


def load(_: Path) -> Expander:
    """The adapter, which reads no seed."""
    return expander(is_own, made_of)


ADAPTER = Adapter(version=3, load=load, vendor=VENDOR)
