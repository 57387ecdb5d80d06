"""Shared by Shopify's three feeds (spec §2.3.14.2): opening a line, ids, members, e-mails.

A line's object is recognized by its members, since a webhook's topic is in a header that nobody lands. Refunds,
deletions, merges, redactions and consents are objects of their own.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from caw.adapters.adapter import Expander, Spots
from caw.adapters.envelopes import is_message, listed, opened, unwrapped, without_own_members
from caw.adapters.instants import instant, utc_text
from caw.adapters.members import first_of, is_redacted, object_of, objects_of
from caw.adapters.records import Expansion, Json, Record
from caw.adapters.refused import refused
from caw.adapters.transcript_values import as_id, is_absent, is_text
from caw.feeds.seeds import identifies_nobody, word_form
from caw.formats.json_numbers import Number
from caw.formats.strict_json import parse

VENDOR = "shopify"
GID = "admin_graphql_api_id"
PARENT = "__parentId"  # of a child in a bulk export, which says nothing by itself
MEMBERS = (
    "orders",
    "order",
    "customers",
    "customer",
    "products",
    "product",
    "variants",
    "variant",
    "refunds",
    "refund",
)
KEPT, DELETED = "admin_graphql_api_customer_kept_id", "admin_graphql_api_customer_deleted_id"  # of a merge
CUSTOMERS = ("customer_id", KEPT, DELETED)
# Where a line that is no JSON may name somebody; what other lines say of people, their expansion tells.
CARRIES = (
    *(("email", name) for name in ("email", "contact_email", "email_address", "emailAddress")),
    *(("phone", name) for name in ("phone", "billing_phone", "shipping_phone", "phoneNumber")),
)
ADDRESSES = ("billing_address", "shipping_address", "default_address", "billingAddress", "shippingAddress")

STATUSES = {"voided": "cancelled", "refunded": "refunded"}  # financial ones; an order of any other is placed

LONGEST_AMOUNT = 40  # characters: no amount has more, and an exponent may stand for millions of digits

_AMOUNT = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?\s*")
_GID = re.compile(r"\s*gid://(?:[^?]*/)?([^/?]*)/([0-9]+)(?:\?.*)?\s*", re.DOTALL)


def expander(
    is_own: Callable[[Json], bool],
    make: Callable[[Json], Expansion],
    fingerprint: str = VENDOR,
    lists: Sequence[str] = (),
) -> Expander:
    """The expander of one of the feeds.

    Args:
        is_own: whether a line is itself an object of the feed, so that nothing in it is opened.
        make: what an object makes; a reason and a field where it has no usable id or instant.
        fingerprint: a hash of the seeds that it is made by; the default is for no seed.
        lists: the members whose lists hold objects of the feed, in a line that is refused for holding several.
    """
    return Expander(fingerprint, partial(expanded, is_own=is_own, make=make, lists=lists), _no_spots)


def _no_spots(_: Json) -> Spots:
    """No id and no free text of a Shopify line is shown in a record."""
    return {}


def expanded(
    text: str, is_own: Callable[[Json], bool], make: Callable[[Json], Expansion], lists: Sequence[str] = ()
) -> Expansion:
    """Expand one line, the text of a JSON object."""
    line = unwrapped(parse(text))
    body = line if is_own(line) else without_own_members(opened(line, MEMBERS))
    if is_message(body) and not is_own(body):
        return Expansion()
    if not is_absent(body.get(PARENT)):
        return Expansion(reason="bad_value", field=PARENT, people=People(body))
    made = make(body)
    if made.reason == "missing_field" and (several := [make(one) for one in listed(body, lists)]):
        return refused(made, made.reason, made.field or "", listed=several)
    return made


def digits(value: Any) -> Any:
    """The digits at the end of a gid, or those of a whole number; any other value as it is."""
    if isinstance(value, Number):
        return as_id(value) or value
    return _digits_of_gid(value) or value


def given_id(holder: Mapping[str, Any]) -> Any:
    """An object's id: the digits of its gid, where it has one; numbers beyond 2^53 are rounded in some deliveries."""
    return _digits_of_gid(holder.get(GID)) or digits(holder.get("id"))


def gid_kind(holder: Mapping[str, Any]) -> str:
    """The kind of an object by its gid, such as `Order`; blank where it has none."""
    given: tuple[Any, ...] = (holder.get(GID), holder.get("id"))
    gids = (_GID.fullmatch(one) for one in given if is_text(one))
    return next((found[1] for found in gids if found), "")


def _digits_of_gid(value: Any) -> str | None:
    found = _GID.fullmatch(value) if is_text(value) else None
    return None if found is None else found[2]


def version(body: Json, object_id: Any, records: Sequence[Record] = (), at: Any = None, name: str = "") -> Expansion:
    """A body as a version of an object; refused where its id is none, or its instant is given and is none.

    Args:
        body: as it landed; the people that it names are looked for in it.
        object_id: the object's id, as given.
        records: what it makes.
        at: the version's instant, as given.
        name: the member that has it.
    """
    made = Expansion(records=records, people=People(body))
    if not as_id(object_id):
        return refused(made, "missing_field" if is_absent(object_id) else "bad_value", "id")
    made.object_id, made.version_at = as_id(object_id), instant(at)
    if made.version_at is None and not is_absent(at):
        return refused(made, "bad_value", name, made.object_id)
    return made


