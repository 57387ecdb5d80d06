"""The dbt project's unit tests, each as a test of its own; dbt runs them all at once on an empty warehouse.

The rules are in dbt_project/models/**/_*__unit_tests*.yml, next to the models. They run as in anybody's first `dbt build`,
each before its own model exists, in a folder that nothing else uses, whose raw store has no line.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.support.built_sample import dbt
from tests.support.project import ProjectCopy
from tests.support.shared import shared
from tests.support.unit_tests import FILES, NAMES, declared, empty_data_dir

LONGEST_FILE = 400  # lines; a longer file is split by topic
RESULTS = "results.json"


def run_all(folder: Path, project: ProjectCopy) -> None:
    """Write what came of every unit test, by `<model>.<name>`: its status, and dbt's words."""
    built = dbt(project, empty_data_dir(folder / "data"), "build", "--exclude-resource-type", "test")
    ids = {name: result.node.unique_id for name, result in built.items()}
    ran = {
        unique_id.removeprefix("unit_test.caw."): (str(built[name].status), built[name].message)
        for name, unique_id in ids.items()
        if unique_id.startswith("unit_test.")
    }
    assert ran, {name: result.message for name, result in built.items()}
    (folder / RESULTS).write_text(json.dumps(ran), encoding="utf-8")


@pytest.fixture(scope="module")
def results(project: ProjectCopy) -> Mapping[str, Sequence[str]]:
    """What came of every unit test: dbt runs them once, whichever process asks first."""
    folder = shared("unit_tests", lambda empty: run_all(empty, project))
    found: dict[str, list[str]] = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_dbt_unit_test(name: str, results: Mapping[str, Sequence[str]]) -> None:
    """The rule that the unit test's description names holds in its model."""
    assert name in results, "dbt did not run it"
    status, message = results[name]
    assert status == "pass", message


def test_dbt_runs_no_unit_test_that_is_not_listed_here(results: Mapping[str, Sequence[str]]) -> None:
    """A unit test in a file of another name would run in dbt, fail, and not be seen."""
    assert sorted(results) == sorted(NAMES)


def test_unit_tests_are_named_once_and_say_which_section_they_hold_to() -> None:
    """A name is the rule in a few words; two of one name would hide each other in reports."""
    assert [name for name, times in Counter(test["name"] for _, test in declared()).items() if times > 1] == []
    assert [test["name"] for _, test in declared() if not re.search(r"[Ss]pec §\d", test.get("description", ""))] == []


def test_files_of_unit_tests_stay_readable() -> None:
    """One topic a file: a longer one asks to be two."""
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}
