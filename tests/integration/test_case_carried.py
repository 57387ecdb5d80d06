"""Cases: one record with a long text, and others whose rows carry it (spec §3.2): 4 Mi characters in all of them together."""

from typing import Any

import pytest

from tests.support.case_runs import AT, Files
from tests.support.forgetting import ForgettingPipeline, lines

SOURCE = "one_long_text"
ROOM = 4 * 1024 * 1024
LONG, CURRENCY = "x" * 900_000, "X" * 500_000
# conversation -> how many of each of the three events at a record it has, and a fifth of its order's lines
CONVERSATIONS = {"few": 1, "many": 3}


def events(name: str, times: int) -> list[dict[str, Any]]:
    """A conversation with a long skill and tags, escalated, resolved and with a recommendation so often."""
    start = {"record_id": "0", "record_type": "message", "actor": "customer", "text": "hi", "skill": LONG}
    profile = {"profile": {"profile_id": f"p_{name}"}}
    records = [{**start, **profile, "tags": ["short", f"{LONG[2:]}1", f"{LONG[2:]}2"]}]
    for number in range(times):
        kinds = (
            {"record_type": "status_changed", "actor": "agent", "status": "escalated"},
            {"record_type": "status_changed", "actor": "agent", "status": "resolved"},
            {"record_type": "products_recommended", "products": [f"product_{name}"]},
        )
        records += [{**kind, "record_id": f"{number}{place}"} for place, kind in enumerate(kinds)]
    return [
        {**record, "conversation_id": name, "occurred_at": AT, "sequence": place}
        for place, record in enumerate(records)
    ]


def delivery() -> Files:
    log = [record for name, times in CONVERSATIONS.items() for record in events(name, times)]
    titles = [{"product_id": f"product_{name}", "updated_at": AT, "title": LONG * 3} for name in CONVERSATIONS]
    orders = [
        {
            "order_id": name,
            "placed_at": AT,
            "profile": {"profile_id": f"p_{name}"},
            "currency": CURRENCY,
            "items": [{"product_id": f"product_{name}"}] * (5 * times),
        }
        for name, times in CONVERSATIONS.items()
    ]
    feeds = {"conversation_log": log, "products": titles, "orders": orders}
    return {f"{SOURCE}/{feed}/a.json": lines(*records) for feed, records in feeds.items()}


def cut(text: str, rows: int) -> str:
    room = ROOM // rows
    return text if len(text) <= room else f"{text[:room]}…"


@pytest.mark.parametrize(("name", "times"), CONVERSATIONS.items())
def test_a_long_text_is_whole_in_few_rows_and_cut_in_many(cases: ForgettingPipeline, name: str, times: int) -> None:
    """One skill of 0.9 MB and 40,000 short records were 36 GB, and ended every run."""
    of = f"where source = '{SOURCE}' and conversation_id = '{name}'"
    count = 3 * times + 1
    for table, column in (
        ("conversation_resolved", "final_skill"),
        ("conversation_escalated", "skill"),
        ("product_recommendation_received", "skill"),
    ):
        found = [row["text"] for row in cases.query(f"select {column} as text from events.{table} {of}")]
        assert found == [cut(LONG, count)] * times, table
    [whole] = cases.query(f"select initial_skill, final_skill, len(tags) as tags from performance.conversations {of}")
    assert whole == {"initial_skill": LONG, "final_skill": LONG, "tags": 2 if times == 1 else 1}
    tagged = cases.query(f"select len(tags) as tags from events.conversation_escalated {of}")
    assert tagged == [{"tags": whole["tags"]}] * times

    of_order = f"where source = '{SOURCE}' and order_id = '{name}'"
    shown = cases.query(f"select title, currency from performance.order_items {of_order}")
    assert shown == [{"title": cut(LONG * 3, 5 * times), "currency": cut(CURRENCY, 5 * times)}] * (5 * times)
    [order] = cases.query(f"select currency from performance.orders {of_order}")
    assert order == {"currency": CURRENCY}
    funnel = cases.query(f"select title, purchased_currency as bought from performance.recommendation_funnel {of}")
    assert funnel == [{"title": cut(LONG * 3, times), "bought": cut(CURRENCY, times)}] * times
