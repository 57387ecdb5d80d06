"""Hand-worked cases of Klaviyo's feeds (spec §2.3.12)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from ..cases import at
from .cases import counts, log, refusals, rows, warehouse

DRAFTS = Path(__file__).parent / "seeds"
PREFIX = {
    "started": "Started Conversation with Customer Agent",
    "resolved": "Conversation with Customer Agent Resolved",
    "escalated": "Conversation with Customer Agent Escalated",
    "recommended": "Received Product Recommendation from Customer Agent",
}


def event(event_id: str, metric: str, moment: str, **properties: Any) -> dict[str, Any]:
    """An element of GET /api/events; `_` in a property's name is a space."""
    named = {name.replace("_", " "): value for name, value in properties.items()}
    found: dict[str, Any] = {
        "type": "event",
        "id": event_id,
        "attributes": {"datetime": moment, "timestamp": 1, "uuid": f"u{event_id}", "event_properties": named},
        "relationships": {"metric": {"data": {"type": "metric", "id": metric}}},
    }
    found["relationships"]["profile"] = {"data": {"type": "profile", "id": "P1"}}
    return found


def page(*events: dict[str, Any], **integrations: str) -> dict[str, Any]:
    """A page of events whose metrics are in `included`, named by their ids."""
    ids = {one["relationships"]["metric"]["data"]["id"] for one in events}
    included = [
        {
            "type": "metric",
            "id": one,
            "attributes": {"name": PREFIX.get(one, one), "integration": {"name": integrations.get(one, "API")}},
        }
        for one in sorted(ids)
    ]
    person = {"type": "profile", "id": "P1", "attributes": {"email": "p1@x.example", "external_id": "x1"}}
    return {"data": list(events), "included": [*included, person], "links": {"next": None}}


def test_a_page_of_the_four_metrics_comes_out_one_to_one(tmp_path: Path) -> None:
    conversation = {"Conversation_ID": "c1", "Channel": "web chat"}
    document = page(
        event("e1", "started", "2026-06-10T10:00:00+00:00", First_message="hi", Initial_skill="orders", **conversation),
        event("e2", "recommended", "2026-06-10T10:01:00+00:00", Products="p1", **conversation),
        event("e3", "escalated", "2026-06-10T10:02:00+00:00", Escalation_reason="refund", **conversation),
        event("e4", "resolved", "2026-06-10T10:02:00+00:00", Skill="returns", Tags="a, b", **conversation),
        event("e5", "resolved", "2026-06-10T12:00:00+02:00", Conversation_ID="c2"),
        event("e6", "resolved", "2026-06-10T11:00:00Z", **conversation),
        event("e7", "escalated", "2026-06-10T11:00:00Z"),
    )
    built = warehouse(tmp_path, {"klaviyo_events/page.json": document})
    assert counts(built) == [(7, 0, 0)]
    assert refusals(built) == [
        ("missing_field", "conversation_id")
    ]  # two records, once a reason and field (spec §2.3.2)
    assert log(built, "record_id", "record_type", "sequence", "actor", "status", "skill") == [
        ("klaviyo:e1", "message", 0, "customer", None, "orders"),
        ("klaviyo:e5:open", "status_changed", 29, "agent", "open", None),
        ("klaviyo:e5", "status_changed", 30, "agent", "resolved", None),
        ("klaviyo:e2", "products_recommended", 10, "agent", None, None),
        ("klaviyo:e3:open", "status_changed", 19, "agent", "open", None),
        ("klaviyo:e3", "status_changed", 20, "agent", "escalated", None),
        ("klaviyo:e4:open", "status_changed", 29, "agent", "open", None),
        ("klaviyo:e4", "status_changed", 30, "agent", "resolved", "returns"),
        ("klaviyo:e6:open", "status_changed", 29, "agent", "open", None),
        ("klaviyo:e6", "status_changed", 30, "agent", "resolved", None),
    ]
    tables = built.tables
    (started,) = tables["events.conversation_started"]
    assert (started["first_message"], started["channel"], started["initial_skill"]) == ("hi", "web_chat", "orders")
    seconds = {row["record_id"]: row["resolution_seconds"] for row in tables["events.conversation_resolved"]}
    assert seconds == {"klaviyo:e4": 120.0, "klaviyo:e6": 3600.0, "klaviyo:e5": None}
    resolved = {row["record_id"]: row["tags"] for row in tables["events.conversation_resolved"]}
    assert resolved["klaviyo:e6"] == ["a, b"]  # spec §2.3.12.2: a lone text is one tag; tags of all earlier records
    names = ("name", "vendor_count", "our_count", "difference", "explanation")
    assert [tuple(row[name] for name in names) for row in tables["health.vendor_agreement"]] == [
        ("conversation_started", 1, 1, 0, None),
        ("conversation_resolved", 3, 3, 0, None),
        ("conversation_escalated", 2, 1, 1, "refused"),
        ("product_recommendation_received", 1, 1, 0, None),
    ]


