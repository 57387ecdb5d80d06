"""What a run makes again of the marts that it adds to: orders change hands, and the clock ends conversations.

Worked out by hand from spec §4.5; each build adds to what the one before it left. Each test has sources of its own in them.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from tests.support.forgetting import lines
from tests.support.pipeline import Pipeline
from tests.support.project import ProjectCopy

MARTS = (
    "attributed_orders",
    "orders",
    "conversations",
    "conversation_tags",
    "conversation_started",
    "int_events",
    "int_conversation_build_log",
)
DAY = "2026-06-10"
INGESTED_AT = datetime(2026, 6, 10, 14, tzinfo=UTC)
ATTRIBUTED = "select source, order_id, profile_id, conversation_id, revenue::varchar from performance.attributed_orders"
OUTCOMES = "select outcome from performance.conversations where source = 'clock' order by conversation_id"
WHOSE = """select profile_id from events.conversation_started where source = 'merged'
union all select profile_id from performance.conversations where source = 'merged'"""
TOUCHED = "select touched_conversations from performance.orders where source = 'left'"
FAILED = """select order_id as key, touched_conversations as found from performance.orders where source = 'failed'
union all select conversation_id, list(tag order by tag) from performance.conversation_tags where source = 'failed' group by all"""
LEFT = {0: 2, 1: 1, 3: 0}  # steps of each course that are still to come after a build


def says(conversation_id: str, at: str, profile_id: str, record_id: str = "r1") -> dict[str, Any]:
    """A customer's message, at this time of the day."""
    record = {"record_id": record_id, "conversation_id": conversation_id, "occurred_at": f"{DAY}T{at}:00Z"}
    return {**record, "record_type": "message", "actor": "customer", "profile": {"profile_id": profile_id}}


def order(updated_at: str, profile_id: str = "p1", **fields: Any) -> dict[str, Any]:
    """The order that is placed at noon, in its version of this time of the day."""
    version = {"order_id": "o1", "placed_at": f"{DAY}T12:00:00Z", "updated_at": f"{DAY}T{updated_at}:00Z", "total": 20}
    return {**version, "profile": {"profile_id": profile_id}, **fields}


# What comes of one order and its shoppers, step by step, and whose the order is after it.
COURSE: Sequence[tuple[str, Sequence[Mapping[str, Any]], Sequence[tuple[str, ...]]]] = (
    ("orders", [order("12:00")], []),
    ("conversation_log", [says("c1", "10:00", "p1"), says("p2s", "11:30", "p2")], [("o1", "p1", "c1", "20.00")]),
    # new, and later than c1's
    ("conversation_log", [says("c2", "11:00", "p1")], [("o1", "p1", "c2", "20.00")]),
    # c1 again, with a later one than c2's
    ("conversation_log", [says("c1", "11:10", "p1", "r2")], [("o1", "p1", "c1", "20.00")]),
    # all of c1 is p2's: its last profile_id
    ("conversation_log", [says("c1", "12:30", "p2", "r3")], [("o1", "p1", "c2", "20.00")]),
    ("orders", [order("13:16", status="cancelled")], []),
    ("orders", [order("13:21", refunded_total=5)], [("o1", "p1", "c2", "15.00")]),
    ("orders", [order("13:26", "p2")], [("o1", "p2", "p2s", "20.00")]),
    # with it, the orders so far are no longer new
    ("conversation_log", [says("else", "13:30", "p9")], [("o1", "p2", "p2s", "20.00")]),
    # a version that comes late is not the latest
    ("orders", [order("13:00")], [("o1", "p2", "p2s", "20.00")]),
    (
        "profiles",
        [{"profile_id": "p2", "updated_at": f"{DAY}T12:00:00Z", "merged_into": "p1"}],
        [("o1", "p1", "p2s", "20.00")],
    ),
)


ENDS = {f"s{end:02}": end for end in range(1, len(COURSE))}
"""A source -> the step that it ends at. The last two steps come alone, so that three builds do for all."""


def reached(build: int) -> Mapping[str, int]:
    """The step of its course that each source is at after a build, if it has begun."""
    return {source: end - LEFT[build] for source, end in ENDS.items() if end >= LEFT[build]}


def steps(build: int) -> dict[str, bytes]:
    """The steps of all courses until there."""
    return {
        f"{source}/{feed}/{step:02}.jsonl": lines(*records)
        for source, last in reached(build).items()
        for step, (feed, records, _) in enumerate(COURSE[: last + 1])
    }


class Seen(NamedTuple):
    """What a build left.

    Attributes:
        attributed: (order_id, profile_id, conversation_id, revenue) by source.
        outcomes: of the conversations of `clock`.
        whose: the profile of the event and of the conversation of `merged`.
        touched: the conversations that touched the order of `left`.
        failed: the conversations that touched the orders of `failed`, and the tags of its conversations.
    """

    attributed: Mapping[str, Sequence[tuple[Any, ...]]]
    outcomes: Sequence[str]
    whose: Sequence[str]
    touched: Sequence[Sequence[str]]
    failed: Mapping[str, Sequence[str]]


