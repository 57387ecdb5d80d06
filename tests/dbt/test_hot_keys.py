"""Where all lines share one key, no model makes pairs of them: one sender must not be able to stop everybody's runs.

Each shape of bench/hot_shapes.py lands in a source of its own, half of it at first and half on top, so that both a first
build and one that adds to it are looked at. What a statement does is told by DuckDB's plan, not by a clock.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from bench.hot_shapes import SHAPES, land
from caw.feeds.declared import DBT_PROJECT_DIR, declarations
from tests.support.pipeline import Pipeline
from tests.support.project import ProjectCopy

AS_OF = datetime(2026, 6, 30, 12, tzinfo=UTC)
LINES = 600  # that share a key, in each shape: pairs of them are 360,000
MOST_ROWS = (
    50_000  # that one operator may hand on: several times all lines that land, and far from the pairs of any shape
)
PAIRING = {"NESTED_LOOP_JOIN", "BLOCKWISE_NL_JOIN", "PIECEWISE_MERGE_JOIN", "IE_JOIN"}
MOST_OF_PAIRING = 50  # rows on the smaller side of a join without keys: seeds, the run, the sources
RANGE = re.compile(r" (?:[<>]=?|<>|!=) ")
FILTER = re.compile(r"\bfilter\s*\(")
LONG_LIST = [f"p{37 * i % 250}" for i in range(1_000)]  # each four times
# Whose joins with a range beside a key have one row a key on one side, and what it is.
ONE_ROW_A_KEY = {
    "attributed_orders": "a profile's first and last order",
    "recommended_never_purchased": "a profile's latest recommendation",
    "recommended_not_purchased": "a profile's latest recommendation",
    "int_gate_already_sent": "an event",
    "retargeting_eligibility": "an event, of int_gate_already_sent",
    "conversations": "a conversation's first escalation",
    "headlines": "a source's period",
    "experiment_units": "an experiment of a policy, of which no two overlap, and a profile's unit of it",
    # some hundreds a key: a day's conversations in reach of an order that has a hundred at most
    "int_touched_conversations": "a profile's first and last order",
}

PROFILES = yaml.safe_load((DBT_PROJECT_DIR / "profiles.yml").read_text(encoding="utf-8"))
SETTINGS: Mapping[str, object] = PROFILES["caw"]["outputs"]["run"]["settings"]

Plan = Mapping[str, Any]


@pytest.fixture(scope="module")
def compiled(project: ProjectCopy, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """(warehouse, SQL by model and build) after half of the lines were built and then the other half."""
    pipeline = Pipeline(tmp_path_factory.mktemp("hot"), project)
    record = {"record_id": "1", "conversation_id": "c", "occurred_at": "2026-06-30T08:00:00Z", "products": LONG_LIST}
    record |= {"record_type": "products_recommended", "actor": "agent"}
    pipeline.deliver({"long_list/conversation_log/all.jsonl": json.dumps(record).encode()}, AS_OF)
    found: dict[str, str] = {}
    for build, lines in (("first", range(LINES // 2)), ("second", range(LINES // 2, LINES))):
        for shape in SHAPES:
            land(pipeline.landing, shape, lines, AS_OF, source=shape, size=LINES)
        pipeline.deliver({}, AS_OF)
        pipeline.build(AS_OF)
        models = (pipeline.data_dir / "target" / "compiled").rglob("models/**/*.sql")
        found |= {f"{path.stem}, {build} build": path.read_text(encoding="utf-8") for path in models if path.is_file()}
    return pipeline.data_dir / "warehouse.duckdb", found


@pytest.fixture(scope="module")
def plans(compiled: tuple[Path, dict[str, str]]) -> dict[str, Plan]:
    """The plan of each model's statement on all lines, with the rows that each operator handed on."""
    warehouse, statements = compiled
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for setting, value in SETTINGS.items():
            connection.execute(f"set {setting} = '{value}'")
        for feed, key in keys_of_feeds().items():  # made by a run's own connection: here all lines share their keys
            connection.execute(
                f"create temporary table repeated_keys_of_{feed} as "
                f"select distinct hash(source, {', '.join(key)}) as key_hash from staging.stg_{feed}"
            )
        return {
            name: json.loads(connection.execute(f"explain (analyze, format json) {sql}").fetchall()[0][1])
            for name, sql in statements.items()
        }


def keys_of_feeds() -> dict[str, list[str]]:
    """The fields by which lines of each feed are put side by side, as staging has it."""
    return {
        name: feed.get("key") or ["profile_id", "occurred_at"]
        for name, feed in declarations().items()
        if "makes" not in feed
    }


def operators(plan: Plan) -> Iterator[Plan]:
    """All operators of a plan."""
    for operator in plan.get("operator", plan.get("children", ())):
        yield operator
        yield from operators(operator)


def test_no_operator_hands_on_pairs_of_a_hot_key_s_rows(plans: Mapping[str, Plan]) -> None:
    """Prevents a join of a key's rows with each other: 40,000 lines of one profile would be 1.6 thousand million rows."""
    most = {
        name: max((int(one["intermediate_rows"]) for one in operators(plan)), default=0) for name, plan in plans.items()
    }
    assert {name: rows for name, rows in most.items() if rows > MOST_ROWS} == {}


def test_no_join_looks_for_its_rows_among_all_of_a_key(plans: Mapping[str, Plan]) -> None:
    """Prevents a range beside a key in a hash join, or no key at all: all pairs are looked at, though few are kept."""
    found = {
        f"{name}: {one['type']} {condition}"
        for name, plan in plans.items()
        for one in operators(plan)
        for condition in _pairing(one)
        if name.partition(",")[0] not in ONE_ROW_A_KEY or one["type"] != "HASH_JOIN"
    }
    assert found == set()


def test_no_window_counts_or_searches_each_frame_anew(compiled: tuple[Path, dict[str, str]]) -> None:
    """Prevents what a plan does not show: DuckDB counts a frame with a filter row by row, and searches for a last value."""
    _, statements = compiled
    assert [name for name, sql in statements.items() if re.search(r"\blast_value\(.*ignore nulls", sql, re.I)] == []
    assert [
        name for name, sql in statements.items() if any(_is_over(sql, at.end()) for at in FILTER.finditer(sql))
    ] == []


def test_a_long_list_loses_its_repeats_and_keeps_its_order(compiled: tuple[Path, dict[str, str]]) -> None:
    """Prevents a line of 150,000 products from being searched 150,000 times; and another order than a short list's."""
    with duckdb.connect(str(compiled[0]), read_only=True) as connection:
        rows = connection.execute(
            "select products from events.product_recommendation_received where source = 'long_list'"
        ).fetchall()
    assert rows == [(list(dict.fromkeys(LONG_LIST)),)]


def _is_over(sql: str, start: int) -> bool:
    """Whether the bracket that was opened before this place closes before a window."""
    depth = 1
    for place in range(start, len(sql)):
        depth += {"(": 1, ")": -1}.get(sql[place], 0)
        if depth == 0:
            return sql[place + 1 :].lstrip().startswith("over")
    return False


def _pairing(operator: Plan) -> list[str]:
    """The conditions by which a join compares all pairs of a key's rows; none for a join that does not."""
    given = operator["extra_info"].get("Conditions", [])
    conditions = [given] if isinstance(given, str) else list(given)
    if operator["type"] == "HASH_JOIN":
        return [one for one in conditions if RANGE.search(one)]
    smaller = min((int(child["intermediate_rows"]) for child in operator.get("children", ())), default=0)
    return ["without keys", *conditions] if operator["type"] in PAIRING and smaller > MOST_OF_PAIRING else []