def test_people_decide_what_a_profile_object_holds_and_who_makes_sends(tmp_path: Path) -> None:
    email = page(
        event("m1", "Received Email", "2026-06-10T10:00:00Z", **{"$flow": "F1"}),
        event("m2", "Bounced Email", "2026-06-10T10:01:00Z"),
        event("m3", "Subscribed to List", "2026-06-10T10:02:00Z", **{"$source": -6}),
        event("m4", "Marked Email as Spam", "2026-06-10T10:03:00Z"),
        event("m5", "started", "2026-06-10T10:04:00Z", Conversation_ID="c"),
    )
    own = warehouse(tmp_path, {"klaviyo_events/page.json": email})
    assert own.counted["message_sends"] == own.counted["consents"] == own.counted["suppressions"] == []
    # `included` is put in only where a relationship names it: here all name P1
    (message,) = own.counted["conversation_log"]
    assert (message["profile"]["profile_id"], message["profile"]["email"]) == (None, "p1@x.example")
    theirs = warehouse(tmp_path, {"klaviyo_events/page.json": email}, people="klaviyo")
    (message,) = theirs.counted["conversation_log"]
    assert (message["profile"]["profile_id"], message["profile"]["email"]) == ("P1", None)
    assert rows(theirs, "message_sends", "message_id", "profile_id", "channel", "kind") == [
        ("m1", "P1", "email", "flow"),
        ("m2", "P1", "email", "campaign"),
    ]
    assert rows(theirs, "consents", "channel", "status", "method") == [("email", "subscribed", "-6")]
    assert rows(theirs, "suppressions", "channel", "action", "reason") == [("email", "suppress", "spam_complaint")]


def test_orders_take_the_shops_id_unless_it_is_klaviyos_default(tmp_path: Path) -> None:
    seconds = 1781085600  # 2026-06-10T10:00:00Z
    moment = "2026-06-10T10:00:00Z"
    lines = [{"ProductID": "p1", "SKU": "s", "Quantity": 2, "ItemPrice": 5}, {"Quantity": 1}, "no object"]
    document = page(
        event("o1", "Placed Order", moment, **{"$event_id": "1001", "$value": 12.1, "$currency_code": "eur"}),
        event("o2", "Placed Order", moment, **{"$event_id": str(seconds), "OrderId": 77, "Items": lines}),
        event("o3", "Placed Order", moment, **{"$event_id": f"{seconds}:2", "Items": ["a name"]}),
        event("o4", "Refunded Order", "2026-06-11T10:00:00Z", **{"$event_id": "1001", "$value": "-5.00"}),
        event("o5", "Cancelled Order", "2026-06-12T10:00:00Z", **{"$event_id": 77}),
    )
    document["data"][2]["attributes"]["event_properties"]["$extra"] = {"line_items": [{"product_id": 9, "price": "3"}]}
    built = warehouse(tmp_path, {"klaviyo_events/page.json": document})
    orders = {row["order_id"]: row for row in built.counted["orders"]}
    assert set(orders) == {"1001", "77", "o3"}
    assert (orders["1001"]["total"], orders["1001"]["currency"]) == (Decimal("12.10"), "EUR")
    assert [item["product_id"] for item in orders["77"]["items"]] == ["p1"]
    assert [(item["product_id"], item["price"]) for item in orders["o3"]["items"]] == [("9", Decimal("3.00"))]
    assert rows(built, "order_adjustments", "adjustment_id", "order_id", "kind", "amount") == [
        ("o4", "1001", "refunded", Decimal("5.00")),
        ("o5", "77", "cancelled", Decimal("0.00")),
    ]


