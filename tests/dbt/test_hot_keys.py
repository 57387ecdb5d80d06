"""Where all lines share one key, no model makes pairs of them: one sender must not be able to stop everybody's runs.

Each shape of bench/hot_shapes.py lands in a source of its own, half of it at first and half on top, so that both a first
build and one that adds to it are looked at. DuckDB's plan says what a statement does, not a clock.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bench.hot_shapes import SHAPES, land
from caw.feeds.declared import declarations
from tests.support.built_sample import set_as_run
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
# By model: joins with a range next to a key that have one row a key on one side, each by a text in its conditions, and what
# that row is.
ONE_ROW_A_KEY = {
    "attributed_orders": {"last_placed_at": "a profile's first and last order"},
    "recommended_never_purchased": {"since": "a profile's latest recommendation"},
    "recommended_not_purchased": {"since": "a profile's latest recommendation"},
    "int_gate_already_sent": {"event_id = event_id": "an event"},
    "retargeting_eligibility": {"event_id = event_id": "an event, of int_gate_already_sent"},
    "conversations": {"escalated_position": "a conversation's first escalation", "recontacted_at": "a conversation"},
    # both sides: of the tags that a conversation keeps, a hundred at most, and of the records at which they changed
    "int_event_tags": {"position <= position": "a tag"},
    "conversation_resolved": {"position <= position": "a tag, of int_event_tags"},
    "conversation_escalated": {"position <= position": "a tag, of int_event_tags"},
    "headlines": {"to_date": "a source's period"},
    "experiment_units": {
        "ends_at": "an experiment of a policy, of which no two overlap",
        "converts_until": "a profile's unit of an experiment",
    },
    "int_touched_conversations": {
        "last_placed_at": "a profile's first and last order",
        # some hundreds a key: a day's conversations in reach of an order that has a hundred at most
        "= day": "a day of a profile",
    },
}

# One of each policy, so that its statement has rows to join.
EXPERIMENTS = """
insert into seeds.retargeting_experiments
select policy_id, policy_id, '2000-01-01T00:00Z', '2099-01-01T00:00Z', 10, 48, '0.02' from seeds.retargeting_policies
"""

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
    warehouse = pipeline.data_dir / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(EXPERIMENTS)
    return warehouse, found


@pytest.fixture(scope="module")
def plans(compiled: tuple[Path, dict[str, str]]) -> dict[str, Plan]:
    """The plan of each model's statement on all lines, with the rows that each operator handed on."""
    warehouse, statements = compiled
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        set_as_run(connection)
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
    """Prevents a range next to a key in a hash join, or no key at all: all pairs are looked at, though few are kept."""
    found = {
        f"{name}: {one['type']} {condition}"
        for name, plan in plans.items()
        for one in operators(plan)
        for condition in _pairing(one)
        if not _has_one_row_a_key(name.partition(",")[0], one)
    }
    assert found == set()


def test_no_window_counts_or_searches_each_frame_again(compiled: tuple[Path, dict[str, str]]) -> None:
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


def _has_one_row_a_key(model: str, operator: Plan) -> bool:
    """Whether a hash join of a model is known to have one row a key on one side."""
    conditions = " ".join(_pairing(operator))
    return operator["type"] == "HASH_JOIN" and any(text in conditions for text in ONE_ROW_A_KEY.get(model, ()))


def _pairing(operator: Plan) -> list[str]:
    """The conditions by which a join compares all pairs of a key's rows; none for a join that does not."""
    given = operator["extra_info"].get("Conditions", [])
    conditions = [given] if isinstance(given, str) else list(given)
    if operator["type"] == "HASH_JOIN":
        return conditions if any(RANGE.search(one) for one in conditions) else []
    smaller = min((int(child["intermediate_rows"]) for child in operator.get("children", ())), default=0)
    return ["without keys", *conditions] if operator["type"] in PAIRING and smaller > MOST_OF_PAIRING else []
