"""Orders as Shopify's admin exports them: a CSV with a row for each line item, and which orders its rows make.

The case c07 is of this kind. What a record's own feed refuses, such as a decimal comma, is not tried here.
"""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from caw.adapters.records import Json
from caw.feeds.declared import feeds
from caw.formats import reader_for
from caw.formats.csv_table import feed_of
from caw.formats.csv_table import read as read_csv
from caw.formats.lines import FileToRead, Lines, UnreadableFile
from caw.limits import DEFAULT_LIMITS
from tests.support.shopify_export_rows import (
    COLUMNS,
    EXPORT,
    FIRST,
    expand,
    export,
    first,
    orders,
    read,
    read_text,
    row,
)
from tests.support.small_landing import put, run


def test_the_rows_of_an_order_are_one_order(tmp_path: Path) -> None:
    """Each row a line of the file: the first makes the order, the others are accepted and make nothing."""
    lines = read(
        tmp_path,
        first("#2050", "TENT", Phone="'+31600000000", Paid_at="2026-06-29 10:00:00 -0400"),
        row("#2050", "STOVE"),
    )
    assert [(line.number, line.refusal, line.object_id) for line in lines] == [
        (1, None, "12050"),
        (2, None, "row:#2050:2"),
    ]
    assert [line.orders for line in lines] == [
        [
            {
                "order_id": "12050",
                "placed_at": "2026-06-29T13:59:00Z",
                "updated_at": "2026-06-29T14:00:00Z",
                "status": "placed",
                "currency": "EUR",
                "total": "100.90",
                "refunded_total": "0.00",
                "items": [
                    {"sku": "TENT", "quantity": "1", "price": "62.95"},
                    {"sku": "STOVE", "quantity": "2", "price": "18.95"},
                ],
                "profile": {"email": "b@x.example", "phone_number": "+31600000000"},
            }
        ],
        [],
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # orders after one another, of one item each or of several
        ([first("#1", "TENT"), first("#2", "MUG"), row("#2", "STOVE")], {"11": ["TENT"], "12": ["MUG", "STOVE"]}),
        # sorted by something else: rows of two orders take turns, or stand before their order's own
        ([first("#1", "TENT"), first("#2", "MUG"), row("#1", "STOVE"), row("#2", "TENT")], {"11": ["TENT", "STOVE"], "12": ["MUG", "TENT"]}),
        ([row("#1", "STOVE"), row("#2", "TENT"), first("#2", "MUG"), row("#1", "MUG"), first("#1", "TENT")], {"12": ["MUG", "TENT"], "11": ["TENT", "STOVE", "MUG"]}),
        # a spreadsheet has filled the order's cells down
        ([first("#1", "TENT"), first("#1", "STOVE"), first("#1", "TENT")], {"11": ["TENT", "STOVE", "TENT"]}),
        # two items that are alike
        ([first("#1", "TENT"), row("#1", "MUG"), row("#1", "MUG")], {"11": ["TENT", "MUG", "MUG"]}),
        # a row without an item; an item without a sku
        ([{"Name": "#1", **FIRST, "Id": "11"}, row("#1", "MUG")], {"11": ["MUG"]}),
    ],
)  # fmt: skip
def test_rows_are_of_the_order_that_they_name_wherever_they_are(
    tmp_path: Path, rows: Sequence[Json], expected: dict[str, list[str]]
) -> None:
    """An order that loses an item was never bought; one that gets another's counts twice."""
    lines = read(tmp_path, *rows)
    assert orders(lines) == expected
    assert [line.refusal for line in lines] == [None] * len(rows)
    assert len({line.object_id for line in lines}) == len(rows), "no row is taken for the duplicate of another"


def test_an_order_that_is_in_a_file_twice_is_two_versions(tmp_path: Path) -> None:
    """Two exports that were put together: its items must not be counted twice, and the later one holds."""
    lines = read(
        tmp_path, first("#1", "TENT"), row("#1", "STOVE"), first("#2", "MUG"),
        dict(zip(COLUMNS, COLUMNS, strict=True)), first("#1", "TENT", Financial_Status="refunded", Refunded_Amount="100.90"),
    )  # fmt: skip
    assert [(line.object_id, [one["status"] for one in line.orders]) for line in lines if line.orders] == [
        ("11", ["placed"]),
        ("12", ["placed"]),
        ("11", ["refunded"]),
    ]
    assert [[item["sku"] for item in line.orders[0]["items"]] for line in lines if line.orders] == [
        ["TENT", "STOVE"],
        ["MUG"],
        ["TENT"],
    ]
    assert lines[3].refusal == ("bad_value", "created_at"), "a header among the rows"


