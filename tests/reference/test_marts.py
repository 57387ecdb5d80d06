"""Hand-worked cases of the marts (spec §4). Every as_of is 2025-03-10 12:00 UTC unless a case says otherwise."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from . import build
from .cases import at, batch, customer, lines, log, status
from .one_shop import LOG, P, order, recommendation, run
from .segments import instants_kept


def test_outcomes_and_counts_of_conversations(seeds: Path) -> None:
    day = "2025-03-10T"
    records = [
        customer("1", day + "10:00:00Z", "resolved"),
        status("2", day + "10:01:00Z", "closed", "resolved"),
        customer("3", day + "10:02:00Z", "resolved"),
        status("4", day + "10:03:00Z", "resolved", "resolved"),
        customer("1", day + "10:00:00Z", "by_human"),
        log("2", day + "10:01:00Z", "message", "by_human", actor="human"),
        status("3", day + "10:02:00Z", "resolved", "by_human"),
        customer("1", day + "10:00:00Z", "escalated"),
        status("2", day + "10:01:00Z", "escalated", "escalated", escalation_reason="no idea"),
        status("3", day + "10:02:00Z", "closed", "escalated"),
        customer("1", "2025-03-09T12:00:00Z", "open"),
        customer("1", "2025-03-09T11:59:59.999999Z", "abandoned"),
        status("1", day + "10:00:00Z", "resolved", "no_customer"),
        customer("1", day + "10:00:00Z", "preview", mode="preview", skill="s", tags=["t"]),
        status("2", day + "10:00:00Z", "escalated", "preview"),
    ]
    rows = {
        row["conversation_id"]: row for row in run(seeds, conversation_log=records).tables["performance.conversations"]
    }
    assert {name: row["outcome"] for name, row in rows.items()} == {
        "resolved": "resolved",
        "by_human": "closed",
        "escalated": "escalated",
        "open": "open",
        "abandoned": "abandoned",
        "no_customer": "resolved",
        "preview": None,
    }
    assert (rows["resolved"]["reopen_count"], rows["resolved"]["resolution_seconds"]) == (1, 180.0)
    assert rows["no_customer"]["resolution_seconds"] is None
    assert rows["escalated"]["escalation_category"] == "other"
    preview = rows["preview"]
    assert (preview["started_at"], preview["escalation_count"], preview["customer_messages"]) == (None, 0, 1)
    assert (preview["initial_skill"], preview["tags"], preview["is_preview"]) == ("s", ["t"], True)


def test_the_latest_touch_in_its_channels_window_takes_the_order(seeds: Path) -> None:
    records = [
        customer("1", "2025-03-04T03:30:00Z", "mail", channel="email", **P),
        customer("1", "2025-03-08T10:00:00Z", "chat", channel="chat", **P),
        log("2", "2025-03-09T09:00:00Z", "message", "chat", actor="human"),
        log("3", "2025-03-09T09:30:00Z", "link_clicked", "sms", channel="sms", url="u", **P),
    ]
    orders = [
        order("in_chat", "2025-03-09T09:00:00Z", total=10, refunded_total="2.50"),
        order("sms_not_chat", "2025-03-09T10:00:00.000001Z", total=1, currency="EUR"),
        order("mail", "2025-03-08T03:30:00Z", total=4),
        order("mail_too_late", "2025-03-04T03:29:59Z", total=4),
        order("cancelled", "2025-03-09T09:00:00Z", status="cancelled"),
        {"order_id": "nobody", "placed_at": "2025-03-09T09:00:00Z"},
    ]
    tables = run(seeds, conversation_log=records, orders=orders).tables
    found = {
        row["order_id"]: (row["conversation_id"], row["revenue"]) for row in tables["performance.attributed_orders"]
    }
    assert found == {
        "in_chat": ("chat", Decimal("7.50")),
        "sms_not_chat": ("sms", Decimal("1.00")),
        "mail": ("mail", Decimal("4.00")),
    }
    dense = tables["performance.agent_performance_daily"]
    assert len(dense) == 2 * 8  # each channel, from March 3 to as_of's March 10
    assert {row["resolution_rate"] for row in dense if row["conversations"] == 0} == {None}
    daily = [row for row in dense if row["conversations"] > 0]
    # 03:30 UTC on March 4 is still March 3 in New York; the sms conversation has no start.
    assert [(row["date"], row["channel"], row["attributed_orders"], row["average_order_value"]) for row in daily] == [
        (date(2025, 3, 3), "email", 1, 4.0),
        (date(2025, 3, 8), "web_chat", 1, 7.5),
    ]
    assert (daily[0]["abandoned"], daily[0]["resolution_rate"], daily[0]["median_resolution_seconds"]) == (1, 0.0, None)


def test_skill_invocations_are_maximal_runs_at_the_records(seeds: Path) -> None:
    skills = [None, "a", None, "a", "b", "a"]
    records = [customer(str(n), f"2025-03-10T10:0{n}:00Z", skill=skill) for n, skill in enumerate(skills)]
    rows = run(seeds, conversation_log=records).tables["performance.skill_performance_daily"]
    assert [(row["skill"], row["invocations"], row["conversations"], row["resolved"]) for row in rows] == [
        ("a", 2, 1, 0),
        ("b", 1, 1, 0),
    ]


def test_a_recommended_product_is_bought_by_id_sku_or_through_the_products_feed(seeds: Path) -> None:
    products = [{"product_id": "p1", "sku": "s1", "updated_at": "2025-01-01T00:00:00Z"}]
    records = [recommendation("1", "2025-03-01T00:00:00Z", ["s1", "p2", "p3", "p4"])]
    orders = [
        order("before", "2025-02-28T23:59:59Z", items=[{"sku": "s1"}]),
        order("o1", "2025-03-02T00:00:00Z", items=[{"product_id": "p1"}, {"sku": "p2"}]),
        order("o2", "2025-03-08T00:00:00.000001Z", items=[{"product_id": "p3"}]),
        order("o3", "2025-03-02T00:00:00Z", items=[{"product_id": "p4"}], status="cancelled"),
    ]
    rows = run(seeds, conversation_log=records, orders=orders, products=products).tables["events.recommended_products"]
    assert [(row["position"], row["product_id"], row["seconds_to_purchase"]) for row in rows] == [
        (1, "s1", 86400.0),
        (2, "p2", 86400.0),
        (3, "p3", None),
        (4, "p4", None),
    ]


def test_sizes_of_long_ago_have_a_run_a_day() -> None:
    """The day that ended at 2025-01-02 00:00 is 90 days over at 2025-04-02 00:00 and after it."""
    old = [at("2025-01-01 08:00"), at("2025-01-01 23:59"), at("2025-01-02 00:00"), at("2025-01-02 08:00")]
    assert instants_kept([*old, at("2025-04-01 23:59")]) == [*old, at("2025-04-01 23:59")]
    assert instants_kept([at("2025-04-02 00:00"), *old]) == [*old[1:], at("2025-04-02 00:00")]


def test_segments_their_sizes_and_their_history(seeds: Path) -> None:
    first = [
        customer("1", "2025-02-08T12:00:00Z", "edge", **P),  # exactly 30 days before: outside
        recommendation("2", "2025-03-01T12:00:00Z", ["x"], "edge"),
        status("1", "2025-03-03T12:00:00Z", "escalated", "q", profile={"profile_id": "q"}),
    ]
    second = [customer("1", "2025-03-10T13:00:00Z", "later", **P), customer("2", "2025-03-10T13:00:00Z", "l2", **P)]
    bought = order("o", "2025-03-10T13:00:00Z", status="cancelled")
    deliveries = [
        batch({LOG: lines(*first), "b/orders/a.jsonl": b""}, 1),
        batch({"acme_us/conversation_log/b.jsonl": lines(*second), "acme_us/orders/a.jsonl": lines(bought)}, 2),
    ]
    before = build(deliveries, seeds, at("2025-03-10 12:00"))
    members = before.tables["segments.segment_membership"]
    assert [(row["segment_id"], row["profile_id"], row["qualified_at"]) for row in members] == [
        ("started_conversation_ever", "p", at("2025-02-08 12:00")),
        ("recommended_not_purchased", "p", at("2025-03-01 12:00")),
        ("recommended_never_purchased", "p", at("2025-03-01 12:00")),
        ("escalated_ever", "q", at("2025-03-03 12:00")),
    ]
    sizes = before.tables["segments.segment_sizes"]
    assert len(sizes) == 18
    assert sum(row["members"] for row in sizes) == 4
    runs = [(1, at("2025-03-10 12:00")), (1, at("2025-03-10 11:00"))]
    after = build(deliveries, seeds, at("2025-03-11 12:00"), runs)
    history = after.tables["segments.segment_membership_history"]
    exits = {(row["segment_id"], row["entered_at"].day, row["exited_at"] and row["exited_at"].day) for row in history}
    assert exits == {
        ("started_conversation_ever", 10, None),
        ("recommended_not_purchased", 10, 11),
        ("recommended_never_purchased", 10, 11),
        ("escalated_ever", 10, None),
        ("started_conversation_last_30_days", 11, None),
        ("repeat_conversations", 11, None),
    }


def test_a_clock_that_ran_ahead_is_set_back_in_the_history(seeds: Path) -> None:
    quiet = [customer("1", "2025-03-09T13:00:00Z", "c", **P)]  # abandoned a day later, with the clock ahead alone
    deliveries = [batch({LOG: lines(*quiet)})]
    noon, ahead = at("2025-03-10 12:00"), at("2025-03-12 12:00")
    abandoned, started = "abandoned_conversation_last_7_days", "started_conversation_ever"

    def instants(by_clock: tuple[int, ...], *runs: Any) -> list[tuple[Any, ...]]:
        *before, last = [(1, one) for one in runs]
        warehouse = build(deliveries, seeds, last[1], before, by_clock)
        rows = warehouse.tables["segments.segment_membership_history"]
        found = [(row["segment_id"], row["entered_at"], row["exited_at"]) for row in rows]
        return sorted(row for row in found if row[0] in (abandoned, started))

    assert instants((), ahead, noon) == [(abandoned, ahead, None), (started, ahead, None)]
    assert instants((0, 1), ahead, noon) == [(abandoned, noon, noon), (started, noon, None)]
    later = at("2025-03-10 13:00:01")
    assert instants((0, 1, 2), ahead, noon, later) == [
        (abandoned, noon, noon),
        (abandoned, later, None),
        (started, noon, None),
    ]


def test_event_metrics_tell_causes_apart(seeds: Path) -> None:
    files = {
        "no_log/orders/a.txt": b"x",
        "broken/conversation_log/a.json": b"{",
        "wordless/chat_transcripts/a.jsonl": lines({"id": "t", "messages": [{"role": "narrator", "content": "x"}]}),
        "rejected/conversation_log/a.jsonl": b"{}\n",
        "previews/conversation_log/a.jsonl": lines(customer("1", "2025-03-10T10:00:00Z", mode="preview")),
        "silent/conversation_log/a.jsonl": lines(status("1", "2025-03-10T10:00:00Z", "open")),
        "old/conversation_log/a.jsonl": lines(customer("1", "2025-03-09T12:00:00Z")),
        "new/conversation_log/a.jsonl": lines(customer("1", "2025-03-09T12:00:00.000001Z")),
    }
    rows = build([batch(files)], seeds, at("2025-03-10 12:00")).tables["health.event_metrics"]
    assert len(rows) == 32
    found = {
        row["source"]: (row["status"], row["diagnosis"]) for row in rows if row["event_name"] == "conversation_started"
    }
    assert found == {
        "no_log": ("no_events", "no_log"),
        "broken": ("no_events", "unreadable"),
        "wordless": ("no_events", "no_records"),
        "rejected": ("no_events", "all_rejected"),
        "previews": ("no_events", "only_previews"),
        "silent": ("no_events", "no_customer_start"),
        "old": ("stale", "stale"),
        "new": ("flowing", "flowing"),
    }
    others = {row["diagnosis"] for row in rows if row["source"] == "new" and row["status"] == "no_events"}
    assert others == {"none_of_this_event"}


def test_rows_of_other_records_carry_at_most_four_mebi_characters_of_a_text(seeds: Path) -> None:
    """Spec §3.2: 4 Mi characters by the rows that carry it, 1,000 (of tags 10,000) always; elsewhere texts are whole."""
    day, skill = "2025-03-10T", "s" * 1_100
    tags = ["t" * 10_001, *(f"{number:02}{'x' * 4_997}" for number in range(3))]
    records = [customer("1", f"{day}00:00:00Z", name, skill=skill, tags=tags) for name in ("few", "many")]
    for name, statuses in (("few", 40), ("many", 4_000)):
        for place in range(statuses):
            instant = f"{day}{place // 3600:02}:{place // 60 % 60:02}:{place % 60:02}.5Z"
            word = ("escalated", "resolved")[place % 2]
            records.append(status(f"s{place}", instant, word, name, actor="agent"))
    tables = run(seeds, conversation_log=records).tables
    shown = {
        (row["conversation_id"], row["skill"], len(row["tags"])) for row in tables["events.conversation_escalated"]
    }
    assert shown == {("few", skill, 4), ("many", f"{skill[:1_048]}…", 2)}  # 4,194,304 by 4,001 events
    whole = {
        (row["conversation_id"], row["final_skill"], len(row["tags"])) for row in tables["performance.conversations"]
    }
    assert whole == {("few", skill, 4), ("many", skill, 2)}
