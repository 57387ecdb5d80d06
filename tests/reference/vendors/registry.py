"""The vendor feeds: whose they are, their list names, and who reads their lines (spec §2.3.9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import (
    gorgias,
    intercom,
    intercom_contacts,
    klaviyo_agent,
    klaviyo_events,
    klaviyo_profiles,
    shopify_customers,
    shopify_orders,
    shopify_products,
    zendesk,
)
from .line import Expand, Fields
from .members import has


def _has_id(record: Fields) -> bool:
    return has(record, "id")


@dataclass(frozen=True)
class VendorFeed:
    """One vendor feed.

    Attributes:
        makes_log: it makes records of the conversation log.
        is_object: whether a record is itself an object of the feed, so that no list inside it is opened.
    """

    vendor: str
    expand: Expand
    list_names: tuple[str, ...]
    makes_log: bool = False
    is_object: Callable[[Fields], bool] = _has_id


SHOPIFY_LISTS = ("orders", "customers", "products", "variants", "refunds")
VENDOR_FEEDS = {
    "klaviyo_events": VendorFeed("klaviyo", klaviyo_events.expand, ("data",), makes_log=True),
    "klaviyo_profiles": VendorFeed("klaviyo", klaviyo_profiles.expand_profile, ("data",)),
    "klaviyo_catalog": VendorFeed("klaviyo", klaviyo_profiles.expand_catalog, ("data",)),
    "klaviyo_agent_conversations": VendorFeed("klaviyo", klaviyo_agent.expand, ("data",), makes_log=True),
    "shopify_orders": VendorFeed("shopify", shopify_orders.expand, SHOPIFY_LISTS, is_object=shopify_orders.is_own),
    "shopify_customers": VendorFeed(
        "shopify", shopify_customers.expand, SHOPIFY_LISTS, is_object=shopify_customers.is_own
    ),
    "shopify_products": VendorFeed(
        "shopify", shopify_products.expand, SHOPIFY_LISTS, is_object=shopify_products.is_own
    ),
    "gorgias_tickets": VendorFeed("gorgias", gorgias.expand, ("data", "tickets"), makes_log=True),
    "intercom_conversations": VendorFeed("intercom", intercom.expand, ("conversations",), makes_log=True),
    "intercom_contacts": VendorFeed("intercom", intercom_contacts.expand, ("data", "contacts")),
    "zendesk_tickets": VendorFeed("zendesk", zendesk.expand, ("tickets",), makes_log=True),
    "zendesk_users": VendorFeed("zendesk", zendesk.expand_user, ("users",)),
}
ADJUSTMENTS = "order_adjustments"  # spec §2.3.0.2: the one new canonical feed
DIALECTS = "dialects"  # spec §2.3.13: chat_transcripts reads other frameworks' histories
ALL_PARTS = frozenset({*VENDOR_FEEDS, ADJUSTMENTS, DIALECTS})
"""What spec §2.3 adds, part by part: a test names the parts that the warehouse has."""
VENDOR_LOG_FEEDS = tuple(name for name, feed in VENDOR_FEEDS.items() if feed.makes_log)
