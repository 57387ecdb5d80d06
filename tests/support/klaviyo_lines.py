"""Lines of Klaviyo's feeds for tests: shapes as published, values made up."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from caw.adapters.records import Expansion
from caw.adapters.registry import expander
from caw.feeds.declared import SEEDS_DIR, feeds
from caw.formats import reader_for
from caw.formats.lines import FileToRead
from caw.limits import DEFAULT_LIMITS

Line = dict[str, Any]
STARTED = "Started Conversation with Customer Agent"
RESOLVED = "Conversation with Customer Agent Resolved"
ESCALATED = "Conversation with Customer Agent Escalated"
RECOMMENDED = "Received Product Recommendation from Customer Agent"
PERSON = {"id": "P1", "email": "p1@x.example", "phone_number": None, "external_id": "x1"}

EXPAND = expander(SEEDS_DIR)


def made(line: Mapping[str, Any], feed: str = "klaviyo_events") -> Expansion:
    """What a line becomes."""
    return EXPAND(feed, json.dumps(line))


def records(line: Mapping[str, Any], feed: str = "klaviyo_events") -> list[tuple[str, Mapping[str, Any]]]:
    """(feed, members) of a line's records; numbers are texts here."""
    return [(one.feed, one.fields) for one in made(line, feed).records]


def lines_of(path: Path, feed: str = "klaviyo_events") -> list[str]:
    """The lines of a landed file, as text; none may be refused."""
    read = reader_for(path.name)
    assert read is not None
    found = [one.validate() for one in read(FileToRead.at(path), feeds()[feed], DEFAULT_LIMITS)]
    assert not any(one.rejection.drop_null() for one in found)
    return [text for one in found for text in one.raw_text.to_pylist()]


def event(event_id: str, metric: str, moment: str, integration: str = "API", /, **properties: Any) -> Line:
    """An element of GET /api/events as the reader gives it, with what `included` says of it."""
    return {
        "type": "event",
        "id": event_id,
        "attributes": {
            "datetime": moment,
            "timestamp": 1781085600,
            "uuid": f"u-{event_id}",
            "event_properties": properties,
        },
        "relationships": {
            "metric": {"data": {"type": "metric", "id": f"M-{metric}"}},
            "profile": {"data": {"type": "profile", "id": "P1"}},
        },
        "included": {
            "metric": {"id": f"M-{metric}", "name": metric, "integration": {"name": integration, "id": "0rG4eQ"}},
            "profile": dict(PERSON),
        },
    }


def page(*events: Line) -> Line:
    """A page of events, whose metrics and people are next to them."""
    elements = [{name: value for name, value in one.items() if name != "included"} for one in events]
    included = {}
    for one in events:
        for kind, resource in one["included"].items():
            attributes = {name: value for name, value in resource.items() if name != "id"}
            included[kind, resource["id"]] = {"type": kind, "id": resource["id"], "attributes": attributes}
    return {"data": elements, "included": list(included.values()), "links": {"next": None}}


