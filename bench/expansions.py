"""Expansion of vendors' lines of about 1 KB: CPU time a line, next to that of `json.loads` of the same lines.

What is timed is `expand_pending` on a raw store that has the lines: reading them, the adapter, the derived tables on
disk. Both are of one process, in turns, so that their ratio depends little on what else the machine does.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from caw.adapters.expansion import expand_pending
from caw.feeds.declared import SEEDS_DIR
from caw.ingest.ingestion import ingest
from caw.raw_store.store import RawStore

LINES = 20_000
TURNS = 3
BYTES = 1_000  # of a line, filled up with members that nobody reads, as a vendor's links and long lists are
LINK = f"https://shop.example/{'x' * 20}"
MOMENT = "2026-06-10T10:{:02d}:{:02d}+00:00"
METRICS = (
    "Started Conversation with Customer Agent",
    "Received Product Recommendation from Customer Agent",
    "Conversation with Customer Agent Resolved",
    "Conversation with Customer Agent Escalated",
    "Placed Order",
    "Received Email",
    "Opened Email",
    "Viewed Product",
)


@dataclass(frozen=True)
class Expanded:
    """The cost of a feed's lines: microseconds of CPU a line, the medians of all turns."""

    lines: int
    bytes_a_line: float
    expansion: float
    json_loads: float


def all_expansions(lines: int, work: Path, say: Callable[[str], None]) -> Iterator[tuple[str, Expanded]]:
    """(feed, what it cost) of each shape.

    Args:
        lines: of each feed.
        work: where landing zones and data dirs lie meanwhile.
        say: called with what comes next.
    """
    for feed, shape in SHAPES.items():
        say(f"expansion, {feed}, {lines:,} lines")
        folder = work / f"expansion_{feed}"
        shutil.rmtree(folder, ignore_errors=True)
        yield feed, _expanded(feed, [_filled(shape(number)) for number in range(lines)], folder)
        shutil.rmtree(folder)


def _expanded(feed: str, texts: list[str], folder: Path) -> Expanded:
    lines_file, data_dir = folder / "landing" / "shop" / feed / "lines.jsonl", folder / "data"
    lines_file.parent.mkdir(parents=True)
    lines_file.write_text("\n".join(texts) + "\n", encoding="utf-8")
    ingest(folder / "landing", data_dir, datetime.now(UTC))
    store = RawStore(data_dir)
    spent: dict[str, list[float]] = {"expansion": [], "json_loads": []}
    for _ in range(TURNS):
        shutil.rmtree(data_dir / "expanded")
        spent["expansion"].append(_cpu(lambda: expand_pending(store, SEEDS_DIR)))
        spent["json_loads"].append(_cpu(lambda: _parse_each(texts)))
    a_line = {name: median(seconds) / len(texts) * 1e6 for name, seconds in spent.items()}
    return Expanded(len(texts), lines_file.stat().st_size / len(texts), **a_line)


def _parse_each(texts: list[str]) -> None:
    for text in texts:
        json.loads(text)


def _cpu(work: Callable[[], Any]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _filled(line: Mapping[str, Any]) -> str:
    text = json.dumps(line)
    links = max(BYTES - len(text), 0) // 60
    return json.dumps({**line, "links": {f"link_{place}": LINK for place in range(links)}})


def _klaviyo_event(number: int) -> Mapping[str, Any]:
    """An event of one of eight metrics: the agent's four, an order, a send, and two that make nothing."""
    kind = number % len(METRICS)
    properties = {
        "Conversation ID": f"c{number // len(METRICS)}",
        "Channel": "web chat",
        "Skill": "orders",
        "First message": f"where is my order {number}?",
        "Tags": ["delivery", "late"],
        "Products": ["p1", "p2"],
    }
    items = [{"ProductID": "p1", "Quantity": 2, "ItemPrice": 12.05}]
    order = {"$event_id": f"o{number}", "$value": 24.1, "$currency_code": "EUR", "Items": items}
    return {
        "type": "event",
        "id": f"e{number}",
        "attributes": {
            "datetime": _moment(number),
            "event_properties": properties if kind < 4 else order,
            "uuid": f"u{number}",
        },
        "relationships": {
            "metric": {"data": {"type": "metric", "id": f"M{kind}"}},
            "profile": {"data": {"type": "profile", "id": f"P{number}"}},
        },
        "included": {
            "metric": {"id": f"M{kind}", "name": METRICS[kind], "integration": {"name": "API", "id": "0rG4eQ"}},
            "profile": {"id": f"P{number}", "email": f"p{number}@x.example"},
        },
    }


def _shopify_order(number: int) -> Mapping[str, Any]:
    item = {"product_id": 632910392, "variant_id": 808950810, "sku": "KETTLE", "quantity": 1, "price": "12.05"}
    return {
        "id": 450789469 + number,
        "admin_graphql_api_id": f"gid://shopify/Order/{450789469 + number}",
        "created_at": _moment(number),
        "updated_at": _moment(number),
        "currency": "EUR",
        "total_price": "24.10",
        "financial_status": "paid",
        "email": f"p{number}@x.example",
        "customer": {"id": 207119551 + number, "email": f"p{number}@x.example", "phone": None},
        "line_items": [{"id": number, **item}, {"id": number + 1, **item}],
        "refunds": [],
    }


def _transcript(number: int) -> Mapping[str, Any]:
    said = [
        ("user", f"where is my order {number}?"),
        ("assistant", "On its way: it is there tomorrow."),
        ("user", "thanks"),
    ]
    messages = [{"role": role, "content": text, "timestamp": _moment(number)} for role, text in said]
    return {"id": f"t{number}", "start_time": _moment(number), "messages": messages}


def _moment(number: int) -> str:
    return MOMENT.format(number // 60 % 60, number % 60)


SHAPES: Mapping[str, Callable[[int], Mapping[str, Any]]] = {
    "klaviyo_events": _klaviyo_event,
    "shopify_orders": _shopify_order,
    "chat_transcripts": _transcript,
}
