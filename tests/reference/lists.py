"""Typed lists: tags, products and the items of an order (spec §2.0.6)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from .jsontext import NotJson, Number, parse_json
from .model import Row
from .values import (
    BadValue,
    due,
    is_absent,
    read_id,
    read_money,
    read_quantity,
    read_text,
)


def _elements(raw: Any, of_ids: bool, is_split: bool) -> list[Any]:
    """What a list holds, where one is due (spec §2.0.2).

    A text that begins with `[` is a JSON list in every format, a bad value if it is none; any other lone text is a
    list of one, and of tags (`is_split`) the list of its parts between commas, also where it begins with `[` and is
    no list. Where ids are due (`of_ids`) a lone number counts too. Anything else is a bad value, a CSV cell that is a
    JSON object among them (spec §1.6).
    """
    raw = due(raw, dict)
    if isinstance(raw, list):
        return raw
    if isinstance(raw, Number) and of_ids:
        return [raw]
    if not isinstance(raw, str):
        raise BadValue("not a list")
    if raw.strip().startswith("["):
        try:
            value = parse_json(raw.strip())
        except NotJson as error:
            if not is_split:
                raise BadValue("not a list") from error
        else:
            assert isinstance(value, list)
            return value
    return list(raw.split(",")) if is_split else [raw]


def read_list(raw: Any, read_element: Callable[[Any], Any], of_ids: bool = False, is_split: bool = False) -> list[Any]:
    """The usable elements in order; an element of another type makes the field bad. Empty counts as absent."""
    return [read_element(element) for element in _elements(raw, of_ids, is_split) if not is_absent(element)]


def read_tags(raw: Any) -> list[str]:
    """Texts, or one text with commas."""
    return read_list(raw, read_text, is_split=True)


def _optional(holder: dict[str, Any], name: str, read: Callable[[Any], Any]) -> Any:
    raw = holder.get(name)
    return None if is_absent(raw) else read(raw)


def read_products(raw: Any) -> list[str]:
    """Spec §2.0.6, products_recommended: ids, or objects with product_id, else sku, else id; repeats are dropped."""

    def read_product(element: Any) -> str | None:
        if not isinstance(element, dict):
            return read_id(element)
        for name in ("product_id", "sku", "id"):
            if not is_absent(element.get(name)):
                return read_id(element[name])
        return None

    products: list[str] = []
    for product in read_list(raw, read_product, of_ids=True):
        if product is not None and product not in products:
            products.append(product)
    return products


def read_items(raw: Any) -> list[Row]:
    """Spec §2.0.5, orders: items with product_id or sku, quantity (default 1) and price; others are dropped."""

    def read_item(element: Any) -> Row | None:
        if not isinstance(element, dict):
            raise BadValue("not an object")
        item: Row = {name: _optional(element, name, read_id) for name in ("product_id", "sku")}
        if item["product_id"] is None and item["sku"] is None:
            return None
        quantity = _optional(element, "quantity", read_quantity)
        item["quantity"] = Decimal(1) if quantity is None else quantity
        item["price"] = _optional(element, "price", read_money)
        return item

    return [item for item in read_list(raw, read_item) if item is not None]
