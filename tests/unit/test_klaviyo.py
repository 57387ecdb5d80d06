"""What Klaviyo's events, profiles, catalogue and agent conversations become: cases worked by hand from the specification."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from caw.adapters.registry import ADAPTERS, expander
from tests.support.klaviyo_lines import (
    AGENT_EVENTS,
    CONVERSATION,
    LATER_CONVERSATION,
    PROFILE,
    VARIANT,
    event,
    made,
    records,
)


def test_the_four_metrics_of_the_agent_become_log_records() -> None:
    """Two ends in a row without a customer's message between them would be one event, and Klaviyo counts two."""
    started, recommended, escalated, resolved = (records(one) for one in AGENT_EVENTS)
    profile = {"profile_id": "P1", "email": "p1@x.example", "external_id": "x1"}
    head = {"conversation_id": "c1", "channel": "web chat", "profile": profile}
    first = {"record_id": "klaviyo:e1", **head, "occurred_at": "2026-06-10T10:00:00Z"}
    assert started == [
        ("conversation_log", {**first, "record_type": "message", "actor": "customer", "text": "where is it?",
                              "skill": "orders", "sequence": 0})
    ]  # fmt: skip
    second = {"record_id": "klaviyo:e2", **head, "occurred_at": "2026-06-10T10:01:00Z", "skill": "advice"}
    assert recommended == [
        ("conversation_log", {**second, "record_type": "products_recommended", "actor": "agent",
                              "products": ["p1, p2"], "sequence": 10})
    ]  # fmt: skip
    changed = {**head, "record_type": "status_changed", "actor": "agent"}
    third = {**changed, "occurred_at": "2026-06-10T10:02:00Z"}
    assert escalated == [
        ("conversation_log", {"record_id": "klaviyo:e3:open", **third, "status": "open", "sequence": 19}),
        ("conversation_log", {"record_id": "klaviyo:e3", **third, "status": "escalated", "tags": ["vip"],
                              "skill": "returns", "escalation_reason": "asked for a person", "sequence": 20}),
    ]  # fmt: skip
    fourth = {**changed, "occurred_at": "2026-06-10T08:03:00Z"}
    assert resolved == [
        ("conversation_log", {"record_id": "klaviyo:e4:open", **fourth, "status": "open", "sequence": 29}),
        ("conversation_log", {"record_id": "klaviyo:e4", **fourth, "status": "resolved", "tags": ["a", "7"],
                              "skill": "orders", "sequence": 30}),
    ]  # fmt: skip
    assert [made(one).metric for one in AGENT_EVENTS] == [
        *("conversation_started", "recommendation_received", "conversation_escalated", "conversation_resolved"),
    ]


@pytest.mark.parametrize(
    "properties, order_id",
    [
        ({"$event_id": "1001", "OrderId": 5}, "1001"),
        ({"$event_id": "1781085600", "OrderId": "5"}, "5"),
        ({"$event_id": "1781085600:2", "order_id": "6"}, "6"),
        ({"$event_id": "1781085601"}, "1781085601"),
        ({"OrderNumber": "#7"}, "#7"),
        ({"OrderId": " ", "Order Number": "8"}, "o"),
        ({}, "o"),
    ],
)
def test_an_order_bears_the_shops_id_unless_it_is_klaviyos_default(properties: Any, order_id: str) -> None:
    """Every order without a unique_id would be named by its second, and its refund would find none."""
    ((feed, order),) = records(event("o", "Placed Order", "2026-06-10T10:00:00Z", **properties))
    assert (feed, order["order_id"]) == ("orders", order_id)


def test_an_orders_lines_total_and_currency() -> None:
    """A line without a product is no line; names alone in Items are none either."""
    items = [{"ProductID": "p1", "Quantity": 2, "ItemPrice": 5.50}, {"Quantity": 1}, "no object", {"SKU": "s"}]
    sold = {"$value": 12.10, "$currency_code": " ", "Currency": "eur", "Items": items}
    ((_, order),) = records(event("o", "Placed Order", "2026-06-10T10:00:00Z", **sold))
    assert order["items"] == [{"product_id": "p1", "quantity": "2", "price": "5.5"}, {"sku": "s"}]
    assert (order["total"], order["currency"]) == ("12.1", "eur")
    assert order["placed_at"] == order["updated_at"] == "2026-06-10T10:00:00Z"
    extra = {"Items": ["a name"], "$extra": {"line_items": [{"product_id": 9, "price": "3"}]}}
    ((_, order),) = records(event("o", "Placed Order", "2026-06-10T10:00:00Z", **extra))
    assert order["items"] == [{"product_id": "9", "price": "3"}]


