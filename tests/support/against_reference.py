"""What the warehouse should hold after scenarios were delivered, from the reference, in the warehouse's shape."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from caw.feeds.declared import feeds
from tests.reference import Delivery, build
from tests.reference.model import PROFILE_KEYS
from tests.reference.vendors.registry import ALL_PARTS, DIALECTS
from tests.support.comparison import Difference, Tables, differences
from tests.support.pipeline import Pipeline

Row = dict[str, Any]

STAGED_FEEDS = (
    "conversation_log",
    "orders",
    "profiles",
    "consents",
    "suppressions",
    "message_sends",
    "products",
    "erasures",
    "order_adjustments",
)
BUILT = ALL_PARTS & {*feeds(), DIALECTS}
"""The parts of spec §2.3 that the warehouse has; other vendors' feeds are unknown ones."""
STAMP = ("batch_id", "file_path", "line_number", "source", "ingested_at")
HISTORY = "segments.segment_membership_history"
SIZES = "segments.segment_sizes"
UNKNOWN_FIELDS = "health.unknown_fields"
FREE = {UNKNOWN_FIELDS: ("nearest",)}
"""Columns whose words are free, and that are not compared."""


def expected_tables(
    deliveries: Sequence[Delivery], seeds: Path, as_of: datetime, previous_runs: Sequence[tuple[int, datetime]] = ()
) -> dict[str, list[Row]]:
    """All accounts' tables: each account by itself, as all rules hold within one."""
    tables: dict[str, list[Row]] = {}
    for source in sorted({path.split("/")[0] for delivery in deliveries for path in delivery.files}):
        own = [
            Delivery(one.batch_id, one.ingested_at, {p: c for p, c in one.files.items() if p.startswith(f"{source}/")})
            for one in deliveries
        ]
        built = build(own, seeds, as_of, previous_runs, built=BUILT)
        for table, rows in built.tables.items():
            tables.setdefault(table, []).extend(rows)
        for feed in STAGED_FEEDS:
            tables.setdefault(f"staging.stg_{feed}", []).extend(_staged(row) for row in built.accepted[feed])
    return tables


def _staged(row: Row) -> Row:
    """An accepted row as staging has it: the profile's keys next to the others."""
    flat = {name: value for name, value in row.items() if name != "profile"}
    return {**flat, **{key: row["profile"][key] for key in PROFILE_KEYS}} if "profile" in row else flat


def actual_tables(pipeline: Pipeline, reference: Tables) -> dict[str, list[Row]]:
    """The warehouse's tables of these names; of staging the accepted rows."""
    names = [name for name in reference if not name.startswith("staging.")]
    tables = pipeline.tables(names)
    for name in reference:
        if name.startswith("staging."):
            tables[name] = pipeline.query(f"select * from {name} where verdict = 'accepted'")
    return tables


def compared(warehouse: dict[str, list[Row]], reference: dict[str, list[Row]], as_of: datetime) -> list[Difference]:
    """What differs; sizes only of this as_of, and of staging the typed columns: a record type lacks some, as null."""
    ours, theirs = dict(warehouse), dict(reference)
    ours[SIZES] = [row for row in warehouse[SIZES] if row["as_of"] == as_of]
    for name, free in FREE.items():
        ours[name] = [{column: value for column, value in row.items() if column not in free} for row in ours[name]]
    for name, rows in reference.items():
        if name.startswith("staging."):
            typed = {column for row in rows for column in row}
            ours[name] = [{column: row.get(column) for column in typed} for row in warehouse[name]]
            theirs[name] = [{column: row.get(column) for column in typed} for row in rows]
    return differences(ours, theirs)


def by_source(found: Sequence[Difference]) -> Mapping[str, list[Difference]]:
    """Differences of each account."""
    grouped: dict[str, list[Difference]] = {}
    for difference in found:
        grouped.setdefault(difference.source, []).append(difference)
    return grouped
