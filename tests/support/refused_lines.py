"""Lines of vendors that are refused, and on which channels nobody may write to who they name any more."""

import json
from collections.abc import Sequence
from typing import Any

from tests.support.case_runs import (
    JANUARY,
    JUNE,
)

Line = dict[str, Any]
NO, SUPPRESSED, BOTH = ["no_consent"], ["suppressed"], ["no_consent", "suppressed"]
LATER = "2026-06-02T00:00:00Z"
UNREADABLE: Sequence[Any] = ("soon", "2026-13-01T00:00:00Z", 5, True, [], {"at": JUNE})
AGREED = {"consent": "SUBSCRIBED", "consent_timestamp": JANUARY}
AGAIN = {"consent": "SUBSCRIBED", "consent_timestamp": LATER}
LEFT = {"consent": "UNSUBSCRIBED", "consent_timestamp": JUNE}
LISTED = {
    "suppression": [{"reason": "USER_SUPPRESSED", "timestamp": JUNE}, {"reason": "HARD_BOUNCE", "timestamp": JUNE}]
}


def klaviyo(profile_id: Any, updated: Any, email: Line | None = None, **others: Line) -> Line:
    """A profile with what it allows by e-mail and, by other names, on other channels."""
    channels = {**({} if email is None else {"email": email}), **others}
    said = {name: {"marketing": marketing} for name, marketing in channels.items()}
    attributes = {"updated": updated, "created": JANUARY, **({"subscriptions": said} if said else {})}
    return {"type": "profile", "id": profile_id, "attributes": attributes}


TABLE = "attributes.updated,attributes.subscriptions,id\n"


def cells(profile_id: str, updated: str, email: Line) -> str:
    """A row of a connector's table, without its end."""
    subscriptions = json.dumps({"email": {"marketing": email}}).replace('"', '""')
    return f'{updated},"{subscriptions}",{profile_id}'


def first(name: str) -> Line:
    """What Klaviyo said in January."""
    return klaviyo(name, JANUARY, AGREED)


# Who -> lines of klaviyo_profiles after January's, and the gates of the e-mail policy. `updated` of most is `soon`.
KLAVIYO: dict[str, tuple[list[Any], list[str]]] = {
    "left": ([klaviyo("left", "soon", LEFT)], NO),
    "agreed again": ([klaviyo("agreed again", "soon", AGAIN)], NO),  # refused, it may have said no
    "agreed": ([klaviyo("agreed", LATER, AGAIN)], []),
    "nothing said": ([klaviyo("nothing said", "soon")], []),
    "void": ([klaviyo("void", "soon", {"consent": None})], []),
    "left by sms": ([klaviyo("left by sms", "soon", sms=LEFT)], []),
    "listed": ([klaviyo("listed", "soon", LISTED)], SUPPRESSED),
    "unlisted": ([klaviyo("unlisted", "soon", {"suppression": []})], SUPPRESSED),  # likewise
    "left and listed": ([klaviyo("left and listed", "soon", LEFT | LISTED)], BOTH),
    "agreed later": ([klaviyo("agreed later", "soon", LEFT), klaviyo("agreed later", LATER, AGAIN)], []),
    "same words later": ([klaviyo("same words later", "soon", LEFT), klaviyo("same words later", LATER, AGREED)], []),
    "left later": ([klaviyo("left later", "soon", LEFT), klaviyo("left later", LATER, LEFT)], NO),
    "later by sms": ([klaviyo("later by sms", "soon", LEFT), klaviyo("later by sms", LATER, sms=AGAIN)], NO),
    "later without": ([klaviyo("later without", "soon", LEFT), klaviyo("later without", LATER)], NO),
    "later unlisted": ([klaviyo("later unlisted", "soon", LEFT | LISTED),
                        klaviyo("later unlisted", LATER, AGAIN | {"suppression": []})], []),
    "repeated": ([klaviyo("repeated", "soon", LEFT), first("repeated")], NO),  # a duplicate clears nothing
    "agreed before": ([klaviyo("agreed before", LATER, AGAIN), klaviyo("agreed before", "soon", LEFT)], NO),
    "twice": ([klaviyo("twice", "soon", LEFT), klaviyo("twice", "later", LEFT)], NO),
    "by airbyte": ([{"_airbyte_data": klaviyo("by airbyte", "soon", LEFT)}], NO),
    "by singer": ([{"type": "RECORD", "stream": "profiles", "record": klaviyo("by singer", "soon", LEFT)}], NO),
    "in data": ([{"data": klaviyo("in data", "soon", LEFT)}], NO),
    "on a page": ([{"data": [klaviyo("on a page", LATER, LEFT), klaviyo("beside", LATER, AGAIN), klaviyo("silent", LATER)]}], NO),
    "beside": ([], NO),
    "silent": ([], []),
    "in a table": ([], NO),  # in t.csv
    "in a document": ([], NO),  # in d.json, of which each element is a line
    "next to it": ([], []),
    "lifted by the team": ([klaviyo("lifted by the team", "soon", LISTED)], []),
    "41": ([klaviyo(41, "soon", LEFT)], NO),
    "whole": ([klaviyo("former", "soon", LEFT)], NO),  # former was merged into it
    **{f"at {number}": ([klaviyo(f"at {number}", at, LEFT)], NO) for number, at in enumerate(UNREADABLE) if at != []},
    "at no time": ([klaviyo("at no time", [], LEFT)], NO),  # absent, so that the line is accepted: it left
}  # fmt: skip

