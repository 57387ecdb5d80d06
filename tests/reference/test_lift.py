"""Hand-worked cases of the reference's lift (spec §8). Of the policy follow_up p draws 47, old 89."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import build
from .cases import at, batch, lines, log, write_seeds

OF_OLD, OF_P = {"profile": {"profile_id": "old"}}, {"profile": {"profile_id": "p"}}
MARCH = "march,follow_up,2025-03-01T00:00Z,2025-04-01T00:00Z,60,24,0.02\n"


def units(folder: Path, **feeds: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """(profile_id, event's conversation, arm, orders) of everybody enrolled of old and p, who each ask on a day."""
    write_seeds(folder)
    with (folder / "retargeting_experiments.csv").open("a", encoding="utf-8") as file:
        file.write(MARCH)
    records = [
        log("1", "2025-03-07T08:00:00Z", "products_recommended", "first", products=["x"], **OF_OLD),
        log("1", "2025-03-08T08:00:00Z", "products_recommended", "second", products=["x"], **OF_P),
    ]
    consents = [
        {"profile_id": name, "channel": "email", "status": "subscribed", "occurred_at": "2025-01-01T00:00:00Z"}
        for name in ("old", "p")
    ]
    orders = [{"order_id": "o", "placed_at": "2025-03-07T12:00:00Z", **OF_OLD}]
    landed = {"conversation_log": records, "consents": consents, "orders": orders, **feeds}
    files = {f"acme_us/{feed}/a.jsonl": lines(*rows) for feed, rows in landed.items()}
    tables = build([batch(files)], folder, at("2025-03-10 12:00")).tables
    events = {row["event_id"]: row["conversation_id"] for row in tables["events.product_recommendation_received"]}
    return sorted(
        (row["profile_id"], events[row["event_id"]], row["arm"], row["orders"])
        for row in tables["retargeting.experiment_units"]
    )


def test_two_shoppers_are_two_units(tmp_path: Path) -> None:
    assert units(tmp_path) == [("old", "first", "treatment", 1), ("p", "second", "holdout", 0)]


def test_who_merges_is_counted_once_and_drawn_by_the_profile_that_is_left(tmp_path: Path) -> None:
    """Spec §8.2: at the first trigger, with the orders of both."""
    merged = [{"profile_id": "old", "updated_at": "2025-03-09T00:00:00Z", "merged_into": "p"}]
    assert units(tmp_path, profiles=merged) == [("p", "first", "holdout", 1)]
