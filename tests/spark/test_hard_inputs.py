"""Texts and lines that a program may trip over, and random scenarios, have the same rows on both engines (spec §14.1)."""

import shutil
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from caw.engine import WAREHOUSE
from tests.integration.test_hostile_texts import landed
from tests.support.both_engines import OF_THE_RUN, names, needs_spark, run
from tests.support.drawn_scenarios import any_scenario
from tests.support.engines import differences
from tests.support.pipeline import Pipeline
from tests.support.project import shared_copy
from tests.support.scenarios import NOW, delivered, named, seed_rows

pytestmark = needs_spark
AT_ONCE = 60  # scenarios; those of `make test` are drawn by a library that Spark's environment has not
AFTER_ALL = NOW + timedelta(hours=30)
STAGING = "staging."


@pytest.fixture(scope="module")
def on_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """All of it landed, taken in and built by DuckDB; not to be changed."""
    project = shared_copy("project_of_drawn_scenarios", seed_rows(AT_ONCE))
    pipeline = Pipeline(tmp_path_factory.mktemp("on_duckdb"), project)
    pipeline.deliver(landed(Random(4)), NOW)
    for ingested_at, files in delivered(named([any_scenario(Random(seed)) for seed in range(AT_ONCE)])):
        pipeline.deliver(files, ingested_at)
    pipeline.build(AFTER_ALL)
    return pipeline


def unlike_on_spark(on_duckdb: Pipeline, folder: Path, *given: str) -> list[str]:
    """What Spark makes otherwise of the same raw store: all models, or these, from what DuckDB made before them."""
    on_spark = folder / "spark"
    shutil.copytree(on_duckdb.data_dir, on_spark, ignore=shutil.ignore_patterns(f"{WAREHOUSE}*", "target"))
    environment = {"CAW_SEEDS_DIR": str(on_duckdb.project.seeds), "CAW_THREADS": "2"}
    run("-m", "tests.support.spark_build", str(on_spark), *given, given=environment)
    files = on_duckdb.data_dir / WAREHOUSE, on_spark / WAREHOUSE
    assert names(files[0]) == names(files[1])
    return differences(*files, OF_THE_RUN)


def test_hostile_and_drawn_lines_are_typed_alike(on_duckdb: Pipeline, tmp_path: Path) -> None:
    """A letter, number, instant, list or broken line that Spark reads otherwise, in whatever field of a feed it is."""
    file = on_duckdb.data_dir / WAREHOUSE
    staging = [name.removeprefix(STAGING) for name in names(file) if name.startswith(STAGING)]
    assert {"base_conversation_log", "stg_orders"} <= set(staging)
    assert unlike_on_spark(on_duckdb, tmp_path, str(file), *staging) == []


@pytest.mark.soak
def test_all_models_have_the_same_rows_of_them(on_duckdb: Pipeline, tmp_path: Path) -> None:
    """An edge of a window, a key or an order of rows that no shop of the other tests has."""
    assert unlike_on_spark(on_duckdb, tmp_path) == []
