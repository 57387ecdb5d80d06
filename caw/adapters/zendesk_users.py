"""Expands `zendesk_users` into profiles: end users, unless they were merged or deleted (spec §2.3.17.3)."""

from functools import partial
from pathlib import Path

from caw.adapters.adapter import Adapter, Expander, Spots
from caw.adapters.helpdesk import form, named, profile_of
from caw.adapters.instants import utc_text
from caw.adapters.members import truth
from caw.adapters.records import Expansion, Json, Record
from caw.adapters.transcript_values import as_id
from caw.adapters.vendor_lines import Shape, expanded
from caw.adapters.vendor_spots import spots_of_object
from caw.adapters.zendesk import VENDOR

SHAPE = Shape(version_at=("updated_at",), lists=("users",), singulars=("user",))
END_USER = "end_user"


def made_of(user: Json) -> Expansion:
    """The profile of a user."""
    is_profile = form(user.get("role")) == END_USER and truth(user.get("active")) is not False
    identifiers = profile_of(
        profile_id=as_id(user.get("id")),
        email=user.get("email"),
        phone_number=user.get("phone"),
        external_id=user.get("external_id"),
    )
    profile = Record("profiles", {**identifiers, "updated_at": utc_text(user.get("updated_at"))})
    people = named(
        profile_id=user.get("id"),
        email=user.get("email"),
        phone=user.get("phone"),
        external_id=user.get("external_id"),
    )
    return Expansion(records=[profile] if is_profile else [], people=[*people])


def _spots(user: Json) -> Spots:
    return {("id",): "object_id"}


def load(seeds: Path) -> Expander:
    """The adapter; it reads no seeds."""
    return Expander(VENDOR, partial(expanded, shape=SHAPE, make=made_of), partial(spots_of_object, SHAPE, _spots))


ADAPTER = Adapter(
    version=2,
    vendor=VENDOR,
    load=load,
    carries=(("email", "email"), ("phone", "phone"), ("external_id", "external_id")),
)
