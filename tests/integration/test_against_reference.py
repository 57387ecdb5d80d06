"""The warehouse equals the independent reference, table by table, on random logs.

A scenario is one account; a run holds many. What fails is shown in its smallest form.
"""

import os
from datetime import timedelta
from random import Random

import pytest

from tests.support.campaign import Course, check, drawn
from tests.support.drawn_scenarios import (
    any_scenario,
    log_scenario,
    mart_scenario,
    people_scenario,
    shop_scenario,
    transcript_scenario,
)
from tests.support.project import ProjectCopy
from tests.support.scenarios import NOW

HOUR = timedelta(hours=1)
MICROSECOND = timedelta(microseconds=1)
DAY = 24 * HOUR

soak, sliced = pytest.mark.soak, pytest.mark.sliced
WHOLE = "CAW_SOAK" in os.environ
AT_ONCE = 60  # scenarios
STEPWISE = (40, 20) if WHOLE else (20, 12)  # of any kind, of shops
MOST_STEPS = 9 if WHOLE else 3  # deliveries of a scenario; what comes later comes with the last of them
INSTANTS = (NOW - 2 * DAY, NOW - DAY, NOW - DAY, NOW, NOW - MICROSECOND, NOW + 2 * HOUR, NOW + 7 * DAY)
ROUNDS = int(os.environ.get("CAW_SOAK_ROUNDS", "4"))


@soak
def test_a_whole_load_equals_the_reference(project: ProjectCopy) -> None:
    """A rule of reading, of events or of marts is wrong: something differs when all is built at once.

    A slice: the full refresh at the end of the next one.
    """
    check(drawn(any_scenario, AT_ONCE), project, Course((NOW,), whole=True))


@sliced
def test_step_by_step_equals_the_reference_and_so_does_a_full_refresh(project: ProjectCopy) -> None:
    """A batch does not rebuild all it touches, or --full-refresh is not what the steps led to.

    And the clock moves: a window's edge is right, members enter and leave with the run that saw it, whatever lands late,
    and a run in the past changes nothing.
    """
    instants = INSTANTS if WHOLE else (NOW - DAY, NOW, NOW - MICROSECOND, NOW + 7 * DAY)
    scenarios = [*drawn(any_scenario, STEPWISE[0]), *drawn(shop_scenario, STEPWISE[1])]
    check([one.in_steps(MOST_STEPS) for one in scenarios], project, Course(instants, full_refresh=True))


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=soak) for seed in range(ROUNDS)])
@pytest.mark.parametrize("draw", [log_scenario, people_scenario, mart_scenario, shop_scenario, transcript_scenario])
def test_long_campaign(project: ProjectCopy, draw: object, seed: int) -> None:
    """More of all the above, with other scenarios and other courses each round."""
    rng = Random(seed)
    offsets = [
        rng.choice((0, 0, 1, -1)) * MICROSECOND + rng.choice((-72, -24, -2, 0, 0, 2, 24, 168)) * HOUR for _ in range(6)
    ]
    course = Course([NOW + offset for offset in offsets], whole=rng.random() < 0.3, full_refresh=rng.random() < 0.5)
    check(drawn(draw, 200, seed), project, course)  # type: ignore[arg-type]