@pytest.mark.parametrize(
    ("value", "amount"), [("-5.00", "5.00"), (-5.25, "5.25"), (3, "3"), ("- 5", "- 5"), ([1], ["1"])]
)
def test_a_refund_is_positive_and_what_is_no_number_stays_for_its_check(value: Any, amount: Any) -> None:
    """A negative amount would be refused, and the order would keep what was given back."""
    refund = event("r", "Refunded Order", "2026-06-11T10:00:00Z", **{"$event_id": "1001", "$value": value})
    own = {"adjustment_id": "r", "order_id": "1001", "kind": "refunded", "occurred_at": "2026-06-11T10:00:00Z"}
    assert records(refund) == [("order_adjustments", {**own, "amount": amount})]


def test_messages_consents_and_complaints() -> None:
    """Gates that do not know of a message, a consent or a complaint let a message through."""
    moment, person = "2026-06-10T10:00:00Z", {"profile_id": "P1", "channel": "email"}
    flow = records(event("m", "Received Email", moment, **{"$flow": "F"}))
    assert flow == [("message_sends", {**person, "message_id": "m", "sent_at": moment, "kind": "flow"})]
    bounced = records(event("b", "Bounced Email", moment))
    assert bounced == [("message_sends", {**person, "message_id": "b", "sent_at": moment, "kind": "campaign"})]
    listed = records(event("s", "Subscribed to List", moment, **{"$source": -6, "List": "News"}))
    assert listed == [("consents", {**person, "occurred_at": moment, "status": "subscribed", "method": "-6"})]
    texts = records(event("t", "Unsubscribed from SMS", moment))
    assert texts == [
        ("consents", {"profile_id": "P1", "channel": "sms", "occurred_at": moment, "status": "unsubscribed"})
    ]
    spam = records(event("x", "Marked Email as Spam", moment))
    assert spam == [
        ("suppressions", {**person, "occurred_at": moment, "action": "suppress", "reason": "spam_complaint"})
    ]


def test_a_flow_is_of_the_policy_that_a_row_names(tmp_path: Path) -> None:
    """A welcome mail keeps every follow-up from being sent, as it may have been one (gate 7)."""
    (tmp_path / "klaviyo_flows.csv").write_text("flow_id,policy_id\nF1, follow_up \n77,welcome\n", encoding="utf-8")
    own, moment = expander(tmp_path), "2026-06-10T10:00:00Z"
    column = {"id": "c", "type": "Received Email", "person_id": "P1", "datetime": moment, "flow_id": "F1"}
    sends = {
        "named": event("a", "Received Email", moment, **{"$flow": "F1"}),
        "a number": event("b", "Bounced Email", moment, **{"$flow": 77}),
        "a column": column,
        "unknown": event("d", "Received SMS", moment, **{"$flow": "F2"}),
        "a campaign": {**column, "flow_id": " "},
    }
    found = {name: own("klaviyo_events", json.dumps(line)).records[0].fields for name, line in sends.items()}
    assert {name: (one["kind"], one.get("policy_id")) for name, one in found.items()} == {
        "named": ("flow", "follow_up"),
        "a number": ("flow", "welcome"),
        "a column": ("flow", "follow_up"),
        "unknown": ("flow", None),
        "a campaign": ("campaign", None),
    }


@pytest.mark.parametrize("name", ["Sent SMS", "Unsubscribed from List", "Ordered Product", "Fulfilled Order"])
def test_a_metric_that_no_row_knows_makes_nothing_and_is_counted(name: str) -> None:
    """An SMS that the shopper wrote would count as one of ours."""
    found = made(event("u", name, "2026-06-10T10:00:00Z"))
    assert (found.object_id, list(found.records), dict(found.unknown_words)) == ("u", [], {("metric", name): 1})
    assert ("email", "p1@x.example") in found.people, "a line without records is found when the person is forgotten"


def test_airbyte_puts_what_is_included_next_to_its_id() -> None:
    """Every line of Airbyte's `events_detailed` would be of a metric that nobody knows, and name nobody."""
    given = event("a", "Started Conversation", "2026-06-10T10:00:00Z", **{"Conversation ID": "c"})
    named = given.pop("included")
    flat = {name: {"data": {"type": name, **named[name]}} for name in named}
    nested = {name: {"data": {"type": name, "id": named[name]["id"], "attributes": named[name]}} for name in named}
    for relationships in (flat, nested):
        ((feed, found),) = records({**given, "relationships": relationships})
        assert (feed, found["conversation_id"], found["profile"]) == (
            "conversation_log", "c", {"profile_id": "P1", "email": "p1@x.example", "external_id": "x1"}
        )  # fmt: skip


