"""klaviyo_profiles and klaviyo_catalog (spec §2.3.12.3 and §2.3.12.4)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..values import is_absent
from ..words import normal_word
from .instants import instant, utc_text
from .line import Fields, Says, Surroundings, object_id, version_instant
from .members import as_object, at, first, has, id_text, number, objects, truth
from .people import email

MARKETING = {"email": "email", "sms": "sms", "mobile_push": "push", "whatsapp": "whatsapp"}
"""Member of `subscriptions` -> channel. Transactional and conversational ones: never."""
CAN_RECEIVE = {"sms": "can_receive_sms_marketing", "push": "can_receive_push_marketing", "whatsapp": "can_receive"}
DOUBLE_OPT_IN = "double opt-in"
DELETION = "is_deletion"  # its other fields are those of the version before, as of Shopify's
TRACKED_POLICY = Decimal(1)  # inventory_policy 1 hides a product without stock; 0 and 2 show it whatever the stock


def expand_profile(record: Fields, around: Surroundings) -> Says:
    """A profile; another vendor's person feed makes nothing (spec §2.3.5)."""
    attributes = as_object(record.get("attributes"))
    profile_id = object_id(record.get("id"))
    version = version_instant(attributes.get("updated"), "updated")
    records = _profile_records(profile_id, attributes) if around.has_people else []
    return Says(profile_id, (version,), whole=lambda parts: records)


def all_records(record: Fields, around: Surroundings) -> list[tuple[str, Fields]]:
    """The records of a profile, with an id and an instant or not."""
    return _profile_records(id_text(record.get("id")), as_object(record.get("attributes"))) if around.has_people else []


def _profile_records(profile_id: str | None, attributes: Fields) -> list[tuple[str, Fields]]:
    updated = instant(attributes.get("updated"))
    anonymous = attributes.get("anonymous_id")
    person = {
        "profile_id": profile_id,
        "updated_at": updated,
        "email": email(attributes.get("email")),
        "phone_number": attributes.get("phone_number"),
        "external_id": attributes.get("external_id"),
        "anonymous_ids": None if is_absent(anonymous) else [anonymous],
    }
    records: list[tuple[str, Fields]] = [("profiles", person)]
    subscriptions = as_object(attributes.get("subscriptions"))
    for member, channel in MARKETING.items():
        marketing = as_object(at(subscriptions, member, "marketing"))
        about = {"profile_id": profile_id, "channel": channel}
        records += [("consents", {**about, **one}) for one in _consents(marketing, channel, attributes)]
        records += [("suppressions", {**about, **one}) for one in _suppressions(marketing, channel, updated)]
    return records


def _consents(marketing: Fields, channel: str, attributes: Fields) -> list[Fields]:
    """A consent of null makes no record (spec §2.3.12.3)."""
    if is_absent(marketing.get("consent")):
        return []
    given = first(marketing, "consent_timestamp", "last_updated")
    occurred_at = instant(attributes.get("created") if given is None else given)
    consent = {"occurred_at": occurred_at, "status": marketing["consent"], "method": _method(marketing)}
    if channel != "email":
        consent["valid_until"] = instant(marketing.get("valid_until"))
    return [consent]


def _method(marketing: Fields) -> Any:
    method = first(marketing, "method")
    if not truth(marketing.get("double_optin")) or not isinstance(method, str | None):
        return method
    return DOUBLE_OPT_IN if method is None else f"{method}, {DOUBLE_OPT_IN}"


def _suppressions(marketing: Fields, channel: str, updated: Any) -> list[Fields]:
    """E-mail's by its list; the others' by what they can receive while subscribed (spec §2.3.12.3)."""
    if channel == "email":
        listed = marketing.get("suppression")
        if isinstance(listed, list) and not listed:
            return [{"occurred_at": updated, "action": "unsuppress"}]
        return [
            {"occurred_at": instant(one.get("timestamp")), "action": "suppress", "reason": one.get("reason")}
            for one in objects(listed)
        ]
    can_receive, consent = truth(marketing.get(CAN_RECEIVE[channel])), marketing.get("consent")
    if can_receive is None or not isinstance(consent, str) or normal_word(consent) != "subscribed":
        return []
    last = instant(marketing.get("last_updated"))
    action = "unsuppress" if can_receive else "suppress"
    return [{"occurred_at": updated if last is None else last, "action": action}]


def expand_catalog(record: Fields, around: Surroundings) -> Says:
    """A catalogue's item or variant: one product."""
    attributes = as_object(record.get("attributes"))
    if has(record, "deleted_at"):  # as a pull says of what the catalogue lists no more
        gone = version_instant(record["deleted_at"], "deleted_at")
        own = {"product_id": attributes.get("external_id"), "updated_at": gone, "in_stock": False, DELETION: True}
        return Says(f"delete:{object_id(record.get('id'))}", (gone,), whole=lambda parts: [("products", own)])
    version = version_instant(attributes.get("updated"), "updated")
    again = utc_text(record.get("listed_at")) or ""
    product = {
        "product_id": attributes.get("external_id"),
        "updated_at": again if version and again > version else instant(attributes.get("updated")),
        "sku": attributes.get("sku"),
        "title": attributes.get("title"),
        "price": attributes.get("price"),
        "url": attributes.get("url"),
        "in_stock": _in_stock(attributes),
    }
    return Says(object_id(record.get("id")), (version,), whole=lambda parts: [("products", product)])


def _in_stock(attributes: Fields) -> bool:
    """Published, and not hidden for want of stock; an item has no policy, and absent counts as published."""
    quantity = number(attributes.get("inventory_quantity"))
    is_hidden = number(attributes.get("inventory_policy")) == TRACKED_POLICY and quantity is not None and quantity <= 0
    return truth(attributes.get("published")) is not False and not is_hidden
