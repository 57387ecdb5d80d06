"""What several tests of one subject share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from caw.host import clock
from tests.support.fake_klaviyo import FakeKlaviyo, every
from tests.support.pull_site import DAY, NOW, Clock, PullSite


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PullSite]:
    """Ten events of the fake vendor, and a place for what is pulled of them."""
    time = Clock()
    monkeypatch.setattr("caw.pull.client.time", time)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with FakeKlaviyo() as fake:
        fake.events = every(60, 10, NOW - DAY)
        yield PullSite(tmp_path, fake, time)
