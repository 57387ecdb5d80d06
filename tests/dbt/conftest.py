"""What the tests of the dbt project share: a parsed copy of it, and the sample logs built with it."""

import pytest

from tests.support.built_sample import built_sample
from tests.support.pipeline import Pipeline
from tests.support.project import ProjectCopy, copy_project


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    """The project as it stands, parsed."""
    return copy_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def sample(project: ProjectCopy, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """The sample logs, built; not to be changed."""
    return built_sample(tmp_path_factory.mktemp("sample"), project)
