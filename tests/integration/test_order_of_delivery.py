"""The same records give the same events, whatever the order, the batches, the files and the repetitions."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from tests.reference.jsontext import parse_json
from tests.reference.values import BadValue, read_instant
from tests.support.campaign import AFTER_ALL, drawn
from tests.support.comparison import differences
from tests.support.drawn_scenarios import log_scenario, shop_scenario
from tests.support.pipeline import Pipeline
from tests.support.project import ProjectCopy
from tests.support.scenarios import NOW, Line, Scenario, delivered, named

TABLES = (
    "events.conversation_started",
    "events.conversation_resolved",
    "events.conversation_escalated",
    "events.product_recommendation_received",
    "performance.conversations",
)
REMEMBERED = ("intermediate.int_conversation_build_log",)  # what the next run asks of the one before it
KEYS = {"conversation_log": ("conversation_id", "record_id"), "profiles": ("profile_id", "updated_at")}
FEEDS = ("conversation_log", "profiles")
WHOLE = "CAW_SOAK" in os.environ
STEPS = 6 if WHOLE else 3
SCENARIOS = (40, 30) if WHOLE else (24, 18)  # of logs, of shops
LATE = timedelta(weeks=2)  # from one delivery to the next
ANOTHER_FILE = 10  # added to a file's number where the same lines land under another name
LONG_AFTER = timedelta(days=3)  # no instant is then too far ahead of one delivery and not of another
FREE = ("event_id", "ingested_at", "source")  # the account's name is part of an event's id


def may_be_too_far_ahead(members: Mapping[str, str]) -> bool:
    """Whether an instant lies over 24 h after the first ingestion, so that only a later delivery is accepted.

    What is no instant is bad whenever it comes; a text, which may be a local time, is given the widest zone's doubt.
    """
    for name in ("occurred_at", "updated_at"):
        text = members.get(name, "null")
        try:
            instant = read_instant(parse_json(text), ZoneInfo("UTC"), latest=None)
        except BadValue:
            continue
        doubt = timedelta(hours=14) if text.startswith('"') else timedelta(0)
        if instant > NOW + timedelta(hours=24) - doubt:  # which is no instant beyond the calendar
            return True
    return False


def written_id(members: Mapping[str, str], name: str) -> str:
    """An id as it is kept: `1`, `1.0` and `"1"` are one."""
    text = members.get(name, "")
    return text.strip('"') if text.startswith('"') else text.removesuffix(".0")


def distinct(scenario: Scenario) -> Scenario:
    """The scenario without what spec §3.11 leaves to the order: conflicts and equal versions."""
    seen: set[tuple[str, ...]] = set()
    kept: list[Line] = []
    for line in scenario.lines:
        members = dict(line.members)
        if line.feed not in FEEDS or len(members) < len(line.members) or may_be_too_far_ahead(members):
            continue
        # versions tie by instant, however it is written: one version of a profile is kept
        names = KEYS[line.feed][: 1 if line.feed == "profiles" else 2]
        key = (line.feed, *(written_id(members, name) for name in names))
        if key not in seen:
            seen.add(key)
            kept.append(line)
    return replace(scenario, lines=tuple(kept), others=())


def dealt_again(scenario: Scenario, rng: Random) -> Scenario:
    """The same lines in another order, other steps and files; some lines come twice, and so do whole files.

    The format stays: a CSV cell has no types, so that the integer `-0` would be another id there.
    """
    lines = [*scenario.lines, *(line for line in scenario.lines if rng.random() < 0.3)]
    rng.shuffle(lines)
    steps = 1 + rng.randrange(STEPS)
    dealt = [replace(line, step=rng.randrange(steps), file=rng.randrange(4)) for line in lines]
    file, again = rng.randrange(4), rng.randrange(steps)
    dealt += [replace(line, step=again, file=file + ANOTHER_FILE) for line in dealt if line.file == file]
    return replace(scenario, lines=tuple(dealt), style=rng.randrange(8), grows=rng.random() < 0.5)


def events_of(scenarios: Sequence[Scenario], pipeline: Pipeline) -> list[dict[str, list[dict[str, object]]]]:
    """Each scenario's tables, without what may differ."""
    tables = pipeline.tables(TABLES)
    return [
        {table: [{**row, "source": ""} for row in rows if row["source"] == source] for table, rows in tables.items()}
        for source in named(scenarios)
    ]


@pytest.mark.sliced
def test_events_do_not_depend_on_how_records_are_delivered(project: ProjectCopy, tmp_path: Path) -> None:
    """Late, split, shuffled or repeated delivery leaves other events than delivery at once, or than a full refresh."""
    rng = Random(0)
    originals = [distinct(one) for one in [*drawn(log_scenario, SCENARIOS[0]), *drawn(shop_scenario, SCENARIOS[1])]]
    originals = [replace(one.in_steps(1), formats={}, style=0, grows=False) for one in originals]
    variants = [dealt_again(original, rng) for original in originals]
    pipeline = Pipeline(tmp_path, project, [name.partition(".")[2] for name in (*TABLES, *REMEMBERED)])
    for step, (ingested_at, files) in enumerate(delivered(named([*originals, *variants]))):
        pipeline.deliver(files, ingested_at + LONG_AFTER + step * LATE)
        pipeline.build(AFTER_ALL)
    assert pipeline.runs == STEPS
    expect_equal_events(originals, variants, pipeline)
    pipeline.build(AFTER_ALL, full_refresh=True)
    expect_equal_events(originals, variants, pipeline)


def expect_equal_events(originals: Sequence[Scenario], variants: Sequence[Scenario], pipeline: Pipeline) -> None:
    """Each variant, which is dealt otherwise, has the tables of its original."""
    tables = events_of([*originals, *variants], pipeline)
    for number, original in enumerate(originals):
        found = differences(tables[len(originals) + number], tables[number], ignoring=FREE)
        assert not found, "\n".join([*map(str, found), *(str(line.text) for line in original.lines)])
