"""What a refused vendor line would have made of who may be written to, or is to be forgotten (spec §2.3.2, §4.15).

Lives here: whose objects are looked at in a line, and what the vendors' modules read of one that has no id or instant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..typed_records import Context
from . import intercom_contacts, klaviyo_events, klaviyo_profiles, shopify_customers
from .envelopes import open_document, open_one, unwrap, without_bookkeeping
from .line import Fields, Surroundings
from .registry import VENDOR_FEEDS

HEEDED = ("consents", "suppressions", "erasures")

Records = list[tuple[str, Fields]]
OF_OBJECTS: Mapping[str, Callable[[Fields, Surroundings], Records]] = {
    "klaviyo_profiles": klaviyo_profiles.all_records,
    "klaviyo_events": klaviyo_events.all_records,
    "intercom_contacts": intercom_contacts.all_records,
    "shopify_customers": shopify_customers.all_records,
}
LISTS = {"shopify_customers": ("customers",)}
"""Feeds whose list names hold other objects, too."""


def heeded(record: Fields, feed: str, context: Context) -> Records:
    """The records that stay of a line that is refused: of its object and, if it holds a list, of each in it."""
    if feed not in OF_OBJECTS:
        return []
    own = VENDOR_FEEDS[feed]
    unwrapped = unwrap(record)
    seeds = context.seeds
    around = Surroundings(seeds.vendors, context.source, own.vendor, seeds.names_nobody, unwrapped.topic)
    opened = without_bookkeeping(open_one(unwrapped.record, own.list_names, own.is_object))
    listed = open_document(opened, LISTS.get(feed, own.list_names), own.is_object)
    objects = [opened] if listed == [opened] else [one for one in listed if isinstance(one, dict)]
    return [one for each in objects for one in OF_OBJECTS[feed](each, around) if one[0] in HEEDED]