def seen_in(pipeline: Pipeline) -> Seen:
    attributed: dict[str, list[tuple[Any, ...]]] = {}
    for row in pipeline.query(ATTRIBUTED):
        attributed.setdefault(row.pop("source"), []).append(tuple(row.values()))
    outcomes, whose = pipeline.query(OUTCOMES), pipeline.query(WHOSE)
    touched = [row["touched_conversations"] for row in pipeline.query(TOUCHED)]
    failed = {row["key"]: row["found"] for row in pipeline.query(FAILED)}
    return Seen(attributed, [row["outcome"] for row in outcomes], [row["profile_id"] for row in whose], touched, failed)


def builds() -> Iterator[tuple[dict[str, bytes], datetime, Sequence[str]]]:
    """What lands before each build, its as_of, and the models before which it dies."""
    day, second, next_day = (datetime(2026, 6, at, 10, 0, late, tzinfo=UTC) for at, late in ((11, 0), (11, 1), (12, 0)))
    clock = {"clock/conversation_log/all.jsonl": lines(says("c1", "10:00", "p1"), says("c2", "12:00", "p1"))}
    left = {
        "left/orders/all.jsonl": lines(order("12:00")),
        "left/conversation_log/both.jsonl": lines(says("c1", "10:00", "p1"), says("c2", "11:00", "p1")),
    }
    yield steps(0) | clock | left, day, ()
    yield steps(1) | {"left/conversation_log/other.jsonl": lines(says("c1", "12:30", "p2", "r2"))}, second, ()
    yield {}, day, ()
    before = {
        "failed/conversation_log/both.jsonl": lines(says("c1", "10:00", "p1"), says("c2", "11:00", "p1")),
        "failed/orders/first.jsonl": lines(order("12:00"), order("12:00", order_id="o2")),
    }
    yield steps(3) | before | {"merged/conversation_log/first.jsonl": lines(says("c1", "10:00", "p1"))}, next_day, ()
    merged = {"profile_id": "p1", "updated_at": f"{DAY}T12:00:00Z", "merged_into": "p2"}
    alone = {"profile_id": "p1", "updated_at": f"{DAY}T13:00:00Z"}
    late = {
        "failed/conversation_log/tagged.jsonl": lines({**says("c1", "10:30", "p1", "r2"), "tags": ["late"]}),
        "failed/orders/second.jsonl": lines(order("13:00", status="cancelled"), order("12:00", order_id="o3")),
    }
    # two models fail, and what is made of them is skipped
    failing = ("conversation_tags+", "int_touched_conversations+")
    yield late | {"merged/profiles/merged.jsonl": lines(merged)}, next_day, failing
    # nor does the next one get there
    died = ("int_events", "int_conversation_build_log")
    yield {"merged/orders/first.jsonl": lines(order("12:00"))}, next_day, died
    yield {"merged/profiles/alone.jsonl": lines(alone)}, next_day, ()


@pytest.fixture(scope="module")
def seen(project: ProjectCopy, tmp_path_factory: pytest.TempPathFactory) -> Sequence[Seen]:
    """What each build left."""
    pipeline, found = Pipeline(tmp_path_factory.mktemp("touches"), project, MARTS), []
    for files, as_of, without in builds():
        pipeline.deliver(files, INGESTED_AT)
        pipeline.build(as_of, without=without)
        found.append(seen_in(pipeline))
    return found


@pytest.mark.parametrize("build", LEFT)
def test_an_order_changes_hands_whatever_comes_late(seen: Sequence[Seen], build: int) -> None:
    """An order stays with the conversation that had it first, or with a former state of its shopper or itself."""
    assert {source: seen[build].attributed.get(source, []) for source in reached(build)} == {
        source: list(COURSE[last][2]) for source, last in reached(build).items()
    }


def test_a_conversation_that_becomes_another_s_touches_the_order_no_more(seen: Sequence[Seen]) -> None:
    """An order whose last touch stays as it was keeps the earlier one of a conversation that is now another person's."""
    assert [one.touched for one in seen[:2]] == [[["c1", "c2"]], [["c2"]]]


def test_the_clock_alone_ends_a_conversation(seen: Sequence[Seen]) -> None:
    """A conversation that nobody writes to stays open for ever, or abandoned in a run at an earlier instant."""
    assert [one.outcomes for one in seen[:4]] == [
        ["open", "open"], ["abandoned", "open"], ["open", "open"], ["abandoned", "abandoned"]
    ]  # fmt: skip


def test_a_model_that_failed_leaves_nothing_behind(seen: Sequence[Seen]) -> None:
    """A cancelled order that conversations still touch, which stops every later run; a new one and a tag that stay out."""
    assert seen[3].failed == {"o1": ["c1", "c2"], "o2": ["c1", "c2"]}
    assert seen[6].failed == {"o1": [], "o2": ["c1", "c2"], "o3": ["c1", "c2"], "c1": ["late"]}


def test_a_merge_that_comes_and_goes_leaves_nothing_behind(seen: Sequence[Seen]) -> None:
    """A run that died with its events made for a profile, the next one finding the profile of before, and keeping them."""
    assert [seen[number].whose for number in (3, 4, 6)] == [["p1", "p1"], ["p2", "p2"], ["p1", "p1"]]
    assert seen[6].attributed["merged"] == [("o1", "p1", "c1", "20.00")]
