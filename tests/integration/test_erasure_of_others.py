"""Random people are forgotten among random others: every published row of the others is the same before and after, and
stays so when everything is delivered again, or the request comes before what it is about."""

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.support.forgetting import ForgettingPipeline, lines
from tests.support.project import ProjectCopy

SOURCES = 6 if "CAW_SOAK" not in os.environ else 60  # each a scenario of its own
LATE, EARLY = "late", "early"  # with what the names of sources begin: the request comes after all else, or before
CLOCKS = ("ingested_at", "batch_id", "last_ingested_at")
TABLES = (
    "events.conversation_started",
    "events.conversation_resolved",
    "events.conversation_escalated",
    "events.product_recommendation_received",
    "events.recommended_products",
    "performance.conversations",
    "performance.attributed_orders",
    "performance.skill_performance_daily",
    "segments.segment_membership",
    "segments.segment_membership_history",
    "retargeting.retargeting_eligibility",
    "retargeting.promotion_exclusions",
    "health.rejected_records",
    "health.ingestion_ledger",
)
MARTS = (*(name.partition(".")[2] for name in TABLES), "activity_feed")
HERS = "hers-"  # with what the ids of the forgotten people's own conversations and orders begin


@dataclass
class Story:
    """What lands of one source: everybody's lines by feed, and the requests."""

    feeds: dict[str, list[Any]] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)  # profile_ids
    requests: list[dict[str, str]] = field(default_factory=list)

    def files(self, source: str) -> dict[str, bytes]:
        """All but the requests."""
        return {f"{source}/{feed}/{source}.jsonl": lines(*records) for feed, records in self.feeds.items()}


def story(rng: Random) -> Story:
    """People whose ids, names and numbers contain each other, and what they said and did."""
    made = Story()
    numbers = rng.sample(range(1, 30), 6)
    stem = rng.choice(("cust-{}", "{}", "100{}", "p.{}"))
    names = ["ana", "mariana", "bob", "jo.ana", "customer", "zoë"]
    rng.shuffle(names)
    everybody = [
        {"profile_id": stem.format(number), "email": f"{name}@example.com", "phone_number": f"+1555{number:02}00{number:03}",
         "external_id": rng.choice((str(number * 10), "customer", "email", f"e{number}"))}
        for number, name in zip(numbers, names, strict=True)
    ]  # fmt: skip
    shared = Counter(person["external_id"] for person in everybody)
    gone = everybody[: rng.randrange(1, 4)]
    made.gone = [person["profile_id"] for person in gone]
    made.requests = [
        {name: person[name] for name in rng.sample(["profile_id", "email", "phone_number"], rng.randrange(1, 4))}
        for person in gone
    ]
    for number, person in enumerate(everybody):
        keys = [name for name in person if name != "external_id" or shared[person["external_id"]] == 1]
        owner = HERS if person in gone else "c-"
        erased = rng.choice(gone)
        near = rng.choice(
            (f"x{erased['email']}", f"{erased['email']}.au", erased["profile_id"], erased["external_id"], "hello")
        )
        at = f"2026-03-09T{8 + number:02}:00:"
        base = {"conversation_id": f"{owner}{number}", "profile": {name: person[name] for name in [rng.choice(keys)]}}
        product = rng.choice(everybody)["profile_id"]
        add(made, "profiles", {"updated_at": "2026-01-01T00:00:00Z", **person})
        add(made, "conversation_log", {**base, "record_id": "1", "occurred_at": at + "00Z", "record_type": "message",
            "actor": "customer", "text": f"of {near}", "tags": [near], "channel": "web_chat", "url": erased["email"],
            erased["external_id"]: erased["email"]})  # fmt: skip
        add(made, "conversation_log", {**base, "record_id": "2", "occurred_at": at + f"01.{number}00234Z",
            "record_type": "products_recommended", "products": [product, "tent"], "skill": erased["external_id"]})  # fmt: skip
        add(made, "conversation_log", {**base, "record_id": "3", "occurred_at": at + "02Z", "record_type": "message",
            "actor": "agent", "text": f"Is it {erased['email']}, {erased['phone_number']}?"})  # fmt: skip
        add(made, "conversation_log", {**base, "record_id": "4", "occurred_at": at + "03Z", "record_type": "status_changed",
            "status": rng.choice(("resolved", "escalated")), "actor": "agent", "escalation_reason": f"refund {near}"})  # fmt: skip
        add(made, "conversation_log", {**base, "record_id": "5", "occurred_at": near, "record_type": "message",
            "actor": "customer", "text": "never"})  # fmt: skip
        add(made, "orders", {"order_id": f"{owner}{number}", "placed_at": at + "30Z", "total": number,
            "items": [{"product_id": product}], "note": erased["email"], "email": person["email"].upper(), "profile": base["profile"]})  # fmt: skip
        add(made, "consents", {"profile_id": person["profile_id"], "channel": "email", "status": "subscribed",
            "occurred_at": "2026-01-01T00:00:00Z", "method": erased["email"]})  # fmt: skip
        if rng.random() < 0.5:
            add(made, "suppressions", {"profile_id": person["profile_id"], "channel": "email", "action": "suppress",
                "occurred_at": "2026-01-02T00:00:00Z", "reason": erased["phone_number"]})  # fmt: skip
        add(made, "message_sends", {"message_id": f"{owner}{number}", "profile_id": person["profile_id"], "channel": "email",
            "kind": "flow", "sent_at": f"2026-03-0{rng.randrange(1, 9)}T08:00:00Z", "policy_id": erased["profile_id"]})  # fmt: skip
        add(made, "products", {"product_id": person["profile_id"], "updated_at": "2026-01-01T00:00:00Z", "title": near})
    return made


