"""A few files of every vendor, for tests of what comes after expansion: the shapes of other tests."""

import json
from collections.abc import Mapping
from random import Random
from typing import Any

from tests.support.helpdesk_lives import LIVES
from tests.support.klaviyo_lines import CONVERSATION, EVENTS, PROFILE, ROWS, VARIANT, WEBHOOK, page
from tests.support.shopify_lines import LANDED

LIVES_DRAWN = 6  # of each helpdesk: each has up to four versions


def vendor_files() -> Mapping[str, bytes]:
    """Klaviyo, Shopify and the helpdesks, by path below the landing zone."""
    klaviyo: dict[str, list[Any]] = {
        "klaviyo_events/page": [page(*EVENTS)],
        "klaviyo_events/rows": [*ROWS, WEBHOOK],
        "klaviyo_profiles/p": [PROFILE],
        "klaviyo_catalog/c": [VARIANT],
        "klaviyo_agent_conversations/a": [CONVERSATION],
    }
    return {
        **LANDED,
        **{f"klaviyo/{name}.jsonl": _lines(lines) for name, lines in klaviyo.items()},
        **{f"helpdesks/{feed}/lives.jsonl": _lines(_drawn(feed)) for feed in LIVES},
    }


def _drawn(feed: str) -> list[Any]:
    random = Random(5)
    return [version for number in range(1, LIVES_DRAWN + 1) for version in LIVES[feed](number, random)]


def _lines(lines: list[Any]) -> bytes:
    return "\n".join(map(json.dumps, lines)).encode()
