"""Shopify's customers (spec §2.3.14.4): who they are, what they consented to, merges and redactions."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from caw.adapters.adapter import Adapter, Expander
from caw.adapters.instants import instant
from caw.adapters.members import object_of, present, truth
from caw.adapters.records import INGESTED_AT, Expansion, Json, Record
from caw.adapters.shopify_ids import (
    CARRIES,
    DELETED,
    KEPT,
    VENDOR,
    People,
    digits,
    email_of,
    expander,
    given_id,
    has,
    instant_text,
    is_word,
    latest,
    own_object,
    version,
)
from caw.adapters.transcript_values import as_id, is_absent, is_text
from caw.feeds.declared import ERASURES
from caw.feeds.seeds import word_form

CONSENTS = {"email": "email_marketing_consent", "sms": "sms_marketing_consent"}
CONSENTED_AT = "consent_updated_at"
# Other states are words of consents: subscribed, unsubscribed, and what nobody knows, which counts as no consent.
STATES = {
    "redacted": "unsubscribed",
    "invalid": "unsubscribed",
    "not_subscribed": "never_subscribed",
    "pending": "never_subscribed",
}
# A body with one of these is a customer; of a deletion only its id is left.
OF_CUSTOMERS = ("email", "orders_count", "first_name", "last_name", "verified_email", "total_spent", "addresses")
TO_REDACT = "orders_to_redact"
REQUESTS = (TO_REDACT, "orders_requested", "data_request")  # bodies about a customer, who is a member of them


def is_own(body: Json) -> bool:
    """Whether an object is one of the feed itself, though it may hold a customer."""
    return given_id(body) is not None or has(body, "customer_id", DELETED) or any(name in body for name in REQUESTS)


def made_of(body: Json) -> Expansion:
    """The expansion of an object of the feed; its own id is a person's, whatever it makes."""
    return replace(_made_of(body), people=People(body, is_customer=True))


def _made_of(body: Json) -> Expansion:
    """One of another shape, as of a deletion, is a version that makes nothing."""
    if has(body, DELETED):
        return _merge(body)
    if TO_REDACT in body:
        return _redaction(body)
    if any(name in body for name in REQUESTS):
        return version(body, own_object("data_request", given_id(object_of(body.get("customer")))))
    if any(name in body for name in OF_CUSTOMERS):
        return version(body, given_id(body), _customer(body), body.get("updated_at"), "updated_at")
    if any(name in body for name in CONSENTS.values()):
        return _consent(body)
    return version(body, given_id(body), at=body.get("updated_at"), name="updated_at")


def _customer(body: Json) -> list[Record]:
    """A profile, if the body is dated, and the customer's consents."""
    updated_at = instant_text(body.get("updated_at"))
    person = present(
        {
            "profile_id": given_id(body),
            "updated_at": updated_at,
            "email": email_of(body.get("email")),
            "phone_number": body.get("phone"),
        }
    )
    profiles = [] if is_absent(updated_at) else [Record("profiles", person)]
    return [*profiles, *_consents(given_id(body), body)]


def _consents(customer_id: Any, body: Json) -> Iterator[Record]:
    """Records of the consent members; where there is none, of accepts_marketing. What has no instant says nothing."""
    updated_at = body.get("updated_at")
    if not has(body, *CONSENTS.values()):
        accepts, since = truth(body.get("accepts_marketing")), body.get("accepts_marketing_updated_at")
        if accepts is not None:
            status = "subscribed" if accepts else "never_subscribed"
            yield from _consents_of(customer_id, "email", status, instant_text(since, updated_at))
        return
    for channel, name in CONSENTS.items():
        consent = object_of(body.get(name))
        since = instant_text(consent.get(CONSENTED_AT), updated_at)
        yield from _consents_of(customer_id, channel, _status(consent.get("state")), since, consent.get("opt_in_level"))


def _consents_of(customer_id: Any, channel: str, status: Any, since: Any, method: Any = None) -> Iterator[Record]:
    if not is_absent(status) and not is_absent(since):
        fields = present(
            {"profile_id": customer_id, "channel": channel, "occurred_at": since, "status": status, "method": method}
        )
        yield Record("consents", fields)


def _status(state: Any) -> Any:
    return STATES.get(word_form(state), state) if is_text(state) else state


def _consent(body: Json) -> Expansion:
    """The body of a consent topic: an object of its own, as of the later of its consents."""
    named = body.get("customer_id")
    customer_id = given_id(body) if is_absent(named) else digits(named)
    given = [object_of(body.get(name)).get(CONSENTED_AT) for name in CONSENTS.values()]
    unreadable = [one for one in given if not is_absent(one) and instant(one) is None]
    at = unreadable[0] if unreadable else latest(*given)
    return version(body, own_object("consent", customer_id), list(_consents(customer_id, body)), at, CONSENTED_AT)


def _merge(body: Json) -> Expansion:
    """A customer that was merged into another, which it is from then on; a merge that failed makes nothing."""
    deleted = digits(body[DELETED])
    fields = present({"profile_id": deleted, "merged_into": digits(body.get(KEPT)), "updated_at": INGESTED_AT})
    records = [Record("profiles", fields)] if is_word(body.get("status"), "completed") else []
    return version(body, own_object("merge", deleted), records)


def _redaction(body: Json) -> Expansion:
    """A request to forget a customer; what is no id names no request and nobody."""
    customer = object_of(body.get("customer"))
    customer_id = given_id(customer)
    known = as_id(customer_id) or None
    fields = present(
        {
            "request_id": own_object("shopify:redact", known),
            "requested_at": INGESTED_AT,
            "email": customer.get("email"),
            "phone": customer.get("phone"),
            "profile_id": known,
        }
    )
    return version(body, own_object("redact", customer_id), [Record(ERASURES, fields)])


def load(_: Path) -> Expander:
    """The adapter, which reads no seed."""
    return expander(is_own, made_of, lists=("customers",))


ADAPTER = Adapter(version=3, load=load, vendor=VENDOR, carries=CARRIES, request=TO_REDACT)
