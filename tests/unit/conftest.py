"""What several tests of one subject share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.klaviyo_resources import every
from tests.support.pull_site import DAY, NOW, PullSite, at_work


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PullSite]:
    """Ten events of the fake vendor, and a place for what is pulled of them."""
    with at_work(tmp_path, monkeypatch) as site:
        site.fake.events = every(60, 10, NOW - DAY)
        yield site
