"""Cases: a CSV that is still being written (spec §1.6: the unterminated last row
gives way to the later version of the file that continues it). The case c17 is of this kind.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from tests.support.case_runs import JANUARY, Files, ThreeRuns, by, gates, ledger, message, of, recommended, refused
from tests.support.forgetting import ForgettingPipeline, lines

LOG = "record_id,conversation_id,occurred_at,record_type,actor,channel,text\n"
SAID = "1,{0},2026-06-30T08:00:05Z,message,agent,sms,Hello\n2,{0},2026-06-30T08:00:09Z,message,customer,sms,"
ORDERS = "placed_at,total,order_id\n"
PEOPLE = f"updated_at,profile_id,email\n{JANUARY},p1,first@p.example\n"

# path below the source -> the file at each of three looks; None: it is as it was
FILES: dict[str, tuple[str, str | None, str | None]] = {
    "conversation_log/half.csv": (LOG + SAID.format("half") + "Do you ha", LOG + SAID.format("half") + "Do you have it?\n", None),
    "conversation_log/twice.csv": (
        LOG + SAID.format("twice") + "Is i", LOG + SAID.format("twice") + "Is it blu",
        LOG + SAID.format("twice") + "Is it blue?\n3,twice,2026-06-30T08:01:00Z,message,agent,sms,Yes\n"),
    "conversation_log/complete.csv": (
        LOG + SAID.format("complete") + "All of it", LOG + SAID.format("complete") + "All of it\n", None),
    "conversation_log/windows.csv": (
        (LOG + SAID.format("windows")).replace("\n", "\r\n") + "So fa", (LOG + SAID.format("windows")).replace("\n", "\r\n") + "So far\r\n", None),
    # it ended with its row, or is another file: the first delivered holds (spec §2.0.5)
    "conversation_log/ended.csv": (LOG + SAID.format("ended") + "First\n", LOG + SAID.format("ended") + "First\n" + SAID.format("ended").splitlines()[1] + "Other\n", None),
    "conversation_log/another.csv": (LOG + SAID.format("another") + "Fir", LOG.replace("text", "text ") + SAID.format("another") + "First\n", None),
    # a row that was cut is another row, and stays one unless it gives way
    "orders/cut_id.csv": (ORDERS + "2026-06-30T08:00:00Z,12,o1", ORDERS + "2026-06-30T08:00:00Z,12,o10\n", None),
    "orders/cut_total.csv": ("order_id,placed_at,total\no2,2026-06-30T08:00:00Z,12", "order_id,placed_at,total\no2,2026-06-30T08:00:00Z,120.50\n", None),
    "orders/cut_head.csv": ("order_id,plac", "order_id,placed_at\no3,2026-06-30T08:00:00Z\n", None),
    "orders/cut_instant.csv": ("order_id,placed_at\no4,2026-06-30T08", "order_id,placed_at\no4,2026-06-30T08:00:00Z\n", None),
    "orders/never.csv": (ORDERS + "2026-06-30T08:00:00Z,12,o5", None, None),
    "profiles/p.csv": (PEOPLE + f"{JANUARY},p2,tia@p.exam", PEOPLE + f"{JANUARY},p2,tia@p.example\n", None),
    "consents/c.csv": ("profile_id,channel,occurred_at,status\np1,email,2026-01-01T00:00:00Z,subs", "profile_id,channel,occurred_at,status\np1,email,2026-01-01T00:00:00Z,subscribed\n", None),
    "suppressions/s.csv": ("profile_id,action,occurred_at,channel\np1,suppress,2026-01-01T00:00:00Z,s", "profile_id,action,occurred_at,channel\np1,suppress,2026-01-01T00:00:00Z,sms\n", None),
}  # fmt: skip


def deliveries() -> Sequence[Files]:
    """Three looks at files that grow."""
    log = lines(message("of a cut address", profile={"email": "tia@p.exam"}), recommended("to p1", "p1"))
    jsonl = lines(message("lines", "1"))
    looks: list[dict[str, Any]] = [
        {path: look[number] for path, look in FILES.items() if look[number] is not None} for number in range(3)
    ]
    looks[0] |= {"conversation_log/l.jsonl": log, "conversation_log/grow.jsonl": jsonl + b'{"record_id": "2", "conv'}
    looks[1] |= {"conversation_log/grow.jsonl": jsonl + lines(message("lines", "2"))}
    return [of("grow", look) for look in looks]


@pytest.fixture
def grown(three_runs: ThreeRuns) -> ForgettingPipeline:
    """After the third look."""
    return three_runs.pipeline


def test_the_half_row_of_a_log_gives_way(grown: ForgettingPipeline) -> None:
    """The half of a message is kept for ever, and the whole one is a conflicting duplicate."""
    found = by(grown, "grow", "events.conversation_started", "conversation_id", "first_message")
    assert {name: found[name] for name in ("half", "twice", "complete", "windows")} == {
        "half": "Do you have it?", "twice": "Is it blue?", "complete": "All of it", "windows": "So far",
    }  # fmt: skip
    counts = by(grown, "grow", "performance.conversations", "conversation_id", "customer_messages", "agent_messages")
    assert counts["twice"] == (1, 2)
    assert counts["lines"] == (2, 0)


def test_a_row_that_ended_and_another_file_s_row_hold(grown: ForgettingPipeline) -> None:
    """A file that was rewritten changes what was delivered first."""
    found = by(grown, "grow", "events.conversation_started", "conversation_id", "first_message")
    assert (found["ended"], found["another"]) == ("First", "Fir")
    assert refused(grown, "grow") == {
        ("conversation_log/ended.csv", 3): ("conflicting_duplicate", ""),
        ("conversation_log/another.csv", 2): ("conflicting_duplicate", ""),
        ("conversation_log/grow.jsonl", 2): ("not_json", ""),
        ("orders/cut_instant.csv", 1): ("bad_value", "placed_at"),
    }  # fmt: skip


def test_what_a_half_row_said_changes_nothing_any_more(grown: ForgettingPipeline) -> None:
    """An order, a profile's address, a consent or a suppression that nobody delivered stays."""
    orders = by(grown, "grow", "intermediate.int_orders", "order_id", "total")
    assert orders == {
        "o10": Decimal(12),
        "o2": Decimal("120.50"),
        "o3": Decimal(0),
        "o4": Decimal(0),
        "o5": Decimal(12),
    }
    people = by(grown, "grow", "performance.conversations", "conversation_id", "profile_id")
    assert people["of a cut address"] is None
    assert gates(grown, "grow") == {"p1": []}


