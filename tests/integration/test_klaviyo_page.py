"""A page of Klaviyo's events, as its API gives it and in other forms, through the whole warehouse (spec §2.3.12)."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.forgetting import ForgettingPipeline, lines
from tests.support.klaviyo_lines import CONVERSATION, ESCALATED, PROFILE, RECOMMENDED, RESOLVED, STARTED, event, page
from tests.support.project import Edit, copy_project

NOW = datetime(2026, 6, 12, 12, tzinfo=UTC)
PEOPLE = Edit(
    "seeds/sources.csv", "acme_us,America/New_York,USD,,", "acme_us,America/New_York,USD,,\nacme,UTC,USD,,klaviyo"
)
FLOWS = {"klaviyo_flows": ["F1,recommendation_follow_up_email"]}
MARTS = ("activity_feed", "vendor_agreement", "rejected_records", "int_orders", "int_consents", "int_message_sends")
TABLES = ("conversation_started", "conversation_resolved", "conversation_escalated", "product_recommendation_received")


def agents(name: str, number: int, metric: str, minute: int, **properties: Any) -> dict[str, Any]:
    """An event of a conversation, so many minutes after ten."""
    moment = f"2026-06-10T{10 + minute // 60:02}:{minute % 60:02}:00+00:00"
    return event(
        f"{name}{number}", metric, moment, **{"Conversation ID": f"k{number % 9}", "Channel": "web chat", **properties}
    )


# Ten starts of nine conversations; eight resolved and five escalated, some twice and with nothing between; four shown.
EVENTS = [
    *(agents("s", number, STARTED, number, **{"First message": f"hello {number}"}) for number in range(10)),
    *(agents("r", number, RESOLVED, 20 + number) for number in range(6)),
    *(agents("again", number, RESOLVED, 40 + number) for number in range(2)),
    *(agents("x", number, ESCALATED, 60 + number, **{"Escalation reason": "asked"}) for number in range(5)),
    *(agents("p", number, RECOMMENDED, 15 + number, Products=["p1", "p2"]) for number in range(4)),
    event("o1", "Placed Order", "2026-06-10T12:00:00Z", **{"$event_id": "1001", "$value": "20.00"}),
    event("o2", "Refunded Order", "2026-06-10T13:00:00Z", **{"$event_id": "1001", "$value": "-5.00"}),
    event("m1", "Received Email", "2026-06-10T09:00:00Z", **{"$flow": "F1"}),
    event("u1", "Opened Email", "2026-06-10T09:01:00Z"),
]  # fmt: skip


def elements() -> list[dict[str, Any]]:
    """The events of the page, one by one."""
    return [json.loads(json.dumps(one)) for one in EVENTS]


def beside_ids(line: dict[str, Any]) -> dict[str, Any]:
    """An event as Airbyte's `events_detailed` has it: what is included is next to its id in relationships."""
    included, related = line.pop("included"), line["relationships"]
    both = {name: {"data": {**related[name]["data"], **included.get(name, {})}} for name in related}
    return {**line, "relationships": both}


def test_a_page_counts_one_to_one_in_every_form_order_and_number_of_times(tmp_path: Path) -> None:
    """A dashboard of ours that does not agree with Klaviyo's, and nobody can say why."""
    document = json.dumps(page(*EVENTS)).encode()
    half = [json.dumps(page(*part)).encode() for part in (EVENTS[14:], EVENTS[:14])]
    known = {**CONVERSATION, "id": "k0", "attributes": {**CONVERSATION["attributes"], "status": "resolved-by-ai"}}
    files = {
        "acme/klaviyo_events/page.json": document,
        "acme/klaviyo_profiles/page.json": json.dumps({"data": [PROFILE]}).encode(),
        "acme/klaviyo_agent_conversations/1.jsonl": lines(known, CONVERSATION),
        # elsewhere nobody's ids are named; the same page in halves, doubled, backwards and in envelopes
        "other/klaviyo_events/0.json": half[0],
        "other/klaviyo_events/1.json": half[1],
        "other/klaviyo_events/2.jsonl": lines(*reversed(elements())),
        "other/klaviyo_events/3.jsonl": lines(*({"_airbyte_data": beside_ids(one)} for one in elements())),
        "other/klaviyo_events/4.jsonl": lines(*({"type": "RECORD", "record": one, "_sdc_x": 1} for one in elements())),
    }
    pipeline = ForgettingPipeline(tmp_path / "run", copy_project(tmp_path / "copy", FLOWS, [PEOPLE]), MARTS)
    pipeline.deliver(files, NOW)
    pipeline.build(NOW)

    def rows(sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in pipeline.query(sql)]

    counted = "select name, vendor_count::int, our_count::int, explanation from health.vendor_agreement where source = "
    expected = [
        ("conversation_escalated", 5, 5, None),
        ("conversation_resolved", 8, 8, None),
        ("conversation_started", 10, 9, "repeated"),
        ("product_recommendation_received", 4, 4, None),
    ]
    assert rows(f"{counted} 'other' order by name") == expected
    # One conversation comes from the agent's API alone: its start and its hand-over are ours and no events of Klaviyo's.
    assert rows("select conversation_id, record_id from events.conversation_escalated where source = 'acme' "
                "and conversation_id = 'c1'") == [("c1", "klaviyo:status")]  # fmt: skip
    for table in TABLES:
        columns = f"record_id, occurred_at, channel, conversation_id from events.{table}"
        assert rows(f"select {columns} where source = 'acme' and conversation_id <> 'c1' order by all") == rows(
            f"select {columns} where source = 'other' order by all"
        ), table
    assert rows("select source, order_id, total::varchar, refunded_total::varchar, profile_id from intermediate.int_orders "
                "order by source") == [("acme", "1001", "20.00", "5.00", "P1"), ("other", "1001", "20.00", "5.00", None)]  # fmt: skip
    assert rows("select source, message_id, kind, policy_id from intermediate.int_message_sends") == [
        ("acme", "m1", "flow", "recommendation_follow_up_email")
    ]  # fmt: skip
    assert rows("select source, channel, status from intermediate.int_consents order by channel") == [
        ("acme", "email", "subscribed"), ("acme", "push", "subscribed"), ("acme", "sms", "subscribed"),
    ]  # fmt: skip
    assert rows("select count(*)::int from health.rejected_records") == [(0,)]
    assert rows("select status, sum(accepted)::int, sum(duplicates)::int, sum(rejected)::int "
                "from health.ingestion_ledger where source = 'other' group by all") == [("loaded", 31, 93, 0)]  # fmt: skip
