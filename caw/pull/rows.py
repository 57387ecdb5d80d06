"""The rows of `pulls.csv`, and the key and address of a row's vendor, which are in the environment alone.

What does not belong here: what a vendor's feed is asked for (klaviyo.py).
"""

import ipaddress
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from caw.feeds.declared import SEEDS_DIR
from caw.feeds.seed_checks import checked_rows
from caw.feeds.seed_rules import Value
from caw.feeds.seeds import seed_file
from caw.pull.klaviyo import ASKED_FEEDS, PUBLIC_ADDRESS
from caw.settings import Settings, SettingsError

SEED = "pulls"
MAPPED = "mapped"  # metrics: those alone that klaviyo_metrics.csv knows
LOOKBACK = timedelta(hours=72)
EXAMPLE = "acme_us,klaviyo,klaviyo_events,mapped,2026-01-01,72,30"
PUBLIC_ADDRESSES = {"klaviyo": PUBLIC_ADDRESS}
KEY = re.compile(r"[!-~]+")  # what a header can carry
LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
LOOPBACK_6 = ipaddress.ip_address("::1")


@dataclass(frozen=True)
class Row:
    """One row: what is pulled of one feed of one vendor into one source."""

    source: str
    vendor: str
    feed: str
    mapped_only: bool
    since: datetime  # UTC: nothing before it is asked for
    lookback: timedelta  # how far before the last window's end the next one begins
    rescan: timedelta  # how far back a rescan reaches; zero for none

    @property
    def name(self) -> str:
        """The row in messages."""
        return f"{self.source} {self.feed}"


@dataclass(frozen=True)
class Access:
    """A vendor's address, the one before `/api`, and the key to it."""

    address: str
    key: str = field(repr=False)


def read_rows(settings: Settings) -> Sequence[Row]:
    """All rows, in the seed's order.

    Raises:
        SettingsError: the seed has a mistake; the message names file and line.
    """
    path = seed_file(settings.seeds_dir or SEEDS_DIR, SEED)
    return [_row(row, path) for row in checked_rows(settings, SEED)]


def chosen_rows(settings: Settings, source: str | None, feed: str | None) -> Sequence[Row]:
    """The rows of a source and of a feed; all of them where neither is named.

    Raises:
        SettingsError: there is none, or the seed has a mistake.
    """
    path = (settings.seeds_dir or SEEDS_DIR) / f"{SEED}.csv"
    rows = read_rows(settings)
    if not rows:
        raise SettingsError(f"Nothing is to be pulled: write a row into {path}, like {EXAMPLE}.")
    chosen = [row for row in rows if source in (None, row.source) and feed in (None, row.feed)]
    if not chosen:
        asked = [f"--{name} {value!r}" for name, value in (("source", source), ("feed", feed)) if value is not None]
        raise SettingsError(
            f"No row of {path} has {' and '.join(asked)}: write one, like {EXAMPLE}; "
            f"its rows are {', '.join(row.name for row in rows)}."
        )
    return chosen


def variable(what: str, source: str, vendor: str) -> str:
    """The name of the variable in the environment that has the KEY, or the URL, of a vendor in a source."""
    return f"CAW_PULL_{what}_{source}_{vendor}".upper()


def access_of(source: str, vendor: str, environment: Mapping[str, str] = os.environ) -> Access:
    """The key and address of a vendor in a source.

    Raises:
        SettingsError: there is no key, or key or address cannot be used; the message names the variable and nothing
            of its value.
    """
    name, place = variable("KEY", source, vendor), variable("URL", source, vendor)
    key = environment.get(name, "").strip()
    if not key:
        raise SettingsError(f"There is no key for {vendor} in {source}: set {name} in the environment.")
    if KEY.fullmatch(key) is None:
        raise SettingsError(f"{name} holds a character that no key has: set it to the key alone.")
    return Access(_address(place, environment.get(place, "").strip() or PUBLIC_ADDRESSES[vendor]), key)


def _address(name: str, text: str) -> str:
    """The address without a slash at its end.

    Raises:
        SettingsError: the key must not be sent there.
    """
    try:
        url = parse_url(text)
    except LocationParseError:
        url = parse_url("")
    if url.scheme not in ("https", "http") or not url.host or url.query is not None or url.fragment is not None:
        raise SettingsError(f"{name} is no address: write the one before /api, like {PUBLIC_ADDRESS}.")
    if url.auth is not None:
        raise SettingsError(
            f"{name} holds a user: leave what is before the @ out, the key is in a variable of its own."
        )
    if url.scheme == "http" and not _is_loopback(url.host):
        raise SettingsError(f"{name} would send the key in plain text: write https, or http to 127.0.0.1 alone.")
    return url.url.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return address == LOOPBACK_6 or (address.version == LOOPBACK.version and address in LOOPBACK)


def _row(row: Mapping[str, Value], path: Path) -> Row:
    feed, since = str(row["feed"]), str(row["since"]).strip()
    try:
        given = datetime.fromisoformat(since)
        start = given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)
    except (ValueError, OverflowError) as unparsed:  # the latter beyond the calendar's ends
        raise SettingsError(
            f"{path}: since '{since}' is no instant or day: write it like 2026-01-01 or 2026-01-01T00:00:00Z."
        ) from unparsed
    hours, days = row["lookback_hours"], row["rescan_days"]
    return Row(
        str(row["source"]),
        str(row["vendor"]),
        feed,
        row["metrics"] == MAPPED,
        start,
        LOOKBACK if hours is None else timedelta(hours=int(hours)),
        ASKED_FEEDS[feed].rescan if days is None else timedelta(days=int(days)),
    )