_CHAT = {"Conversation ID": "c1", "Channel": "web chat"}
AGENT_EVENTS = [
    event("e1", STARTED, "2026-06-10T10:00:00+00:00", **_CHAT, **{"First message": "where is it?", "Initial skill": "orders"}),
    event("e2", RECOMMENDED, "2026-06-10T10:01:00+00:00", **_CHAT, **{"Products": " ", "SKUs": "p1, p2", "Skill": "advice"}),
    event("e3", ESCALATED, "2026-06-10T10:02:00+00:00", **_CHAT,
          **{"Escalation reason": "asked for a person", "Procedure": "returns", "Tags": "vip"}),
    event("e4", RESOLVED, "2026-06-10T10:03:00+02:00", **_CHAT, **{"Final skill": "orders", "Tags": '["a", 7]'}),
]  # fmt: skip
_ORDER: Mapping[str, Any] = {
    "$event_id": "1781085600:2",
    "$value": 12.1,
    "Currency": "eur",
    "OrderNumber": 77,
    "Items": [{"ProductID": "p1", "SKU": "s", "Quantity": 2, "ItemPrice": 5}, {"Quantity": 1}, "x"],
    "$extra": {"line_items": [{"product_id": 9, "price": "3"}]},
}
EVENTS = [
    *AGENT_EVENTS,
    event("o1", "Placed Order", "2026-06-10T10:00:00Z", "Shopify", **_ORDER),
    event("o2", "Refunded Order", "2026-06-11T10:00:00Z", **{"$event_id": "1001", "$value": "-12.10"}),
    event("o3", "Cancelled Order", "2026-06-11T10:00:00Z", **{"order_id": 1001}),
    event("m1", "Received Email", "2026-06-10T10:00:00Z", **{"$flow": "F1"}),
    event("m2", "Subscribed to Email Marketing", "2026-06-10T10:00:00Z", **{"Method": 4, "$source": "x"}),
    event("m3", "Marked Email as Spam", "2026-06-10T10:00:00Z"),
    event("m4", "Opened Email", "2026-06-10T10:00:00Z"),
]
ROWS: list[Line] = [
    {
        "id": "r1",
        "person_id": "P2",
        "person_email": "b@x.example",
        "datetime": "2020-04-05 20:02:45.000",
        "timestamp": "2020-04-05 20:02:45.000",
        "type": "Received Email",
        "property_value": "15",
        "property_flow": "F1",
    },
    {
        "id": "r2",
        "person_id": "P2",
        "datetime": "2020-04-05 20:02:45.000",
        "type": "Placed Order",
        "propertyordernumber": "7",
        "propertyitems": '[{"ProductID": "p"}]',
        "propertyextra": "{}",
    },
]
WEBHOOK: Line = {
    "topic": "event:klaviyo.Placed Order",
    "external_id": "x",
    "payload": page(event("w1", "Placed Order", "2026-06-10T10:00:00Z", **{"value": 3})) | {"data": {
        "id": "w1",
        "attributes": {"timestamp": 1781085600, "event_properties": {"value": 3}},
        "relationships": {"profile": {"data": {"type": "profile", "id": "P1"}}},
    }},
}  # fmt: skip
PROFILE: Line = {
    "type": "profile",
    "id": "P1",
    "attributes": {
        "email": "ann@x.example",
        "phone_number": "+15005550006",
        "external_id": "x1",
        "anonymous_id": "a1",
        "created": "2026-01-01T00:00:00+00:00",
        "updated": "2026-02-01T00:00:00+00:00",
        "subscriptions": {
            "email": {
                "marketing": {
                    "consent": "SUBSCRIBED",
                    "consent_timestamp": "2026-01-02T00:00:00+00:00",
                    "last_updated": "2026-01-04T00:00:00+00:00",
                    "method": "FORM",
                    "double_optin": True,
                    "can_receive_email_marketing": False,
                    "suppression": [{"reason": "HARD_BOUNCE", "timestamp": "2026-01-05T00:00:00+00:00"}],
                    "list_suppressions": [{"list_id": "L", "reason": "x", "timestamp": "2026-01-06T00:00:00+00:00"}],
                }
            },
            "sms": {
                "marketing": {
                    "consent": "SUBSCRIBED",
                    "last_updated": "2026-01-03T00:00:00Z",
                    "can_receive_sms_marketing": False,
                    "valid_until": "2027-01-01T00:00:00Z",
                },
                "transactional": {"consent": "SUBSCRIBED", "consent_timestamp": "2026-01-03T00:00:00Z"},
            },
            "mobile_push": {"marketing": {"consent": "SUBSCRIBED", "can_receive_push_marketing": True}},
            "whatsapp": {"marketing": {"consent": None, "can_receive": True}},
        },
    },
}
VARIANT: Line = {
    "type": "catalog-variant",
    "id": "$custom:::$default:::a",
    "attributes": {
        "external_id": "a",
        "title": "t",
        "sku": "s",
        "price": 9.5,
        "url": "https://x.example/a",
        "published": True,
        "updated": "2026-01-01T00:00:00Z",
    },
}
CONVERSATION: Line = {
    "type": "customer-agent-conversation",
    "id": "c1",
    "attributes": {"status": "routed-to-team", "updated_at": "2026-06-10T11:00:00Z"},
    "messages": [
        {"id": "m1", "attributes": {"role": "user", "content": "hi", "created_at": "2026-06-10T10:00:00Z"}},
        {"id": "m2", "attributes": {"role": "agent", "content": "hello", "created_at": "2026-06-10T10:00:05Z"}},
        {"id": "m3", "attributes": {"role": "system", "content": "x", "created_at": "2026-06-10T10:00:06Z"}},
    ],
}
LATER_CONVERSATION: Line = {
    **CONVERSATION,
    "attributes": {
        "status": "resolved-by-ai",
        "updated_at": "2026-06-10T11:00:00Z",
        "channel": "web-chat",
        "mode": "preview",
        "customer": {"email": "a@x.example", "first_name": "Ann", "last_name": None, "phone_number": "+15005550006"},
    },
}  # of revision 2026-10-15
