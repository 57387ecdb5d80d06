"""What all tests need: the project's root on the path, so that tests share helpers as `tests.support`."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

# Takes a minute to make: the tests that need one go to one worker, those of any other file to any.
SHARED = ("crash_site", "sample_run")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Say to the scheduler which tests share what they need."""
    fixtures = getattr(item, "fixturenames", ())
    shared = next((name for name in SHARED if name in fixtures), None)
    item.add_marker(pytest.mark.xdist_group(shared or item.nodeid.partition("::")[0]))
