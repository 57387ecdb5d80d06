"""Landing zones in which one key is hot: a bot, a test account or a broken export writes all that there is under it.

A shape is a rule for its rows: the i-th row of each feed. A zone of n has the first n; what is delivered after it has
the next one of each feed.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

Row = dict[str, Any]

DAYS = 6  # over which the rows of a shape are spread: within a week of the run, so that each window has its rows
HOT = {"profile_id": "hot"}
IDS_EACH = 10  # anonymous_ids of one version of a profile
MOST_READERS = 2_000  # conversations of merged profiles; what is hot is the chain


@dataclass(frozen=True)
class Shape:
    """A shape in words for the report, and its rows: feed -> (i, instant) -> the i-th row, None for none."""

    words: str
    rows: Mapping[str, Callable[[int, str], Row | None]]


def land(landing: Path, shape: str, lines: range, until: datetime, source: str = "shop", size: int = 0) -> None:
    """Land rows of a shape, one file a feed.

    Args:
        landing: the landing zone.
        shape: one of `SHAPES`.
        lines: which rows; they name the file, too.
        until: with an offset; the rows lie in the days before it.
        source: whose.
        size: how many rows are spread over those days; as many as there are by default.
    """
    step = timedelta(days=DAYS) / (size or lines.stop)
    for feed, row in SHAPES[shape].rows.items():
        folder = landing / source / feed
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{lines.start:08d}.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(_written(row, lines, until - timedelta(days=DAYS), step))


def _written(row: Callable[[int, str], Row | None], lines: range, begin: datetime, step: timedelta) -> Iterator[str]:
    for i in lines:
        made = row(i, (begin + i * step).isoformat())
        if made is not None:
            yield json.dumps(made) + "\n"


def _record(i: int, at: str, conversation: str = "c{}", **own: Any) -> Row:
    """A record of the hot profile; a customer's message if nothing else is said."""
    record = {"record_id": f"r{i}", "conversation_id": conversation.format(i), "occurred_at": at, "channel": "web_chat"}
    return {**record, "record_type": "message", "actor": "customer", "text": "Where is it?", "profile": HOT, **own}


def _recommendation(i: int, at: str, product: str) -> Row:
    return _record(i, at, record_type="products_recommended", actor="agent", products=[product])


def _order(i: int, at: str, product: str = "lamp") -> Row:
    items = [{"product_id": product.format(i), "quantity": 1, "price": "9.90"}]
    return {"order_id": f"o{i}", "placed_at": at, "profile": HOT, "total": "9.90", "items": items}


def _order_of_both(i: int, at: str) -> Row:
    """An order of the lamp and, in lines of it alone, of the sku that the other products have."""
    return {**_order(i, at), "items": [{"product_id": "lamp", "price": "9.90"}, {"sku": "same", "price": "1"}]}


def _turn(i: int, at: str) -> Row:
    """A record of a conversation that is resolved and reopened over and over, each time with another tag."""
    turns: tuple[Row, ...] = (
        {},
        {"record_type": "status_changed", "status": "resolved", "actor": "agent"},
        {},
        {"record_type": "tags_applied", "tags": [f"tag {i}"]},
        {"record_type": "products_recommended", "products": ["lamp"], "actor": "agent"},
        {"record_type": "status_changed", "status": "escalated", "actor": "agent", "escalation_reason": "refund"},
        {"record_type": "skill_changed", "skill": f"skill {i % 7}"},
    )
    return _record(i, at, "c", **turns[i % len(turns)])


def _choice(i: int, at: str, feed: str) -> Row:
    """A consent or a suppression, every other one taken back."""
    words = {"consents": ("status", "subscribed", "unsubscribed"), "suppressions": ("action", "suppress", "unsuppress")}
    field, *values = words[feed]
    return {**HOT, "channel": "email", field: values[i % 2], "occurred_at": at}


def _merged(i: int, at: str) -> Row:
    return {"profile_id": f"p{i}", "updated_at": at, "email": f"p{i}@shop.example", "merged_into": f"p{i + 1}"}


def _reader(i: int, at: str) -> Row | None:
    return _record(i, at, profile={"email": f"p{i}@shop.example"}) if i < MOST_READERS else None


def _version(i: int, at: str) -> Row:
    ids = [f"device {j}" for j in range(IDS_EACH * i, IDS_EACH * (i + 1))]
    return {**HOT, "updated_at": at, "email": f"p{i}@shop.example", "anonymous_ids": ids}


SHAPES: Mapping[str, Shape] = {
    "profile": Shape(
        "recommendations, orders, consents, suppressions and sends of one profile",
        {
            "conversation_log": partial(_recommendation, product="lamp"),
            "orders": _order,
            "consents": partial(_choice, feed="consents"),
            "suppressions": partial(_choice, feed="suppressions"),
            "message_sends": lambda i, at: {**HOT, "message_id": f"m{i}", "channel": "email", "sent_at": at},
        },
    ),
    "conversation": Shape(
        "messages of one conversation, and orders of its profile",
        {"conversation_log": partial(_record, conversation="c"), "orders": _order},
    ),
    "records": Shape(
        "records of one conversation that is resolved, escalated and reopened, with another tag each time",
        {"conversation_log": _turn},
    ),
    "merges": Shape("profiles in one chain of merges", {"profiles": _merged, "conversation_log": _reader}),
    "identifiers": Shape(
        "versions of one profile, each with ten other anonymous_ids, and a conversation by one of them",
        {
            "profiles": _version,
            "conversation_log": lambda i, at: _record(i, at, profile={"anonymous_id": f"device {i}"}),
        },
    ),
    "duplicates": Shape(
        "lines of one record, each with another text",
        {"conversation_log": lambda i, at: {**_record(0, "2026-01-01T00:00:00Z", "c"), "text": f"text {i}"}},
    ),
    "sku": Shape(
        "products of one sku, recommended by it and bought by their ids",
        {
            "products": lambda i, at: {"product_id": f"p{i}", "updated_at": at, "sku": "same"},
            "conversation_log": partial(_recommendation, product="same"),
            "orders": partial(_order, product="p{}"),
        },
    ),
    "instant": Shape(
        "recommendations of one product and of products of one sku, and orders of both at one instant",
        {
            "products": lambda i, at: {"product_id": f"p{i}", "updated_at": at, "sku": "same"},
            "conversation_log": lambda i, at: _recommendation(i, "2026-01-01T00:00:00Z", f"p{i}" if i % 2 else "lamp"),
            "orders": lambda i, at: _order_of_both(i, "2026-01-02T00:00:00Z"),
        },
    ),
}
