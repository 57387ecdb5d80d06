"""Deletions by whole listings: lines of objects that it has no more, and of those that came back.

A list that is asked for whole is the only place where a vendor says that an object is gone. What was listed before and
is not in a list that was read to its end lands as a line of its own, with `deleted_at`; an object that comes back lands
with `listed_at`, since its own instant may be older than that of its deletion (spec §2.3.24.4).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from caw.formats.strict_json import parse
from caw.pull.klaviyo import object_id
from caw.pull.pages import line_of

DELETED_AT, LISTED_AT = "deleted_at", "listed_at"
ATTRIBUTES, PRODUCT = "attributes", "external_id"


class Listed(NamedTuple):
    """An object of a list: the hash of its id, and what a line of its deletion says besides the instant."""

    object: bytes
    says: str


class Listing(NamedTuple):
    """A page of a list: what is there, and of a list that was read to its end what is gone."""

    at: datetime | None
    there: Sequence[Listed]
    gone: Sequence[Listed]


NO_LISTING = Listing(None, (), ())


def listing_of(at: datetime, found: Sequence[tuple[bytes, Any]], missing: Sequence[Listed]) -> Listing:
    """The listing of a page.

    Args:
        at: the end of its window.
        found: its objects, each with the hash of its id; one without an id cannot be missed.
        missing: what the pages before it lacked; after the last page alone.
    """
    there = [Listed(hashed, _says(record)) for hashed, record in found if object_id(record) is not None]
    here = {one.object for one in there}
    return Listing(at, there, [one for one in missing if one.object not in here])


def _says(record: Mapping[str, Any]) -> str:
    """The members that a deletion's line has of an object: its type and id, and which product it is."""
    attributes = record.get(ATTRIBUTES)
    product = attributes.get(PRODUCT) if isinstance(attributes, dict) else None
    own = {name: record[name] for name in ("type", "id") if name in record}
    return line_of(own if product is None else {**own, ATTRIBUTES: {PRODUCT: product}}).decode("utf-8")


def deletion(says: str, at: datetime) -> bytes:
    """The line of an object that a list has no more.

    Args:
        says: what was remembered when it was last listed.
        at: the end of the window in which it is missing.
    """
    return line_of({**parse(says, lone_surrogates=True), DELETED_AT: _written(at)})


def listed_again(record: Mapping[str, Any], at: datetime) -> bytes:
    """The line of an object that was gone and is there again."""
    return line_of({**record, LISTED_AT: _written(at)})


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
