"""klaviyo_events: what an event makes, by what its metric means (spec §2.3.12.2).

An event is an object of its own, and its line always the newest version of it: events have no instant of a change.
"""

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from caw.adapters.adapter import TEXT, WORD, Adapter, Expander, SeedRow, Spots
from caw.adapters.klaviyo import ATTRIBUTES, LISTS, PROPERTIES, VENDOR, identifiers, opened_text, resource_of
from caw.adapters.klaviyo_flows import SEED as FLOWS
from caw.adapters.klaviyo_flows import Flows, load_flows
from caw.adapters.klaviyo_metrics import ESCALATED, RECOMMENDED, RESOLVED, STARTED, Metrics, load_metrics
from caw.adapters.klaviyo_metrics import SEED as METRICS
from caw.adapters.klaviyo_properties import Event, Names, squeezed
from caw.adapters.members import as_text, first, inside, objects_of, present
from caw.adapters.records import LOG, LONGEST_WORD, Expansion, Json, Record
from caw.adapters.transcript_values import as_id, is_absent, list_of
from caw.adapters.vendor_lines import Shape, expanded
from caw.adapters.vendor_spots import spots_by_name
from caw.adapters.vendor_words import SEED as WORDS
from caw.adapters.vendor_words import load_vendor_words, vendor_form
from caw.formats.json_numbers import Number

SHAPE = Shape(ids=(("id",), ("attributes", "uuid"), ("uuid",)), lists=LISTS, envelope=resource_of)
SKILLS = ("skill", "procedure")
PRODUCTS = ("products", "product_ids", "product_ids_/_skus", "skus")
ITEM = {
    "product_id": ("productid", "product_id", "id"),
    "sku": ("sku",),
    "quantity": ("quantity",),
    "price": ("itemprice", "price"),
}
HOLDERS = (ATTRIBUTES, PROPERTIES)
SHOWN = {"conversation_id": "conversation_id", "first_message": TEXT, "escalation_reason": TEXT}
# What comes before the name of a person's contact: members, or the beginning of a connector's column.
CONTACT_HOLDERS = (
    "included.profile.",
    "relationships.profile.data.",
    "relationships.profile.data.attributes.",
    "person_",
)
SHOWN_COLUMNS = {squeezed(name): what for name, what in SHOWN.items()}

_NEGATIVE = re.compile(r"\s*-([0-9.].*)", re.DOTALL)


def load(seeds: Path) -> Expander:
    """The adapter by the seeds of a folder; raises ValueError for a wrong row of its seeds."""
    metrics, flows, words = load_metrics(seeds), load_flows(seeds), load_vendor_words(seeds, VENDOR)
    names = Names(words)
    make = partial(made_of, metrics=metrics, flows=flows, names=names)
    return Expander(
        f"{metrics.fingerprint}:{flows.fingerprint}:{words.fingerprint}",
        partial(expanded, shape=SHAPE, make=make),
        partial(spots, names),
    )


def made_of(line: Json, metrics: Metrics, flows: Flows, names: Names) -> Expansion:
    """The records of an event, all of the whole."""
    event = Event(line, names)
    tried = event.metric_names()
    meaning = metrics.meaning(tried, event.integrations())
    profile = event.profile()
    return Expansion(
        records=_records(meaning, event, profile, flows) if meaning else [],
        unknown_words={("metric", tried[0][:LONGEST_WORD]): 1} if meaning is None and tried else {},
        people=list(identifiers(profile)),
        metric=meaning or None,
    )


def _records(meaning: str, event: Event, profile: Json, flows: Flows) -> Sequence[Record]:
    kind, _, channel = meaning.partition(":")
    if kind in OF_CONVERSATION:
        return [Record(LOG, present(fields)) for fields in _log_records(kind, event, profile)]
    if kind == "order_placed":
        return [Record("orders", present(_order(event, profile)))]
    if kind in ("order_cancelled", "order_refunded"):
        return [Record("order_adjustments", present(_adjustment(kind.removeprefix("order_"), event)))]
    person: Json = {"profile_id": event.person_id, "channel": channel}
    if kind in ("message_received", "bounced"):  # a bounce starts the clock of Smart Sending too
        sent = {"message_id": event.own_id, "sent_at": event.occurred_at}
        return [Record("message_sends", present({**person, **sent, **_sender(event.flow(), flows)}))]
    person["occurred_at"] = event.occurred_at
    if kind == "marked_as_spam":
        return [Record("suppressions", present({**person, "action": "suppress", "reason": "spam_complaint"}))]
    method = as_text(event.value("method", "source", "list_name", "list"))
    return [Record("consents", present({**person, "status": kind, "method": method}))]


def _log_records(kind: str, event: Event, profile: Json) -> list[Json]:
    """The records of one of the agent's four metrics; of two the first opens the conversation that the other ends."""
    common = {
        "conversation_id": event.value("conversation_id"),
        "occurred_at": event.occurred_at,
        "channel": event.value("channel"),
        "profile": profile or None,
    }
    record_id = f"klaviyo:{as_id(event.own_id)}"
    *before, own = OF_CONVERSATION[kind](event)
    opened = [{"record_id": f"{record_id}:open", **common, **fields} for fields in before]
    return [*opened, {"record_id": record_id, **common, **own}]


