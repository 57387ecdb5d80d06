"""acme_helpdesk: conversations in Intercom with Fin, and a Shopify shop whose customers are the account's people."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from generator.shoppers import email
from generator.story_time import SAMPLE_AS_OF
from generator.vendor_plans import (
    ESCALATED,
    HELPDESK,
    JOINED,
    RESOLVED,
    UNENDED,
    Chat,
    Person,
    Plan,
    Sale,
    changed,
    shelf,
)

CHATS = 40
ASKING, BUYING = 13, 3  # shoppers who chat, and shoppers who only buy
LATEST_HOURS, APART_HOURS = 20, 17  # of the conversations before the end, and between two of them
STATES = (
    "assumed_resolution",
    "confirmed_resolution",
    "escalated",
    "assumed_resolution",
    "",
    "procedure_handoff",
    "assumed_resolution",
    "negative_feedback",
    "confirmed_resolution",
    None,  # a conversation that people of the shop had alone
)
ENDING_OF = {
    "assumed_resolution": RESOLVED,
    "confirmed_resolution": RESOLVED,
    "escalated": ESCALATED,
    "procedure_handoff": ESCALATED,
}
TAKEN_BACK = 12
"""The conversation whose resolution Fin took back: the shopper came back and was handed over."""
TRIED_OUT = CHATS
"""The conversation in which somebody of the shop tried Fin out."""
LAST_WORD, HANDED_OVER = timedelta(seconds=75), timedelta(seconds=80)  # after the start


def helpdesk_plan(until: datetime = SAMPLE_AS_OF) -> Plan:
    """All of the account, whose last records are less than a day before `until`."""
    people = tuple(_person(place, until) for place in range(ASKING + BUYING))
    chats = tuple(_chat(number, people[number % ASKING], until) for number in range(CHATS + 1))
    return Plan(HELPDESK, until, people, chats, tuple(_sales(chats, people[ASKING:], until)))


def _person(place: int, until: datetime) -> Person:
    number = 200 + place
    by_email, by_sms = "subscribed" if place % 4 else "unsubscribed", "subscribed" if place % 3 == 0 else ""
    asked_at = until - JOINED + timedelta(days=place)
    return Person(number, str(7_300_000_000_000 + number), email(number), by_email, by_sms, asked_at)


def _chat(number: int, person: Person, until: datetime) -> Chat:
    jitter = timedelta(minutes=number * 41 % 60, seconds=number * 17 % 60)
    started = until - timedelta(hours=LATEST_HOURS + APART_HOURS * number) - jitter
    state = STATES[number % len(STATES)]
    ending = ENDING_OF.get(state or "", UNENDED)
    return Chat(
        number,
        f"intercom:{215_470_000_100 + number}",
        person,
        started,
        started + (HANDED_OVER if ending == ESCALATED else LAST_WORD),
        ending,
        "email" if number % 8 == 6 else "web_chat",
        state=state or "",
        took_part=state is not None,
        is_preview=number == TRIED_OUT,
    )


def _sales(chats: tuple[Chat, ...], buyers: tuple[Person, ...], until: datetime) -> Iterator[Sale]:
    """An order three hours after every fourth conversation, and two by each shopper who only buys."""
    asked = [
        (chat.person, chat.started_at + timedelta(hours=3), chat) for chat in chats[:CHATS] if chat.number % 4 == 1
    ]
    alone = [(buyers[place % BUYING], until - timedelta(hours=80 + 90 * place), None) for place in range(2 * BUYING)]
    for number, (person, placed_at, chat) in enumerate([*asked, *alone]):
        lines = shelf(HELPDESK, number % 8, 1 + number % 2)
        refunded, is_cancelled = changed(number, lines)
        credited = chat is not None and chat.counts and not is_cancelled
        yield Sale(
            number,
            f"{5_700_000_000_000 + number}",
            person,
            placed_at,
            lines,
            chat.conversation_id if chat is not None and credited else None,
            Decimal(0) if is_cancelled else refunded,
            is_cancelled,
            placed_at + timedelta(days=2) if refunded or is_cancelled else None,
        )
