"""klaviyo_events: what a metric's event makes (spec §2.3.12.2)."""

from __future__ import annotations

from typing import Any

from ..values import is_absent
from .klaviyo_properties import Event, order_id, texts
from .line import Fields, Says, Surroundings, object_id, records_of
from .members import as_text, at, first, id_text, list_of_one, number, objects, plain
from .people import profile
from .vocabulary import channel as channel_word
from .words import vendor_word

SKILLS = ("skill", "procedure")
PRODUCTS = ("products", "product_ids", "product_ids_/_skus", "skus")
MEMBER_OF_ITEM = {
    "product_id": ("productid", "product_id", "id"),
    "sku": ("sku",),
    "quantity": ("quantity",),
    "price": ("itemprice", "price"),
}
SPAM_REASON = "spam_complaint"


def expand(record: Fields, around: Surroundings) -> Says:
    """An event: every line is a version of it, and none has an instant of its own."""
    event = Event.of(record, around)
    event_id = object_id(event.event_id)
    means = event.metric()
    names = event.metric_names()
    unknown = {("metric", names[0])} if means is None and names else set()
    records = _records(means or "", event, event_id, around)
    return Says(event_id, whole=lambda parts: records, unknown_words=frozenset(unknown), metric=means)


def all_records(record: Fields, around: Surroundings) -> list[tuple[str, Fields]]:
    """The records of an event without an id."""
    event = Event.of(record, around)
    return _records(event.metric() or "", event, "none", around)


def _records(means: str, event: Event, event_id: str, around: Surroundings) -> list[tuple[str, Fields]]:
    kind, _, channel = means.partition(":")
    if kind in LOG_RECORDS:
        return records_of("conversation_log", *_log_records(kind, event, event_id, around))
    if kind == "order_placed":
        return records_of("orders", _order(event, around))
    if kind in ("order_cancelled", "order_refunded"):
        return records_of("order_adjustments", _adjustment(kind.removeprefix("order_"), event, event_id))
    if not channel or not around.has_people:  # spec §2.3.5: only by the vendor that `people` names
        return []
    person = {"profile_id": _profile_id(event), "channel": channel}
    if kind in ("message_received", "bounced"):
        sent = {"message_id": event_id, "sent_at": event.occurred_at}
        return records_of("message_sends", {**person, **sent, **_sender(event)})
    occurred = {**person, "occurred_at": event.occurred_at}
    if kind in ("subscribed", "unsubscribed"):
        method = as_text(event.value("method", "source", "list_name", "list"))
        return records_of("consents", {**occurred, "status": kind, "method": method})
    if kind == "marked_as_spam":
        return records_of("suppressions", {**occurred, "action": "suppress", "reason": SPAM_REASON})
    return []


def _profile_id(event: Event) -> Any:
    found = at(event.record, "relationships", "profile", "data", "id")
    return event.member("person_id") if found is None else found


def _profile(event: Event, around: Surroundings) -> Fields | None:
    """From included.profile, or columns person_email and the like, whoever names the people (spec §2.3.12.2)."""
    person = event.related("profile")
    keys = ("email", "phone_number", "external_id")
    found = {key: first({"a": person.get(key), "b": event.member(f"person_{key}")}, "a", "b") for key in keys}
    return profile(around, _profile_id(event), **found)


def _started(event: Event) -> list[Fields]:
    skill = event.value("initial_skill", *SKILLS)
    message = {"record_type": "message", "actor": "customer", "text": event.value("first_message"), "skill": skill}
    return [{**message, "sequence": 0}]


def _status(word: str, sequence: int, event: Event, **own: Any) -> list[Fields]:
    """An `open` record one step before the status, so that Klaviyo's finished events come out one to one."""
    head = {"record_type": "status_changed", "actor": "agent"}
    finished = {"status": word, "tags": texts(list_of_one(event.value("tags"))), **own}
    return [{**head, "status": "open", "sequence": sequence - 1}, {**head, **finished, "sequence": sequence}]


def _resolved(event: Event) -> list[Fields]:
    return _status("resolved", 30, event, skill=event.value("final_skill", *SKILLS))


def _escalated(event: Event) -> list[Fields]:
    reason = event.value("escalation_reason")
    return _status("escalated", 20, event, skill=event.value(*SKILLS), escalation_reason=reason)


def _recommended(event: Event) -> list[Fields]:
    products = list_of_one(event.value(*PRODUCTS))
    made = {"record_type": "products_recommended", "actor": "agent", "products": products}
    return [{**made, "skill": event.value(*SKILLS), "sequence": 10}]


LOG_RECORDS = {
    "conversation_started": _started,
    "conversation_resolved": _resolved,
    "conversation_escalated": _escalated,
    "recommendation_received": _recommended,
}
"""The four metrics of the Customer Agent: what makes their records."""


def _log_records(kind: str, event: Event, event_id: str, around: Surroundings) -> list[Fields]:
    common = {
        "conversation_id": event.value("conversation_id"),
        "occurred_at": event.occurred_at,
        "channel": channel_word(event.value("channel"), {}, around),
        "profile": _profile(event, around),
    }
    own = LOG_RECORDS[kind](event)
    ids = [f"klaviyo:{event_id}"] if len(own) == 1 else [f"klaviyo:{event_id}:open", f"klaviyo:{event_id}"]
    return [{"record_id": one, **common, **fields} for one, fields in zip(ids, own, strict=True)]


def _order(event: Event, around: Surroundings) -> Fields:
    return {
        "order_id": order_id(event),
        "placed_at": event.occurred_at,
        "updated_at": event.occurred_at,
        "total": event.value("value"),
        "currency": event.value("currency_code", "currency"),
        "items": _items(event),
        "profile": _profile(event, around),
    }


def _items(event: Event) -> list[Fields] | None:
    """Items if of objects, else `$extra.line_items`; one without ProductID and SKU is dropped (spec §2.3.12.2)."""
    given = objects(event.value("items")) or objects(at(event.value("extra"), "line_items"))
    items = [{name: _of_item(item, names) for name, names in MEMBER_OF_ITEM.items()} for item in given]
    return [item for item in items if first(item, "product_id", "sku") is not None] or None


def _of_item(item: Fields, names: tuple[str, ...]) -> Any:
    by_word = [(vendor_word(key.removeprefix("$")), raw) for key, raw in item.items()]
    return next((raw for name in names for word, raw in by_word if word == name and not is_absent(raw)), None)


def _adjustment(kind: str, event: Event, event_id: str) -> Fields:
    return {
        "adjustment_id": event_id,
        "order_id": order_id(event),
        "kind": kind,
        "occurred_at": event.occurred_at,
        "amount": _absolute(event.value("value")) if kind == "refunded" else None,
    }


def _absolute(raw: Any) -> Any:
    """The amount without its sign; what is no number stays for the check to refuse."""
    found = number(raw)
    return raw if found is None else plain(abs(found))


def _sender(event: Event) -> Fields:
    """A flow's send is of the policy that the seed names for it, of an unknown one where it names none (§2.3.23)."""
    flow = id_text(event.flow)
    if event.flow is None:
        return {"kind": "campaign"}
    return {"kind": "flow", "policy_id": event.seeds.flows.get(flow.strip()) if flow else None}
