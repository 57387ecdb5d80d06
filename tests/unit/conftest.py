"""What several tests of one subject share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from caw.erasure.redaction import Redaction
from tests.support.klaviyo_resources import every
from tests.support.pull_site import DAY, NOW, PullSite, at_work
from tests.support.redacting import IDENTIFIERS, redaction_of


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PullSite]:
    """Ten events of the fake vendor, and a place for what is pulled of them."""
    with at_work(tmp_path, monkeypatch) as site:
        site.fake.events = every(60, 10, NOW - DAY)
        yield site


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """An empty landing zone."""
    (tmp_path / "landing").mkdir()
    return tmp_path / "landing"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Its data dir, which is not there yet."""
    return tmp_path / "data"


@pytest.fixture(scope="session")
def redaction() -> Redaction:
    """Of Ann's lines."""
    return redaction_of(IDENTIFIERS)
