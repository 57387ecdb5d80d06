"""Requests to Klaviyo: events, profiles, its catalogue, agent conversations (spec §2.3.12.1, §2.3.24).

What does not belong here: how its lines become records (adapters/), and how requests are made (client.py).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from caw.adapters.instants import instant
from caw.adapters.klaviyo_metrics import SEED as METRICS
from caw.adapters.klaviyo_metrics import Metrics, load_metrics
from caw.pull.errors import AnswerRefused, PullError
from caw.pull.pages import Page, line_of, page_of, split_lines

PUBLIC_ADDRESS = "https://a.klaviyo.com"
AUTHORIZATION = "Klaviyo-API-Key {key}"
ACCEPT = "application/vnd.api+json"
REVISION, BETA_REVISION = "2026-07-15", "2026-07-15.pre"
METRICS_PATH, METRICS_PER_MINUTE = "/api/metrics", 150
CONVERSATIONS = "/api/customer-agent-conversations"
NOT_CLOSED = '["open","routed-to-team"]'
PRODUCT = "external_id,title,price,url,published,updated"  # what the mapping reads of an item, and of a variant too
ALL = ""  # the name of the one chain of a feed that is not asked for metric by metric
OPEN = "open"  # and of the one that asks for conversations that are not closed, however old
GONE = frozenset({404, 410})
METRIC_ID = re.compile(r"[A-Za-z0-9_-]+")  # it is written into a filter
ONE_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class AskedFeed:
    """A feed that can be asked for.

    Attributes:
        path: below the vendor's address; the name of a list follows it, if there are lists.
        parameters: of every first request.
        by: the attribute by which objects are filtered and sorted.
        per_minute: requests that the vendor allows.
        rescan: how far back a rescan reaches unless the row says otherwise; zero for none.
        scopes: that the key needs.
        revision: of the API.
        only_after: the filter knows no `at or after`.
        is_bounded: the filter knows `before`, and the answers can be sorted; else the newest come first.
        lists: where no filter knows an instant, the lists that are asked for whole, once a day, with the parameters of
            each; they have ids of their own.
        parts: the path of what belongs to one object, asked for each that is new, and the member that it becomes.
        most_requests: after which a pull leaves the rest to the next one; None for no bound.
    """

    path: str
    parameters: Mapping[str, str]
    by: str
    per_minute: int
    rescan: timedelta
    scopes: str
    revision: str = REVISION
    only_after: bool = False
    is_bounded: bool = True
    lists: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    parts: tuple[str, str] | None = None
    most_requests: int | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """Those of every request."""
        return {"revision": self.revision, "accept": ACCEPT}


@dataclass(frozen=True)
class Chain:
    """One chain of requests with a cursor of its own: a metric's events, a list, or all objects of a feed."""

    name: str
    feed: AskedFeed

    def first(self, begin: datetime, until: datetime) -> tuple[str, Mapping[str, str]]:
        """The path and parameters of a window's first request; objects at `begin` are in it, those at `until` not."""
        by, lower = self.feed.by, "greater-or-equal"
        if self.feed.lists:
            return f"{self.feed.path}{self.name}", {**self.feed.parameters, **self.feed.lists[self.name], "sort": by}
        if self.feed.only_after:
            begin, lower = begin - ONE_SECOND, "greater-than"
        if not self.feed.is_bounded:
            is_open = self.name == OPEN
            bounds = f"any(status,{NOT_CLOSED})" if is_open else f"{lower}({by},{_written(begin)})"
            return self.feed.path, {**self.feed.parameters, "filter": bounds}
        bounds = f"{lower}({by},{_written(begin)}),less-than({by},{_written(until)})"
        metric = f'equals(metric_id,"{self.name}"),' if self.name != ALL else ""
        return self.feed.path, {**self.feed.parameters, "filter": f"{metric}{bounds}", "sort": by}

    def identity(self, record: Any) -> str | None:
        """An object's id among all that a row asks for, the same in all its versions; None where it has none."""
        found = object_id(record)
        return f"{self.name}:{found}" if self.feed.lists and found is not None else found


ASKED_FEEDS: Mapping[str, AskedFeed] = {
    # Of the profile only what the mapping reads: less of a person, and a line that changes with the event alone.
    "klaviyo_events": AskedFeed(
        "/api/events",
        {
            "include": "metric,profile",
            "fields[metric]": "name,integration",
            "fields[profile]": "email,phone_number,external_id",
            "page[size]": "200",
        },
        by="datetime",
        per_minute=3_500,
        rescan=timedelta(days=30),
        scopes="events:read, profiles:read and metrics:read",
    ),
    "klaviyo_profiles": AskedFeed(
        "/api/profiles",
        {"additional-fields[profile]": "subscriptions", "page[size]": "100"},
        by="updated",
        per_minute=750,
        rescan=timedelta(0),
        scopes="profiles:read",
        only_after=True,
    ),
    # Metadata, descriptions and images, up to 100 kB an object, are left out. The variants, which have the stock, come
    # last: at one instant the last delivered counts.
    "klaviyo_catalog": AskedFeed(
        "/api/catalog-",
        {"page[size]": "100"},
        by="created",
        per_minute=3_500,
        rescan=timedelta(0),
        scopes="catalogs:read",
        lists={
            "items": {"fields[catalog-item]": PRODUCT},
            "variants": {"fields[catalog-variant]": f"{PRODUCT},sku,inventory_policy,inventory_quantity"},
        },
    ),
    "klaviyo_agent_conversations": AskedFeed(
        CONVERSATIONS,
        {"page[size]": "100"},
        by="created_at",
        per_minute=60,
        rescan=timedelta(days=30),
        scopes="agents:read",
        revision=BETA_REVISION,
        is_bounded=False,
        parts=(f"{CONVERSATIONS}/{{id}}/customer-agent-messages", "messages"),
        most_requests=200,
    ),
}


