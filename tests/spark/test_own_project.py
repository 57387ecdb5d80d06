"""A dbt project of a team's own has the same rows on both engines: its segments, and models of each kind (spec §14.3)."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from caw.engine import DUCKDB, SPARK, WAREHOUSE
from tests.support.both_engines import LANDING, OF_AN_ENGINE, OF_THE_RUN, caw, names, needs_spark, run
from tests.support.engines import differences
from tests.support.own_project import NAMES, own_project
from tests.support.small_shop import deliveries
from tests.support.spark_runs import land, share_a_key, unlike

pytestmark = needs_spark
RUNS = tuple(deliveries().items())


@pytest.fixture
def own(tmp_path: Path) -> Mapping[str, str]:
    """The environment in which a team's folder is run."""
    return own_project(tmp_path / "mine")


def test_a_team_s_models_have_the_same_rows_on_spark(own: Mapping[str, str], tmp_path: Path) -> None:
    """A macro of the package that a team's model does not find, a view that is not there, a contract's type."""
    as_of, files = RUNS[0]
    land(tmp_path / LANDING, files)
    caw("run", tmp_path / DUCKDB, "--engine", DUCKDB, "--as-of", as_of, given=own)
    shutil.copytree(tmp_path / DUCKDB, tmp_path / SPARK, ignore=shutil.ignore_patterns(*OF_AN_ENGINE))
    found = tmp_path / DUCKDB / WAREHOUSE, tmp_path / SPARK / WAREHOUSE
    run("-m", "tests.support.spark_build", str(tmp_path / SPARK), str(found[0]), *NAMES, given=own)
    assert names(found[0]) == names(found[1])
    assert differences(*found, OF_THE_RUN) == []


@pytest.mark.soak
def test_run_after_run_a_team_s_project_is_the_same_on_both_engines(own: Mapping[str, str], tmp_path: Path) -> None:
    """A team's table that is added to, and loses or doubles rows; a file that lacks a table or a comment."""
    dirs = {engine: tmp_path / engine / "data" for engine in (DUCKDB, SPARK)}
    share_a_key(dirs[DUCKDB], dirs[SPARK])
    for as_of, files in RUNS[:2]:
        for engine, data_dir in dirs.items():
            land(data_dir.parent / LANDING, files)
            caw("run", data_dir, "--engine", engine, "--as-of", as_of, given=own)
        assert unlike(dirs[DUCKDB], dirs[SPARK]) == []
