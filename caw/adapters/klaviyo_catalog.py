"""klaviyo_catalog: the items and variants of a custom catalogue as products (spec §2.3.12.4).

Klaviyo's API gives custom catalogues alone; a shop's products come from the shop.
"""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from caw.adapters.adapter import Adapter, Expander, Spots
from caw.adapters.instants import instant, utc_text
from caw.adapters.klaviyo import LISTS, VENDOR, attributes_of, resource_of
from caw.adapters.members import present, truth
from caw.adapters.records import Expansion, Json, Record
from caw.adapters.transcript_values import as_id, is_absent
from caw.adapters.vendor_lines import Shape, expanded
from caw.adapters.vendor_spots import spots_by_name

DELETED_AT, LISTED_AT = "deleted_at", "listed_at"  # as `caw pull` writes them (spec §2.3.24.4)
SHAPE = Shape(version_at=("attributes", "updated"), gone_at=(DELETED_AT,), lists=LISTS, envelope=resource_of)
HIDDEN_WITHOUT_STOCK = 1  # the inventory_policy; with the others a product is shown whatever its stock


def load(_: Path) -> Expander:
    """The adapter; it reads no seeds."""
    return Expander("", lambda line: expanded(line, SHAPE, made_of), spots)


def made_of(line: Json) -> Expansion:
    """An item or a variant is one product; what the catalogue has no more is a deletion of it."""
    attributes = attributes_of(line)
    if not is_absent(line.get(DELETED_AT)):
        return _deletion(line, attributes)
    product = {
        "product_id": attributes.get("external_id"),
        "updated_at": _updated_at(attributes.get("updated"), line.get(LISTED_AT)),
        **{name: attributes.get(name) for name in ("sku", "title", "price", "url")},
        "in_stock": _is_in_stock(attributes),
    }
    return Expansion(records=[Record("products", present(product))])


def _deletion(line: Json, attributes: Json) -> Expansion:
    """int_products fills the other fields with those of the version before it, as of each vendor's `delete:<id>`."""
    product = {
        "product_id": attributes.get("external_id"),
        "updated_at": utc_text(line[DELETED_AT]),
        "in_stock": False,
    }
    return Expansion(object_id=f"delete:{as_id(line.get('id'))}", records=[Record("products", present(product))])


def _updated_at(updated: Any, listed: Any) -> Any:
    """The instant of its change, or of being listed again after its deletion, if later; what is no instant as it is."""
    changed, again = instant(updated), instant(listed)
    return utc_text(listed if changed is not None and again is not None and again > changed else updated)


def _is_in_stock(attributes: Json) -> bool:
    """Published, and not hidden for want of stock; what an item does not say does not hide it."""
    quantity = _number(attributes.get("inventory_quantity"))
    is_hidden = _number(attributes.get("inventory_policy")) == HIDDEN_WITHOUT_STOCK and quantity is not None
    return truth(attributes.get("published")) is not False and not (
        is_hidden and quantity is not None and quantity <= 0
    )


def _number(value: Any) -> Decimal | None:
    """A number, or its text; None for anything else."""
    try:
        found = Decimal(value.strip()) if isinstance(value, str) else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None


def spots(line: Any) -> Spots:
    """A product names nobody."""
    return spots_by_name(line, (), lambda _, name: "object_id" if name == "id" else None)


ADAPTER = Adapter(version=3, vendor=VENDOR, load=load)
