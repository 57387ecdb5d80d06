"""Random people who are hard to tell apart are forgotten: the warehouse's tables are those that the independent reference
builds of what is left, whether the request comes after all else, before it, or in between."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.reference import Delivery, build
from tests.support.comparison import differences
from tests.support.drawn_people import EMAILS, MOMENTS, PEOPLE, PHONES, people_lines
from tests.support.draws import Members, chance, pick, some
from tests.support.forgetting import ForgettingPipeline
from tests.support.forgotten_people import RECORDS, left_of, members, named_by, records_of, subjects
from tests.support.project import shipped
from tests.support.scenarios import Line

NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
ACCOUNTS = 90  # in each order
STEPS = {
    "late": (0, 0, 1),
    "early": (1, 1, 0),
    "mid": (0, 1, 0),
}  # of one half of the lines, the other, and the request
WEAK = ("external_id", "anonymous_id", "anonymous_ids")
TABLES = (
    "events.conversation_started",
    "events.conversation_escalated",
    "events.product_recommendation_received",
    "performance.conversations",
    "performance.attributed_orders",
    "performance.orders",
    "segments.segment_membership",
    "retargeting.retargeting_eligibility",
    "retargeting.promotion_exclusions",
)


@dataclass(frozen=True)
class Story:
    """What lands at an account: everybody's lines, with the half that each is of as its step, and one request."""

    lines: Sequence[Line]
    request: Line

    def landed(self, order: str) -> "Story":
        """The same, with the steps of one of the orders; only where the request comes last with weak ids, which are
        somebody else's from when a profile comes with them (spec §6.6)."""
        *halves, last = STEPS[order]
        lines = self.lines if order == "late" else [_without_weak_ids(line) for line in self.lines]
        dealt = [replace(line, step=halves[line.step]) for line in lines]
        return Story(dealt, replace(self.request, step=last))


def story(rng: Random) -> Story:
    """People who are hard to tell apart, what they did, what they agreed to, and a request by some of their keys."""
    lines = people_lines(rng)
    for number in range(4):
        lines += [_in_talk(number, "shown", "products_recommended", products='["k1"]')] if chance(rng, 60) else []
        lines += [_in_talk(number, "left", "status_changed", status='"escalated"')] if chance(rng, 25) else []
    for number in range(rng.randrange(4)):
        person, moment = pick(rng, PEOPLE), pick(rng, MOMENTS)
        status = pick(rng, ('"subscribed"', '"subscribed"', '"unsubscribed"'))
        lines.append(_about(person, "consents", occurred_at=moment, channel='"email"', status=status))
        lines.append(_about(person, "message_sends", sent_at=moment, channel='"email"', message_id=f'"m{number}"'))
        lines += [_about(pick(rng, PEOPLE), "suppressions", occurred_at=moment)] if chance(rng, 30) else []
    head = (("request_id", '"q"'), ("requested_at", '"2025-03-09T00:00:00Z"'))
    return Story([replace(one, step=rng.randrange(2)) for one in lines], Line("erasures", (*head, *_named(rng))))


def _without_weak_ids(line: Line) -> Line:
    left = [(name, value) for name, value in line.members if name not in WEAK]
    given = members(line).get("profile")
    strong = json.dumps({name: value for name, value in (given or {}).items() if name not in WEAK})
    return replace(line, members=tuple((name, strong if name == "profile" else value) for name, value in left))


def _named(rng: Random) -> Members:
    named: Members = some(rng, 40, "profile_id", pick(rng, PEOPLE)) + some(
        rng, 30, "phone_number", pick(rng, PHONES[:3])
    )
    named += some(rng, 50, "email", pick(rng, EMAILS[:6]))
    return named or [("email", EMAILS[0])]


def _in_talk(number: int, record_id: str, record_type: str, **members: str) -> Line:
    head = {"conversation_id": f'"c{number}"', "record_id": f'"{record_id}"', "record_type": f'"{record_type}"'}
    return Line("conversation_log", tuple({**head, "occurred_at": '"2025-03-09T12:00:00Z"', **members}.items()))


def _about(person: str, feed: str, **members: str) -> Line:
    return Line(feed, (("profile_id", person), *members.items()))


def files(source: str, lines: Sequence[Line], step: int) -> dict[str, bytes]:
    """What a step lands at an account."""
    found: dict[str, bytes] = {}
    for line in (one for one in lines if one.step == step):
        path = f"{source}/{line.feed}/{step}.jsonl"
        found[path] = found.get(path, b"") + line.text + b"\n"
    return found


def expected(source: str, landed: Story, seeds: Path) -> Mapping[str, list[dict[str, Any]]]:
    """The reference's tables of what is left of an account's lines.

    What was forgotten at the request is known when the rest comes: it is theirs by any of these identifiers and records.
    """
    asked, lines = named_by(landed.request), list[Line]()
    own: dict[str, set[str]] = {feed: set() for feed in RECORDS}
    until_request = [line for line in landed.lines if line.step <= landed.request.step]
    later = [line for line in landed.lines if line.step > landed.request.step]
    for arrived in filter(None, (until_request, later)):
        lines += arrived
        people = subjects(lines, asked)
        tables = _built(source, lines, seeds)
        resolved = {
            feed: {row[name]: row["profile_id"] for row in tables[f"performance.{table}"]}
            for (feed, name), table in zip(RECORDS.items(), ("conversations", "orders"), strict=True)
        }
        found = records_of(lines, people, resolved)
        own = {feed: own[feed] | found[feed] for feed in RECORDS}
        asked, lines = people.identifiers, left_of(lines, people, own)
    return _built(source, lines, seeds)


def _built(source: str, lines: Sequence[Line], seeds: Path) -> Mapping[str, list[dict[str, Any]]]:
    at = [NOW, NOW + timedelta(hours=1)]
    deliveries = [Delivery(f"{step}", moment, files(source, lines, step)) for step, moment in enumerate(at)]
    return build(deliveries, seeds, at[-1]).tables


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(int(os.environ.get("CAW_SOAK_ROUNDS", "4"))))
def test_what_is_left_of_tangled_people_is_what_the_reference_makes_of_it(tmp_path: Path, seed: int) -> None:
    """A profile, an order or a conversation of a forgotten person stays, or somebody else's goes; or only in one order."""
    rng = Random(seed)
    stories = [story(rng) for _ in range(ACCOUNTS)]
    accounts = {f"{order}_{number:03}": one.landed(order) for order in STEPS for number, one in enumerate(stories)}
    marts = [name.partition(".")[2] for name in TABLES]
    pipeline = ForgettingPipeline(tmp_path, shipped(), marts)
    for step in range(2):
        landed = {
            path: content
            for source, one in accounts.items()
            for path, content in files(source, [*one.lines, one.request], step).items()
        }
        pipeline.refresh(landed, at=NOW + timedelta(hours=step))
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for source, one in accounts.items():
        built = expected(source, one, pipeline.project.seeds)
        for name in TABLES:
            tables[name] += built[name]
    found = differences(pipeline.tables(TABLES), tables, ignoring=("ingested_at",))
    assert not found, _shown(found, accounts)


def _shown(found: Sequence[Any], accounts: Mapping[str, Story]) -> str:
    """The account that differs and has least to read, and in what."""
    source = min({one.source for one in found}, key=lambda name: sum(len(line.text) for line in accounts[name].lines))
    story_of = accounts[source]
    lines = [f"{line.step} {line.feed} {members(line)}" for line in [*story_of.lines, story_of.request]]
    return "\n".join([*lines, *(str(one) for one in found if one.source == source)])
