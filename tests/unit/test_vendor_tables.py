"""Rows of connectors' tables: nested members are JSON in cells, and mean what the object means as a JSON line (spec §1.8
and §2.3.1)."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from caw.feeds.declared import SEEDS_DIR, feeds
from caw.formats import reader_for
from caw.formats.lines import FileToRead
from caw.limits import DEFAULT_LIMITS
from tests.reference.vendors.registry import VENDOR_FEEDS
from tests.support.expansions_against_reference import our_view
from tests.support.helpdesk_lives import LIVES
from tests.support.shopify_lines import CUSTOMER, PRODUCT, REST, WEBHOOKS

Json = dict[str, Any]
CONTACT = {
    "id": "k1",
    "updated_at": 1781085600,
    "merge_history": [{"source_contact_id": "k0", "merged_at": 1781085660}],
}


def objects() -> Iterator[tuple[str, list[Json]]]:
    """Objects of every feed whose members are nested."""
    for feed, life in LIVES.items():
        yield feed, [line for number in range(1, 9) for line in life(number, Random(number))]
    yield "shopify_orders", [*REST["orders"], WEBHOOKS[0]]
    yield "shopify_customers", [CUSTOMER]
    yield "shopify_products", [PRODUCT]
    yield "intercom_contacts", [CONTACT]


def cell(value: Any) -> str:
    """A value as a connector writes it into a cell; empty for none."""
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def rows_of(path: Path, feed: str) -> list[str]:
    """The rows of a file as JSON."""
    reader = reader_for(path.name)
    assert reader is not None
    found = [lines.validate() for lines in reader(FileToRead.at(path), feeds()[feed], DEFAULT_LIMITS)]
    assert all(one.rejection.null_count == len(one.rejection) for one in found)
    return [text for one in found for text in one.raw_text.to_pylist()]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize(("feed", "given"), list(objects()), ids=[feed for feed, _ in objects()])
def test_a_row_of_a_table_says_what_its_object_says(feed: str, given: list[Json], ending: str, tmp_path: Path) -> None:
    """Orders without lines, and conversations without messages, are accepted in silence."""
    names = sorted({name for one in given for name in one})
    rows = [[cell(one.get(name)) for name in names] for one in given]
    path = tmp_path / f"table.{ending}"
    if ending == "csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([[name.upper() for name in names], *rows])
    else:
        columns = dict(zip(names, zip(*rows, strict=True), strict=True))
        pq.write_table(pa.table({name: [one or None for one in cells] for name, cells in columns.items()}), path)
    vendor = VENDOR_FEEDS[feed].vendor
    read = [our_view(feed, text, SEEDS_DIR, vendor, vendor) for text in rows_of(path, feed)]
    expected = [our_view(feed, json.dumps(one), SEEDS_DIR, vendor, vendor) for one in given]
    assert read == expected
    assert any(one.records for one in expected)


def test_a_free_text_that_looks_like_json_stays_a_text(tmp_path: Path) -> None:
    """A shopper may write `[1]`."""
    path = tmp_path / "event.csv"
    path.write_text('id,property_first_message\ne1,"[1]"\n')
    assert rows_of(path, "klaviyo_events") == ['{"id":"e1","property_first_message":"[1]"}']
