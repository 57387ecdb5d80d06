"""What all tests need: the project's root on the path, so that tests share helpers as `tests.support`; and campaigns."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support import warm_caw
from tests.support.shared import shared


@pytest.fixture(scope="session", autouse=True)
def parsed_projects(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One place for what runs have parsed, for all test processes."""
    warm_caw.PARSED = shared(tmp_path_factory, "parsed", lambda empty: None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the long campaigns to `make soak`."""
    if "CAW_SOAK" not in os.environ:
        for item in items:
            if item.get_closest_marker("soak") is not None:
                item.add_marker(pytest.mark.skip(reason="a long campaign: make soak"))
