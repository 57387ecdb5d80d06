"""What a run makes anew of the marts that it adds to: orders change hands, and the clock ends conversations.

Worked out by hand from spec §4.5; each build adds to what the one before it left.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.pipeline import Pipeline
from tests.support.project import ProjectCopy

MARTS = ("attributed_orders", "conversations", "conversation_started", "int_events", "int_conversation_build_log")
DAY = "2026-06-10"
INGESTED_AT = datetime(2026, 6, 10, 14, tzinfo=UTC)
ATTRIBUTED = "select order_id, profile_id, conversation_id, revenue::varchar from performance.attributed_orders"


def says(conversation_id: str, at: str, profile_id: str, record_id: str = "r1") -> dict[str, Any]:
    """A customer's message, at this time of the day."""
    record = {"record_id": record_id, "conversation_id": conversation_id, "occurred_at": f"{DAY}T{at}:00Z"}
    return {**record, "record_type": "message", "actor": "customer", "profile": {"profile_id": profile_id}}


def order(updated_at: str, profile_id: str = "p1", **fields: Any) -> dict[str, Any]:
    """The order that is placed at noon, in its version of this time of the day."""
    version = {"order_id": "o1", "placed_at": f"{DAY}T12:00:00Z", "updated_at": f"{DAY}T{updated_at}:00Z", "total": 20}
    return {**version, "profile": {"profile_id": profile_id}, **fields}


def built(pipeline: Pipeline, feed: str, *records: Mapping[str, Any], as_of: datetime = INGESTED_AT) -> None:
    """Deliver these records, and add them to the warehouse."""
    path = f"acme/{feed}/{pipeline.runs}.jsonl"
    pipeline.deliver({path: "\n".join(map(json.dumps, records)).encode()}, INGESTED_AT)
    pipeline.build(as_of)


def attributed(pipeline: Pipeline, source: str = "acme") -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in pipeline.query(f"{ATTRIBUTED} where source = '{source}'")]


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


def test_an_order_changes_hands_whatever_comes_late(project: ProjectCopy, tmp_path: Path) -> None:
    """An order stays with the conversation that had it first, or with a former state of its shopper or itself.

    Each source ends at another step of the course. Its last two steps come alone, so that three builds do for all.
    """
    pipeline = Pipeline(tmp_path, project, MARTS)
    ends = {f"s{end:02}": end for end in range(1, len(COURSE))}
    for left in (2, 1, 0):
        reached = {source: end - left for source, end in ends.items() if end >= left}
        files = {
            f"{source}/{feed}/{step:02}.jsonl": "\n".join(map(json.dumps, records)).encode()
            for source, last in reached.items()
            for step, (feed, records, _) in enumerate(COURSE[: last + 1])
        }
        pipeline.deliver(files, INGESTED_AT)
        pipeline.build(INGESTED_AT)
        assert {source: attributed(pipeline, source) for source in reached} == {
            source: list(COURSE[last][2]) for source, last in reached.items()
        }


def test_the_clock_alone_ends_a_conversation(project: ProjectCopy, tmp_path: Path) -> None:
    """A conversation that nobody writes to stays open for ever, or abandoned in a run at an earlier instant."""
    pipeline = Pipeline(tmp_path, project, MARTS)
    outcomes = "select outcome from performance.conversations order by conversation_id"
    seen = []
    for day, second in ((11, 0), (11, 1), (11, 0), (12, 0)):
        as_of = datetime(2026, 6, day, 10, 0, second, tzinfo=UTC)
        built(pipeline, "conversation_log", says("c1", "10:00", "p1"), says("c2", "12:00", "p1"), as_of=as_of)
        seen.append([row["outcome"] for row in pipeline.query(outcomes)])
    assert seen == [["open", "open"], ["abandoned", "open"], ["open", "open"], ["abandoned", "abandoned"]]


def test_a_merge_that_comes_and_goes_leaves_nothing_behind(project: ProjectCopy, tmp_path: Path) -> None:
    """A run that died with its events made for a profile, the next one finding the profile of before, and keeping them."""
    pipeline = Pipeline(tmp_path, project, MARTS)
    whose = (
        "select profile_id from events.conversation_started union all select profile_id from performance.conversations"
    )
    merged = {"profile_id": "p1", "updated_at": f"{DAY}T12:00:00Z", "merged_into": "p2"}
    alone = {"profile_id": "p1", "updated_at": f"{DAY}T13:00:00Z"}
    built(pipeline, "conversation_log", says("c1", "10:00", "p1"))
    pipeline.deliver({"acme/profiles/merged.jsonl": json.dumps(merged).encode()}, INGESTED_AT)
    pipeline.build(INGESTED_AT, without=("int_conversation_build_log",))
    assert [row["profile_id"] for row in pipeline.query(whose)] == ["p2", "p2"]
    pipeline.deliver({"acme/orders/first.jsonl": json.dumps(order("12:00")).encode()}, INGESTED_AT)
    pipeline.build(INGESTED_AT, without=("int_events", "int_conversation_build_log"))  # nor does the next one get there
    built(pipeline, "profiles", alone)
    assert [row["profile_id"] for row in pipeline.query(whose)] == ["p1", "p1"]
    assert attributed(pipeline) == [("o1", "p1", "c1", "20.00")]
