"""Klaviyo's files of an account: pages of events and profiles, JSON:API with related resources `included`."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from generator.english import ESCALATION_REASONS
from generator.klaviyo_plan import TALES, UNSUBSCRIBED, klaviyo_plan
from generator.story_time import SAMPLE_AS_OF, epoch_seconds
from generator.tales import dumps
from generator.vendor_plans import ESCALATED, JOINED, KLAVIYO, RESOLVED, Chat, Person, Plan, Sale, price_of

PAGE = 120  # events; the API gives up to 1,000
AGENT, SHOP, OWN = "Klaviyo Customer Agent", "Shopify", "Klaviyo"
STARTED, RECOMMENDED = "started", "recommended"
NEXT_PAGE = "https://a.klaviyo.example/api/events?page[cursor]="
Element = dict[str, Any]


@dataclass(frozen=True)
class Metric:
    """A metric: its names, the one before Klaviyo gave it another and the one after; events carry none but its id."""

    metric_id: str
    names: tuple[str, str]
    integration: str


AGENT_METRICS = {
    STARTED: ("Started Customer Agent Conversation", "Started Conversation with Customer Agent"),
    RESOLVED: ("Customer Agent Conversation Resolved", "Conversation with Customer Agent Resolved"),
    ESCALATED: ("Customer Agent Conversation Escalated", "Conversation with Customer Agent Escalated"),
    RECOMMENDED: (
        "Received Customer Agent Product Recommendation",
        "Received Product Recommendation from Customer Agent",
    ),
}
"""The four metrics of the agent under two of the names that Klaviyo has published."""

SHOP_METRICS = ("Placed Order", "Refunded Order", "Cancelled Order")
OWN_METRICS = (
    "Received Email",
    "Received SMS",
    "Bounced Email",
    "Marked Email as Spam",
    "Subscribed to Email Marketing",
    "Unsubscribed from Email Marketing",
    "Opened Email",  # of an account's other metrics; no seed knows these two
    "Viewed Product",
)
METRICS: Mapping[str, Metric] = {
    name: Metric(f"Mtr{place:03d}", names, integration)
    for place, (name, names, integration) in enumerate(
        [
            *((name, names, AGENT) for name, names in AGENT_METRICS.items()),
            *((name, (name, name), SHOP) for name in SHOP_METRICS),
            *((name, (name, name), OWN) for name in OWN_METRICS),
        ]
    )
}


@dataclass(frozen=True)
class Event:
    """One event of a person."""

    occurred_at: datetime
    metric: str
    person: Person
    properties: Mapping[str, Any]


def klaviyo_files(until: datetime = SAMPLE_AS_OF) -> dict[str, bytes]:
    """The account's files by path, with events until `until`."""
    plan = klaviyo_plan(until)
    found = sorted(events(plan), key=lambda event: (event.occurred_at, event.person.number, event.metric))
    numbered = list(enumerate(found, start=1))
    pages = [numbered[first : first + PAGE] for first in range(0, len(numbered), PAGE)]
    files = {
        f"{KLAVIYO}/klaviyo_events/2026/06/page-{place + 1}.json": event_page(page, place, place == len(pages) - 1)
        for place, page in enumerate(pages)
    }
    files[f"{KLAVIYO}/klaviyo_profiles/2026/06/page-1.json"] = profile_page(plan)
    return {path: f"{dumps(page)}\n".encode() for path, page in files.items()}


def events(plan: Plan) -> Iterator[Event]:
    """All events of the account, in no order."""
    for chat in plan.chats:
        yield from _of_chat(chat)
    for sale in plan.sales:
        yield from _of_sale(sale)
    for person in plan.people:
        yield from _of_permissions(person, plan.until)
    yield from _messages(plan)


def _of_chat(chat: Chat) -> Iterator[Event]:
    skill = chat.topic.skill
    common = {"Conversation ID": chat.conversation_id, "Channel": chat.channel.replace("_", " ")}
    first = {"First message": chat.question, "Initial skill": skill}
    yield Event(chat.started_at, STARTED, chat.person, common | first)
    if chat.products:
        shown = {"Products": [one.product_id for one in chat.products], "Skill": skill}
        yield Event(chat.recommended_at, RECOMMENDED, chat.person, common | shown)
    if chat.ending:
        yield Event(chat.ended_at, chat.ending, chat.person, common | _ending(chat))


def _ending(chat: Chat) -> Element:
    tags = list(chat.topic.tags[:2])
    if chat.ending == RESOLVED:
        return {"Final skill": chat.topic.skill, "Tags": tags}
    return {"Skill": chat.topic.skill, "Tags": tags, "Escalation reason": reason_of(chat)}


def reason_of(chat: Chat) -> str:
    """The reason of the hand-over, in the agent's words."""
    return ESCALATION_REASONS[chat.number % len(ESCALATION_REASONS)]


def _of_sale(sale: Sale) -> Iterator[Event]:
    """An order, and its refund or cancellation, which names it by the same `$event_id`."""
    lines = [_line(line) for line in sale.lines]
    order = {"$event_id": sale.order_id, "$value": float(sale.total), "$currency_code": "USD", "Items": lines}
    yield Event(sale.placed_at, "Placed Order", sale.person, order)
    if sale.changed_at is None:
        return
    value = 0.0 if sale.is_cancelled else -float(sale.refunded)
    metric = "Cancelled Order" if sale.is_cancelled else "Refunded Order"
    yield Event(sale.changed_at, metric, sale.person, {"$event_id": sale.order_id, "$value": value})


