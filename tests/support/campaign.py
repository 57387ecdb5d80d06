"""Runs many scenarios at once, compares them with the reference, and makes what fails small enough to read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from tests.reference import Delivery
from tests.support.against_reference import actual_tables, compared, expected_tables
from tests.support.comparison import Difference
from tests.support.pipeline import Pipeline
from tests.support.project import ProjectCopy
from tests.support.scenarios import NOW, Scenario, delivered, named

MOST_SCENARIOS = 400  # rows that a project's seeds have for sources with a zone
SHRINKING_ROUNDS = 25

Reference = Callable[
    [Sequence[Delivery], Path, datetime, Sequence[tuple[int, datetime]]], dict[str, list[dict[str, Any]]]
]
"""What says how the tables should be: `expected_tables`, or one that remembers."""

AFTER_ALL = NOW + timedelta(hours=30)


@dataclass(frozen=True)
class Course:
    """How deliveries are built.

    Attributes:
        as_of: the instant of each build; the last one is repeated if there are more deliveries, and if there are fewer,
            the rest are builds without a delivery.
        whole: all is taken in before the first build.
        full_refresh: a last build, at the last as_of, with --full-refresh.
    """

    as_of: Sequence[datetime] = (AFTER_ALL,)
    whole: bool = False
    full_refresh: bool = False

    def builds(self, deliveries: int) -> list[tuple[int, datetime, bool]]:
        """(deliveries taken in before it, as_of, whether with --full-refresh) of every build."""
        last = self.as_of[-1]
        counts = [deliveries] if self.whole else list(range(1, deliveries + 1))
        counts += [deliveries] * (len(self.as_of) - len(counts))
        instants = [*self.as_of, *[last] * (len(counts) - len(self.as_of))]
        builds = [(count, instant, False) for count, instant in zip(counts, instants, strict=True)]
        return [*builds, *([(deliveries, last, True)] if self.full_refresh else [])]


def drawn(draw: Callable[[Random], Scenario], count: int, seed: int | None = None) -> list[Scenario]:
    """Scenarios that Hypothesis draws; the same ones each time unless a seed is given."""
    found: list[Scenario] = []
    configured = settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=seed is None,
        suppress_health_check=list(HealthCheck),
    )

    @configured
    @given(st.randoms(use_true_random=False))
    def collect(rng: Random) -> None:
        found.append(draw(rng))

    (collect if seed is None else seeded(seed)(collect))()
    return found[:count]


def run(
    scenarios: Mapping[str, Scenario], pipeline: Pipeline, course: Course, expected: Reference = expected_tables
) -> list[Difference]:
    """Deliver and build all scenarios, comparing with the reference after every build until something differs."""
    waiting = list(delivered(scenarios))
    deliveries: list[Delivery] = []
    runs: list[tuple[int, datetime]] = []
    for count, as_of, full_refresh in course.builds(len(waiting)):
        while len(deliveries) < count:
            ingested_at, files = waiting[len(deliveries)]
            batch_id = pipeline.deliver(files, ingested_at) or f"{len(deliveries)} brought nothing new"
            deliveries.append(Delivery(batch_id, ingested_at, files))
        pipeline.build(as_of, full_refresh)
        reference = expected(deliveries, pipeline.project.seeds, as_of, runs)
        found = compared(actual_tables(pipeline, reference), reference, as_of)
        if found:
            return found
        runs.append((count, as_of))
    return []


def check(scenarios: Sequence[Scenario], project: ProjectCopy, course: Course) -> None:
    """Assert that nothing differs; else show the smallest scenario that still differs, and how."""
    with TemporaryDirectory() as folder:
        found = run(named(scenarios), Pipeline(Path(folder), project), course)
    if found:
        failing = {difference.source for difference in found}
        raise AssertionError(
            f"{len(failing)} of {len(scenarios)} scenarios differ.\n{explained(scenarios, project, course, found)}"
        )


def explained(scenarios: Sequence[Scenario], project: ProjectCopy, course: Course, found: Sequence[Difference]) -> str:
    """The smallest form of one failing scenario, what differs in it, and one example of each other table."""
    by_name = named(scenarios)
    firsts = {difference.table: difference for difference in reversed(found)}
    table = found[0].table
    candidates = [by_name[one.source] for one in found if one.table == table and one.source in by_name]
    texts = [str(one) for one in firsts.values()]
    if candidates:
        smallest, rest = shrunk(min(candidates, key=size), table, project, course)
        texts = [f"{shown(smallest)}\n\n" + "\n".join(str(one) for one in rest), "In the whole:", *texts]
    return "\n".join(texts)


def size(scenario: Scenario) -> int:
    """How much there is to read."""
    return sum(20 + len(line.text) for line in scenario.lines) + 50 * len(scenario.others) + 10 * scenario.steps


def shrunk(scenario: Scenario, table: str, project: ProjectCopy, course: Course) -> tuple[Scenario, list[Difference]]:
    """Make a scenario smaller while the table differs; all attempts of a round share one run."""
    rest: list[Difference] = []
    for _ in range(SHRINKING_ROUNDS):
        attempts = [scenario, *smaller(scenario)][:MOST_SCENARIOS]
        with TemporaryDirectory() as folder:
            found = run(named(attempts), Pipeline(Path(folder), project), course)
        failing = {one.source for one in found if one.table == table}
        left = [(attempt, source) for source, attempt in named(attempts).items() if source in failing]
        if not left:
            break
        best, source = min(left, key=lambda pair: size(pair[0]))
        rest = [one for one in found if one.source == source]
        if size(best) >= size(scenario):
            break
        scenario = best
    return scenario, rest


def smaller(scenario: Scenario) -> list[Scenario]:
    """Scenarios with parts left out: halves, quarters, single lines, single members, single steps."""
    lines, found = scenario.lines, []
    width = len(lines) // 2
    while width >= 1:
        found += [replace(scenario, lines=lines[:at] + lines[at + width :]) for at in range(0, len(lines), width)]
        width //= 2
    found += [
        replace(scenario, others=scenario.others[:at] + scenario.others[at + 1 :]) for at in range(len(scenario.others))
    ]
    if scenario.steps > 1:
        found.append(replace(scenario, lines=tuple(replace(line, step=0) for line in lines)))
        found.append(replace(scenario, lines=tuple(replace(line, step=min(line.step, 1)) for line in lines)))
        found.append(replace(scenario, lines=tuple(replace(line, step=max(line.step - 1, 0)) for line in lines)))
    if len(lines) <= 8:
        for at, line in enumerate(lines):
            without = (line.members[:place] + line.members[place + 1 :] for place in range(len(line.members)))
            found += [
                replace(scenario, lines=(*lines[:at], replace(line, members=members), *lines[at + 1 :]))
                for members in without
            ]
    return found


def shown(scenario: Scenario) -> str:
    """A scenario for reading."""
    lines = [
        f"step {one.step} file {one.file} {one.feed}: {one.text.decode('utf-8', 'backslashreplace')}"
        for one in scenario.lines
    ]
    lines += [f"step {step} {path}: {content!r}" for step, path, content in scenario.others]
    formats = ", ".join(f"{feed} as {form}" for feed, form in scenario.formats.items())
    return "\n".join(
        [f"zone {scenario.zone}, {formats or 'JSON Lines'}, style {scenario.style}, grows {scenario.grows}", *lines]
    )
