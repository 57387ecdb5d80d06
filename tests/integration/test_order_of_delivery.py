"""The same records give the same events, whatever the order, the batches, the files and the repetitions."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from tests.support.campaign import AFTER_ALL, drawn
from tests.support.comparison import differences
from tests.support.drawn_scenarios import FORMATS, log_scenario, shop_scenario
from tests.support.odd_values import ODD_INSTANTS
from tests.support.pipeline import Pipeline
from tests.support.project import ProjectCopy
from tests.support.scenarios import Line, Scenario, delivered, named

TABLES = (
    "events.conversation_started",
    "events.conversation_resolved",
    "events.conversation_escalated",
    "events.product_recommendation_received",
    "performance.conversations",
)
KEYS = {"conversation_log": ("conversation_id", "record_id"), "profiles": ("profile_id", "updated_at")}
FEEDS = ("conversation_log", "profiles")
STEPS = 4
FREE = ("event_id", "ingested_at", "source")  # the account's name is part of an event's id


def settled(scenario: Scenario) -> Scenario:
    """The scenario without what the contract leaves to the order: conflicts, equal versions, instants too far ahead."""
    seen: set[tuple[str, ...]] = set()
    kept: list[Line] = []
    for line in scenario.lines:
        members = dict(line.members)
        texts = [str(line.text, "utf-8", "replace")]
        if (
            line.feed not in FEEDS
            or len(members) < len(line.members)
            or any(odd in texts[0] for odd in ODD_INSTANTS[-30:])
        ):
            continue
        # `1` and `"1"` are one id; versions tie by instant, however it is written: one version of a profile is kept
        key = (
            line.feed,
            *(members.get(name, "").strip('"') for name in KEYS[line.feed][: 1 if line.feed == "profiles" else 2]),
        )
        if key not in seen:
            seen.add(key)
            kept.append(line)
    return replace(scenario, lines=tuple(kept), others=())


def dealt_again(scenario: Scenario, rng: Random) -> Scenario:
    """The same lines in another order, other steps and files, some of them twice."""
    lines = [*scenario.lines, *(line for line in scenario.lines if rng.random() < 0.3)]
    rng.shuffle(lines)
    steps = 1 + rng.randrange(STEPS)
    dealt = tuple(replace(line, step=rng.randrange(steps), file=rng.randrange(4)) for line in lines)
    formats = {feed: rng.choice(FORMATS) for feed in FEEDS}
    return replace(scenario, lines=dealt, formats=formats, style=rng.randrange(8), grows=rng.random() < 0.5)


def events_of(scenarios: Sequence[Scenario], pipeline: Pipeline) -> list[dict[str, list[dict[str, object]]]]:
    """Each scenario's tables, without what may differ."""
    tables = pipeline.tables(TABLES)
    return [
        {table: [{**row, "source": ""} for row in rows if row["source"] == source] for table, rows in tables.items()}
        for source in named(scenarios)
    ]


def test_events_do_not_depend_on_how_records_are_delivered(project: ProjectCopy, tmp_path: Path) -> None:
    """Late, split, shuffled or repeated delivery leaves other events than delivery at once."""
    rng = Random(0)
    originals = [settled(one) for one in [*drawn(log_scenario, 40), *drawn(shop_scenario, 30)]]
    originals = [replace(one.in_one_step(), formats={}, style=0, grows=False) for one in originals]
    variants = [dealt_again(original, rng) for original in originals]
    pipeline = Pipeline(tmp_path, project)
    for ingested_at, files in delivered(named([*originals, *variants])):
        pipeline.deliver(files, ingested_at)
        pipeline.build(AFTER_ALL)
    tables = events_of([*originals, *variants], pipeline)
    for number, original in enumerate(originals):
        found = differences(tables[len(originals) + number], tables[number], ignoring=FREE)
        assert not found, "\n".join([*map(str, found), *(str(line.text) for line in original.lines)])
