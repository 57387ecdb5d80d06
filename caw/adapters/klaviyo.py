"""Shared by Klaviyo's four feeds (spec §2.3.12): its envelopes, its resources and how they name people.

A feed's mapping is a module of its own: klaviyo_events, klaviyo_profiles, klaviyo_catalog, klaviyo_conversations.
"""

from collections.abc import Iterator
from typing import Any

from caw.adapters.envelopes import opened
from caw.adapters.members import object_of
from caw.adapters.records import Json
from caw.adapters.transcript_values import as_id, is_absent, is_text, parsed

VENDOR = "klaviyo"
LISTS = ("data",)
PAYLOAD, TOPIC = "payload", "topic"
ATTRIBUTES, PROPERTIES, MESSAGES = "attributes", "event_properties", "messages"
JSON_CELLS = frozenset({ATTRIBUTES, "relationships", "included", PROPERTIES, "subscriptions", MESSAGES, "customer"})
IDENTIFIERS = {"profile_id": "profile_id", "email": "email", "phone_number": "phone", "external_id": "external_id"}


def resource_of(line: Json) -> Json:
    """The resource that a line holds: in a webhook's element, with its topic, or in a connector's row."""
    payload, topic = line.get(PAYLOAD), line.get(TOPIC)
    if isinstance(payload, dict) and payload and is_text(topic):
        line = {**opened(payload, LISTS), TOPIC: topic}
    line = _with_opened_cells(line)
    attributes = line.get(ATTRIBUTES)
    if isinstance(attributes, dict) and (inner := _with_opened_cells(attributes)) is not attributes:
        line = {**line, ATTRIBUTES: inner}
    return line


def _with_opened_cells(holder: Json) -> Json:
    """An object, with the objects and lists that texts in some of its members are."""
    cells = [name for name in JSON_CELLS & holder.keys() if isinstance(holder[name], str)]
    return {**holder, **{name: opened_text(holder[name]) for name in cells}} if cells else holder


def opened_text(value: Any) -> Any:
    """The object or list that a text is, as in cells of a connector's table; anything else as it is."""
    if not is_text(value) or value.lstrip()[:1] not in ("{", "["):
        return value
    found = parsed(value)
    return found if isinstance(found, dict | list) else value


def person(**members: Any) -> Json:
    """The members of a profile object that are there."""
    return {name: value for name, value in members.items() if not is_absent(value)}


def identifiers(profile: Json) -> Iterator[tuple[str, str]]:
    """(kind, value) of what a profile object names somebody by."""
    for name, value in profile.items():
        if found := as_id(value):
            yield IDENTIFIERS[name], found


def attributes_of(resource: Json) -> Json:
    """A resource's attributes; an empty object where it has none."""
    return object_of(resource.get(ATTRIBUTES))