def test_a_row_whose_order_is_not_in_the_file_is_refused(tmp_path: Path) -> None:
    """Rows that a filter, or the end of a file, has cut off from their order must not vanish."""
    lines = read(tmp_path, row("#1", "STOVE"), first("#2", "MUG"))
    assert [line.refusal for line in lines] == [("missing_field", "created_at"), None]


@pytest.mark.parametrize(
    ("cells", "member", "expected"),
    [
        ({"Financial_Status": "voided"}, "status", "cancelled"), ({"Financial_Status": "Refunded"}, "status", "refunded"),
        ({"Financial_Status": "partially_refunded"}, "status", "placed"), ({"Cancelled_at": "2026-07-01 00:00:00 +0200"}, "status", "cancelled"),
        # no column says when an order was changed: the latest of what happened to it
        ({"Cancelled_at": "2026-07-01 00:00:00 +0200", "Paid_at": "2026-06-30 00:00:00 +0200"}, "updated_at", "2026-06-30T22:00:00Z"),
        ({"Paid_at": "soon"}, "updated_at", "2026-06-29T13:59:00Z"), ({"Refunded_Amount": "12.50"}, "refunded_total", "12.50"),
        # Shopify's own id, by which webhooks know the order; its name where a spreadsheet has rounded the id
        ({"Id": "5551234567890.0"}, "order_id", "5551234567890"), ({"Id": "5.55123E+12"}, "order_id", "#1"), ({"Id": ""}, "order_id", "#1"),
        ({"Email": "", "Phone": "'+1 500 555 0006"}, "profile", {"phone_number": "+1 500 555 0006"}),
        ({"Total": "1,000.00"}, "total", "1,000.00"),
    ],
)  # fmt: skip
def test_an_order_s_own_cells(tmp_path: Path, cells: dict[str, str], member: str, expected: Any) -> None:
    (line,) = read(tmp_path, first("#1", "TENT", **cells))
    assert line.orders[0][member] == expected


def test_a_cell_that_is_guarded_in_a_spreadsheet(tmp_path: Path) -> None:
    (line,) = read(tmp_path, {**first("#1", "TENT"), "Lineitem sku": "'-TENT"})
    assert line.orders[0]["items"] == [{"sku": "-TENT", "quantity": "1", "price": "62.95"}]


@pytest.mark.parametrize(
    ("cells", "refusal"),
    [
        ({"Created at": "29/06/2026"}, ("bad_value", "created_at")),
        ({"Created at": ""}, ("missing_field", "created_at")),
        ({"Name": "", "Id": ""}, ("missing_field", "id")),
    ],
)
def test_an_order_s_row_that_is_refused(tmp_path: Path, cells: dict[str, str], refusal: tuple[str, str]) -> None:
    assert [line.refusal for line in read(tmp_path, {**first("#1", "TENT"), **cells})] == [refusal]


def test_a_row_that_is_no_record_costs_its_order_no_other_item(tmp_path: Path) -> None:
    good = export(first("#1", "TENT"), row("#1", "STOVE"), row("#1", "MUG")).encode()
    assert orders(read_text(tmp_path, good)) == {"11": ["TENT", "STOVE", "MUG"]}
    broken = good.replace(b'"Stove"', b'"St\xffve"')
    lines = read_text(tmp_path, broken)
    assert [line.refusal for line in lines] == [None, ("not_utf8", None), None]
    assert orders(lines) == {"11": ["TENT", "STOVE", "MUG"]}
    rows = good.decode().splitlines(keepends=True)
    longer = "".join([*rows[:2], rows[2].rstrip("\n") + ",beyond\n", "\n", rows[3]])
    lines = read_text(tmp_path, longer)
    assert [(line.number, line.refusal) for line in lines] == [(1, None), (2, ("not_an_object", None)), (4, None)]
    assert orders(lines) == {"11": ["TENT", "MUG"]}


def test_a_file_that_would_fill_the_memory_is_refused_whole(tmp_path: Path) -> None:
    content = export(first("#1", "TENT"), *[row("#1", "STOVE")] * 50)
    assert len(read_text(tmp_path, content)) == 51
    with pytest.raises(UnreadableFile, match="split it"):
        read_text(tmp_path, content, replace(DEFAULT_LIMITS, document=10_000))


def test_a_broken_file_is_refused_whole_with_the_line(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="at line 3"):
        read_text(tmp_path, export(first("#1", "TENT"), row("#1", "STOVE")).replace('"Stove"', '"Stove"x'))


