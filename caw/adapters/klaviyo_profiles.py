"""klaviyo_profiles: people, and what they allow per channel (spec §2.3.12.3)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from caw.adapters.adapter import Adapter, Expander, Spots
from caw.adapters.instants import utc_text
from caw.adapters.klaviyo import LISTS, VENDOR, attributes_of, identifiers, person, resource_of
from caw.adapters.members import first, inside, object_of, present, truth
from caw.adapters.records import Expansion, Json, Record
from caw.adapters.transcript_values import as_id, is_absent, is_text
from caw.adapters.vendor_lines import Shape, expanded
from caw.adapters.vendor_spots import spots_by_name
from caw.feeds.seeds import word_form

SHAPE = Shape(version_at=("attributes", "updated"), lists=LISTS, envelope=resource_of)
# The channel of each member of `subscriptions`; its transactional and conversational consents are no marketing.
CHANNELS = {"email": "email", "sms": "sms", "mobile_push": "push", "whatsapp": "whatsapp"}
CAN_RECEIVE = {"sms": "can_receive_sms_marketing", "push": "can_receive_push_marketing", "whatsapp": "can_receive"}
DOUBLE_OPT_IN = "double opt-in"


def load(_: Path) -> Expander:
    """The adapter; it reads no seeds."""
    return Expander("", lambda line: expanded(line, SHAPE, made_of), spots)


def made_of(line: Json) -> Expansion:
    """The records of a profile: the person, and for each channel the consent and what stops messages."""
    attributes = attributes_of(line)
    profile_id, anonymous_id = as_id(line.get("id")), attributes.get("anonymous_id")
    contacts = {name: attributes.get(name) for name in ("email", "phone_number", "external_id")}
    known = {
        "profile_id": profile_id,
        "updated_at": utc_text(attributes.get("updated")),
        **contacts,
        "anonymous_ids": None if is_absent(anonymous_id) else [anonymous_id],
    }
    records = [Record("profiles", present(known))]
    for member, channel in CHANNELS.items():
        marketing = object_of(inside(attributes, "subscriptions", member, "marketing"))
        about = {"profile_id": profile_id, "channel": channel}
        records += [Record("consents", present({**about, **one})) for one in _consents(marketing, channel, attributes)]
        stops = _suppressions(marketing, channel, known["updated_at"])
        records += [Record("suppressions", present({**about, **one})) for one in stops]
    named = list(identifiers(person(profile_id=profile_id, **contacts)))
    others = [("anonymous_id", as_id(anonymous_id))] if as_id(anonymous_id) else []
    return Expansion(records=records, people=[*named, *others])


def _consents(marketing: Json, channel: str, attributes: Json) -> Iterator[Json]:
    """The channel's consent; none where it is null."""
    if is_absent(marketing.get("consent")):
        return
    given = first(marketing, "consent_timestamp", "last_updated")
    consent = {
        "occurred_at": utc_text(attributes.get("created") if given is None else given),
        "status": marketing["consent"],
        "method": _method(marketing),
    }
    yield consent if channel == "email" else {**consent, "valid_until": utc_text(marketing.get("valid_until"))}


def _method(marketing: Json) -> Any:
    """The method by which consent was given, with a word for a double opt-in."""
    method = first(marketing, "method")
    if not truth(marketing.get("double_optin")) or not (method is None or is_text(method)):
        return method
    return DOUBLE_OPT_IN if method is None else f"{method}, {DOUBLE_OPT_IN}"


def _suppressions(marketing: Json, channel: str, updated_at: Any) -> Iterator[Json]:
    """Records that stop or allow messages: e-mail's by its list, the others' by what subscribers can receive."""
    if channel == "email":
        listed = marketing.get("suppression")
        if listed == []:
            yield {"occurred_at": updated_at, "action": "unsuppress"}
        for one in listed if isinstance(listed, list) else ():
            if isinstance(one, dict):
                occurred_at = utc_text(one.get("timestamp"))
                yield {"occurred_at": occurred_at, "action": "suppress", "reason": one.get("reason")}
        return
    consent: Any = marketing.get("consent")
    can_receive = truth(marketing.get(CAN_RECEIVE[channel]))
    if can_receive is not None and is_text(consent) and word_form(consent) == "subscribed":
        last_updated = first(marketing, "last_updated")
        occurred_at = updated_at if last_updated is None else utc_text(last_updated)
        yield {"occurred_at": occurred_at, "action": "unsuppress" if can_receive else "suppress"}


def spots(line: Any) -> Spots:
    """A person's line is about nobody else: the records of others show none of its texts."""
    return spots_by_name(line, (), lambda _, name: "object_id" if name == "id" else None)


ADAPTER = Adapter(
    version=3,
    vendor=VENDOR,
    load=load,
    carries=(
        ("profile_id", "id"),
        ("email", "attributes.email"),
        ("phone", "attributes.phone_number"),
        ("external_id", "attributes.external_id"),
        ("anonymous_id", "attributes.anonymous_id"),
    ),
)
