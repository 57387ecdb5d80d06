"""Envelopes that connectors put around a vendor's object (spec §2.3.1): Airbyte, Singer, dlt and Fivetran.

What belongs here: taking them off one parsed line, and telling messages of their protocols from objects. What does not:
a vendor's own webhook envelope, which its adapter knows, and lists of documents, which the readers open.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from caw.adapters.records import Json
from caw.adapters.transcript_values import is_text, parsed
from caw.formats.json_api import INCLUDED, resources, with_included
from caw.formats.strict_json import dump
from caw.limits import MIB

MOST_INCLUDED = 256 * MIB  # a page of 1,000 objects may name resources of 256 KiB each
AIRBYTE_DATA = "_airbyte_data"
OWN_MEMBERS = ("_dlt_", "_airbyte_", "_fivetran_", "_sdc_")  # begin the names of a connector's own members
RECORD = "RECORD"
# Messages of the protocols of Singer and Airbyte that hold no object.
MESSAGES = frozenset(
    ["SCHEMA", "STATE", "ACTIVATE_VERSION", "BATCH", "LOG", "TRACE", "SPEC", "CATALOG", "CONNECTION_STATUS", "CONTROL"]
)


def unwrapped(line: Json) -> Json:
    """A line without the envelopes of connectors and without their members, each taken off once, from the outside in.

    What looks like an envelope and holds no object stays as it is.
    """
    return without_own_members(_record(_airbyte_data(line)))


def without_own_members(line: Json) -> Json:
    """A line without the members that connectors add."""
    if not [name for name in line if name.startswith("_")]:
        return line  # as nearly all are
    return {name: value for name, value in line.items() if not name.startswith(OWN_MEMBERS)}


def is_message(line: Json) -> bool:
    """Whether a line is a protocol's message without an object, if it has no object id of its feed."""
    return is_text(line.get("type")) and line["type"] in MESSAGES


def opened(line: Json, names: Iterable[str]) -> Json:
    """The object in the first member of these names that holds one, such as `{"order": {…}}`; else the line itself.

    A list is not opened: a JSON line is one object. The resources of a JSON:API document that its object names are put
    into it, as the reader of documents does.
    """
    found = next((line[name] for name in names if isinstance(line.get(name), dict)), None)
    return line if found is None else with_included(found, resources(line.get(INCLUDED)))


def listed(line: Json, names: Iterable[str]) -> Sequence[Json]:
    """The objects of the first list of these names, each with the resources that it names, as `opened` has it.

    All may name one large resource, and each would be read with it: where they could come to more than
    `MOST_INCLUDED`, they are without.
    """
    found: Sequence[Any] = next((line[name] for name in names if isinstance(line.get(name), list)), [])
    included = resources(line.get(INCLUDED))
    largest = max((len(dump(one)) for one in included.values()), default=0)
    if largest * len(found) > MOST_INCLUDED:
        included = {}
    return [with_included(one, included) for one in found if isinstance(one, dict)]


def _airbyte_data(line: Json) -> Json:
    """An Airbyte destination's row: its data is an object, or the text of one, as in a cell of a table."""
    return _object(line.get(AIRBYTE_DATA)) or line


def _record(line: Json) -> Json:
    """A RECORD message of Singer, or of Airbyte, whose record names its stream and has the data one level deeper."""
    if line.get("type") != RECORD or not isinstance(record := line.get("record"), dict):
        return line
    is_airbytes = "stream" in record and isinstance(record.get("data"), dict)
    return record["data"] if is_airbytes else record


def _object(value: Any) -> Json | None:
    found = parsed(value) if is_text(value) else value
    return found if isinstance(found, dict) else None
