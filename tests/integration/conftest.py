"""The project that scenarios run against: the shipped one, with accounts in every zone and a few more policies."""

import os
from importlib import import_module
from pathlib import Path

import pytest

from tests.support.campaign import MOST_SCENARIOS
from tests.support.case_runs import Files, taken_in
from tests.support.crash_site import CrashSite, keep, kept, made
from tests.support.forgetting import ForgettingPipeline
from tests.support.project import ProjectCopy, shared_copy
from tests.support.scenarios import seed_rows
from tests.support.shared import copy_of_shared, shared
from tests.support.warm_caw import warm_caw

CASES = ("consents", "csv", "json", "parquet", "values")


@pytest.fixture(scope="session")
def project() -> ProjectCopy:
    """A parsed copy of the project."""
    return shared_copy("project_of_scenarios", seed_rows(MOST_SCENARIOS))


@pytest.fixture(scope="session")
def cases(project: ProjectCopy) -> ForgettingPipeline:
    """The deliveries of these modules, taken in and built once; not to be changed."""
    folder = shared("cases", lambda empty: taken_in(empty, project, all_deliveries()))
    return ForgettingPipeline(folder, project)


def all_deliveries() -> Files:
    """The files of all modules of cases that need one run; no source is two modules'."""
    found: dict[str, bytes] = {}
    for name in CASES:
        files = import_module(f"tests.integration.test_case_{name}").delivery()
        sources = [{path.partition("/")[0] for path in paths} for paths in (found, files)]
        assert sources[0].isdisjoint(sources[1]), (name, sources[0] & sources[1])
        found |= files
    return found


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real inputs beside the repository; a test that needs them is skipped where they are not."""
    folder = Path(os.environ.get("CAW_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real inputs in {folder}")
    return folder


@pytest.fixture(scope="session")
def crash_site() -> CrashSite:
    """A small warehouse with one published run, and more landed since; each test restores it before it begins."""
    caw = warm_caw()
    return kept(caw, copy_of_shared("crash_site", lambda root: keep(made(caw, root))))
