"""Plans of an account of the sample that vendors alone feed: who chats, how it ends, who buys.

A plan is all that the generator knows of the account, in no vendor's words; `klaviyo_files`, `intercom_files` and
`shopify_files` write it down as the vendors would, and a test holds the sample's tables to it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from generator.english import ENGLISH
from generator.language import Topic
from generator.shop import Product, product
from generator.tales import Verdict

KLAVIYO, HELPDESK = "acme_klaviyo", "acme_helpdesk"
"""The accounts; seeds/sources.csv says whose person ids are their profile ids."""

RESOLVED, ESCALATED, UNENDED = "resolved", "escalated", ""
JOINED = timedelta(days=120)  # before the account's last record: whoever did not sign up within the sample's month


@dataclass(frozen=True)
class Person:
    """A shopper. Consents are subscribed, unsubscribed or never_subscribed, since `asked_at`."""

    number: int
    person_id: str
    email: str
    email_consent: str
    sms_consent: str
    asked_at: datetime
    suppressed_at: datetime | None = None  # for e-mail
    suppressed_for: str = ""


@dataclass(frozen=True)
class Chat:
    """A conversation that a shopper starts. Times are of what happened, whichever vendor says it.

    Attributes:
        number: from 0, of the account.
        conversation_id: as the warehouse has it.
        products: recommended in it, at `recommended_at`.
        ending: RESOLVED or ESCALATED at `ended_at`, or UNENDED.
        state: the helpdesk's word for the ending; blank elsewhere.
        took_part: whether the agent did; without it the conversation is nobody's here.
        is_preview: whether somebody of the shop tried the agent out.
    """

    number: int
    conversation_id: str
    person: Person
    started_at: datetime
    ended_at: datetime
    ending: str
    channel: str = "web_chat"
    products: tuple[Product, ...] = ()
    state: str = ""
    took_part: bool = True
    is_preview: bool = False

    @property
    def topic(self) -> Topic:
        """Its subject: shopping where something is recommended."""
        topics = ENGLISH.shopping if self.products else ENGLISH.service
        return topics[self.number % len(topics)]

    @property
    def question(self) -> str:
        """The shopper's first message."""
        return self.topic.questions[self.number % len(self.topic.questions)]

    @property
    def recommended_at(self) -> datetime:
        """The instant at which the products are shown."""
        return self.started_at + timedelta(minutes=1)

    @property
    def counts(self) -> bool:
        """Whether it is a conversation of the agent with a shopper."""
        return self.took_part and not self.is_preview


@dataclass(frozen=True)
class Sale:
    """An order; money is in the account's currency.

    Attributes:
        after: the conversation that gets the credit for it; None where none does.
        changed_at: of a refund or cancellation.
    """

    number: int
    order_id: str
    person: Person
    placed_at: datetime
    lines: tuple[Product, ...]
    after: str | None = None
    refunded: Decimal = Decimal(0)
    is_cancelled: bool = False
    changed_at: datetime | None = None

    @property
    def total(self) -> Decimal:
        """One of each line."""
        return sum((price_of(line) for line in self.lines), Decimal(0))


@dataclass(frozen=True)
class VendorCase:
    """The expected rows of retargeting_eligibility for a conversation's one trigger, by policy, and why."""

    chat: Chat
    email: Verdict
    sms: Verdict
    why: str


@dataclass(frozen=True)
class Plan:
    """All of an account."""

    source: str
    until: datetime
    people: tuple[Person, ...]
    chats: tuple[Chat, ...]
    sales: tuple[Sale, ...]
    cases: tuple[VendorCase, ...] = ()

    @property
    def started(self) -> list[Chat]:
        """The conversations that count."""
        return [chat for chat in self.chats if chat.counts]

    def ended(self, ending: str) -> list[Chat]:
        """The conversations that count and ended so."""
        return [chat for chat in self.started if chat.ending == ending]


def price_of(line: Product) -> Decimal:
    """A product's price, exactly."""
    return Decimal(f"{line.price:.2f}")


def shelf(source: str, first: int, count: int) -> tuple[Product, ...]:
    """So many products of an account, from one on."""
    return tuple(product(source, first + place) for place in range(count))


def changed(number: int, lines: tuple[Product, ...]) -> tuple[Decimal, bool]:
    """Later changes of an order: the refund of its first line of every fifth, and every seventh is cancelled."""
    return price_of(lines[0]) if number % 5 == 2 else Decimal(0), number % 7 == 3
