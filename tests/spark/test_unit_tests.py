"""The dbt project's unit tests hold on Spark as they do on DuckDB (spec §14)."""

import json
from pathlib import Path

import pytest

from tests.support.both_engines import needs_spark, run
from tests.support.spark_units import UNSAID
from tests.support.unit_tests import NAMES, empty_data_dir

pytestmark = [needs_spark, pytest.mark.soak]


def test_dbts_unit_tests_pass_on_spark(tmp_path: Path) -> None:
    """A rule that no row of the sample asks for, and that Spark reads otherwise."""
    results = tmp_path / "results.json"
    run("-m", "tests.support.spark_units", str(empty_data_dir(tmp_path / "data")), str(results))
    found = json.loads(results.read_text(encoding="utf-8"))
    assert set(NAMES) - UNSAID <= set(found)
    good = {"success", "pass"}
    assert {name: words for name, (status, words) in found.items() if status not in good} == {}
