"""acme_klaviyo, which Klaviyo alone feeds: eleven tales of shoppers who were recommended something lately, and a month
of other conversations, whose recommendations are too old for every policy.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from generator.shoppers import email
from generator.story_time import SAMPLE_AS_OF
from generator.tales import ELIGIBLE, EXPIRED, WAITING, Verdict, blocked
from generator.vendor_plans import (
    ESCALATED,
    JOINED,
    KLAVIYO,
    RESOLVED,
    UNENDED,
    Chat,
    Person,
    Plan,
    Sale,
    VendorCase,
    changed,
    shelf,
)

DAY = 24  # hours
OTHERS = 14  # shoppers without a tale who chat
BUYERS = 3  # shoppers who only buy
OTHER_CHATS = 36
LATEST_HOURS, APART_HOURS = 96, 17  # of their chats before the end, and between two of them
ENDINGS = (RESOLVED, RESOLVED, ESCALATED, RESOLVED, UNENDED, RESOLVED, RESOLVED, ESCALATED, RESOLVED)
CHAT_TAKES = timedelta(minutes=3)
SUBSCRIBED, UNSUBSCRIBED, NEVER = "subscribed", "unsubscribed", "never_subscribed"


@dataclass(frozen=True)
class Tale:
    """A recommendation `hours` before the end, what else happened to the shopper, and the verdicts that follow.

    Attributes:
        ordered: hours before the end.
        mailed: hours before the end, and whether by a flow.
        handed_over: hours before the end, of another conversation.
        unsubscribed: hours before the end.
        spam: hours before the end at which an e-mail was marked as spam.
        again: hours of a second recommendation, to which nothing speaks against writing.
    """

    name: str
    hours: float
    email: Verdict
    sms: Verdict
    why: str
    sms_consent: str = SUBSCRIBED
    ordered: float | None = None
    mailed: tuple[float, bool] | None = None
    handed_over: float | None = None
    unsubscribed: float | None = None
    spam: float | None = None
    again: float | None = None


TALES = (
    Tale("eligible", 20, ELIGIBLE, ELIGIBLE, "nothing speaks against it"),
    Tale("waiting", 1, WAITING, WAITING, "recommended an hour ago, the policies wait 2"),
    Tale(
        "ordered",
        30,
        blocked("ordered_since_trigger"),
        blocked("ordered_since_trigger"),
        "ordered 10 hours ago",
        ordered=10,
    ),
    Tale(
        "unsubscribed",
        26,
        blocked("no_consent"),
        blocked("no_consent"),
        "took the consent for e-mail back 3 days ago, never gave one for sms",
        sms_consent=NEVER,
        unsubscribed=3 * DAY,
    ),
    Tale("spam", 22, blocked("suppressed"), ELIGIBLE, "marked an e-mail as spam 5 days ago", spam=5 * DAY),
    Tale("mailed", 18, blocked("messaged_recently"), ELIGIBLE, "a campaign's e-mail 4 hours ago", mailed=(4, False)),
    Tale("flowed", 24, blocked("already_sent"), ELIGIBLE, "a flow's e-mail 20 hours ago", mailed=(20, True)),
    Tale(
        "escalated",
        40,
        blocked("escalated_recently"),
        blocked("escalated_recently"),
        "another conversation was handed over 3 days ago",
        handed_over=3 * DAY,
    ),
    Tale(
        "again",
        50,
        blocked("superseded"),
        Verdict("expired", ("superseded",)),
        "recommended something else 12 hours ago",
        again=12,
    ),
    Tale(
        "late",
        60,
        ELIGIBLE,
        Verdict("expired", ("no_consent",)),
        "60 hours: an e-mail may follow; a text message may not, and was never agreed to",
        sms_consent=NEVER,
    ),
    Tale("expired", 80, EXPIRED, EXPIRED, "80 hours are too long ago for both policies"),
)


def klaviyo_plan(until: datetime = SAMPLE_AS_OF) -> Plan:
    """All of the account, whose last records are at most an hour before `until`."""
    tellers = {tale.name: _teller(number, tale, until) for number, tale in enumerate(TALES, start=1)}
    others = tuple(_other(number, until) for number in range(OTHERS + BUYERS))
    cases = tuple(case for tale in TALES for case in _cases(tale, tellers[tale.name], until))
    handovers = tuple(_handover(tale, tellers[tale.name], until) for tale in TALES if tale.handed_over)
    chats = tuple(_chat(number, others[number % OTHERS], until) for number in range(OTHER_CHATS))
    sales = (*_tales_sales(tellers, until), *_sales(chats, others[OTHERS:], until))
    people = (*tellers.values(), *others)
    return Plan(KLAVIYO, until, people, (*chats, *handovers, *(case.chat for case in cases)), sales, cases)


def _hours(until: datetime, hours: float) -> datetime:
    return until - timedelta(hours=hours)


def _person_id(number: int) -> str:
    """26 signs, as Klaviyo's ids of profiles have; the sample's policies hold nobody of the tales out."""
    return f"01JACMEKLAVIYO{number:012d}"


def _teller(number: int, tale: Tale, until: datetime) -> Person:
    consent, asked_at = SUBSCRIBED, until - JOINED
    if tale.unsubscribed:
        consent, asked_at = UNSUBSCRIBED, _hours(until, tale.unsubscribed)
    suppressed_at = _hours(until, tale.spam) if tale.spam else None
    address = f"{tale.name}.klaviyo@example.com"
    reason = "SPAM_COMPLAINT" if suppressed_at else ""
    return Person(number, _person_id(number), address, consent, tale.sms_consent, asked_at, suppressed_at, reason)


def _other(place: int, until: datetime) -> Person:
    """A shopper without a tale: one in five never agreed to e-mails, two in three never to text messages."""
    number = 100 + place
    by_email, by_sms = NEVER if place % 5 == 4 else SUBSCRIBED, SUBSCRIBED if place % 3 == 0 else NEVER
    asked_at = _hours(until, (25 - place) * DAY) if place in (3, 6) else until - JOINED
    bounced_at = _hours(until, 20 * DAY) if place == 7 else None
    reason = "HARD_BOUNCE" if bounced_at else ""
    return Person(number, _person_id(number), email(number), by_email, by_sms, asked_at, bounced_at, reason)


def _cases(tale: Tale, person: Person, until: datetime) -> Iterator[VendorCase]:
    number = OTHER_CHATS + 2 * person.number
    yield VendorCase(_recommended(number, tale.hours, person, until), tale.email, tale.sms, tale.why)
    if tale.again is not None:
        later = _recommended(number + 1, tale.again, person, until)
        yield VendorCase(later, ELIGIBLE, ELIGIBLE, "nothing speaks against it")


def _recommended(number: int, hours: float, person: Person, until: datetime) -> Chat:
    """A conversation that the agent resolves; the products are shown exactly `hours` before the end."""
    started = _hours(until, hours) - timedelta(minutes=1)
    products = shelf(KLAVIYO, number % 20, 2)
    return Chat(number, f"kv-chat-{number:03d}", person, started, started + CHAT_TAKES, RESOLVED, products=products)


def _handover(tale: Tale, person: Person, until: datetime) -> Chat:
    number, ended = OTHER_CHATS + 2 * person.number + 1, _hours(until, tale.handed_over or 0)
    return Chat(number, f"kv-chat-{number:03d}", person, ended - CHAT_TAKES, ended, ESCALATED)


def _chat(number: int, person: Person, until: datetime) -> Chat:
    """One of the others' conversations; in two of three something is recommended."""
    jitter = timedelta(minutes=number * 37 % 60, seconds=number * 13 % 60)
    started = _hours(until, LATEST_HOURS + APART_HOURS * number) - jitter
    products = shelf(KLAVIYO, number % 20, 1 + number % 3) if number % 3 != 2 else ()
    channel = "sms" if number % 6 == 4 else "web_chat"
    ending = ENDINGS[number % len(ENDINGS)]
    own_id = f"kv-chat-{number:03d}"
    return Chat(number, own_id, person, started, started + CHAT_TAKES, ending, channel, products)