def test_where_a_metrics_name_is_looked_for(tmp_path: Path) -> None:
    """A connector, a webhook or a page without `included` names it elsewhere; a name of the account by its id."""
    plain = {"id": "1", "attributes": {"datetime": "2026-06-10T10:00:00Z"}}
    named = "started-conversation WITH customer_agent"
    for line in (
        {**plain, "metric_name": named},
        {**plain, "type": named},
        {**plain, "topic": f"event:klaviyo.{named}"},
    ):
        assert made(line).metric == "conversation_started"
    assert made({**plain, "type": "event"}).metric is None
    seeds = tmp_path / "klaviyo_metrics.csv"
    seeds.write_text("metric,integration,means\nMX7,,order_placed\nPlaced Order,Shopify,\nPlaced Order,,order_placed\n")
    own = expander(tmp_path)
    by_id = {**plain, "relationships": {"metric": {"data": {"type": "metric", "id": "MX7"}}}}
    assert own("klaviyo_events", json.dumps(by_id)).metric == "order_placed"
    assert own("klaviyo_events", json.dumps({**plain, "type": "Sold", "metric_id": "MX7"})).metric == "order_placed"
    for integration, count in (("API", 1), ("shopify", 0)):
        sold = event("o", "Placed Order", "2026-06-10T10:00:00Z", integration)
        found = own("klaviyo_events", json.dumps(sold))
        assert (len(found.records), len(found.unknown_words)) == (count, 0)


def test_a_profile_says_who_it_is_and_what_it_allows_on_each_channel() -> None:
    """A consent on the wrong channel, or a suppression that is passed over, is a message that must not go out."""
    profile, *rest = records(PROFILE, "klaviyo_profiles")
    contacts = {"email": "ann@x.example", "phone_number": "+15005550006", "external_id": "x1", "anonymous_ids": ["a1"]}
    assert profile == ("profiles", {"profile_id": "P1", "updated_at": "2026-02-01T00:00:00Z", **contacts})
    assert [(feed, one["channel"], one.get("status", one.get("action")), one["occurred_at"]) for feed, one in rest] == [
        ("consents", "email", "SUBSCRIBED", "2026-01-02T00:00:00Z"),
        ("suppressions", "email", "suppress", "2026-01-05T00:00:00Z"),
        ("consents", "sms", "SUBSCRIBED", "2026-01-03T00:00:00Z"),
        ("suppressions", "sms", "suppress", "2026-01-03T00:00:00Z"),
        ("consents", "push", "SUBSCRIBED", "2026-01-01T00:00:00Z"),
        ("suppressions", "push", "unsuppress", "2026-02-01T00:00:00Z"),
    ]
    assert [one.get("method") for feed, one in rest if feed == "consents"] == ["FORM, double opt-in", None, None]
    assert [one.get("valid_until") for _, one in rest][:3] == [None, None, "2027-01-01T00:00:00Z"]


def test_an_empty_list_of_suppressions_lifts_them_and_an_absent_one_says_nothing() -> None:
    """A profile fetched without subscriptions would lift every suppression."""
    for suppression, found in (([], ["unsuppress"]), (None, [])):
        marketing = {"consent": "NEVER_SUBSCRIBED", "suppression": suppression}
        line = {"id": "P", "attributes": {"updated": "2026-02-01T00:00:00Z", "created": "2026-01-01T00:00:00Z",
                                          "subscriptions": {"email": {"marketing": marketing}}}}  # fmt: skip
        assert [one["action"] for feed, one in records(line, "klaviyo_profiles") if feed == "suppressions"] == found


@pytest.mark.parametrize(
    "own, is_in_stock",
    [
        ({"inventory_policy": 1, "inventory_quantity": 0}, False),
        ({"inventory_policy": 1, "inventory_quantity": "-2"}, False),
        ({"inventory_policy": 2, "inventory_quantity": 0}, True),
        ({"inventory_policy": 0, "inventory_quantity": -1}, True),
        ({"inventory_policy": 1, "inventory_quantity": 1}, True),
        ({"inventory_policy": 1}, True),
        ({"published": False}, False),
        ({}, True),
    ],
)
def test_what_is_in_stock(own: Any, is_in_stock: bool) -> None:
    """A sold-out product would be written about, or one that can be ordered would not."""
    line = {**VARIANT, "attributes": {**VARIANT["attributes"], **own}}
    ((feed, product),) = records(line, "klaviyo_catalog")
    assert (feed, product["product_id"], product["in_stock"]) == ("products", "a", is_in_stock)


