"""What the tests of the dbt project share: a parsed copy of it, and the sample logs built with it."""

import pytest

from tests.support.built_sample import built_sample
from tests.support.pipeline import Pipeline
from tests.support.project import ProjectCopy, shipped
from tests.support.shared import copy_of_shared


@pytest.fixture(scope="session")
def project() -> ProjectCopy:
    """The project as it stands, parsed."""
    return shipped()


@pytest.fixture(scope="session")
def sample(project: ProjectCopy) -> Pipeline:
    """The sample logs, built; not to be changed."""
    folder = copy_of_shared("sample", lambda empty: built_sample(empty, project))
    return Pipeline(folder, project)