def _started(event: Event) -> list[Json]:
    skill = event.value("initial_skill", *SKILLS)
    message = {"record_type": "message", "actor": "customer", "text": event.value("first_message"), "skill": skill}
    return [{**message, "sequence": 0}]


def _resolved(event: Event) -> list[Json]:
    return _ended("resolved", 30, event, skill=event.value("final_skill", *SKILLS))


def _escalated(event: Event) -> list[Json]:
    reason = event.value("escalation_reason")
    return _ended("escalated", 20, event, skill=event.value(*SKILLS), escalation_reason=reason)


def _recommended(event: Event) -> list[Json]:
    shown = {"record_type": "products_recommended", "actor": "agent", "skill": event.value(*SKILLS)}
    return [{**shown, "products": listed(event.value(*PRODUCTS)), "sequence": 10}]


def _ended(status: str, sequence: int, event: Event, **own: Any) -> list[Json]:
    """An end, and a step before it that the conversation was open: between two ends lies no message of a customer."""
    head = {"record_type": "status_changed", "actor": "agent"}
    tags = listed(event.value("tags"))
    tags = [as_text(tag) for tag in tags] if isinstance(tags, list) else tags
    end = {**head, "status": status, "tags": tags, **own, "sequence": sequence}
    return [{**head, "status": "open", "sequence": sequence - 1}, end]


OF_CONVERSATION = {STARTED: _started, RESOLVED: _resolved, ESCALATED: _escalated, RECOMMENDED: _recommended}


def _order(event: Event, profile: Json) -> Json:
    return {
        "order_id": event.order_id(),
        "placed_at": event.occurred_at,
        "updated_at": event.occurred_at,
        "total": event.value("value"),
        "currency": event.value("currency_code", "currency"),
        "items": _items(event) or None,
        "profile": profile or None,
    }


def _items(event: Event) -> list[Json]:
    """The order's lines that name a product: of Items if any of these is an object, else of `$extra.line_items`."""
    own, extra = (opened_text(event.value(name)) for name in ("items", "extra"))
    given = objects_of(own) or objects_of(inside(extra, "line_items"))
    items = [present({name: _of_item(one, forms) for name, forms in ITEM.items()}) for one in given]
    return [item for item in items if first(item, "product_id", "sku") is not None]


def _of_item(item: Json, forms: Sequence[str]) -> Any:
    """The first member that is there of a name's forms, the forms in their order."""
    named = [(vendor_form(name.removeprefix("$")), value) for name, value in item.items()]
    return next((value for form in forms for name, value in named if name == form and not is_absent(value)), None)


def _adjustment(kind: str, event: Event) -> Json:
    return {
        "adjustment_id": event.own_id,
        "order_id": event.order_id(),
        "kind": kind,
        "occurred_at": event.occurred_at,
        "amount": _without_sign(event.value("value")) if kind == "refunded" else None,
    }


def _without_sign(amount: Any) -> Any:
    """A number, or its text, without a minus sign; what is neither stays for its check to reject."""
    negative = _NEGATIVE.fullmatch(amount) if isinstance(amount, str) else None
    if negative is None:
        return amount
    return Number(negative[1]) if isinstance(amount, Number) else negative[1]


def _sender(flow: Any, flows: Flows) -> Json:
    """The sender of a message: a flow, with the policy that it is known to carry out, else a campaign."""
    return {"kind": "campaign"} if flow is None else {"kind": "flow", "policy_id": flows.policy(flow)}


def listed(value: Any) -> Any:
    """A list: itself, the JSON list that a text is, or one of a lone text or number; what is none stays as it is."""
    found = list_of(value)
    return [found] if isinstance(found, str) and not is_absent(found) else found


def spots(names: Names, line: Any) -> Spots:
    """The ids and free texts that an event's records show."""
    return spots_by_name(line, HOLDERS, lambda _, name: "object_id" if name in ("id", "uuid") else _shown(name, names))


def _shown(name: str, names: Names) -> str | None:
    """A property's role for erasure, by its name or its column's; None for one that no record shows as a text."""
    return SHOWN.get(names.property(name)) or SHOWN_COLUMNS.get(names.column(name) or "")


ADAPTER = Adapter(
    version=4,
    vendor=VENDOR,
    load=load,
    seeds=(METRICS, FLOWS, WORDS),
    seed_rows={"metric": SeedRow(METRICS, (WORD, "", "<means>"))},
    carries=(
        ("profile_id", "relationships.profile.data.id"),
        ("profile_id", "person_id"),
        *(
            (kind, f"{holder}{name}")
            for kind, name in (("email", "email"), ("phone", "phone_number"), ("external_id", "external_id"))
            for holder in CONTACT_HOLDERS
        ),
    ),
)