# Lines that are refused and name nobody, and whether they may be about what one may write.
NAMELESS: Sequence[tuple[Any, bool]] = (
    (klaviyo(None, JUNE, LEFT | LISTED, sms=LEFT), True),
    (klaviyo({"no": "id"}, JUNE, LEFT), True),
    (klaviyo(None, JUNE), False),
    ('{"type": "profile", "id": "broken", "attributes": {"updated"', True),
    ("[1]", True),
)


def event(metric: str, person: str | None, **more: Any) -> Line:
    """An event of June; without an id unless one is given."""
    profile = {} if person is None else {"relationships": {"profile": {"data": {"type": "profile", "id": person}}}}
    return {"type": "event", "metric_name": metric, "attributes": {"datetime": JUNE}, **profile, **more}


# Who -> events about them, and their gates.
EVENTS: dict[str, tuple[list[Any], list[str]]] = {
    "event": ([event("Unsubscribed from Email Marketing", "event", id="e1")], NO),
    "event without id": ([event("Unsubscribed from Email Marketing", "event without id")], NO),
    "event with a list": ([event("Unsubscribed from Email Marketing", "event with a list", id=["e"])], NO),
    "spam without id": ([event("Marked Email as Spam", "spam without id")], SUPPRESSED),
    "opened without id": ([event("Opened Email", "opened without id")], []),
}  # fmt: skip


def shopify(
    customer_id: Any, updated_at: Any, state: str | None = "unsubscribed", since: Any = JUNE, **more: Any
) -> Line:
    """A customer with a consent by e-mail."""
    consent = {} if state is None else {"email_marketing_consent": {"state": state, "consent_updated_at": since}}
    return {"id": customer_id, "email": f"{customer_id}@x.example", "updated_at": updated_at, **consent, **more}


def consent_body(customer_id: int, state: str, since: Any) -> Line:
    """The body of a consent topic."""
    return {"customer_id": customer_id, "email_marketing_consent": {"state": state, "consent_updated_at": since}}


SHOPIFY: dict[str, tuple[list[Any], list[str]]] = {
    "1": ([shopify(1, "soon")], NO),
    "2": ([shopify(2, "soon", "subscribed")], NO),
    "3": ([shopify(3, "soon", None)], []),
    "4": ([shopify(4, "soon", None, accepts_marketing=False, accepts_marketing_updated_at=JUNE)], NO),
    "5": ([consent_body(5, "unsubscribed", "soon")], NO),
    "6": ([shopify(6, "soon"), shopify(6, LATER, "subscribed", LATER)], []),
    "7": ([consent_body(7, "unsubscribed", "soon"), consent_body(7, "subscribed", LATER)], []),
    "8": ([{"customer": shopify(8, "soon")}], NO),
    "9": ([{"customers": [shopify(9, LATER), shopify(10, "soon")]}], NO),
    "10": ([], NO),
    "11": ([shopify(11, "soon", since="sooner")], NO),
    "12": ([{**shopify(12, LATER), "__parentId": "gid://shopify/Customer/1"}], []),  # a child is no customer
    "13": ([{"admin_graphql_api_id": "gid://shopify/Customer/13", **shopify(1, "soon")}], NO),
}  # fmt: skip


def contact(contact_id: str, updated_at: Any = "soon", **more: Any) -> Line:
    """A contact of Intercom's."""
    return {"type": "contact", "id": contact_id, "updated_at": updated_at, **more}


INTERCOM: dict[str, tuple[list[Any], list[str]]] = {
    "left": ([contact("left", unsubscribed_from_emails=True)], NO),
    "bounced": ([contact("bounced", has_hard_bounced=True)], SUPPRESSED),
    "spam": ([contact("spam", marked_email_as_spam="true", unsubscribed_from_emails=True)], BOTH),
    "fine": ([contact("fine", unsubscribed_from_emails=False)], []),
    "event": ([{"type": "notification_event", "data": {"item": contact("event", unsubscribed_from_emails=True)}}], NO),
    "on a page": ([{"type": "list", "data": [contact("on a page", 1780272000, unsubscribed_from_emails=True)]}], NO),
    "another event": ([{"type": "notification_event", "data": {"item": {**contact("another event", unsubscribed_from_emails=True), "type": "conversation"}}}], []),
}  # fmt: skip

# Bodies of customers/redact, and why the request is refused.
REDACTIONS: Sequence[tuple[Any, tuple[str, str]]] = (
    ({"customer": {"email": "ann@x.example"}, "orders_to_redact": [1]}, ("missing_field", "id")),
    ({"customer": {"id": {"no": "id"}, "email": "ann@x.example"}, "orders_to_redact": []}, ("bad_value", "id")),
    ({"customer": None, "orders_to_redact": [1]}, ("missing_field", "id")),
    ({"customer": {"id": 7}, "orders_to_redact": [1]}, ("missing_field", "profile_id")),  # its id is not the source's
    ({"customer": {"id": 8, "email": " ", "phone": "555-010"}, "orders_to_redact": []}, ("missing_field", "profile_id")),
    ('{"shop_id": 1, "customer": {"id": 9}, "orders_to_redact": [', ("not_json", "")),
)  # fmt: skip