def add(made: Story, feed: str, record: Mapping[str, Any]) -> None:
    """One more line of a feed."""
    made.feeds.setdefault(feed, []).append(dict(record))


def of_others(
    pipeline: ForgettingPipeline, stories: Mapping[str, Story], order: str, without: Sequence[str] = ()
) -> dict[str, Counter[str]]:
    """Every row that is nobody's who is forgotten, as text, without what clocks say, of the sources of one order."""
    found: dict[str, Counter[str]] = {}
    for name, rows in pipeline.tables(TABLES).items():
        mine = [row for row in rows if row["source"].startswith(order) and not is_theirs(row, stories[row["source"]])]
        shown = [{**row, "source": row["source"].removeprefix(order)} for row in mine]
        found[name] = Counter(repr([one for one in row.items() if one[0] not in (*CLOCKS, *without)]) for row in shown)
    return found


def is_theirs(row: Mapping[str, Any], one: Story) -> bool:
    """Whether a row is of a forgotten person, by what it carries before or after; everybody else is known by name."""
    ids = [str(row.get(name) or "") for name in ("conversation_id", "order_id", "event_id")]
    text = str(row.get("raw_text") or "")
    return (
        row.get("profile_id") in one.gone
        or str(row.get("profile_id") or "").startswith("erased-")
        or ("profile_id" in row and row["profile_id"] is None)
        or any(id.startswith(HERS) for id in ids)
        or HERS in text
        or row.get("feed") == "erasures"
    )


def files(stories: Mapping[str, Story], order: str) -> dict[str, bytes]:
    """All but the requests, of the sources of one order."""
    mine = {source: made for source, made in stories.items() if source.startswith(order)}
    return {path: content for source, made in mine.items() for path, content in made.files(source).items()}


def requests(stories: Mapping[str, Story], order: str) -> dict[str, bytes]:
    """The requests of the sources of one order."""
    return {
        f"{source}/erasures/r.jsonl": lines(
            *({"request_id": str(number), "requested_at": "2026-03-10T09:00:00Z", **one}
              for number, one in enumerate(made.requests))
        )
        for source, made in stories.items() if source.startswith(order)
    }  # fmt: skip


@pytest.mark.sliced
def test_every_row_of_the_others_is_the_same_before_and_after(tmp_path: Path, project: ProjectCopy) -> None:
    """Forgetting one person rewrites somebody else's line for good, or does so only in one order of delivery."""
    rng = Random(20261128)
    drawn = [story(rng) for _ in range(SOURCES)]
    stories = {f"{order}{number:02}": one for order in (LATE, EARLY) for number, one in enumerate(drawn)}
    late, early = files(stories, LATE), files(stories, EARLY)
    profiles = {path: text for path, text in early.items() if "/profiles/" in path}

    pipeline = ForgettingPipeline(tmp_path, project, MARTS)
    pipeline.refresh(late | requests(stories, EARLY) | profiles)
    before = of_others(pipeline, stories, LATE)
    assert all(sum(rows.values()) >= SOURCES for name, rows in before.items() if "exclusions" not in name)
    without_ids = of_others(
        pipeline, stories, LATE, without=["event_id"]
    )  # which are hashed from the source's name, too

    pipeline.refresh(requests(stories, LATE))
    people = {row["profile_id"] for row in pipeline.query("select profile_id from events.activity_feed")}
    assert people.isdisjoint({f"{name}" for made in stories.values() for name in made.gone} - alive(stories))
    assert_same(of_others(pipeline, stories, LATE), before)

    again = {path.replace(".jsonl", " again.jsonl"): content + b"\n" for path, content in late.items()}
    pipeline.refresh(again | {path: text for path, text in early.items() if path not in profiles})
    for name in ("health.ingestion_ledger", "health.rejected_records"):
        before.pop(name)  # they have a row for each delivery
    found = of_others(pipeline, stories, LATE)
    assert_same({name: found[name] for name in before}, before)
    found = of_others(pipeline, stories, EARLY, without=["event_id"])
    compared = [name for name in before if "history" not in name]  # it tells of the runs as well
    assert_same({name: found[name] for name in compared}, {name: without_ids[name] for name in compared})


def alive(stories: Mapping[str, Story]) -> set[str]:
    """profile_ids that somebody present has in another source."""
    return {
        record["profile_id"]
        for made in stories.values()
        for record in made.feeds["profiles"]
        if record["profile_id"] not in made.gone
    }


def assert_same(found: Mapping[str, Counter[str]], expected: Mapping[str, Counter[str]]) -> None:
    """Each table's rows are the expected ones."""
    for name, rows in expected.items():
        more, less = found[name] - rows, rows - found[name]
        assert (more, less) == (Counter(), Counter()), (name, json.dumps([list(more)[:2], list(less)[:2]], indent=1))
