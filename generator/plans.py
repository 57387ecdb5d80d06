"""The courses that a conversation can take, as sequences of steps, and the time between the steps.

Courses are drawn once from fixed odds; each conversation then follows one of them.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from math import log

import numpy as np

from generator.draws import Floats, Ints, generator
from generator.instants import HOUR_MS, MINUTE_MS, SECOND_MS


class Step(IntEnum):
    """One record of a conversation: its record type and who acts."""

    CUSTOMER = 0
    AGENT = 1
    HUMAN = 2
    SKILL = 3
    RECOMMENDED = 4
    CLICKED = 5
    CARTED = 6
    TAGGED = 7
    RESOLVED = 8
    ESCALATED = 9
    CLOSED = 10
    SETTLED = 11  # resolved by a human, after an escalation


PLANS_PER_KIND = 1_024  # enough that no course is seen too often, few enough to draw in a blink
MOST_TURNS = 8  # of the customer; nobody chats for ever

# The odds below make about 6.5 records a conversation, as chat tools see them; a test holds the mean between 6 and 7.
ANOTHER_TURN = 0.43
SKILL_CHANGES_AGAIN = 0.1
AGENT_RECOMMENDS = 0.8  # in a shopping conversation
SHOPPER_CLICKS = 0.4
SHOPPER_ADDS_TO_CART = 0.2
AGENT_TAGS = 0.25
STAFF_ANSWERED_TWICE = 0.3
ENDINGS = {"resolved": 0.66, "abandoned": 0.17, "escalated": 0.08, "closed": 0.06, "reopened": 0.03}
AFTER_ESCALATION = {"settled": 0.5, "closed": 0.25, "open": 0.25}

# Mean wait before a step in ms on web chat. People wait longer on slower channels, the agent does not.
MEAN_WAIT_MS = {
    Step.CUSTOMER: 60 * SECOND_MS,
    Step.AGENT: 3 * SECOND_MS,
    Step.HUMAN: 15 * MINUTE_MS,
    Step.SKILL: 300,
    Step.RECOMMENDED: SECOND_MS,
    Step.CLICKED: 40 * SECOND_MS,
    Step.CARTED: 70 * SECOND_MS,
    Step.TAGGED: 200,
    Step.RESOLVED: 90 * SECOND_MS,
    Step.ESCALATED: 2 * SECOND_MS,
    Step.CLOSED: HOUR_MS,
    Step.SETTLED: 30 * MINUTE_MS,
}
HUMAN_PACED = (Step.CUSTOMER, Step.HUMAN, Step.CLICKED, Step.CARTED, Step.RESOLVED, Step.SETTLED)
CHANNEL_PACE = (1, 6, 60, 10)  # in the order of shop.CHANNELS: an e-mail is answered after an hour
WAIT_QUANTILES = 512  # points of the exponential distribution that waits are drawn from


def _choice(draw: float, odds: dict[str, float]) -> str:
    """The key whose share of the odds, which add up to 1, holds `draw`."""
    reached = 0.0
    for name, share in odds.items():
        reached += share
        if draw < reached:
            return name
    return name


def _ending(random: np.random.Generator) -> list[Step]:
    kind = _choice(random.random(), ENDINGS)
    if kind == "resolved":
        return [Step.RESOLVED]
    if kind == "closed":
        return [Step.CLOSED]
    if kind == "reopened":
        return [Step.RESOLVED, Step.CUSTOMER, Step.AGENT, Step.RESOLVED]
    if kind == "abandoned":
        return []
    steps = [Step.ESCALATED, Step.HUMAN]
    if random.random() < STAFF_ANSWERED_TWICE:
        steps += [Step.CUSTOMER, Step.HUMAN]
    after = _choice(random.random(), AFTER_ESCALATION)
    return steps + {"settled": [Step.SETTLED], "closed": [Step.CLOSED], "open": []}[after]


def _plan(random: np.random.Generator, shopping: bool) -> list[Step]:
    steps = [Step.CUSTOMER, Step.SKILL, Step.AGENT]
    if shopping and random.random() < AGENT_RECOMMENDS:
        steps.append(Step.RECOMMENDED)
        steps += [Step.CLICKED] if random.random() < SHOPPER_CLICKS else []
        steps += [Step.CARTED] if random.random() < SHOPPER_ADDS_TO_CART else []
    turns = 1
    while turns < MOST_TURNS and random.random() < ANOTHER_TURN:
        turns += 1
        change = [Step.SKILL] if random.random() < SKILL_CHANGES_AGAIN else []
        steps += [Step.CUSTOMER, *change, Step.AGENT]
    steps += [Step.TAGGED] if random.random() < AGENT_TAGS else []
    return steps + _ending(random)


@dataclass(frozen=True)
class Plans:
    """All courses, laid end to end; the first half of them are service conversations, the second half shopping."""

    steps: Ints
    offsets: Ints
    lengths: Ints


@cache
def plans() -> Plans:
    """The courses, the same in every process."""
    random = generator(0, "plans")
    drawn = [_plan(random, shopping) for shopping in (False, True) for _ in range(PLANS_PER_KIND)]
    lengths = np.array([len(steps) for steps in drawn], dtype=np.int64)
    return Plans(np.concatenate([np.array(steps) for steps in drawn]), np.cumsum(lengths) - lengths, lengths)


@cache
def waits() -> Floats:
    """Milliseconds before a step, by step and quantile (exponential)."""
    quantiles = [-log(1.0 - (point + 0.5) / WAIT_QUANTILES) for point in range(WAIT_QUANTILES)]
    return np.array([[MEAN_WAIT_MS[step] * quantile for quantile in quantiles] for step in Step])


@cache
def paces() -> Ints:
    """The factor on a wait, by step and channel."""
    return np.array([[pace if step in HUMAN_PACED else 1 for pace in CHANNEL_PACE] for step in Step], dtype=np.int64)
