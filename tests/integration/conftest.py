"""The project that scenarios run against: the shipped one, with accounts in every zone and a few more policies."""

import os
from collections import ChainMap
from collections.abc import Sequence
from importlib import import_module
from itertools import zip_longest
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.campaign import MOST_SCENARIOS
from tests.support.case_runs import Files, ThreeRuns, in_three_runs, taken_in
from tests.support.crash_site import CrashSite, keep, kept, made
from tests.support.forgetting import ForgettingPipeline, others, planted, strangers
from tests.support.project import ProjectCopy, shared_copy
from tests.support.scenarios import seed_rows
from tests.support.shared import copy_of_shared, shared
from tests.support.toy_vendor import DECLARATION
from tests.support.warm_caw import warm_caw

CASES = ("carried", "consents", "csv", "json", "parquet", "refusals", "values")
CASES_OF_THREE_RUNS = ("erasures", "growing", "instants", "refusals", "requests", "traces")


@pytest.fixture(scope="session")
def project() -> ProjectCopy:
    """A parsed copy of the project."""
    return shared_copy("project_of_scenarios", seed_rows(MOST_SCENARIOS))


@pytest.fixture(scope="session")
def project_of_a_vendor() -> ProjectCopy:
    """A parsed copy of the project with the made-up vendor declared, and two sources whose people a vendor names."""
    named = ("acme,UTC,USD,,klaviyo", "grown,UTC,USD,,klaviyo")
    return shared_copy("project_of_a_vendor", {"sources": named}, [DECLARATION])


@pytest.fixture(scope="session")
def cases(project: ProjectCopy) -> ForgettingPipeline:
    """The deliveries of these modules, taken in and built once; not to be changed."""
    files = together([[case.delivery()] for case in modules(CASES)])
    folder = shared("cases", lambda empty: taken_in(empty, project, *files))
    return ForgettingPipeline(folder, project)


@pytest.fixture(scope="session")
def before_request(project: ProjectCopy, tmp_path_factory: pytest.TempPathFactory) -> ForgettingPipeline:
    """A run on the files of who will be forgotten, and of others; not to be changed."""
    pipeline = ForgettingPipeline(tmp_path_factory.mktemp("before_request"), project)
    pipeline.refresh(planted() | others() | strangers())
    return pipeline


@pytest.fixture(scope="session")
def three_runs(project: ProjectCopy) -> ThreeRuns:
    """The deliveries of modules that look at up to three runs; not to be changed."""
    files = together([case.deliveries() for case in modules(CASES_OF_THREE_RUNS)])
    return ThreeRuns(shared("three_runs", lambda empty: in_three_runs(empty, project, files)), project)


def modules(names: Sequence[str]) -> Sequence[ModuleType]:
    """Modules of cases."""
    return [import_module(f"tests.integration.test_case_{name}") for name in names]


def together(cases: Sequence[Sequence[Files]]) -> Sequence[Files]:
    """The files of all modules, run by run; no source is two modules'."""
    of_modules = [{path.partition("/")[0] for files in case for path in files} for case in cases]
    assert sum(map(len, of_modules)) == len(set().union(*of_modules)), of_modules
    return [dict(ChainMap(*(dict(files) for files in of_run))) for of_run in zip_longest(*cases, fillvalue={})]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real inputs next to the repository; a test that needs them is skipped where they are not."""
    folder = Path(os.environ.get("CAW_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real inputs in {folder}")
    return folder


@pytest.fixture(scope="session")
def crash_site() -> CrashSite:
    """A small warehouse with one published run, and more landed since; each test restores it before it begins."""
    caw = warm_caw()
    return kept(caw, copy_of_shared("crash_site", lambda root: keep(made(caw, root))))
