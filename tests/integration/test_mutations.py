"""The comparison with the reference notices planted mistakes: what it calls equal is equal for a reason."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.reference import Delivery
from tests.support.against_reference import expected_tables
from tests.support.campaign import Course, drawn, run
from tests.support.drawn_scenarios import (
    any_scenario,
    log_scenario,
    mart_scenario,
    people_scenario,
    shop_scenario,
    transcript_scenario,
)
from tests.support.mutations import MUTATIONS
from tests.support.pipeline import Pipeline, Replay
from tests.support.project import SEEDS_DIR, ProjectCopy, copy_project
from tests.support.scenarios import NOW, Scenario, delivered, named, seed_rows

AS_OF = (NOW - timedelta(hours=2), NOW, NOW - timedelta(hours=1))


@dataclass
class Campaign:
    """Scenarios that were taken in once, and the reference's tables, for many projects to be compared with."""

    scenarios: dict[str, Scenario]
    taken_in: Pipeline
    expectations: dict[tuple[int, datetime, int], dict[str, list[dict[str, Any]]]] = field(default_factory=dict)

    def expected(
        self, deliveries: Sequence[Delivery], seeds: Path, as_of: datetime, runs: Sequence[tuple[int, datetime]]
    ) -> dict[str, list[dict[str, Any]]]:
        """The reference's tables, computed once."""
        key = (len(deliveries), as_of, len(runs))
        if key not in self.expectations:
            self.expectations[key] = expected_tables(deliveries, seeds, as_of, runs)
        return self.expectations[key]


def scenarios() -> list[Scenario]:
    """Scenarios of two deliveries at most, enough of them for every rule to matter somewhere."""
    found = [
        *drawn(shop_scenario, 130),
        *drawn(log_scenario, 90),
        *drawn(people_scenario, 60),
        *drawn(mart_scenario, 50),
        *drawn(transcript_scenario, 40),
        *drawn(any_scenario, 30),
    ]
    return [
        replace(
            one,
            lines=tuple(replace(line, step=min(line.step, 1)) for line in one.lines),
            others=tuple((min(step, 1), f"{step}/{path}", content) for step, path, content in one.others),
        )
        for one in found
    ]


@pytest.fixture(scope="module", name="campaign")
def campaign_fixture(project: ProjectCopy, tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """The scenarios, taken in."""
    many = named(scenarios())
    taken_in = Pipeline(tmp_path_factory.mktemp("taken_in"), project)
    for ingested_at, files in delivered(many):
        taken_in.deliver(files, ingested_at)
    return Campaign(many, taken_in)


@pytest.mark.soak
def test_the_project_as_it_is_equals_the_reference(campaign: Campaign, project: ProjectCopy, tmp_path: Path) -> None:
    """The mistakes below would be noticed for another reason than their own."""
    assert not run(campaign.scenarios, Replay(tmp_path, project, campaign.taken_in), Course(AS_OF), campaign.expected)


def test_every_mistake_can_still_be_planted() -> None:
    """A model is rewritten, and the campaign finds out months later that its mistakes went with the old text."""
    assert [name for name, edit in MUTATIONS.items() if not edit.applies_to(SEEDS_DIR.parent)] == []


@pytest.mark.soak
@pytest.mark.parametrize("mistake", MUTATIONS)
def test_a_planted_mistake_is_noticed(mistake: str, campaign: Campaign, tmp_path: Path) -> None:
    """A mistake of this kind could slip in unseen."""
    project = copy_project(tmp_path / "project", seed_rows(len(campaign.scenarios)), [MUTATIONS[mistake]])
    pipeline = Replay(tmp_path / "run", project, campaign.taken_in)
    assert run(campaign.scenarios, pipeline, Course(AS_OF), campaign.expected)
