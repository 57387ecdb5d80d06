"""Expands `intercom_contacts` into profiles, consents and suppressions (spec §2.3.16.3)."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from caw.adapters.adapter import Adapter, Expander, Spots
from caw.adapters.helpdesk import form, named, profile_of
from caw.adapters.instants import utc_text
from caw.adapters.intercom import EVENT, SECONDS, VENDOR
from caw.adapters.members import inside, object_of, objects_of, truth
from caw.adapters.records import Expansion, Json, Record
from caw.adapters.transcript_values import as_id
from caw.adapters.vendor_lines import Shape, expanded
from caw.adapters.vendor_spots import spots_of_object

KINDS = frozenset({"contact", "user", "lead"})
BLOCKS = ("has_hard_bounced", "marked_email_as_spam")


def opened(line: Json) -> Json | None:
    """The object of a line or of a webhook's envelope; None for an event about anything but a contact."""
    if line.get("type") != EVENT:
        return line
    item = object_of(inside(line, "data", "item"))
    return item if form(item.get("type")) in KINDS else None


SHAPE = Shape(
    version_at=("updated_at",),
    per_second=SECONDS,
    lists=("data", "contacts"),
    singulars=("contact",),
    envelope=opened,
)


def made_of(contact: Json) -> Expansion:
    """The records of a contact; those merged into it are profiles that were merged."""
    return Expansion(records=[*_records(contact)], people=[*_people(contact)])


def _records(contact: Json) -> Iterator[Record]:
    contact_id = as_id(contact.get("id"))
    updated = utc_text(contact.get("updated_at"), SECONDS)
    identifiers = profile_of(
        profile_id=contact_id,
        email=contact.get("email"),
        phone_number=contact.get("phone"),
        external_id=contact.get("external_id"),
    )
    yield Record("profiles", {**identifiers, "updated_at": updated})
    about = {"profile_id": contact_id, "channel": "email", "occurred_at": updated}
    if truth(contact.get("unsubscribed_from_emails")):
        yield Record("consents", {**about, "status": "unsubscribed"})
    for name in BLOCKS:
        if truth(contact.get(name)):
            yield Record("suppressions", {**about, "action": "suppress", "reason": name})
    for merge in objects_of(contact.get("merge_history"), "data", "merge_history"):
        merged_at = utc_text(merge.get("merged_at"), SECONDS)
        fields = {"profile_id": merge.get("source_contact_id"), "merged_into": contact_id, "updated_at": merged_at}
        yield Record("profiles", fields)


def _people(contact: Json) -> Iterator[tuple[str, str]]:
    yield from named(
        profile_id=contact.get("id"),
        email=contact.get("email"),
        phone=contact.get("phone"),
        external_id=contact.get("external_id"),
    )
    for merge in objects_of(contact.get("merge_history"), "data", "merge_history"):
        yield from named(profile_id=merge.get("source_contact_id"))


def _spots(contact: Json) -> Spots:
    return {("id",): "object_id"}


def load(seeds: Path) -> Expander:
    """The adapter; it reads no seeds."""
    return Expander(VENDOR, partial(expanded, shape=SHAPE, make=made_of), partial(spots_of_object, SHAPE, _spots))


ADAPTER = Adapter(
    version=3,
    vendor=VENDOR,
    load=load,
    carries=(("email", "email"), ("phone", "phone"), ("external_id", "external_id")),
)
