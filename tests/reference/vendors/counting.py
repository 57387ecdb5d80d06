"""Which records count when an object has several versions (spec §2.3.3), and how they meet the canonical feeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..feeds import IMMUTABLE, KEYS
from ..model import Row
from .line import Part
from .registry import ADJUSTMENTS
from .taking import Checked, Origin, VendorLine, make_records

DELETION = "is_deletion"  # spec §2.3.14.5: a product's deletion takes its other fields from the version before
AGENT_FEED = "klaviyo_agent_conversations"
EVENT_FEED = "klaviyo_events"
GIVE_WAY = ("status_changed", "products_recommended")  # 2.3.12.5, 6

HISTORIES = ("consents", "suppressions")
NOT_TYPED = ("batch_id", "file_path", "line_number", "ingested_at", "vendor_feed", DELETION)

Objects = Mapping[tuple[str, str, str], Sequence[VendorLine]]
"""(source, feed, object id) -> its accepted lines in delivery order."""


def is_immutable(feed: str) -> bool:
    """Immutable canonical feeds: of a part the greatest version, of the whole the version that holds."""
    return feed in (*IMMUTABLE, ADJUSTMENTS)


def counted_of_object(lines: Sequence[VendorLine]) -> list[Checked]:
    """The records of immutable feeds that count of one object."""
    ordered = sorted(lines, key=lambda line: line.rank)
    if ordered[-1].says.is_gone:
        return []
    tellers = [line for line in ordered if line.says.shows_agent is not None]
    if not tellers or not tellers[-1].says.shows_agent:
        return []  # spec §2.3.8: no line shows the agent, or the newest that can tell says it took no part
    parts: dict[str, tuple[Part, Origin]] = {}
    for line in ordered:
        parts.update({part.part_id: (part, line.origin) for part in line.says.parts})
    speaker = tellers[-1]
    made = make_records(list(parts.values()), speaker.says.whole, speaker.origin)
    return [one for one in made if is_immutable(one.feed)]


def vendor_rows(objects: Objects) -> dict[str, list[Row]]:
    """Canonical feed -> the vendor records that count, in delivery order, with where they came from."""
    found: list[Checked] = []
    for lines in objects.values():
        found += counted_of_object(lines)
        found += [one for line in lines for one in line.records if not is_immutable(one.feed)]
    rows: dict[str, list[Row]] = {}
    for one in sorted(found, key=lambda checked: checked.origin.place):
        if one.row is not None:
            own = {"vendor_feed": one.origin.feed, DELETION: one.fields.get(DELETION) is True}
            rows.setdefault(one.feed, []).append({**one.row, **one.origin.stamp, **own})
    if "conversation_log" in rows:
        rows["conversation_log"] = without_cross_feed_duplicates(rows["conversation_log"])
    return rows


def without_cross_feed_duplicates(records: Sequence[Row]) -> list[Row]:
    """Events and conversations both landed: what Klaviyo's agent API repeats of a conversation gives way
    (spec §2.3.12.5, 6)."""
    events = [record for record in records if record["vendor_feed"] == EVENT_FEED]
    known = {_conversation(record) for record in events}
    started = {_conversation(record) for record in events if record["record_type"] == "message"}
    first: dict[tuple[str, str], Row] = {}
    for record in records:
        if record["vendor_feed"] == AGENT_FEED and record["record_type"] == "message" and record["actor"] == "customer":
            earliest = first.setdefault(_conversation(record), record)
            if _order(record) < _order(earliest):
                first[_conversation(record)] = record

    def gives_way(record: Row) -> bool:
        if record["vendor_feed"] != AGENT_FEED:
            return False
        key = _conversation(record)
        if record["record_type"] in GIVE_WAY:
            return key in known
        return key in started and record is first.get(key)

    return [record for record in records if not gives_way(record)]


def _conversation(record: Row) -> tuple[str, str]:
    return record["source"], record["conversation_id"]


def _order(record: Row) -> tuple[object, ...]:
    return record["occurred_at"], record["sequence"], len(record["record_id"]), record["record_id"]


def together(accepted: Mapping[str, Sequence[Row]], objects: Objects) -> dict[str, list[Row]]:
    """Canonical feed -> all records that count, canonical and vendors' (spec §2.3.3).

    Of immutable feeds a canonical record counts alone; of the others the vendors' stand first, so that the canonical
    version is the last one at the same instant.
    """
    vendors = vendor_rows(objects)
    counted: dict[str, list[Row]] = {}
    for feed in {*accepted, *vendors}:
        canonical, own = list(accepted.get(feed, ())), vendors.get(feed, [])
        if is_immutable(feed):
            taken = {_key(feed, row) for row in canonical}
            own = [row for row in own if _key(feed, row) not in taken]
        counted[feed] = [*own, *canonical]
        if feed in HISTORIES:
            counted[feed] = _distinct(counted[feed])
    if "products" in counted:
        counted["products"] = list(_with_deletions(counted["products"]))
    return counted


def _key(feed: str, row: Row) -> tuple[object, ...]:
    return tuple(row[name] for name in KEYS[feed])


def _distinct(rows: Sequence[Row]) -> list[Row]:
    """Histories collapse identical rows: the first of each typed content."""
    found: dict[tuple[tuple[str, object], ...], Row] = {}
    for row in rows:
        found.setdefault(tuple(sorted((name, row[name]) for name in row if name not in NOT_TYPED)), row)
    return list(found.values())


def _with_deletions(products: Sequence[Row]) -> Iterable[Row]:
    """A deletion's other fields are those of the version before it (spec §2.3.14.5)."""
    ordered = sorted(range(len(products)), key=lambda place: (products[place]["updated_at"], place))
    latest: dict[tuple[str, str], Row] = {}
    filled = list(products)
    for place in ordered:
        row = products[place]
        key = (row["source"], row["product_id"])
        if row.get("vendor_feed") in ("shopify_products", "klaviyo_catalog") and row[DELETION]:
            row = {**latest.get(key, row), **{name: row[name] for name in ("updated_at", "in_stock")}}
            filled[place] = row
        latest[key] = row
    return filled