def test_a_row_that_gave_way_stays_counted_where_it_came(grown: ForgettingPipeline) -> None:
    """The ledger's sums are those of the versions as they were (spec §2.1.5)."""
    found = grown.query(
        "select file_path, status, lines::int as lines, accepted::int as accepted, duplicates::int as duplicates, rejected::int as rejected from health.ingestion_ledger where source = 'grow' and feed in ('orders', 'conversation_log') order by batch_id"
    )
    versions: dict[str, list[tuple[Any, ...]]] = {}
    for row in found:
        versions.setdefault(row.pop("file_path").removeprefix("grow/"), []).append(tuple(row.values()))
    assert versions["conversation_log/half.csv"] == [("loaded", 2, 2, 0, 0), ("loaded", 2, 1, 1, 0)]
    assert versions["conversation_log/twice.csv"] == [
        ("loaded", 2, 2, 0, 0),
        ("loaded", 2, 1, 1, 0),
        ("loaded", 3, 2, 1, 0),
    ]
    assert versions["orders/cut_id.csv"] == [("loaded", 1, 1, 0, 0), ("loaded", 1, 1, 0, 0)]
    assert versions["orders/cut_instant.csv"] == [("loaded", 1, 0, 0, 1), ("loaded", 1, 1, 0, 0)]
    assert [row[0] for row in versions["orders/cut_head.csv"]] == ["failed", "loaded"]
    assert ledger(grown, "grow")["orders/never.csv"] == ("loaded", 1, 1, 0)
