"""What stands around a vendor's object (spec §2.3.1): connectors' and webhooks' envelopes, documents of many objects.

Lives here: unwrapping, opening `.json` documents, putting JSON:API's `included` into their elements.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..jsontext import NotJson, parse_json
from ..values import is_absent
from .line import Fields
from .members import as_list, as_object, at, objects

PROTOCOL_TYPES = (
    "SCHEMA",
    "STATE",
    "ACTIVATE_VERSION",
    "BATCH",
    "LOG",
    "TRACE",
    "SPEC",
    "CATALOG",
    "CONNECTION_STATUS",
    "CONTROL",
)
SINGULARS = {
    "orders": "order",
    "tickets": "ticket",
    "conversations": "conversation",
    "customers": "customer",
    "products": "product",
    "variants": "variant",
    "refunds": "refund",
    "contacts": "contact",
    "users": "user",
}
"""List name -> the member that holds one object of it (spec §2.3.1)."""
DATA = "data"
NO_MEMBERS = ("_dlt_", "_airbyte_", "_fivetran_", "_sdc_")  # they change nothing


@dataclass(frozen=True)
class Unwrapped:
    """A line's object, the topic of the webhook that it came in, and the words of an envelope around another thing.

    Attributes:
        is_other: the envelope holds no object of the feed (spec §2.3.16.2).
    """

    record: Fields
    topic: str | None = None
    is_other: bool = False


def without_bookkeeping(record: Fields) -> Fields:
    """The members that are the vendor's own."""
    return {name: value for name, value in record.items() if not name.startswith(NO_MEMBERS)}


def is_protocol_message(record: Fields) -> bool:
    """A message of Singer or Airbyte that holds no record; the words in capitals (spec §2.3.1)."""
    return record.get("type") in PROTOCOL_TYPES


def unwrap(record: Fields) -> Unwrapped:
    """A line without its envelopes, each opened once, in this order: Airbyte's, Singer's, a webhook's."""
    held = record.get("_airbyte_data")
    if isinstance(held, str):
        try:
            held = parse_json(str(held))
        except NotJson:
            held = None
    if isinstance(held, dict):
        record = held
    if record.get("type") == "RECORD" and isinstance(record.get("record"), dict):
        record = record["record"]
        if not is_absent(record.get("stream")) and isinstance(record.get("data"), dict):
            record = record["data"]
    return _unwrap_webhook(record)


def _unwrap_webhook(record: Fields) -> Unwrapped:
    """Klaviyo's element with payload and topic; Intercom's notification_event around data.item."""
    topic = record.get("topic")
    if record.get("type") == "notification_event":
        item = as_object(at(record, DATA, "item"))
        return Unwrapped(item, is_other=not item)
    payload = as_object(record.get("payload"))
    if payload and isinstance(topic, str):
        return Unwrapped(_with_included(payload), topic)
    return Unwrapped(record)


def _with_included(payload: Fields) -> Fields:
    """The payload is the resource, or a document whose `data` is (spec §2.3.12.2)."""
    data = payload.get(DATA)
    return put_included(data, payload) if isinstance(data, dict) else payload


def put_included(element: Fields, document: Fields) -> Fields:
    """The element with `included: {<type>: {id, …attributes}}` of the resources that its relationships name."""
    resources = {(one.get("type"), one.get("id")): one for one in objects(document.get("included"))}
    found: Fields = {}
    for relationship in as_object(element.get("relationships")).values():
        named = as_object(relationship).get(DATA)
        for one in [named] if isinstance(named, dict) else as_list(named):
            key = (as_object(one).get("type"), as_object(one).get("id"))
            if isinstance(key[0], str) and isinstance(key[1], str) and key in resources:
                found.setdefault(key[0], {"id": key[1], **as_object(resources[key].get("attributes"))})
    return {**element, "included": found} if found else element


def open_one(record: Fields, names: Sequence[str], is_object: Callable[[Fields], bool]) -> Fields:
    """The one object under a list name or its singular (spec §2.3.1), in a JSON line too; else the record itself."""
    if is_object(record):
        return record
    for name in names:
        for member in (name, SINGULARS.get(name, name)):
            if isinstance(record.get(member), dict):
                return put_included(record[member], record)
    return record


def open_document(document: Any, names: Sequence[str], is_object: Callable[[Fields], bool]) -> list[Any]:
    """The elements of a `.json` document: of a list, of an object's list under one of the feed's list names, or it.

    An object that is one of the feed's is itself, though it may hold such a list (an order its refunds).
    """
    if isinstance(document, list):
        return document
    if not isinstance(document, dict) or is_object(document):
        return [document]
    for name in names:
        if isinstance(document.get(name), list):
            return [put_included(one, document) if isinstance(one, dict) else one for one in document[name]]
    return [document]
