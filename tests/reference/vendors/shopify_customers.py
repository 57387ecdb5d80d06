"""shopify_customers (spec §2.3.14.4): customers, their consents, merges and redactions."""

from __future__ import annotations

from typing import Any

from ..values import is_absent
from .instants import instant
from .line import INGESTED_AT, Fields, Says, Surroundings, object_id, version_instant
from .members import as_object, at, first, has, id_text, truth
from .people import email
from .shopify_ids import digits, id_of, own_id
from .shopify_orders import PARENT, refuse_child
from .words import vendor_word

CONSENTS = {"email": "email_marketing_consent", "sms": "sms_marketing_consent"}
STATES = {
    "redacted": "unsubscribed",
    "invalid": "unsubscribed",
    "not_subscribed": "never_subscribed",
    "pending": "never_subscribed",
}
CUSTOMER_MEMBERS = ("email", "orders_count", "first_name", "last_name", "verified_email", "total_spent", "addresses")
KEPT, DELETED = "admin_graphql_api_customer_kept_id", "admin_graphql_api_customer_deleted_id"


def is_own(record: Fields) -> bool:
    """An object of the feed, so that nothing inside it is opened."""
    return id_of(record) is not None or has(record, "customer_id", DELETED) or _is_about_a_request(record)


def _is_about_a_request(record: Fields) -> bool:
    return any(name in record for name in ("orders_to_redact", "orders_requested", "data_request"))


def expand(record: Fields, around: Surroundings) -> Says:
    """A customer, a consent topic's body, a merge, a redaction; another body makes nothing (spec §2.3.14.2)."""
    refuse_child(record)
    if has(record, DELETED):
        return _merge(record, around)
    if "orders_to_redact" in record:
        return _redaction(record, around)
    if _is_about_a_request(record):
        return Says(f"data_request:{object_id(id_of(as_object(record.get('customer'))))}")
    if any(name in record for name in CUSTOMER_MEMBERS):
        return _customer(record, around)
    if any(name in record for name in CONSENTS.values()):
        return _consent_body(record, around)
    return Says(own_id(record), (version_instant(record.get("updated_at"), "updated_at"),))


def all_records(record: Fields, around: Surroundings) -> list[tuple[str, Fields]]:
    """Consents and requests of a body, with an id and an instant or not; a child is no customer."""
    if has(record, DELETED, PARENT):
        return []
    if "orders_to_redact" in record:
        return [("erasures", _request(as_object(record.get("customer")), around))]
    if _is_about_a_request(record) or not around.has_people:
        return []
    is_customer = any(name in record for name in CUSTOMER_MEMBERS)
    given = id_of(record)
    if not is_customer and not is_absent(record.get("customer_id")):
        given = digits(record["customer_id"])
    return [("consents", one) for one in _consents(given, record)]


def _customer(record: Fields, around: Surroundings) -> Says:
    customer_id = own_id(record)
    version = version_instant(record.get("updated_at"), "updated_at")
    records: list[tuple[str, Fields]] = []
    updated = instant(record.get("updated_at"))
    if around.has_people and updated is not None:  # spec §2.3.14.4
        person = {"profile_id": customer_id, "updated_at": updated, "email": email(record.get("email"))}
        records.append(("profiles", {**person, "phone_number": record.get("phone")}))
    if around.has_people:
        records += [("consents", one) for one in _consents(customer_id, record)]
    return Says(customer_id, (version,), whole=lambda parts: records)


def _consents(customer_id: Any, record: Fields) -> list[Fields]:
    """From the two consent members, else from accepts_marketing (spec §2.3.14.4)."""
    updated = record.get("updated_at")
    if not has(record, *CONSENTS.values()):
        accepts = truth(record.get("accepts_marketing"))
        since = instant(first({"a": record.get("accepts_marketing_updated_at"), "b": updated}, "a", "b"))
        if accepts is None or since is None:
            return []
        status = "subscribed" if accepts else "never_subscribed"
        return [{"profile_id": customer_id, "channel": "email", "occurred_at": since, "status": status}]
    found = []
    for channel, name in CONSENTS.items():
        consent = as_object(record.get(name))
        since = instant(first({"a": consent.get("consent_updated_at"), "b": updated}, "a", "b"))
        if not is_absent(consent.get("state")) and since is not None:
            about = {"profile_id": customer_id, "channel": channel, "occurred_at": since}
            found.append({**about, "status": _status(consent["state"]), "method": consent.get("opt_in_level")})
    return found


def _status(state: Any) -> Any:
    """The status that a state means; another text as it is, for the consents' own words to read."""
    return STATES.get(vendor_word(state), state) if isinstance(state, str) else state


def _consent_body(record: Fields, around: Surroundings) -> Says:
    """A consent topic's body is an object of its own, known by the customer (spec §2.3.14.2)."""
    given = record.get("customer_id")
    customer_id = own_id(record) if is_absent(given) else object_id(digits(given))
    name = "consent_updated_at"
    versions = [version_instant(at(record, member, name), name) for member in CONSENTS.values()]
    records = [("consents", one) for one in _consents(customer_id, record)] if around.has_people else []
    return Says(f"consent:{customer_id}", (max(versions),), whole=lambda parts: records)


def _merge(record: Fields, around: Surroundings) -> Says:
    """A merge that failed makes nothing."""
    deleted = object_id(digits(record[DELETED]))
    status: Any = record.get("status")
    is_completed = isinstance(status, str) and vendor_word(status) == "completed"
    person = {"profile_id": deleted, "merged_into": digits(record.get(KEPT)), "updated_at": INGESTED_AT}
    records = [("profiles", person)] if is_completed and around.has_people else []
    return Says(f"merge:{deleted}", whole=lambda parts: records)


def _redaction(record: Fields, around: Surroundings) -> Says:
    """An erasure, whoever names the people; its profile_id only if that is Shopify (spec §2.3.14.4)."""
    customer = as_object(record.get("customer"))
    customer_id = object_id(id_of(customer))
    erasure = _request(customer, around)
    return Says(f"redact:{customer_id}", whole=lambda parts: [("erasures", erasure)])


def _request(customer: Fields, around: Surroundings) -> Fields:
    customer_id = id_text(id_of(customer))
    return {
        "request_id": customer_id and f"shopify:redact:{customer_id}",
        "requested_at": INGESTED_AT,
        "email": customer.get("email"),
        "phone": customer.get("phone"),
        "profile_id": customer_id if around.has_people else None,
    }
