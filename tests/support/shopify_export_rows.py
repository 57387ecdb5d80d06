"""Orders as Shopify's admin exports them, and the lines that the reader makes of their rows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from caw.adapters.records import Json
from caw.adapters.registry import expander
from caw.feeds.declared import SEEDS_DIR, feeds
from caw.formats import reader_for
from caw.formats.lines import FileToRead
from caw.limits import DEFAULT_LIMITS, Limits

EXPORT = "shopify_orders"
COLUMNS = ("Name", "Email", "Financial Status", "Paid at", "Fulfilled at", "Currency", "Total", "Created at",
           "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku", "Cancelled at", "Billing Phone", "Phone",
           "Refunded Amount", "Id")  # fmt: skip

FIRST = {"Email": "b@x.example", "Financial Status": "paid", "Currency": "EUR", "Total": "100.90",
         "Created at": "2026-06-29 09:59:00 -0400", "Refunded Amount": "0.00"}  # fmt: skip

ITEM_OF = {"TENT": ("1", "62.95"), "STOVE": ("2", "18.95"), "MUG": ("1", "5.00")}

expand = expander(SEEDS_DIR)


class Line(NamedTuple):
    """A row as it was read: its number, why it was refused, and the object and the orders that it makes."""

    number: int
    refusal: tuple[str, str | None] | None
    object_id: str | None
    orders: Sequence[Json]


def row(name: str, sku: str, **cells: str) -> Json:
    """A further row of an order: an item, and whose it is."""
    quantity, price = ITEM_OF[sku]
    return {"Name": name, "Email": "b@x.example", "Lineitem quantity": quantity, "Lineitem name": sku.title(),
            "Lineitem price": price, "Lineitem sku": sku, **cells}  # fmt: skip


def first(name: str, sku: str, **cells: str) -> Json:
    """An order's own row; its Shopify id is 1 and its number."""
    return {
        **row(name, sku),
        **FIRST,
        "Id": f"1{name[1:]}",
        **{key.replace("_", " "): cell for key, cell in cells.items()},
    }


def export(*rows: Json, columns: Sequence[str] = COLUMNS, separator: str = ",") -> str:
    """The text of a file."""
    cells = [[f'"{one.get(name, "")}"' if name in one else "" for name in columns] for one in rows]
    return "".join(f"{separator.join(line)}\n" for line in [list(columns), *cells])


def lines_of(path: Path, feed: str = EXPORT, limits: Limits = DEFAULT_LIMITS) -> list[Line]:
    reader = reader_for(path.name)
    assert reader is not None
    found = []
    for chunk in reader(FileToRead.at(path), feeds()[feed], limits):
        lines = chunk.validate()
        for number, text, rejection in zip(
            lines.line_number.to_pylist(), lines.raw_text.to_pylist(), lines.rejection.to_pylist(), strict=True
        ):
            if rejection:
                found.append(Line(number, (rejection, None), None, []))
                continue
            one = expand(EXPORT, text)
            refusal = None if one.reason is None else (one.reason, one.field)
            found.append(Line(number, refusal, one.object_id, [record.fields for record in one.records]))
    return found


def read(folder: Path, *rows: Json, **arguments: Any) -> list[Line]:
    return read_text(folder, export(*rows, **arguments))


def read_text(folder: Path, content: str | bytes, limits: Limits = DEFAULT_LIMITS) -> list[Line]:
    path = folder / "orders_export_1.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return lines_of(path, limits=limits)


def orders(lines: Sequence[Line]) -> dict[str, list[str]]:
    """The skus of each order, by its id; in the order of the lines that make it."""
    return {one["order_id"]: [item["sku"] for item in one["items"]] for line in lines for one in line.orders}