def _line(line: Any) -> Element:
    own = {"ProductID": line.product_id, "SKU": line.sku, "ProductName": line.title}
    return {**own, "Quantity": 1, "ItemPrice": float(price_of(line))}


def _of_permissions(person: Person, until: datetime) -> Iterator[Event]:
    """A shopper's permissions and refusals within the export; what is older is in the profile alone."""
    if person.suppressed_at:
        metric = "Bounced Email" if person.suppressed_for == "HARD_BOUNCE" else "Marked Email as Spam"
        yield Event(person.suppressed_at, metric, person, {"Subject": "New for summer"})
    if person.asked_at > until - JOINED:
        left = person.email_consent == UNSUBSCRIBED
        metric = "Unsubscribed from Email Marketing" if left else "Subscribed to Email Marketing"
        yield Event(person.asked_at, metric, person, {"List": "Newsletter", "Method": "preference page"})


def _messages(plan: Plan) -> Iterator[Event]:
    """Messages of campaigns and flows; and what was opened and looked at, of which no seed knows."""
    mailings = {tale.name: tale.mailed for tale in TALES if tale.mailed}
    for person in plan.people:
        if mailed := mailings.get(person.email.split(".")[0]):
            hours, by_flow = mailed
            yield _mail(person, plan.until - timedelta(hours=hours), "Welcome" if by_flow else "")
        if person.number > 100:
            yield from _campaigns(person, plan.until)


def _campaigns(person: Person, until: datetime) -> Iterator[Event]:
    """One of the month's two campaigns each, which every second shopper opens; some get a text message too."""
    sent = until - timedelta(days=10 if person.number % 2 else 21, minutes=person.number)
    yield _mail(person, sent, "Back in stock" if person.number % 4 == 0 else "")
    if person.number % 2:
        yield Event(sent + timedelta(minutes=20), "Opened Email", person, {"Subject": "New for summer"})
    if person.number % 3 == 0:
        yield Event(sent + timedelta(hours=1), "Viewed Product", person, {"Title": "Harbour wool blanket"})
    if person.sms_consent == "subscribed":
        yield Event(sent + timedelta(hours=2), "Received SMS", person, {"Message Body": "The sale begins"})


def _mail(person: Person, sent: datetime, flow: str) -> Event:
    """An e-mail of a flow, or of a campaign."""
    return Event(sent, "Received Email", person, {"Subject": "New for summer"} | ({"$flow": flow} if flow else {}))


def event_page(numbered: Sequence[tuple[int, Event]], place: int, is_last: bool) -> Element:
    """A page as GET /api/events?include=metric,profile answers it; metrics of the first page have their older names."""
    found = [event for _, event in numbered]
    metrics = {event.metric: _metric(METRICS[event.metric], 0 if place == 0 else 1) for event in found}
    people = {event.person.person_id: _included_person(event.person) for event in found}
    return {
        "data": [_event(number, event) for number, event in numbered],
        "included": [*metrics.values(), *people.values()],
        "links": {"next": None if is_last else f"{NEXT_PAGE}{place + 2}"},
    }


def event_id(number: int) -> str:
    """The id of an event, by its place in time."""
    return f"kv-event-{number:04d}"


def _event(number: int, event: Event) -> Element:
    own_id = event_id(number)
    related = {"metric": METRICS[event.metric].metric_id, "profile": event.person.person_id}
    return {
        "type": "event",
        "id": own_id,
        "attributes": {
            "timestamp": epoch_seconds(event.occurred_at),
            "datetime": _text(event.occurred_at),
            "uuid": str(uuid.uuid5(uuid.NAMESPACE_DNS, own_id)),
            "event_properties": event.properties,
        },
        "relationships": {kind: {"data": {"type": kind, "id": one}} for kind, one in related.items()},
    }


def _text(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def _metric(metric: Metric, name: int) -> Element:
    integration = {"object": "integration", "name": metric.integration}
    return {
        "type": "metric",
        "id": metric.metric_id,
        "attributes": {"name": metric.names[name], "integration": integration},
    }


def _included_person(person: Person) -> Element:
    return {"type": "profile", "id": person.person_id, "attributes": {"email": person.email, "phone_number": None}}


def profile_page(plan: Plan) -> Element:
    """A page as GET /api/profiles?additional-fields[profile]=subscriptions answers it."""
    return {"data": [_profile(person, plan.until) for person in plan.people], "links": {"next": None}}


def _profile(person: Person, until: datetime) -> Element:
    created = until - 2 * JOINED
    updated = max(created, person.asked_at, person.suppressed_at or created)
    return {
        "type": "profile",
        "id": person.person_id,
        "attributes": {
            "email": person.email,
            "phone_number": None,
            "created": _text(created),
            "updated": _text(updated),
            "subscriptions": {
                "email": {"marketing": _by_email(person)},
                "sms": {"marketing": _consent(person.sms_consent, person)},
            },
        },
    }


def _by_email(person: Person) -> Element:
    stops = (
        [{"reason": person.suppressed_for, "timestamp": _text(person.suppressed_at)}] if person.suppressed_at else []
    )
    return {**_consent(person.email_consent, person), "suppression": stops}


def _consent(consent: str, person: Person) -> Element:
    """A consent, never asked for where it was never given."""
    asked_at = None if consent == "never_subscribed" else _text(person.asked_at)
    return {"consent": consent.upper(), "consent_timestamp": asked_at}