def test_a_metric_is_named_by_included_by_a_column_by_a_topic_or_by_its_id(tmp_path: Path) -> None:
    attributes = {"datetime": "2026-06-10 10:00:00.000", "event_properties": {"Conversation ID": "c"}}
    name = PREFIX["started"]
    files = {
        "klaviyo_events/a.jsonl": [
            {"id": "a", "metric_name": name.upper().replace(" ", "-"), "attributes": attributes},
            {"id": "b", "attributes": {**attributes, "type": name}},
            {"id": "c", "attributes": attributes, "relationships": {"metric": {"data": {"id": "MX7"}}}},
            {"id": "d", "metric_name": "Clicked Email", "attributes": attributes},
            {"id": "e", "metric_name": "Debut de la conversation avec le customer agent", "attributes": attributes},
            {"id": "", "attributes": {"uuid": "f", "metric_name": name, **attributes}},
            {"attributes": {"metric_name": name}},
            {"id": 1.5},
        ],
        "klaviyo_events/b.json": {
            "data": [
                {
                    "external_id": "x",
                    "topic": f"event:klaviyo.{name}",
                    "payload": {"data": {"id": "g", "attributes": attributes}},
                }
            ]
        },
        "klaviyo_events/c.csv": b"id,person_id,datetime,type,property_conversation_id,_fivetran_synced\n"
        b"h,P9,2020-04-05 20:02:45.000,Started Conversation with Customer Agent,c9,2021-04-09 18:37:41.959\n",
        "klaviyo_events/d.csv": b"id,datetime,type,propertyconversationid,propertyfirstmessage\n"
        b"i,2020-04-05 20:02:45.000,Started Conversation with Customer Agent,c9,hello\n",
    }
    built = warehouse(tmp_path, files)
    assert counts(built) == [(6, 0, 2), (1, 0, 0), (1, 0, 0), (1, 0, 0)]
    assert refusals(built) == [("missing_field", "id"), ("bad_value", "id")]
    started = {row["record_id"]: row for row in built.counted["conversation_log"]}
    assert set(started) == {f"klaviyo:{one}" for one in "abefghi"}
    assert started["klaviyo:a"]["occurred_at"] == at("2026-06-10 10:00")  # none means UTC, not New York
    assert (started["klaviyo:i"]["conversation_id"], started["klaviyo:i"]["text"]) == ("c9", "hello")
    assert [row["order_id"] for row in built.counted["orders"]] == ["c"]
    words = built.tables["health.unknown_words"]
    assert [(row["field"], row["word"], row["lines"]) for row in words] == [("metric", "Clicked Email", 1)]


def test_a_row_of_the_metrics_own_integration_wins_also_when_it_means_nothing(tmp_path: Path) -> None:
    document = page(event("o1", "Placed Order", "2026-06-10T10:00:00Z"), **{"Placed Order": "Shopify"})
    built = warehouse(tmp_path, {"klaviyo_events/page.json": document})
    assert built.counted["orders"] == [] and built.tables["health.unknown_words"] == []


def test_pages_split_doubled_and_in_connectors_envelopes_give_the_same_records(tmp_path: Path) -> None:
    document = page(
        event("e1", "started", "2026-06-10T10:00:00+00:00", Conversation_ID="c1", First_message="hi"),
        event("e2", "recommended", "2026-06-10T10:01:00+00:00", Conversation_ID="c1", Products=["p1", "p2"]),
        event("e3", "escalated", "2026-06-10T10:02:00+00:00", Conversation_ID="c1", Escalation_reason="refund"),
    )
    pages = [{**document, "data": [one]} for one in document["data"]]
    elements = [
        {**one["data"][0], "included": {"metric": {"name": PREFIX[name]}, "profile": {"email": "p1@x.example"}}}
        for one, name in zip(pages, ("started", "recommended", "escalated"), strict=True)
    ]
    forms: list[dict[str, Any]] = [
        {"klaviyo_events/a.json": document},
        {f"klaviyo_events/{2 - number}.json": one for number, one in enumerate(pages)},
        {"klaviyo_events/a.json": document, "klaviyo_events/b.json": pages[1], "klaviyo_events/0.json": pages[2]},
        {"klaviyo_events/a.jsonl": elements[::-1] + elements},
        {"klaviyo_events/a.jsonl": [{"_airbyte_data": one} for one in elements]},
        {"klaviyo_events/a.jsonl": [{"type": "RECORD", "stream": "events", "record": one} for one in elements]},
        {"klaviyo_events/a.jsonl": [{**one, "_dlt_id": str(place)} for place, one in enumerate(elements)]},
    ]
    names = ("record_id", "occurred_at", "sequence", "status", "text", "products", "escalation_reason")
    first = warehouse(tmp_path, forms[0])
    assert len(first.counted["conversation_log"]) == 4
    for form in forms[1:]:
        built = warehouse(tmp_path, form)
        assert log(built, *names) == log(first, *names)
        assert {row["profile"]["email"] for row in built.counted["conversation_log"]} == {"p1@x.example"}
        assert built.tables["health.vendor_agreement"] == first.tables["health.vendor_agreement"]