def own_object(kind: str, object_id: Any) -> Any:
    """The id of an object that comes in the same feed as others, such as `refund:1`; what is none stays as it is."""
    return f"{kind}:{as_id(object_id)}" if as_id(object_id) else object_id


def is_id_alone(body: Json) -> bool:
    """The body of a deletion: an object's id and nothing else."""
    return all(name in ("id", GID) or is_absent(value) for name, value in body.items())


def has(holder: Mapping[str, Any], *names: str) -> bool:
    """Whether a member of one of these names is there with a value."""
    return any(not is_absent(holder.get(name)) for name in names)


def instant_text(*values: Any) -> Any:
    """The first value that is not absent, as UTC ISO text; one that is no instant as it is, for staging to refuse."""
    return utc_text(first_of(*values))


def latest(*values: Any) -> Any:
    """The latest of the values that are instants, as UTC ISO text; None if none is."""
    at = [found for value in values if (found := instant(value)) is not None]
    return utc_text(max(at).isoformat()) if at else None


def is_word(value: Any, word: str) -> bool:
    """Whether a text is a word of Shopify's."""
    return is_text(value) and word_form(value) == word


def status_of(cancelled_at: Any, financial: Any) -> str:
    """An order's status: the instant of a cancellation goes before what Shopify says of the payment."""
    if not is_absent(cancelled_at):
        return "cancelled"
    return STATUSES.get(word_form(financial), "placed") if is_text(financial) else "placed"


def amount(value: Any) -> Decimal | None:
    """A number, or the text of one; None for anything else."""
    is_short = isinstance(value, str) and len(value) <= LONGEST_AMOUNT
    return Decimal(value) if is_short and _AMOUNT.fullmatch(value) else None


def nodes(connection: Any) -> Sequence[Json]:
    """The nodes of a GraphQL connection."""
    given = object_of(connection)
    of_edges = [edge["node"] for edge in objects_of(given.get("edges")) if isinstance(edge.get("node"), dict)]
    return objects_of(given.get("nodes")) or of_edges


def shop_money(holder: Json, name: str) -> Any:
    """An amount in the shop's own currency, as GraphQL has it."""
    return object_of(object_of(holder.get(name)).get("shopMoney")).get("amount")


def email_of(value: Any) -> Any:
    """An e-mail; None for what a deletion leaves in its place (spec §2.3.5)."""
    return None if is_redacted(value) else value


def first_known(absent: frozenset[str], key: Callable[[str], str | None], *values: Any) -> Any:
    """The first of these identifiers that identifies somebody (spec §2.0.4 and §3.3).

    Args:
        absent: the words that identify nobody.
        key: the form in which such identifiers match; None of one that counts as absent.
        values: as given.
    """

    def is_nobody(value: Any) -> bool:
        text = as_id(value)  # blank for what staging refuses, such as a number with a fraction
        return bool(text) and (identifies_nobody(text, absent) or key(text) is None)

    return first_of(*(value for value in values if not is_nobody(value)))


def profile_of(**members: Any) -> Json | None:
    """A profile object of the members that are not absent; None where all are."""
    return {name: value for name, value in members.items() if not is_absent(value)} or None


@dataclass(frozen=True)
class People:
    """(kind, value) of all that a body says of who somebody is: in members that a mapping reads, and in addresses.

    Nothing is looked for until somebody asks, which an erasure alone does.

    Attributes:
        body: as it landed.
        is_customer: its own id is a person's.
    """

    body: Json
    is_customer: bool = False

    def __iter__(self) -> Iterator[tuple[str, str]]:
        yield from _ids([given_id(self.body)] if self.is_customer else [])
        yield from _people_of(self.body)


def _people_of(body: Json) -> Iterator[tuple[str, str]]:
    yield from _identifiers(body)
    yield from _ids(body.get(name) for name in CUSTOMERS)
    customer = object_of(body.get("customer"))
    yield from _identifiers(customer)
    yield from _ids((given_id(customer),))
    for holder in (body, customer):
        for address in (*(object_of(holder.get(name)) for name in ADDRESSES), *objects_of(holder.get("addresses"))):
            yield from _identifiers(address)


def _identifiers(holder: Json) -> Iterator[tuple[str, str]]:
    for name in ("email", "contact_email", "email_address"):
        yield from _texts("email", holder.get(name))
    for name in ("phone", "billing_phone", "shipping_phone"):  # the last two are columns of the admin's export
        yield from _texts("phone", holder.get(name))
    yield from _texts("email", object_of(holder.get("defaultEmailAddress")).get("emailAddress"))
    yield from _texts("phone", object_of(holder.get("defaultPhoneNumber")).get("phoneNumber"))


def _texts(kind: str, value: Any) -> Iterator[tuple[str, str]]:
    if text := as_id(value):
        yield kind, text


def _ids(values: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for value in values:
        if text := as_id(digits(value)):
            yield "profile_id", text
