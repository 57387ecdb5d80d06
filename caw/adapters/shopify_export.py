"""Orders as Shopify's admin exports them: a CSV with a row for each line item (spec §2.3.14.3).

The reader gives the first row of an order the line items of all its rows, and the other rows their number
(caw/formats/csv_groups.py): these say nothing by themselves. What does not belong here: other deliveries.
"""

import re
from typing import Any

from caw.adapters.members import objects_of, present
from caw.adapters.records import Expansion, Json, Record
from caw.adapters.shopify_ids import email_of, latest, profile_of, status_of, version
from caw.adapters.transcript_values import as_id, is_absent, is_text
from caw.formats.csv_groups import PART_NUMBER

LINE_ITEMS = "line_items"  # as declared in dbt_project.yml
CREATED_AT = "created_at"
# There is no column for when an order was last changed: it is the latest of what happened to it.
INSTANTS = (CREATED_AT, "paid_at", "fulfilled_at", "cancelled_at")

_GUARD = re.compile(r"'(?=[=+@-])")  # put before what a spreadsheet would take for a formula
_WHOLE = re.compile(r"\s*([0-9]+)(?:\.0+)?\s*")


def is_of_export(body: Json) -> bool:
    """Whether an object is a row of the export."""
    return PART_NUMBER in body or any(name.startswith("lineitem_") for name in body)


def of_export(row: Json) -> Expansion:
    """The expansion of a row: the first one of an order makes the order, the others nothing."""
    name = _plain(row.get("name"))
    if PART_NUMBER in row:
        return version(row, f"row:{as_id(name)}:{as_id(row[PART_NUMBER])}")
    created_at = row.get(CREATED_AT)
    order_id = _order_id(row.get("id"), name)
    if is_absent(created_at):
        return Expansion(reason="missing_field", field=CREATED_AT, people=version(row, order_id).people)
    placed_at = latest(created_at)
    if placed_at is None:
        return version(row, order_id, at=created_at, name=CREATED_AT)
    updated_at = latest(*(row.get(one) for one in INSTANTS))
    fields = present(
        {
            "order_id": order_id,
            "placed_at": placed_at,
            "updated_at": updated_at,
            "status": status_of(row.get("cancelled_at"), row.get("financial_status")),
            "currency": row.get("currency"),
            "total": row.get("total"),
            "refunded_total": row.get("refunded_amount"),
            "items": [_item(one) for one in objects_of(row.get(LINE_ITEMS))],
            "profile": profile_of(email=email_of(_plain(row.get("email"))), phone_number=_plain(row.get("phone"))),
        }
    )
    return version(row, order_id, [Record("orders", fields)], updated_at)


def _order_id(given: Any, name: Any) -> Any:
    """Shopify's id, by which other deliveries know the order; its name where there is none, or a spreadsheet cut it."""
    whole = _WHOLE.fullmatch(given) if is_text(given) else None
    return whole[1] if whole else name


def _item(item: Json) -> Json:
    return present({"sku": _plain(item.get("sku")), "quantity": item.get("quantity"), "price": item.get("price")})


def _plain(value: Any) -> Any:
    """A cell without what guards it in a spreadsheet."""
    return _GUARD.sub("", value, count=1) if is_text(value) and _GUARD.match(value) else value
