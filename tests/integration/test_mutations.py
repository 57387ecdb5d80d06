"""The comparison with the reference notices planted mistakes: what it calls equal is equal for a reason."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.campaign import Course, drawn, run
from tests.support.drawn_scenarios import any_scenario, log_scenario, shop_scenario
from tests.support.mutations import MUTATIONS
from tests.support.project import copy_project
from tests.support.scenarios import NOW, Scenario, named, seed_rows

AS_OF = (NOW - timedelta(hours=2), NOW, NOW - timedelta(hours=1))
IN_EVERY_RUN = ("records are not ordered by the length of record_id", "a changed profile rebuilds nothing")


def scenarios() -> list[Scenario]:
    """Scenarios of two deliveries at most, enough of them for every rule to matter somewhere."""
    found = [*drawn(shop_scenario, 180), *drawn(log_scenario, 160), *drawn(any_scenario, 60)]
    return [
        replace(
            one,
            lines=tuple(replace(line, step=min(line.step, 1)) for line in one.lines),
            others=tuple((min(step, 1), f"{step}/{path}", content) for step, path, content in one.others),
        )
        for one in found
    ]


@pytest.fixture(scope="module", name="many")
def many_fixture() -> dict[str, Scenario]:
    """The scenarios under their sources."""
    return named(scenarios())


@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param(
            name,
            marks=()
            if name in IN_EVERY_RUN
            else (pytest.mark.soak, pytest.mark.skipif("CAW_SOAK" not in os.environ, reason="a long campaign: make soak")),
        )
        for name in MUTATIONS
    ],
)
def test_a_planted_mistake_is_noticed(mistake: str, many: dict[str, Scenario], tmp_path: Path) -> None:
    """A mistake of this kind could slip in unseen."""
    project = copy_project(tmp_path / "project", seed_rows(len(many)), [MUTATIONS[mistake]])
    assert run(many, project, Course(AS_OF), tmp_path / "run")
