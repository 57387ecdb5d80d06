"""Texts and lines that a program may trip over, and random scenarios, have the same rows on both engines (spec §14.1)."""

import shutil
from pathlib import Path
from random import Random

import pytest

from caw.engine import SPARK, WAREHOUSE
from tests.integration.test_hostile_texts import landed
from tests.support.both_engines import OF_THE_RUN, names, needs_spark, run
from tests.support.campaign import AFTER_ALL, MOST_SCENARIOS, drawn
from tests.support.drawn_scenarios import any_scenario
from tests.support.engines import differences
from tests.support.pipeline import Pipeline
from tests.support.project import shared_copy
from tests.support.scenarios import NOW, delivered, named, seed_rows

pytestmark = [needs_spark, pytest.mark.soak]
AT_ONCE = 60  # scenarios


def test_hostile_texts_and_drawn_scenarios_have_the_same_rows(tmp_path: Path) -> None:
    """A letter, number, instant, list or broken line that Spark reads otherwise, in whatever field of a feed it is."""
    pipeline = Pipeline(tmp_path / "duckdb", shared_copy("project_of_scenarios", seed_rows(MOST_SCENARIOS)))
    pipeline.deliver(landed(Random(4)), NOW)
    for ingested_at, files in delivered(named(drawn(any_scenario, AT_ONCE))):
        pipeline.deliver(files, ingested_at)
    pipeline.build(AFTER_ALL)
    on_spark = tmp_path / SPARK
    shutil.copytree(pipeline.data_dir, on_spark, ignore=shutil.ignore_patterns(f"{WAREHOUSE}*", "target"))
    given = {"CAW_SEEDS_DIR": str(pipeline.project.seeds), "CAW_THREADS": "2"}
    run("-m", "tests.support.spark_build", str(on_spark), given=given)
    files = pipeline.data_dir / WAREHOUSE, on_spark / WAREHOUSE
    assert names(files[0]) == names(files[1])
    assert differences(*files, OF_THE_RUN) == []
