"""Members of a Klaviyo event: its metric, its properties, its instant (spec §2.3.12.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..values import is_absent
from .instants import EPOCH, instant, utc_text
from .line import Fields, Surroundings
from .members import as_object, as_text, at, first, id_text
from .words import VendorSeeds, vendor_word

COLUMN_PREFIXES = ("property_", "property")
_DEFAULT_EVENT_ID = re.compile(r"([0-9]+)(?::[0-9]+)?")  # spec §2.3.12.2: whole seconds, with or without a `:n` suffix
API_TYPE = "event"  # a resource's type, where a connector's column holds the metric's name
EVENT_PROPERTIES = "event_properties"


@dataclass(frozen=True)
class Event:
    """A line of klaviyo_events and its attributes, which may be next to it (spec §2.3.12.2)."""

    record: Fields
    attributes: Fields
    seeds: VendorSeeds
    topic: str | None

    @classmethod
    def of(cls, record: Fields, around: Surroundings) -> Event:
        """The event of a line."""
        return cls(record, as_object(record.get("attributes")), around.seeds, around.topic)

    def member(self, *names: str) -> Any:
        """The first of these that is there, in the attributes or in the line."""
        return next((v for name in names if (v := first(self.attributes, name) or first(self.record, name))), None)

    def related(self, name: str) -> Fields:
        """What is said of the metric or the profile: in `included`, or next to its id in relationships (Airbyte)."""
        named = as_object(at(self.record, "relationships", name, "data"))
        return as_object(at(self.record, "included", name)) or {**named, **as_object(named.get("attributes"))}

    @property
    def event_id(self) -> Any:
        """`id`, else attributes.uuid, else uuid; as it was given (spec §2.3.9)."""
        own = first(self.record, "id")
        return self.member("uuid") if own is None else own

    @property
    def occurred_at(self) -> Any:
        """datetime, else timestamp; a number is seconds (spec §2.3.12.2)."""
        return instant(self.member("datetime", "timestamp"), in_seconds=True)

    def whole_seconds(self) -> set[str]:
        """The event's own epoch seconds, by its timestamp and by its datetime (spec §2.3.12.2)."""
        texts = (utc_text(self.member(name), in_seconds=True) for name in ("timestamp", "datetime"))
        return {str(_epoch(text)) for text in texts if text}

    def metric_names(self) -> list[str]:
        """What the metric may be found by: its name, then its id (spec §2.3.12.2)."""
        kind = self.member("type")
        if isinstance(kind, str) and vendor_word(kind) == API_TYPE:
            kind = None
        topic = self.topic or self.member("topic")
        names = [
            self.related("metric").get("name"),
            self.member("metric_name"),
            kind,
            topic.rpartition(".")[2] if isinstance(topic, str) else None,
        ]
        own = next((name for name in names if isinstance(name, str) and not is_absent(name)), None)
        related_id = at(self.record, "relationships", "metric", "data", "id")
        metric_id = id_text(self.member("metric_id") if related_id is None else related_id)
        return [name for name in (own, metric_id) if name is not None]

    def metric(self) -> str | None:
        """What the metric means; None if no row of the seed knows it."""
        integration = as_object(self.related("metric").get("integration"))
        own = [text for name in ("name", "key", "id") if (text := id_text(integration.get(name)))]
        found = (self.seeds.metric(name, own) for name in self.metric_names())
        return next((means for means in found if means is not None), None)

    @property
    def flow(self) -> Any:
        """`$flow`, or a connector's column flow_id."""
        own = self.value("flow")
        return self.member("flow_id") if own is None else own

    def value(self, *meanings: str) -> Any:
        """The first of these properties that is not absent; of two members of one word form likewise (spec §2.3.12.2)."""
        return next((raw for means in meanings if not is_absent(raw := self._property(means))), None)

    def _property(self, means: str) -> Any:
        given = as_object(self.member(EVENT_PROPERTIES))
        for name, raw in given.items():
            word = vendor_word(name.removeprefix("$"))
            if not is_absent(raw) and (self.seeds.word("klaviyo", "property", word) or word) == means:
                return raw
        for name, raw in {**self.record, **self.attributes}.items():
            column = vendor_word(name)
            if column.startswith(COLUMN_PREFIXES) and not is_absent(raw) and self._is_column(column, means):
                return raw
        return None

    def _is_column(self, column: str, means: str) -> bool:
        """A connector names columns without its own signs, and without `_` at all in an older form."""
        rest = next(column.removeprefix(prefix) for prefix in COLUMN_PREFIXES if column.startswith(prefix))
        known = self.seeds.word("klaviyo", "property", rest) or rest
        return _squeezed(known) == _squeezed(means)


def _squeezed(word: str) -> str:
    """A connector's name of a property has none of its signs, in an older form no `_` either."""
    return "".join(one for one in word if one.isalnum())


def _epoch(text: str) -> int:
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(seconds=1)


def texts(raw: Any) -> Any:
    """The numbers of a list as their text; what is no list as it is."""
    return [as_text(one) for one in raw] if isinstance(raw, list) else raw


def order_id(event: Event) -> Any:
    """The order: `$event_id`, unless it is Klaviyo's default; else one of these properties; else the event's id."""
    given = event.value("event_id")
    default = _DEFAULT_EVENT_ID.fullmatch(id_text(given) or "")
    if given is not None and not (default and default[1] in event.whole_seconds()):
        return given
    found = event.value("orderid", "order_id", "ordernumber")
    return event.event_id if found is None else found
