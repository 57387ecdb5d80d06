"""The project that scenarios run against: the shipped one, with accounts in every zone and a few more policies."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.campaign import MOST_SCENARIOS
from tests.support.crash_site import CrashSite, keep, kept, made
from tests.support.project import ProjectCopy, shared_copy
from tests.support.scenarios import seed_rows
from tests.support.shared import copy_of_shared
from tests.support.warm_caw import WarmCaw


@pytest.fixture(scope="session")
def project() -> ProjectCopy:
    """A parsed copy of the project."""
    return shared_copy("project_of_scenarios", seed_rows(MOST_SCENARIOS))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real inputs beside the repository; a test that needs them is skipped where they are not."""
    folder = Path(os.environ.get("CAW_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real inputs in {folder}")
    return folder


@pytest.fixture(scope="session")
def crash_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CrashSite]:
    """A small warehouse with one published run, and more landed since; each test restores it before it begins."""
    with WarmCaw(tmp_path_factory.mktemp("crash_site") / "commands") as caw:
        yield kept(caw, copy_of_shared("crash_site", lambda root: keep(made(caw, root))))
