"""intercom_contacts (spec §2.3.16.3): profiles, what one may not write, merges."""

from __future__ import annotations

from .instants import instant
from .line import Fields, Says, Surroundings, object_id, version_instant
from .members import id_text, listed, truth
from .people import email

BLOCKS = ("has_hard_bounced", "marked_email_as_spam")


def expand(record: Fields, around: Surroundings) -> Says:
    """A contact."""
    contact_id = object_id(record.get("id"))
    version = version_instant(record.get("updated_at"), "updated_at", in_seconds=True)
    records = _records(contact_id, record) if around.has_people else []
    return Says(contact_id, (version,), whole=lambda parts: records)


def all_records(record: Fields, around: Surroundings) -> list[tuple[str, Fields]]:
    """The records of a contact, with an id and an instant or not."""
    return _records(id_text(record.get("id")), record) if around.has_people else []


def _records(contact_id: str | None, record: Fields) -> list[tuple[str, Fields]]:
    updated = instant(record.get("updated_at"), in_seconds=True)
    person = {"profile_id": contact_id, "updated_at": updated, "email": email(record.get("email"))}
    others = {"phone_number": record.get("phone"), "external_id": record.get("external_id")}
    records: list[tuple[str, Fields]] = [("profiles", {**person, **others})]
    about = {"profile_id": contact_id, "channel": "email", "occurred_at": updated}
    if truth(record.get("unsubscribed_from_emails")):
        records.append(("consents", {**about, "status": "unsubscribed"}))
    for name in BLOCKS:
        if truth(record.get(name)):
            records.append(("suppressions", {**about, "action": "suppress", "reason": name}))
    for merge in listed(record.get("merge_history"), "data", "merge_history"):
        merged = instant(merge.get("merged_at"), in_seconds=True)
        into = {"profile_id": merge.get("source_contact_id"), "merged_into": contact_id, "updated_at": merged}
        records.append(("profiles", into))
    return records
