"""Envelopes of connectors (spec §2.3.1), and the instants of vendors (spec §2.3.6)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from caw.adapters.envelopes import is_message, listed, opened, unwrapped
from caw.adapters.instants import instant, utc_text
from caw.adapters.records import Expansion
from caw.adapters.vendor_lines import Shape, expanded
from caw.formats.json_numbers import Number
from caw.formats.strict_json import parse

OBJECT = {"id": "1", "name": "x"}


@pytest.mark.parametrize(
    "line",
    [
        OBJECT,
        {"_airbyte_ab_id": "u", "_airbyte_emitted_at": 1, "_airbyte_data": OBJECT},
        {"_airbyte_data": json.dumps(OBJECT)},
        {"type": "RECORD", "stream": "s", "record": OBJECT, "time_extracted": "t"},
        {"type": "RECORD", "record": {"stream": "s", "data": OBJECT, "emitted_at": 1}},
        {"_airbyte_data": {"type": "RECORD", "record": {"stream": "s", "data": OBJECT}}},
        {**OBJECT, "_dlt_id": "a", "_dlt_load_id": "b", "_fivetran_synced": "c", "_sdc_batched_at": "d"},
        {**OBJECT, "_airbyte_meta": {}, "_airbyte_raw_id": "r"},
    ],
)
def test_every_connectors_envelope_is_taken_off(line: dict[str, Any]) -> None:
    """The same object by another deliverer is another object, or none."""
    assert unwrapped(parse(json.dumps(line))) == OBJECT


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (
            {"_airbyte_data": {"_airbyte_data": {"id": "2"}, "id": "1"}},
            {"id": "1"},
        ),  # once each: the inner one is a member
        ({"_airbyte_data": "no object", "id": "1"}, {"id": "1"}),
        ({"type": "RECORD", "record": "no object"}, {"type": "RECORD", "record": "no object"}),
        ({"type": "record", "record": OBJECT}, {"type": "record", "record": OBJECT}),
        ({"type": "RECORD", "record": {"stream": "s", "id": "1"}}, {"stream": "s", "id": "1"}),
        ({"record": OBJECT}, {"record": OBJECT}),
    ],
)
def test_what_only_looks_like_an_envelope_stays(line: dict[str, Any], left: dict[str, Any]) -> None:
    """A vendor's own member of that name loses the object around it."""
    assert unwrapped(parse(json.dumps(line))) == left


@pytest.mark.parametrize("kind", ["SCHEMA", "STATE", "LOG", "TRACE", "CATALOG", "CONTROL"])
def test_messages_of_protocols_are_known_by_their_words_in_capitals(kind: str) -> None:
    """A state is refused for lack of an id; or an object of a type of its own is taken for a message."""
    assert is_message({"type": kind}) and not is_message({"type": kind.lower()}) and not is_message({"type": None})


def test_a_list_name_or_its_singular_with_one_object_is_that_object() -> None:
    """A webhook's `{"order": {…}}` has no id; a list is opened though a line is one object."""
    assert opened({"order": OBJECT}, ("orders", "order")) == OBJECT
    assert opened({"orders": OBJECT, "more": "1"}, ("orders", "order")) == OBJECT
    assert opened({"orders": [OBJECT]}, ("orders", "order")) == {"orders": [OBJECT]}


SHAPE = Shape(
    ids=(("id",), ("attributes", "uuid")), version_at=("attributes", "updated"), per_second=1, lists=("data",)
)


@pytest.mark.parametrize(
    ("line", "object_id", "version_at", "reason", "field"),
    [
        ({"id": 7, "attributes": {"updated": "2026-06-01 12:00:00.5"}}, "7", (12, 0, 500000), None, None),
        ({"id": "  ", "attributes": {"uuid": "u", "updated": 1780311600}}, "u", (11, 0, 0), None, None),
        ({"data": {"id": "7"}}, "7", None, None, None),
        ({"attributes": {}}, None, None, "missing_field", "id"),
        ({"id": 1.5}, None, None, "bad_value", "id"),
        ({"id": True, "attributes": {"uuid": "u"}}, None, None, "bad_value", "id"),
        ({"id": "7", "attributes": {"updated": "soon"}}, "7", None, "bad_value", "updated"),
        ({"type": "STATE", "value": {}}, None, None, None, None),
        ({"type": "STATE", "id": "7"}, "7", None, None, None),
        ({"data": [{"id": "7"}]}, None, None, "missing_field", "id"),
    ],
)
def test_a_line_is_a_version_of_an_object(
    line: dict[str, Any], object_id: str | None, version_at: Any, reason: str | None, field: str | None
) -> None:
    """Spec §2.3.2: by its id and its version instant, or refused with the member's name."""
    found = expanded(json.dumps(line), SHAPE, lambda _: Expansion())
    instants = version_at and datetime(2026, 6, 1, *version_at[:2], microsecond=version_at[2], tzinfo=UTC)
    assert (found.object_id, found.version_at, found.reason, found.field) == (object_id, instants, reason, field)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("2026-06-01T10:00:00Z", "2026-06-01T10:00:00Z"),
        ("2026-06-01T10:00:00", "2026-06-01T10:00:00Z"),
        ("2026-06-01T12:30:00+0230", "2026-06-01T10:00:00Z"),
        ("2026-06-01T08:00:00.1234567-02", "2026-06-01T10:00:00.123456Z"),
        ("2026-06-01T09:30-00:30", "2026-06-01T10:00:00Z"),
        (Number("1780308000"), "2026-06-01T10:00:00Z"),
        (Number("1780308000.25"), "2026-06-01T10:00:00.250000Z"),
        ("yesterday", "yesterday"),
        ("2026-06-01", "2026-06-01"),
        ("2026-02-30T10:00:00Z", "2026-02-30T10:00:00Z"),
        ("1780308000", "2026-06-01T10:00:00Z"),
        ("2026-06-01T10:00:00 UTC", "2026-06-01T10:00:00Z"),
        ("2026-06-01 10:00:00.5 Utc", "2026-06-01T10:00:00.500000Z"),
        ("2026-06-01T10:00.5Z", "2026-06-01T10:00.5Z"),
        ("0001-01-01T00:00:00+01:00", "0001-01-01T00:00:00+01:00"),
        (Number("1e99"), Number("1e99")),
        (None, None),
        (True, True),
    ],
)
def test_instants_of_vendors_are_utc_unless_they_say_otherwise(given: Any, text: Any) -> None:
    """Spec §2.3.6: an instant without a zone is read in the source's, or what is none is lost."""
    assert utc_text(given, per_second=1) == text


def test_numbers_are_in_the_unit_that_the_section_names() -> None:
    """Milliseconds are read as seconds; or a number is an instant where no unit is named."""
    assert instant(Number("1780308000000"), per_second=1000) == datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert instant(Number("1780308000")) is None and instant("1780308000") is None


def test_a_page_whose_objects_all_name_one_large_resource_is_read_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each would be read with all of it: the square of a line's length."""
    monkeypatch.setattr("caw.adapters.envelopes.MOST_INCLUDED", 1_000)
    of_metric = {"relationships": {"metric": {"data": {"type": "metric", "id": "m"}}}}

    def page(objects: int, name: str) -> dict[str, Any]:
        resource = {"type": "metric", "id": "m", "attributes": {"name": name}}
        return {"data": [of_metric] * objects, "included": [resource]}

    assert [one["included"]["metric"]["name"] for one in listed(page(2, "Placed Order"), ["data"])] == [
        "Placed Order"
    ] * 2
    for many in (page(2, "x" * 1_000), page(100, "Placed Order")):
        assert listed(many, ["data"]) == many["data"]
