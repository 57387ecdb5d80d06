"""The dbt project's unit tests, each as a test of its own; dbt runs them all at once on an empty warehouse.

The rules are in dbt_project/models/**/_*__unit_tests*.yml, beside the models. They run as in anybody's first `dbt build`,
each before its own model exists, in a folder that nothing else uses, whose raw store has no line.
"""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from caw.adapters.expansion import expand_pending
from caw.feeds.declared import DBT_PROJECT_DIR, SEEDS_DIR
from caw.raw_store.store import RawStore

FILES = sorted(DBT_PROJECT_DIR.glob("models/**/_*__unit_tests*.yml"))
LONGEST_FILE = 400  # lines; a longer file is split by topic
MOST_OUTPUT = 5000  # characters of dbt's words in a failure
AS_OF = datetime(2026, 6, 30, 12, tzinfo=UTC)


def declared() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(file, unit test) of every unit test beside the models."""
    for path in FILES:
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["unit_tests"]:
            yield path.name, test


NAMES = [f"{test['model']}.{test['name']}" for _, test in declared()]


def empty_data_dir(folder: Path) -> Path:
    """A data dir whose raw store has no line, as at the first run on an empty landing zone."""
    store = RawStore(folder)
    store.prepare()
    store.write_run_context("unit-tests", AS_OF, "-")
    expand_pending(store, SEEDS_DIR)
    return folder


def dbt(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run dbt in a process of its own; nothing is written beside the project."""
    target = str(data_dir / "target")
    places = ["--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR), "--target", "run"]
    return subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", *arguments, *places, "--target-path", target, "--log-path", target],
        cwd=data_dir,
        env={**os.environ, "CAW_DATA_DIR": str(data_dir), "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, Any]]:
    """dbt's result of every unit test, by `<model>.<name>`."""
    data_dir = empty_data_dir(tmp_path_factory.mktemp("unit_tests"))
    built = dbt(data_dir, "build", "--exclude-resource-type", "test")
    found = json.loads((data_dir / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    ran = {
        one["unique_id"].removeprefix("unit_test.caw."): one
        for one in found
        if one["unique_id"].startswith("unit_test.")
    }
    assert ran, built.stdout[-MOST_OUTPUT:]
    return ran


@pytest.mark.parametrize("name", NAMES)
def test_dbt_unit_test(name: str, results: Mapping[str, Mapping[str, Any]]) -> None:
    """The rule that the unit test's description names holds in its model."""
    assert name in results, "dbt did not run it"
    assert results[name]["status"] == "pass", results[name]["message"]


def test_dbt_runs_no_unit_test_that_is_not_listed_here(results: Mapping[str, Mapping[str, Any]]) -> None:
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
