"""A landing zone and a data dir for pulls from the fake vendor, under a clock that the test sets."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from caw.host import atomic, clock
from caw.pull import cursor
from caw.pull.rows import Access, Row
from caw.pull.run import Places, Pulled, pull_row
from tests.support.dying import Died, dying
from tests.support.fake_klaviyo import KEY, FakeKlaviyo

NOW = datetime(2026, 6, 30, 12, 0, 30, tzinfo=UTC)
SINCE = datetime(2026, 6, 1, tzinfo=UTC)
SOURCE = "acme_us"
EVENTS = Row(SOURCE, "klaviyo", "klaviyo_events", False, SINCE, lookback=timedelta(hours=72), rescan=timedelta(days=30))
PROFILES = replace(EVENTS, feed="klaviyo_profiles", rescan=timedelta(0))
CATALOG = replace(PROFILES, feed="klaviyo_catalog")
CONVERSATIONS = replace(EVENTS, feed="klaviyo_agent_conversations")
MAPPED = replace(EVENTS, mapped_only=True)

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
TEN = [f"ev{number:04}" for number in range(10)]
"""The ids of the ten events that the vendor has at first."""


def at(monkeypatch: pytest.MonkeyPatch, later: timedelta) -> None:
    """Let it be so much later."""
    monkeypatch.setattr(clock, "now", lambda: NOW + later)


class Clock:
    """Time for the client: a wait takes none, and is noted."""

    def __init__(self) -> None:
        self.at = 1_000.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        """Seconds."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Pass."""
        self.at += seconds
        if seconds > 0:
            self.waits.append(seconds)


@dataclass
class PullSite:
    """Where pulls of a test write."""

    root: Path
    fake: FakeKlaviyo
    clock: Clock
    key: str = KEY

    @property
    def places(self) -> Places:
        """The folders."""
        return Places(self.root / "landing", self.root / "data", self.root / "seeds")

    def pull(self, row: Row = EVENTS, rescan: bool = False) -> Pulled:
        """One pull."""
        return pull_row(row, Access(self.fake.url, self.key), self.places, rescan)

    def files(self, row: Row = EVENTS) -> list[Path]:
        """What has landed, in delivery order, and what has not quite."""
        return sorted((self.root / "landing" / row.source / row.feed).glob("*"))

    def lines(self, row: Row = EVENTS) -> list[dict[str, Any]]:
        """The landed lines."""
        return [json.loads(line) for path in self.files(row) for line in path.read_bytes().splitlines()]

    def ids(self, row: Row = EVENTS) -> list[str]:
        """The ids of the landed lines."""
        return [line["id"] for line in self.lines(row)]

    def remembered(self) -> bytes:
        """All bytes of what pulls remember."""
        return b"".join(path.read_bytes() for path in sorted((self.root / "data").rglob("*")) if path.is_file())


DEATHS = {
    "fsync": (os, "fsync"),
    "rename": (Path, "replace"),
    "sync of the folder": (atomic, "sync"),
    "move": (cursor.Cursor, "move"),
}
"""The steps after which what a pull has written may be all that it leaves."""


def die_in_a_pull(site: PullSite, row: Row, step: str, after: int, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """A pull that ends at a step of DEATHS, after so many of them; the names of the files that it landed."""
    owner, name = DEATHS[step]
    with monkeypatch.context() as dies:
        dies.setattr(owner, name, dying(after, getattr(owner, name)))
        with pytest.raises(Died):
            site.pull(row)
    return {path.name for path in site.files(row) if path.suffix == ".jsonl"}


def write_metrics(site: PullSite, rows: str) -> None:
    """Let the seed know these metrics."""
    site.places.seeds.mkdir(exist_ok=True)
    (site.places.seeds / "klaviyo_metrics.csv").write_text(f"metric,integration,means\n{rows}", encoding="utf-8")


@contextmanager
def at_work(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PullSite]:
    """A site at NOW with the fake vendor running; a wait takes no time."""
    time = Clock()
    monkeypatch.setattr("caw.pull.client.time", time)
    at(monkeypatch, timedelta(0))
    with FakeKlaviyo() as fake:
        yield PullSite(root, fake, time)
