"""Shopify's orders (spec §2.3.14.3): of REST, webhooks and GraphQL; refunds and deletions; the export of its admin.

What does not belong here: how the rows of that export become one object (caw/formats/csv_groups.py).
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from caw.adapters.adapter import Adapter, Expander
from caw.adapters.members import first, first_of, object_of, objects_of, present, truth
from caw.adapters.records import INGESTED_AT, Expansion, Json, Record
from caw.adapters.shopify_export import is_of_export, of_export
from caw.adapters.shopify_ids import (
    CARRIES,
    VENDOR,
    amount,
    digits,
    email_of,
    expander,
    first_known,
    gid_kind,
    given_id,
    has,
    instant_text,
    is_id_alone,
    is_word,
    nodes,
    own_object,
    profile_of,
    shop_money,
    status_of,
    version,
)
from caw.adapters.transcript_values import as_id
from caw.feeds.keys import email_key, phone_key
from caw.feeds.seeds import ABSENT_IDENTIFIERS, words_of_nobody
from caw.formats.json_numbers import Number

ORDERS, ADJUSTMENTS = "orders", "order_adjustments"
ORDER = "Order"  # in a gid


def is_own(body: Json) -> bool:
    """Whether an object is one of the feed itself, though it may hold a customer or refunds."""
    return is_order(body) or is_refund(body) or is_of_export(body) or given_id(body) is not None


def is_refund(body: Json) -> bool:
    """A refund has order_id and refund_line_items or transactions."""
    return has(body, "order_id") and ("refund_line_items" in body or "transactions" in body)


def is_order(body: Json) -> bool:
    """An order has line_items, total_price or lineItems (spec §2.3.14.2), and no gid of another kind."""
    return any(name in body for name in ("line_items", "total_price", "lineItems")) and not _is_other(body)


def _is_other(body: Json) -> bool:
    """Whether its gid says that it is no order, but a draft or a fulfillment."""
    return gid_kind(body) not in ("", ORDER)


def made_of(absent: frozenset[str], body: Json) -> Expansion:
    """The expansion of an object of the feed; one of another shape is a version that makes nothing.

    Args:
        absent: the words that identify nobody.
        body: the object.
    """
    if is_of_export(body):
        return of_export(body)
    if is_refund(body):
        return _refund(body)
    if is_id_alone(body) and not is_order(body) and not _is_other(body):
        return _deletion(body)
    name = "updated_at" if has(body, "updated_at") or not has(body, "updatedAt") else "updatedAt"
    makes = is_order(body) and truth(body.get("test")) is not True
    records = [Record(ORDERS, _order(absent, body))] if makes else []
    return version(body, given_id(body), records, body.get(name), name)


def _refund(body: Json) -> Expansion:
    refund_id = given_id(body)
    name = "processed_at" if has(body, "processed_at") else "created_at"
    fields = present(
        {
            "adjustment_id": f"shopify:refund:{as_id(refund_id)}",
            "order_id": digits(body["order_id"]),
            "kind": "refunded",
            "occurred_at": instant_text(body.get(name)),
            "amount": _refunded([body]),
        }
    )
    return version(body, own_object("refund", refund_id), [Record(ADJUSTMENTS, fields)], body.get(name), name)


def _deletion(body: Json) -> Expansion:
    order_id = as_id(given_id(body))
    fields = {
        "adjustment_id": f"shopify:delete:{order_id}",
        "order_id": order_id,
        "kind": "cancelled",
        "occurred_at": INGESTED_AT,
    }
    return version(body, own_object("delete", given_id(body)), [Record(ADJUSTMENTS, fields)])


def _refunded(refunds: Sequence[Json]) -> Any:
    """The sum of the successful refunds; of amounts one that cannot be read stands for all, for staging to refuse."""
    amounts = [
        transaction["amount"]
        for refund in refunds
        for transaction in objects_of(refund.get("transactions"))
        if is_word(transaction.get("kind"), "refund")
        and is_word(transaction.get("status"), "success")
        and has(transaction, "amount")
    ]
    read = [amount(one) for one in amounts]
    unreadable = (given for given, one in zip(amounts, read, strict=True) if one is None)
    return next(unreadable, Number(format(sum((one for one in read if one is not None), Decimal(0)), "f")))


def _order(absent: frozenset[str], body: Json) -> Json:
    known = partial(first_known, absent)
    customer = object_of(body.get("customer"))
    return present(
        {
            "order_id": given_id(body),
            "placed_at": instant_text(
                *(body.get(name) for name in ("processed_at", "created_at", "processedAt", "createdAt"))
            ),
            "updated_at": instant_text(body.get("updated_at"), body.get("updatedAt")),
            "status": status_of(
                first(body, "cancelled_at", "cancelledAt"),
                first(body, "financial_status", "displayFinancialStatus"),
            ),
            "currency": first(body, "currency", "currencyCode"),
            "total": first_of(body.get("total_price"), shop_money(body, "totalPriceSet")),
            "refunded_total": _refunded_total(body),
            "items": list(map(_item, objects_of(body.get("line_items"))))
            or list(map(_node, nodes(body.get("lineItems")))),
            "profile": profile_of(
                profile_id=given_id(customer),
                email=known(
                    email_key, *map(email_of, (customer.get("email"), body.get("email"), body.get("contact_email")))
                ),
                phone_number=known(phone_key, customer.get("phone"), body.get("phone")),
            ),
        }
    )


def _refunded_total(body: Json) -> Any:
    """GraphQL's own sum, whose refunds need not have their transactions with them; else that of the refunds."""
    own = shop_money(body, "totalRefundedSet")
    return own if own is not None or "refunds" not in body else _refunded(objects_of(body["refunds"]))


def _item(item: Json) -> Json:
    return present({name: item.get(name) for name in ("product_id", "sku", "quantity", "price")})


def _node(node: Json) -> Json:
    return present(
        {
            "product_id": digits(object_of(node.get("product")).get("id")),
            "sku": node.get("sku"),
            "quantity": node.get("quantity"),
            "price": shop_money(node, "originalUnitPriceSet"),
        }
    )


def load(seeds: Path) -> Expander:
    """The adapter by the words of a folder of seeds that identify nobody."""
    absent = words_of_nobody(seeds)
    return expander(is_own, partial(made_of, absent), repr(sorted(absent)))


ADAPTER = Adapter(version=4, load=load, vendor=VENDOR, seeds=(ABSENT_IDENTIFIERS,), carries=CARRIES)