class Asks(Protocol):
    """A client of the vendor's API; see client.Client."""

    def get(self, path: str, parameters: Mapping[str, str], per_minute: int) -> bytes:
        """The body of an answer."""
        ...

    def follow(self, url: str, per_minute: int) -> bytes:
        """The body of an answer's next page."""
        ...


def lines_with_parts(client: Asks, record: Any, feed: AskedFeed) -> Sequence[bytes]:
    """The lines of an object with what belongs to it, as a member; it is asked for here.

    Raises:
        PullError: its parts cannot be read.
    """
    found = object_id(record)
    if feed.parts is None or found is None:
        return [line_of(record)]
    path, member = feed.parts
    try:
        parts = whole_list(
            client, path.format(id=quote(found, safe="", errors="replace")), feed.parameters, feed.per_minute
        )
    except AnswerRefused as refused:
        if refused.status not in GONE:
            raise
        return [line_of(record)]  # it went away between the two requests
    return split_lines(record, member, parts)


def object_id(record: Any) -> str | None:
    """The id that versions of an object have in common; None where there is none."""
    attributes = record.get("attributes") if isinstance(record, dict) else None
    uuid = attributes.get("uuid") if isinstance(attributes, dict) else None
    given = record.get("id") or uuid if isinstance(record, dict) else None
    return str(given) if given else None


def instant_of(record: Any, chain: Chain) -> datetime | None:
    """The instant by which a chain's objects are asked for; None where they are not, or it is none."""
    attributes = record.get("attributes") if isinstance(record, dict) else None
    is_asked_by = chain.name != OPEN and not chain.feed.lists and isinstance(attributes, dict)
    return instant(attributes.get(chain.feed.by)) if is_asked_by and attributes else None


def chains(client: Asks, feed_name: str, mapped_only: bool, seeds: Path) -> Sequence[Chain]:
    """The chains of a row: one for each list, or metric that the seed knows; of conversations two; else a single one.

    Raises:
        PullError: the account's metrics cannot be read, or the seed knows none of them.
    """
    feed = ASKED_FEEDS[feed_name]
    if feed.lists:
        return [Chain(name, feed) for name in feed.lists]
    if not mapped_only:
        return [Chain(ALL, feed)] if feed.is_bounded else [Chain(ALL, feed), Chain(OPEN, feed)]
    try:
        known = load_metrics(seeds)
    except ValueError as wrong_row:
        raise PullError(str(wrong_row)) from wrong_row
    metrics = whole_list(client, METRICS_PATH, {"fields[metric]": "name,integration"}, METRICS_PER_MINUTE)
    ids = (str(metric.get("id")) for metric in metrics if is_mapped(metric, known))
    found = [one for one in ids if METRIC_ID.fullmatch(one)]
    if not found:
        raise PullError(f"{METRICS}.csv knows none of the account's metrics: add rows to it, or leave metrics blank")
    return [Chain(name, feed) for name in sorted(found)]


def is_mapped(metric: Mapping[str, Any], metrics: Metrics) -> bool:
    """Whether the seed gives a metric of the account a meaning, by its name, then its id."""
    attributes = metric.get("attributes")
    given = attributes if isinstance(attributes, dict) else {}
    integration = given.get("integration")
    of = [integration.get(name) for name in ("name", "key", "id")] if isinstance(integration, dict) else []
    return bool(metrics.meaning(_texts(given.get("name"), metric.get("id")), _texts(*of)))


def _texts(*values: Any) -> Sequence[str]:
    return [value for value in values if isinstance(value, str)]


def whole_list(client: Asks, path: str, parameters: Mapping[str, str], per_minute: int) -> Sequence[Mapping[str, Any]]:
    """All resources of a short list, page by page; raises PullError."""
    found: list[Mapping[str, Any]] = []
    body = client.get(path, parameters, per_minute)
    asked: set[str] = set()
    while True:
        page: Page = page_of(body)
        found += [record for record in page.records if isinstance(record, dict)]
        if page.next is None:
            return found
        if page.next in asked:
            raise PullError("a list of the vendor's has no end: it named the same next page twice; pull again later")
        asked.add(page.next)
        body = client.follow(page.next, per_minute)


def _written(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
