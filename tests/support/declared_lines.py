"""Lines that are wrong in one declared field after another, with the rejection that the declaration asks for.

The base models' SQL names its checks itself; these lines hold it to what the property files declare.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

GOOD: Mapping[str, Any] = {
    "id": "a1",
    "text": "a text",
    "instant": "2026-06-01T10:00:00Z",
    "integer": 1,
    "quantity": 2,
    "money": 3,
    "boolean": True,
    "currency": "EUR",
    "texts": ["a"],
    "ids": ["a"],
    "products": ["p"],
    "items": [{"sku": "s"}],
    "profile": {"profile_id": "p"},
}
BAD: Mapping[str, Any] = {
    "id": True,
    "text": 5,
    "instant": "soon",
    "integer": 1.5,
    "quantity": -1,
    "money": "12,50",
    "boolean": "perhaps",
    "currency": 5,
    "texts": 5,
    "ids": True,
    "products": True,
    "items": True,
    "profile": 5,
    "word": 5,
    "choice": "red",
}
WORDS: Mapping[str, str] = {
    "record_type": "message",
    "actor": "customer",
    "layout": "card",
    "status": "open",
    "channel": "email",
    "mode": "live",
    "order_status": "placed",
    "consent_channel": "email",
    "consent_status": "subscribed",
    "suppression_channel": "email",
    "suppression_action": "suppress",
    "send_kind": "flow",
}

Field = Mapping[str, Any]


@dataclass(frozen=True)
class WrongLine:
    """A record and what it must be rejected for."""

    record: Mapping[str, Any]
    reason: str
    field: str


def wrong_lines(declared: Mapping[str, Any]) -> Iterator[WrongLine]:
    """One line a field with this and every later field bad, and one a required field that lacks it (spec §2.1.3)."""
    fields = {one["name"]: one for one in declared["fields"]}
    for record_type, order, required in _orders(declared):
        known = {"record_type": record_type} if record_type else {}
        good = {name: _good(fields[name]) for name in order} | known
        for at, name in enumerate(order):
            later = {other: _bad(fields[other]) for other in order[at:]}
            if name != "record_type" and "record_type" in later:
                later.pop("record_type")
            for field, value in _members(fields[name]):
                yield WrongLine(good | later | ({name: value} if field != name else {}), "bad_value", field)
        for name in required:
            yield WrongLine({key: value for key, value in good.items() if key != name}, "missing_field", name)


def _orders(declared: Mapping[str, Any]) -> Iterator[tuple[str | None, Sequence[str], Sequence[str]]]:
    """(record type, its fields in checking order, those it requires) of each record type, or of the feed."""
    names = [one["name"] for one in declared["fields"]]
    required = [one["name"] for one in declared["fields"] if one.get("required")]
    types = declared.get("record_types")
    if not types:
        yield None, names, required
        return
    for record_type, parts in types.items():
        own = list(dict.fromkeys([*required, *parts["own"], *declared["shared"]]))
        yield record_type, own, [*required, *parts["required"]]


def _members(field: Field) -> Iterator[tuple[str, Any]]:
    """(name in a rejection, the field's bad value): the field itself and, of an object, each of its members."""
    yield field["name"], _bad(field)
    members = field.get("members", ())
    for at, member in enumerate(members):
        bad = {one["name"]: _bad(one) for one in members[at:]}
        yield f"{field['name']}.{member['name']}", bad


def _good(field: Field) -> Any:
    if field["kind"] == "choice":
        return field["words"][0]
    return WORDS[field["vocabulary"]] if field["kind"] == "word" else GOOD[field["kind"]]


def _bad(field: Field) -> Any:
    return True if field.get("identifies") == "phone" else BAD[field["kind"]]
