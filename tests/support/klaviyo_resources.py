"""Klaviyo's resources as its API gives them, for the fake vendor; whose shapes they are is held by test_pull_openapi.py."""

from datetime import datetime, timedelta
from typing import Any

Object = dict[str, Any]


def event(name: str, at: datetime, metric: str = "Mplaced", profile: str = "01PERSON", **properties: Any) -> Object:
    """An event as the API gives it."""
    attributes = {
        "timestamp": int(at.timestamp()),
        "event_properties": properties,
        "datetime": at.isoformat(timespec="seconds"),
        "uuid": f"uuid-{name}",
    }
    named = {"profile": profile, "metric": metric}
    relationships = {kind: {"data": {"type": kind, "id": one}, "links": links(kind)} for kind, one in named.items()}
    return {
        "type": "event",
        "id": name,
        "attributes": attributes,
        "relationships": relationships,
        "links": self_link(name),
    }


def profile(name: str, updated: datetime, **attributes: Any) -> Object:
    """A profile as the API gives it."""
    marketing = {"can_receive_email_marketing": True, "consent": "SUBSCRIBED", "suppression": []}
    given = {"email": f"{name}@example.com", "updated": updated.isoformat(), **attributes}
    subscriptions = {"email": {"marketing": marketing}}
    return {
        "type": "profile",
        "id": name,
        "attributes": {**given, "subscriptions": subscriptions},
        "links": self_link(name),
    }


def metric(name: str, called: str, integration: str = "API") -> Object:
    """A metric as the API gives it."""
    attributes = {"name": called, "integration": {"name": integration}}
    return {"type": "metric", "id": name, "attributes": attributes, "links": self_link(name)}


def item(name: str, updated: datetime, **attributes: Any) -> Object:
    """An item of the custom catalogue as the API gives it."""
    return _product("catalog-item", name, updated, attributes, {"variants": {"links": links("variants")}})


def variant(name: str, updated: datetime, of: str = "shirt", **attributes: Any) -> Object:
    """A variant of an item as the API gives it."""
    stock = {"sku": f"SKU-{name}", "inventory_policy": 1, "inventory_quantity": 4}
    named = {"data": {"type": "catalog-item", "id": _compound(of)}, "links": links("item")}
    return _product("catalog-variant", name, updated, {**stock, **attributes}, {"item": named})


def _product(kind: str, name: str, updated: datetime, attributes: Object, relationships: Object) -> Object:
    given = {
        "external_id": name,
        "title": f"The {name}",
        "description": "Ocean blue cotton.",
        "price": 42,
        "url": f"https://shop.example.com/{name}",
        "image_full_url": None,
        "custom_metadata": {"Top Pick": True},
        "published": True,
        "created": "2026-01-01T00:00:00+00:00",
        "updated": updated.isoformat(),
        **attributes,
    }
    id_ = _compound(name)
    return {"type": kind, "id": id_, "attributes": given, "relationships": relationships, "links": self_link(name)}


def _compound(name: str) -> str:
    return f"$custom:::$default:::{name}"


def conversation(name: str, at: datetime, status: str = "closed", updated: datetime | None = None) -> Object:
    """A conversation of the Customer Agent as the API gives it."""
    attributes = {"status": status, "created_at": at.isoformat(), "updated_at": (updated or at).isoformat()}
    relationships = {"customer-agent-messages": {"links": links("messages")}}
    return {
        "type": "customer-agent-conversation",
        "id": name,
        "attributes": attributes,
        "relationships": relationships,
        "links": self_link(name),
    }


def message(name: str, at: datetime, content: str = "Where is my order?") -> Object:
    """A message of a conversation as the API gives it."""
    attributes = {"role": "user", "content": content, "created_at": at.isoformat(), "updated_at": at.isoformat()}
    return {"type": "customer-agent-message", "id": name, "attributes": attributes, "links": self_link(name)}


def links(kind: str) -> Object:
    """Those of a relationship."""
    return {**self_link(kind), "related": f"https://a.klaviyo.com/api/{kind}"}


def self_link(name: str) -> Object:
    """That of an object."""
    return {"self": f"https://a.klaviyo.com/api/objects/{name}"}


def every(minutes: int, count: int, since: datetime, **properties: Any) -> list[Object]:
    """So many events at so many minutes from each other."""
    return [event(f"ev{at:04}", since + timedelta(minutes=minutes * at), **properties) for at in range(count)]
