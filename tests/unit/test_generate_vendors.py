"""The sample's accounts that vendors alone feed: as their vendors would write them, at whatever instant they end."""

import csv
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from caw.adapters.registry import ADAPTERS
from caw.feeds.declared import SEEDS_DIR
from generator import SAMPLE_AS_OF
from generator.helpdesk_plan import helpdesk_plan
from generator.klaviyo_files import METRICS, klaviyo_files
from generator.klaviyo_plan import klaviyo_plan
from generator.sample import vendor_files
from generator.sample_landing import zone_of
from generator.shifted import shifted
from generator.vendor_plans import ESCALATED, HELPDESK, KLAVIYO, RESOLVED, Plan
from tests.support.sample_run import AS_OF

UNKNOWN = {"Opened Email": 8, "Viewed Product": 5}
SHOWN = ("conversation_started", "conversation_resolved", "conversation_escalated", "recommendation_received")
ENDS = (  # in the hours that the clocks of Chicago and London repeat and skip, and a year later
    datetime(2026, 11, 1, 6, 40, tzinfo=UTC),
    datetime(2027, 3, 28, 1, 10, tzinfo=UTC),
    SAMPLE_AS_OF + timedelta(days=365, hours=5, minutes=3),
)


@pytest.mark.parametrize("until", ENDS, ids=str)
def test_files_that_are_shifted_are_those_that_would_have_been_written_then(until: datetime) -> None:
    """An epoch, an offset or a naive instant that stays where it was, or an id that moves: other stories, and half of
    them in the future.
    """
    for path, content in vendor_files(SAMPLE_AS_OF).items():
        source, feed, *_, name = path.split("/")
        assert shifted(name, content, until - SAMPLE_AS_OF, zone_of(source, feed)) == vendor_files(until)[path]


def test_a_vendor_s_instant_without_an_offset_is_utc_and_an_account_s_own_is_local() -> None:
    """A summer's instant that is moved into winter, as local time, is an hour off (spec §2.3.6)."""
    by = timedelta(days=180)
    moved = [
        shifted("a.json", b"2026-06-30T12:00:00", by, zone_of(*place))
        for place in ((KLAVIYO, "klaviyo_events"), ("acme_us", "orders"))
    ]
    assert moved == [b"2026-12-27T12:00:00", b"2026-12-27T11:00:00"]


@pytest.mark.parametrize(
    ("plan", "people", "counts"),
    [(klaviyo_plan(), 28, (49, 36, 9, 36)), (helpdesk_plan(), 16, (36, 20, 8, 0))],
    ids=[KLAVIYO, HELPDESK],
)
def test_the_plans_are_small_and_as_described(plan: Plan, people: int, counts: tuple[int, ...]) -> None:
    """The counts are worked out from the plans' cycles: 36 conversations, of nine endings six resolved, two escalated,
    and in two of three a recommendation; 13 of tales, 12 resolved with a recommendation and one escalated. 40
    conversations, of ten states five resolved, two escalated and one without the agent; and one preview.
    """
    recommended = [chat for chat in plan.started if chat.products]
    found = (len(plan.started), len(plan.ended(RESOLVED)), len(plan.ended(ESCALATED)), len(recommended))
    assert (len(plan.people), found) == (people, counts)
    changed = Counter((sale.is_cancelled, sale.refunded > 0) for sale in plan.sales)
    assert changed == {(False, False): 11, (False, True): 3, (True, False): 2}


def test_nothing_happens_after_the_end() -> None:
    """Records of the future are refused."""
    latest = max(event["attributes"]["timestamp"] for event in klaviyo_events())
    assert latest <= datetime.fromisoformat(AS_OF).timestamp() == SAMPLE_AS_OF.timestamp()


def test_the_feeds_are_vendors_alone() -> None:
    """The point of these accounts: no canonical feed of a team's own."""
    feeds: dict[str, set[str]] = {}
    for source, feed, *_ in (path.split("/") for path in vendor_files(SAMPLE_AS_OF)):
        feeds.setdefault(source, set()).add(feed)
    assert feeds == {
        KLAVIYO: {"klaviyo_events", "klaviyo_profiles"},
        HELPDESK: {"intercom_conversations", "shopify_orders", "shopify_customers", "shopify_products"},
    }
    assert {ADAPTERS[feed].vendor for feed in feeds[HELPDESK]} == {"intercom", "shopify"}


def test_each_of_the_agent_s_metrics_comes_under_two_published_names_and_two_metrics_are_unknown() -> None:
    """The sample shows what a team's own account has: renamed metrics, and many that mean nothing here."""
    with (SEEDS_DIR / "klaviyo_metrics.csv").open(encoding="utf-8", newline="") as file:
        means = {row["metric"]: row["means"] for row in csv.DictReader(file)}
    names: Counter[str] = Counter()
    for page in pages():
        metrics = {one["id"]: one["attributes"]["name"] for one in page["included"] if one["type"] == "metric"}
        names.update(metrics[event["relationships"]["metric"]["data"]["id"]] for event in page["data"])
    of_each = Counter(means[name] for name in names if name in means)
    assert {meaning: of_each[meaning] for meaning in SHOWN} == dict.fromkeys(SHOWN, 2)
    assert {name: count for name, count in names.items() if name not in means} == UNKNOWN
    assert len(METRICS) == len({metric.metric_id for metric in METRICS.values()})


def pages() -> list[dict[str, Any]]:
    """The pages of events."""
    return [json.loads(content) for path, content in klaviyo_files().items() if "klaviyo_events" in path]


def klaviyo_events() -> list[dict[str, Any]]:
    """All events."""
    return [event for page in pages() for event in page["data"]]
