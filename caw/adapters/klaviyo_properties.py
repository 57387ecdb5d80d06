"""Members of a Klaviyo event: its metric, its properties, its instant, its person (spec §2.3.12.2).

An event comes as a resource of the API, or as a row of a connector's table, with columns such as `property_value`.
"""

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Any

from caw.adapters.instants import instant, utc_text
from caw.adapters.klaviyo import PROPERTIES, TOPIC, attributes_of, person
from caw.adapters.members import first, object_of
from caw.adapters.records import Json
from caw.adapters.transcript_values import as_id, is_absent, is_text
from caw.adapters.vendor_words import FORMS_REMEMBERED, SHORT, VendorWords, vendor_form

SECONDS = 1  # of an event's numbers that are instants
PROPERTY = "property"  # the words for names of properties; columns begin with it
API_TYPE = "event"  # the type of a resource; in a connector's table `type` is the metric's name
ORDER_IDS = ("orderid", "order_id", "ordernumber")
CONTACTS = ("email", "phone_number", "external_id")
# Members of the API's resources, of which none is a column of a property: they need not be looked at, line by line.
OF_RESOURCE = frozenset(
    {"type", "id", "attributes", "relationships", "included", "links", "timestamp", "datetime", "uuid", PROPERTIES}
)

_DEFAULT_ID = re.compile(r"([0-9]+)(?::[0-9]+)?")
_SIGNS = re.compile(r"[\W_]+")


class Names:
    """Names of properties and of columns, in Klaviyo's words; short ones are remembered."""

    def __init__(self, words: VendorWords) -> None:
        """Take Klaviyo's words."""
        self._words = words
        self._of_short_property = lru_cache(FORMS_REMEMBERED)(self._of_property)
        self._of_short_column = lru_cache(FORMS_REMEMBERED)(self._of_column)

    def property(self, name: str) -> str:
        """A property's name: what the seed says, else its own form; a leading `$` counts for nothing."""
        return self._of_short_property(name) if len(name) <= SHORT else self._of_property(name)

    def column(self, name: str) -> str | None:
        """The property of a connector's column, without its signs; None for another column."""
        return self._of_short_column(name) if len(name) <= SHORT else self._of_column(name)

    def _of_property(self, name: str) -> str:
        form = vendor_form(name.removeprefix("$"))
        return self._words.means.get((PROPERTY, form)) or form

    def _of_column(self, name: str) -> str | None:
        form = vendor_form(name)
        if not form.startswith(PROPERTY):
            return None
        rest = form.removeprefix(PROPERTY).removeprefix("_")
        return self._squeezed_words.get(squeezed(rest)) or squeezed(self._of_property(rest))

    @cached_property
    def _squeezed_words(self) -> dict[str, str]:
        words = ((form, means) for (name, form), means in self._words.means.items() if name == PROPERTY)
        return {squeezed(form): squeezed(means) for form, means in words}


class Event:
    """One line of klaviyo_events."""

    def __init__(self, line: Json, names: Names) -> None:
        """Take the line's object, and what names of properties mean."""
        self.line = line
        self.names = names
        self.attributes = attributes_of(line)
        self.metric, self.metric_id = self._related("metric")
        self.person, self.profile_id = self._related("profile")

    def _related(self, name: str) -> tuple[Json, Any]:
        """(what the line says of its metric or profile, its id): of `included`, else next to the id, where Airbyte
        puts it."""
        named = object_of(object_of(object_of(self.line.get("relationships")).get(name)).get("data"))
        given = object_of(object_of(self.line.get("included")).get(name))
        return given or {**named, **attributes_of(named)}, first(named, "id")

    def member(self, name: str) -> Any:
        """A member of the attributes, or of the line where it is absent there."""
        found = self.attributes.get(name)
        return self.line.get(name) if is_absent(found) else found

    @property
    def own_id(self) -> Any:
        """The event's id as it was given."""
        given = self.line.get("id")
        return self.member("uuid") if is_absent(given) else given

    @cached_property
    def occurred_at(self) -> Any:
        """Its instant as UTC text; what is none stays as it is."""
        given = self.member("datetime")
        return utc_text(self.member("timestamp") if is_absent(given) else given, SECONDS)

    def metric_names(self) -> list[str]:
        """The names to look its metric up by: its name, then its id; without those that it lacks."""
        name = next((one for one in self._possible_names() if is_text(one) and not is_absent(one)), None)
        own_id = self.member("metric_id") if self.metric_id is None else self.metric_id
        return [one for one in (name, as_id(own_id)) if one]

    def _possible_names(self) -> Iterator[Any]:
        yield self.metric.get("name")
        yield self.member("metric_name")
        kind = self.member("type")
        yield None if is_text(kind) and vendor_form(kind) == API_TYPE else kind
        topic = self.member(TOPIC)
        yield topic.rpartition(".")[2] if is_text(topic) else None

    def integrations(self) -> list[str]:
        """The name, key and id of its metric's integration that are there."""
        given = object_of(self.metric.get("integration"))
        return [found for name in ("name", "key", "id") if (found := as_id(given.get(name)))]

    def value(self, *meanings: str) -> Any:
        """The property of the first of these meanings that one has; of two with one meaning the first that is there."""
        for meaning in meanings:
            if not is_absent(found := self._properties.get(meaning)):
                return found
            if self._columns and not is_absent(found := self._columns.get(squeezed(meaning))):
                return found
        return None

    @cached_property
    def _properties(self) -> Json:
        """The values of event_properties by meaning."""
        found: Json = {}
        for name, value in object_of(self.member(PROPERTIES)).items():
            meaning = self.names.property(name)
            if meaning not in found or is_absent(found[meaning]):
                found[meaning] = value
        return found

    @cached_property
    def _columns(self) -> Json:
        """The values of a connector's columns of properties, by meaning without its signs."""
        found: Json = {}
        for name in {**self.line, **self.attributes}:
            column = None if name in OF_RESOURCE else self.names.column(name)
            if column is not None and is_absent(found.get(column)):
                found[column] = self.member(name)
        return found

    def profile(self) -> Json:
        """The person, with all that the line knows of them."""
        known = {}
        for name in CONTACTS:
            value = self.person.get(name)
            known[name] = self.member(f"person_{name}") if is_absent(value) else value
        return person(profile_id=self.person_id, **known)

    @property
    def person_id(self) -> Any:
        """The person's id; None where the line names nobody."""
        return self.member("person_id") if self.profile_id is None else self.profile_id

    def flow(self) -> Any:
        """The flow that sent a message: `$flow`, or a connector's column; None for none."""
        given = self.value("flow")
        column = self.member("flow_id")
        return given if given is not None else None if is_absent(column) else column

    def order_id(self) -> Any:
        """`$event_id`, unless that is Klaviyo's default, the event's own second; else the shop's, else the event's."""
        given = self.value("event_id")
        default = _DEFAULT_ID.fullmatch(as_id(given))
        if given is not None and not (default and default[1] in self._seconds()):
            return given
        found = self.value(*ORDER_IDS)
        return self.own_id if found is None else found

    def _seconds(self) -> set[str]:
        instants = (instant(self.member(name), SECONDS) for name in ("timestamp", "datetime"))
        return {str(int(one.timestamp() // 1)) for one in instants if one is not None}


def squeezed(form: str) -> str:
    """A name without signs: connectors leave them out of columns, some the `_` too."""
    return _SIGNS.sub("", form)
