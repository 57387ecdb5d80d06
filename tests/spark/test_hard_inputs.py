"""Texts and lines that a program may trip over, hot keys and random scenarios have the same rows on both engines (spec §14.1)."""

import json
import re
import shutil
from datetime import timedelta
from pathlib import Path
from random import Random

from bench.hot_shapes import SHAPES, land
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
CHAINED = 3_000  # profiles in one chain of merges: twelve rounds, each from the one before, and twice
LINES = 200  # of every other shape that shares one key
PAIRING = re.compile(r"^\([0-9]+\) (?:BroadcastNestedLoopJoin|CartesianProduct)", re.MULTILINE)
RUN = "the run"  # one row
# By model: its joins without a key, each by what its smaller side has for rows.
FEW_ROWS = {
    **dict.fromkeys(
        (
            "abandoned_conversation_last_7_days",
            "escalated_ever",
            "escalated_last_7_days",
            "int_conversations_to_rebuild",
            "int_retargeting_triggers",
            "message_outcomes",
            "promotion_exclusions",
            "recommended_never_purchased",
            "recommended_not_purchased",
            "repeat_conversations",
            "resolved_by_agent_last_30_days",
            "segment_membership_history",
            "shoppers",
            "started_conversation_ever",
            "started_conversation_last_30_days",
        ),
        (RUN,),
    ),
    "conversation_escalated": ("patterns of the seed",),
    "event_metrics": ("the four events", RUN),
    "int_cross_feed_duplicates": ("pairs of a vendor's feeds",),
    "segment_sizes": ("landed sources", RUN),
    "vendor_agreement": ("vendors", "metrics", "vendors"),
}


def test_all_models_have_the_same_rows_of_hostile_and_drawn_lines(tmp_path: Path) -> None:
    """A letter, number, instant, list or broken line that Spark reads otherwise; an edge of a window, a key or an order of
    rows that no shop of the other tests has. A chain of merges whose statement is planned twice as long with each round; a
    join by which everybody is compared with everybody.
    """
    on_duckdb = Pipeline(tmp_path / "duckdb", shared_copy("project_of_drawn_scenarios", seed_rows(AT_ONCE)))
    for shape in SHAPES:
        lines = range(CHAINED if shape == "merges" else LINES)
        land(on_duckdb.landing, shape, lines, NOW, source=shape, size=len(lines))
    on_duckdb.deliver(landed(Random(4)), NOW)
    for ingested_at, files in delivered(named([any_scenario(Random(seed)) for seed in range(AT_ONCE)])):
        on_duckdb.deliver(files, ingested_at)
    on_duckdb.build(AFTER_ALL)
    on_spark = tmp_path / "spark"
    shutil.copytree(on_duckdb.data_dir, on_spark, ignore=shutil.ignore_patterns(f"{WAREHOUSE}*", "target"))
    environment = {"CAW_SEEDS_DIR": str(on_duckdb.project.seeds), "CAW_THREADS": "2"}
    run("-m", "tests.support.spark_plans", str(on_spark), str(tmp_path / "plans.json"), given=environment)
    warehouses = on_duckdb.data_dir / WAREHOUSE, on_spark / WAREHOUSE
    assert names(warehouses[0]) == names(warehouses[1])
    assert differences(*warehouses, OF_THE_RUN) == []
    plans = json.loads((tmp_path / "plans.json").read_text(encoding="utf-8"))
    assert {*FEW_ROWS, "int_profile_merges"} <= set(plans)
    paired = {name: len(PAIRING.findall(plan)) for name, plan in plans.items()}
    assert {name: count for name, count in paired.items() if count > len(FEW_ROWS.get(name, ()))} == {}
