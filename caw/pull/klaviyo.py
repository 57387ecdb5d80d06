"""What Klaviyo is asked for: events metric by metric or all, and profiles (spec §2.3.12.1, §2.3.24).

What does not belong here: how its lines become records (adapters/), and how requests are made (client.py).
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from caw.adapters.instants import instant
from caw.feeds.seeds import rows_of, seed_file, word_form
from caw.pull.errors import PullError
from caw.pull.pages import Page, page_of

PUBLIC_ADDRESS = "https://a.klaviyo.com"
AUTHORIZATION = "Klaviyo-API-Key {key}"
HEADERS = {"revision": "2026-07-15", "accept": "application/vnd.api+json"}
SCOPES = "events:read, profiles:read and metrics:read"
METRICS = "klaviyo_metrics"
ALL = ""  # the name of the one chain of a feed that is not asked for metric by metric
METRIC_ID = re.compile(r"[A-Za-z0-9_-]+")  # it is written into a filter
ONE_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class AskedFeed:
    """A feed that can be asked for.

    Attributes:
        path: below the vendor's address.
        parameters: of every first request.
        by: the attribute by which objects are filtered and sorted.
        per_minute: requests that the vendor allows.
        rescan: how far back a rescan reaches unless the row says otherwise; zero for none.
        only_after: the filter knows no `at or after`.
    """

    path: str
    parameters: Mapping[str, str]
    by: str
    per_minute: int
    rescan: timedelta
    only_after: bool = False


@dataclass(frozen=True)
class Chain:
    """One chain of requests with a cursor of its own: a metric's events, or all objects of a feed."""

    name: str
    feed: AskedFeed

    def first(self, begin: datetime, until: datetime) -> tuple[str, Mapping[str, str]]:
        """The path and parameters of a window's first request; objects at `begin` are in it, those at `until` not."""
        by, lower = self.feed.by, "greater-or-equal"
        if self.feed.only_after:
            begin, lower = begin - ONE_SECOND, "greater-than"
        bounds = f"{lower}({by},{_written(begin)}),less-than({by},{_written(until)})"
        metric = f'equals(metric_id,"{self.name}"),' if self.name != ALL else ""
        return self.feed.path, {**self.feed.parameters, "filter": f"{metric}{bounds}", "sort": by}


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
    ),
    "klaviyo_profiles": AskedFeed(
        "/api/profiles",
        {"additional-fields[profile]": "subscriptions", "page[size]": "100"},
        by="updated",
        per_minute=750,
        rescan=timedelta(0),
        only_after=True,
    ),
}
METRICS_FEED = AskedFeed("/api/metrics", {"fields[metric]": "name,integration"}, "", 150, timedelta(0))


class Asks(Protocol):
    """What asks the vendor; see client.Client."""

    def get(self, path: str, parameters: Mapping[str, str], per_minute: int) -> bytes:
        """The body of an answer."""
        ...

    def follow(self, url: str, per_minute: int) -> bytes:
        """The body of an answer's next page."""
        ...


def object_id(record: Any) -> str | None:
    """The id by which versions of an object are told; None where there is none."""
    attributes = record.get("attributes") if isinstance(record, dict) else None
    uuid = attributes.get("uuid") if isinstance(attributes, dict) else None
    given = record.get("id") or uuid if isinstance(record, dict) else None
    return str(given) if given else None


def instant_of(record: Any, feed: AskedFeed) -> datetime | None:
    """The instant by which a feed's objects are asked for; None where it is none."""
    attributes = record.get("attributes") if isinstance(record, dict) else None
    return instant(attributes.get(feed.by)) if isinstance(attributes, dict) else None


def chains(client: Asks, feed_name: str, mapped_only: bool, seeds: Path) -> Sequence[Chain]:
    """The chains of a row: one for each metric that the seed knows, or a single one.

    Raises:
        PullError: the account's metrics cannot be read, or the seed knows none of them.
    """
    feed = ASKED_FEEDS[feed_name]
    if not mapped_only:
        return [Chain(ALL, feed)]
    is_mapped = mapped_by(seeds)
    ids = (str(metric.get("id")) for metric in _metrics(client) if is_mapped(metric))
    found = [one for one in ids if METRIC_ID.fullmatch(one)]
    if not found:
        raise PullError(f"{METRICS}.csv knows none of the account's metrics: add rows to it, or leave metrics blank")
    return [Chain(name, feed) for name in sorted(found)]


def mapped_by(seeds: Path) -> Callable[[Mapping[str, Any]], bool]:
    """Whether the seed gives a metric a meaning, by name or id (spec §2.3.9); its own integration's row comes first.

    Raises:
        PullError: there is no such seed.
    """
    path = seed_file(seeds, METRICS)
    if not path.is_file():
        raise PullError(f"there is no {METRICS}.csv in {seeds}: write it, or leave metrics blank in pulls.csv")
    means = {
        (_form(row.get("metric")), _form(row.get("integration"))): bool((row.get("means") or "").strip())
        for row in rows_of(path)
    }

    def is_mapped(metric: Mapping[str, Any]) -> bool:
        attributes = metric.get("attributes")
        given = attributes if isinstance(attributes, dict) else {}
        integration = given.get("integration")
        of = _form(integration.get("name")) if isinstance(integration, dict) else ""
        names = [_form(metric.get("id")), _form(given.get("name"))]
        found = [means[key] for where in (of, "") for name in names if (key := (name, where)) in means]
        return bool(found and found[0])

    return is_mapped


def _metrics(client: Asks) -> Sequence[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    body = client.get(METRICS_FEED.path, METRICS_FEED.parameters, METRICS_FEED.per_minute)
    asked: set[str] = set()
    while True:
        page: Page = page_of(body)
        found += [record for record in page.records if isinstance(record, dict)]
        if page.next is None:
            return found
        if page.next in asked:
            raise PullError("the vendor's list of metrics has no end: the same page was named twice; pull again later")
        asked.add(page.next)
        body = client.follow(page.next, METRICS_FEED.per_minute)


def _written(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def _form(text: Any) -> str:
    """The form in which a vendor's words are compared: as words, without accents."""
    bare = "".join(one for one in unicodedata.normalize("NFD", str(text or "")) if not unicodedata.combining(one))
    return word_form(bare)
