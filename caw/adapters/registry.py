"""The adapters, by the feed whose lines each expands: whatever differs between vendors is asked here, not by name.

A vendor is a module in this folder and its entry in ADAPTERS. The feed is declared in `vars.expanded_feeds` of
dbt_project.yml, since readers and models need that much of it without its adapter; a test holds the two lists equal.
"""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from caw.adapters import (
    gorgias,
    intercom,
    intercom_contacts,
    klaviyo_catalog,
    klaviyo_conversations,
    klaviyo_events,
    klaviyo_profiles,
    shopify_customers,
    shopify_orders,
    shopify_products,
    transcripts,
    zendesk,
    zendesk_users,
)
from caw.adapters.adapter import Adapter, Expander
from caw.adapters.records import Expansion
from caw.feeds.declared import SEEDS_DIR
from caw.feeds.seed_checks import check_seeds
from caw.settings import Settings, SettingsError

ADAPTERS: dict[str, Adapter] = {
    "chat_transcripts": transcripts.ADAPTER,
    "klaviyo_events": klaviyo_events.ADAPTER,
    "klaviyo_profiles": klaviyo_profiles.ADAPTER,
    "klaviyo_catalog": klaviyo_catalog.ADAPTER,
    "klaviyo_agent_conversations": klaviyo_conversations.ADAPTER,
    "shopify_orders": shopify_orders.ADAPTER,
    "shopify_customers": shopify_customers.ADAPTER,
    "shopify_products": shopify_products.ADAPTER,
    "gorgias_tickets": gorgias.ADAPTER,
    "intercom_conversations": intercom.ADAPTER,
    "intercom_contacts": intercom_contacts.ADAPTER,
    "zendesk_tickets": zendesk.ADAPTER,
    "zendesk_users": zendesk_users.ADAPTER,
}

Expand: TypeAlias = Callable[[str, str], Expansion]  # a feed's line, the text of a JSON object, to its records


def expanders(seeds: Path) -> Mapping[str, Expander]:
    """Every adapter, with the seeds of a folder read; raises ValueError for a wrong row, with words that name it."""
    return {feed: adapter.load(seeds) for feed, adapter in ADAPTERS.items()}


def check_all_seeds(settings: Settings) -> None:
    """Check the seeds' rows, and what each adapter makes of its own, as it would when the first line of its feed lands.

    Raises:
        SettingsError: a seed has a mistake.
    """
    check_seeds(settings)
    seeds = settings.seeds_dir or SEEDS_DIR
    try:
        expanders(seeds)
    except ValueError as wrong:
        raise SettingsError(f"{seeds}: {wrong}.") from wrong


def expander(seeds: Path) -> Expand:
    """A function that expands one line of a feed by these seeds; raises ValueError as `expanders`."""
    found = expanders(seeds)
    return lambda feed, line: found[feed].expand(line)


def seeds_of_adapters() -> frozenset[str]:
    """The names of all seeds that adapters read."""
    return frozenset(name for adapter in ADAPTERS.values() for name in adapter.seeds)


def words_of_adapters() -> frozenset[tuple[str, str]]:
    """(feed, field) of the unknown words that a seed of an adapter would know; all others are of fixed sets."""
    return frozenset((feed, field) for feed, adapter in ADAPTERS.items() for field in adapter.seed_rows)


def code_fingerprint() -> str:
    """A hash of which adapters there are, in which version: what was built of other ones is out of date."""
    versions = sorted((feed, adapter.version) for feed, adapter in ADAPTERS.items())
    return hashlib.sha256(repr(versions).encode()).hexdigest()
