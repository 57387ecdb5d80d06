"""What all tests need: the project's root on the path, so that tests share helpers as `tests.support`; and campaigns."""

import atexit
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.kept_templates import keep_templates
from tests.support.shared import Place

OBJECTS_BETWEEN_COLLECTIONS = 50_000  # as in `caw run`: dbt makes thousands for each of its nodes


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[object]:
    """Collect tests without Python's garbage collector: it would look through what is imported again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """Let Python's garbage collector leave alone what has been imported, and look less often."""
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # else libraries complain at the end that their objects were never given back
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)


@pytest.fixture(scope="session", autouse=True)
def place_of_shared_things(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One place for all test processes of this run."""
    base = tmp_path_factory.getbasetemp()
    Place.folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    keep_templates(Place.folder)
    if "dbt.cli" in sys.modules:  # else nothing here builds, and nobody waits for dbt
        from tests.support.node_macros import find_macros_quickly

        find_macros_quickly()


@pytest.hookimpl(optionalhook=True)  # where there is no xdist, one process runs all
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Files that share something are run by one process."""
    if config.getoption("dist") != "loadfile":
        return None
    from tests.support.scheduling import BySharedThings

    return BySharedThings(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the long campaigns to `make soak`."""
    if "CAW_SOAK" not in os.environ:
        for item in items:
            if item.get_closest_marker("soak") is not None:
                item.add_marker(pytest.mark.skip(reason="a long campaign: make soak"))