def test_an_agent_conversation_has_its_messages_as_parts_and_its_last_status() -> None:
    """A message that a version no longer has would stay for ever, if it were no part."""
    found = made(CONVERSATION, "klaviyo_agent_conversations")
    assert list(found.parts) == ["m1", "m2", "m3"] and dict(found.unknown_words) == {("role", "system"): 1}
    shown = [
        (one.part, one.fields["record_id"], one.fields.get("actor"), one.fields.get("status")) for one in found.records
    ]
    assert shown == [
        ("m1", "klaviyo:c1:m1", "customer", None),
        ("m2", "klaviyo:c1:m2", "agent", None),
        (None, "klaviyo:status", "agent", "escalated"),
    ]
    assert found.records[2].fields["occurred_at"] == "2026-06-10T11:00:00Z"


def test_an_agent_conversation_of_a_later_revision_says_where_who_and_whether_it_was_a_test() -> None:
    """A merchant's own trials would count as conversations, and a shopper's as nobody's."""
    found = made(LATER_CONVERSATION, "klaviyo_agent_conversations")
    profile = {"email": "a@x.example", "phone_number": "+15005550006"}
    shared = {"conversation_id": "c1", "channel": "web-chat", "mode": "preview", "profile": profile}
    assert [one.fields | shared == one.fields for one in found.records] == [True] * 3
    assert set(found.people) == {("email", "a@x.example"), ("phone", "+15005550006")}
    attributes = LATER_CONVERSATION["attributes"]
    cells = {**attributes, "customer": json.dumps(attributes["customer"])}
    cell = {**LATER_CONVERSATION, "attributes": json.dumps(cells)}
    assert made(cell, "klaviyo_agent_conversations").records == found.records


@pytest.mark.parametrize(
    "given, mode, unknown",
    [
        ("Live", "live", {}),
        ("TEST", "preview", {}),
        ("production", None, {("mode", "production"): 1}),
        ("test-session", "preview", {("mode", "test-session"): 1}),
        ("Agent preview", "preview", {("mode", "Agent preview"): 1}),
        ("latest", None, {("mode", "latest"): 1}),
        (" ", None, {}),
        (7, None, {}),
    ],
)
def test_a_mode_that_nobody_knows_takes_no_record_away(
    given: object, mode: str | None, unknown: dict[object, int]
) -> None:
    """A new word for ordinary conversations refused all their records; one for trials must not make them count."""
    line = {**LATER_CONVERSATION, "attributes": {**LATER_CONVERSATION["attributes"], "mode": given}}
    found = made(line, "klaviyo_agent_conversations")
    assert [one.fields.get("mode") for one in found.records] == [mode] * 3
    assert {word: times for word, times in found.unknown_words.items() if word[0] == "mode"} == unknown
    row = ADAPTERS["klaviyo_agent_conversations"].seed_rows["mode"]
    assert (row.seed, *row.cells) == ("vendor_words", "klaviyo", "mode", "{word}", "<means>")


def test_a_deletion_of_the_catalogue_is_an_object_of_its_own_and_what_came_back_is_newer() -> None:
    """A deletion without its fields would be a product without a title; a list's mistake would hide one for ever."""
    own = {"type": "catalog-item", "id": "$custom:::$default:::X", "attributes": {"external_id": "X"}}
    gone = made({**own, "deleted_at": "2026-06-02T00:00:00Z"}, "klaviyo_catalog")
    assert gone.object_id == "delete:$custom:::$default:::X" and gone.version_at == datetime(2026, 6, 2, tzinfo=UTC)
    assert [one.fields for one in gone.records] == [
        {"product_id": "X", "updated_at": "2026-06-02T00:00:00Z", "in_stock": False}
    ]
    refused = made({**own, "deleted_at": "soon"}, "klaviyo_catalog")
    assert (refused.reason, refused.field) == ("bad_value", "deleted_at")
    dated = {**own, "attributes": {"external_id": "X", "updated": "2026-06-01T00:00:00Z"}, "deleted_at": None}
    for listed, updated in (("2026-06-03T00:00:00Z", "2026-06-03T00:00:00Z"), ("2026-05-01", "2026-06-01T00:00:00Z")):
        (product,) = made({**dated, "listed_at": listed}, "klaviyo_catalog").records
        assert product.fields == {"product_id": "X", "updated_at": updated, "in_stock": True}