def _tales_sales(tellers: dict[str, Person], until: datetime) -> Iterator[Sale]:
    """The orders of the tales, each within a day of the recommendation."""
    for place, tale in enumerate(tale for tale in TALES if tale.ordered is not None):
        person = tellers[tale.name]
        after = f"kv-chat-{OTHER_CHATS + 2 * person.number:03d}"
        yield Sale(90 + place, f"{5_800_000_000_090 + place}", person, _hours(until, tale.ordered or 0),
                   shelf(KLAVIYO, 5, 1), after)  # fmt: skip


def _sales(chats: tuple[Chat, ...], buyers: tuple[Person, ...], until: datetime) -> Iterator[Sale]:
    """An order three hours after every fourth conversation, and two by each shopper who only buys."""
    asked = [(chat.person, chat.started_at + timedelta(hours=3), chat) for chat in chats if chat.number % 4 == 1]
    alone = [(buyers[place % BUYERS], _hours(until, 100 + 90 * place), None) for place in range(2 * BUYERS)]
    for number, (person, placed_at, chat) in enumerate([*asked, *alone]):
        lines = (*(chat.products[:1] if chat else ()), *shelf(KLAVIYO, 20 + number, 2))
        refunded, is_cancelled = changed(number, lines)
        yield Sale(
            number,
            f"{5_800_000_000_000 + number}",
            person,
            placed_at,
            lines,
            None if is_cancelled or chat is None else chat.conversation_id,
            Decimal(0) if is_cancelled else refunded,
            is_cancelled,
            placed_at + timedelta(days=2) if refunded or is_cancelled else None,
        )