def test_everybody_that_a_row_names_is_found_by_an_erasure(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    path.write_text(export(first("#1", "TENT", Phone="1", Billing_Phone="2"), row("#1", "MUG")), encoding="utf-8")
    (chunk,) = reader_for(path.name)(FileToRead.at(path), feeds()[EXPORT], DEFAULT_LIMITS)  # type: ignore[misc]
    people = [set(expand(EXPORT, text).people) for text in chunk.validate().raw_text.to_pylist()]
    email = ("email", "b@x.example")
    assert people == [{email, ("phone", "1"), ("phone", "2")}, {email}]


@pytest.mark.parametrize(
    ("rows", "holder"),
    [
        ([], None),
        ([first("#1", "TENT")], None),  # an order's own row
        ([first("#1", "TENT"), row("#2", "MUG")], None),  # nothing has begun its order
        ([row("#1", "MUG"), first("#1", "TENT")], None),
        ([first("#1", "TENT"), row("#1", "MUG"), first("#2", "MUG")], None),
        ([first("#1", "TENT"), row("#1", "MUG")], 1),
        ([first("#1", "TENT"), {}, first("#2", "MUG"), row("#1", "MUG"), row("#2", "MUG")], 3),  # a blank row is a line
        ([first("#1", "TENT"), first("#1", "TENT") | row("#1", "MUG")], 1),  # cells were filled down
        ([first("#1", "TENT"), {"Name": "#1"}], 1),  # cut before its item
    ],
)
def test_who_holds_the_last_row_of_a_file(tmp_path: Path, rows: Sequence[Json], holder: int | None) -> None:
    """Spec §1.6: if the last row is unfinished, the line that holds it says something unfinished, too."""
    path = tmp_path / "o.csv"
    path.write_text(export(*rows).removesuffix("\n"), encoding="utf-8")
    found: list[int | None] = []

    def reading(feed: str) -> Iterator[Lines]:
        found.append((yield from read_csv(FileToRead.at(path), feeds()[feed], DEFAULT_LIMITS)))

    for feed in (EXPORT, "shopify_customers"):
        list(reading(feed))
    assert found == [holder, None]


@pytest.mark.parametrize(
    ("name", "header", "feed"),
    [
        ("o.csv", ",".join(COLUMNS), EXPORT), ("o.csv", ";".join(COLUMNS).upper(), EXPORT), ("o.csv", "sep=,\n" + ",".join(COLUMNS), EXPORT),
        ("O.CSV", "\ufeff\n" + "\t".join(COLUMNS), EXPORT), ("o.csv.gz", ",".join(COLUMNS), EXPORT),
        ("o.csv", "Created at,Lineitem sku,Name", EXPORT),
        # no export: an order of our own, one without items, another table of Shopify's, none at all
        ("o.csv", "order_id,placed_at,name", "orders"), ("o.csv", "Name,Created at,Total", "orders"),
        ("o.csv", "Order,Name,Kind,Gateway,Created At,Status,Amount", "orders"), ("o.csv", "", "orders"), ("o.csv", '"', "orders"),
    ],
)  # fmt: skip
def test_an_export_among_orders_is_read_as_one(tmp_path: Path, name: str, header: str, feed: str) -> None:
    """The case c07: a file of a known form in the folder whose name says what is in it, and failed whole."""
    path = tmp_path / name
    content = f"{header}\n".encode()
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    file = FileToRead(path, name)
    assert feed_of(file, feeds()["orders"], DEFAULT_LIMITS).name == feed
    assert feed_of(file, feeds()["profiles"], DEFAULT_LIMITS).name == "profiles"


def test_a_table_is_looked_for_in_files_of_tables_alone(landing: Path, data_dir: Path) -> None:
    """A JSON Lines file whose first line reads like the header of an export, and which is then no feed's."""
    put(landing, "acme_us/orders/o.jsonl", ",".join(COLUMNS) + "\n")
    put(landing, "acme_us/orders/o.csv", ",".join(COLUMNS) + "\n")
    assert [(file.file_path, file.feed) for file in run(landing, data_dir).files] == [
        ("acme_us/orders/o.csv", EXPORT),
        ("acme_us/orders/o.jsonl", "orders"),
    ]


def test_the_two_shapes_of_an_order_are_versions_of_one(tmp_path: Path) -> None:
    (line,) = read(tmp_path, first("#1", "TENT"))
    webhook = expand(EXPORT, json.dumps({"id": 11, "updated_at": "2026-07-01T00:00:00Z", "total_price": "1"}))
    assert line.object_id == webhook.object_id == "11"
