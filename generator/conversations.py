"""The conversation log, a block of conversations at a time: columns in numpy, one text per record at the very end."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from generator import instants
from generator.day_files import Lines
from generator.draws import (
    Ints,
    ids,
    integers,
    picked,
    salt,
    weighted,
    zipf,
)
from generator.english import ESCALATION_REASONS
from generator.language import Topic, escaped_all
from generator.market import Market, Visits
from generator.plans import (
    PLANS_PER_KIND,
    WAIT_QUANTILES,
    Step,
    paces,
    plans,
    waits,
)
from generator.shop import Shop
from generator.shoppers import identities

SHOPPING_SHARE = 0.45  # of conversations: somebody looks for a product
PREVIEW_SHARE = 0.015  # staff trying the agent out
IDENTIFIED_LATER = 0.2  # the shopper becomes known with the third record, not with the first
LATER_POSITION = 2
POOL = 60  # each topic's sentences are repeated to this length, a multiple of 2, 3, 4 and 5: one flat list
FIRST_REFERENCE, REFERENCES = 10_000, 90_000  # five-digit ticket numbers, so that texts differ as they do in life
PRODUCT_COUNTS = (0.35, 0.25, 0.25, 0.15)  # one to four products shown
CARD_STYLES = (0.85, 0.1, 0.05)  # whole cards, ids alone, skus alone
WITHOUT_CHANNEL = (Step.TAGGED, Step.CLOSED)  # written by the help desk, which does not say on which channel
CUSTOMER_WORDS = ("customer",) * 8 + ("user", "shopper")
AGENT_WORDS = ("agent",) * 8 + ("assistant", "bot")
HUMAN_WORDS = ("human",) * 4 + ("staff",)


@dataclass(frozen=True)
class _Talk:
    """One block's columns: `topics` and `products` by conversation, the drawing of bodies by record."""

    market: Market
    random: np.random.Generator
    topics: Ints
    products: Ints


def conversations(
    market: Market, random: np.random.Generator, first_number: int, starts_ms: Ints
) -> tuple[Lines, Visits]:
    """The records of one conversation per start, numbered from `first_number`; those after `until_ms` are left out."""
    count, shop = len(starts_ms), market.shop
    shopping = random.random(count) < SHOPPING_SHARE
    plan = integers(random, count, PLANS_PER_KIND) + np.where(shopping, PLANS_PER_KIND, 0)
    channels = weighted(random, count, shop.channel_weights)
    talk = _Talk(market, random, _topics(shop, random, shopping), zipf(random, count, len(market.products)))
    people = identities(shop.source, random, zipf(random, count, market.shoppers))

    of, position, steps = _layout(plan)
    wait = waits()[steps, integers(random, len(of), WAIT_QUANTILES)] * paces()[steps, channels[of]]
    at_ms = starts_ms[of] + _since_start(wait.astype(np.int64), position)

    bodies = np.empty(len(of), dtype=object)
    for step, body in _BODIES.items():
        rows = np.flatnonzero(steps == step)
        bodies[rows] = body(talk, of[rows])
    heads = _heads(talk, people, channels, first_number, of, position, steps, at_ms)
    texts = [head + body for head, body in zip(heads, bodies.tolist(), strict=True)]

    last_ms = at_ms[np.append(np.flatnonzero(position == 0)[1:], len(of)) - 1]
    kept = np.flatnonzero(at_ms <= market.until_ms)
    lines = Lines("conversation_log", at_ms[kept], [texts[row] for row in kept.tolist()])
    return lines, Visits(people, talk.products, last_ms)


def _topics(shop: Shop, random: np.random.Generator, shopping: np.ndarray) -> Ints:
    """Position of each conversation's topic among the shopping topics, then the service topics."""
    first, second = len(shop.language.shopping), len(shop.language.service)
    draws = random.random(len(shopping))
    return np.where(shopping, draws * first, first + draws * second).astype(np.int64)


def _layout(plan: Ints) -> tuple[Ints, Ints, Ints]:
    """For each record: its conversation, its position in it, its step."""
    book = plans()
    lengths = book.lengths[plan]
    of = np.repeat(np.arange(len(plan)), lengths)
    position = np.arange(len(of)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return of, position, book.steps[book.offsets[plan][of] + position]


def _since_start(wait_ms: Ints, position: Ints) -> Ints:
    """Running sum of the waits within each conversation, which starts at 0."""
    elapsed = np.cumsum(wait_ms)
    starts = np.flatnonzero(position == 0)
    return elapsed - np.repeat(elapsed[starts], np.diff(np.append(starts, len(position))))


def _heads(
    talk: _Talk,
    people: list[str],
    channels: Ints,
    first_number: int,
    of: Ints,
    position: Ints,
    steps: Ints,
    at_ms: Ints,
) -> list[str]:
    """Each record's text up to what its type adds."""
    shop, random, count = talk.market.shop, talk.random, len(channels)
    numbers = np.arange(first_number, first_number + count)
    names = ids(numbers, salt(shop.source, "conversation", talk.market.seed))
    modes = [',"mode":"preview"' if draw < PREVIEW_SHARE else "" for draw in random.random(count).tolist()]
    words = [shop.channel_words[channel] for channel in channels.tolist()]
    spoken = [
        f',"channel":"{word[int(draw * len(word))]}"{mode}'
        for word, draw, mode in zip(words, random.random(count).tolist(), modes, strict=True)
    ]
    profiles = [f',"profile":{person}' if person else "" for person in people] + [""]
    known_at = np.where(random.random(count) < IDENTIFIED_LATER, LATER_POSITION, 0)
    channel_texts = spoken + modes
    rows = zip(
        [names[conversation] for conversation in of.tolist()],
        position.tolist(),
        instants.texts(at_ms),
        (of + np.where(np.isin(steps, WITHOUT_CHANNEL), count, 0)).tolist(),
        np.where(position == known_at[of], of, count).tolist(),
        strict=True,
    )
    return [
        f'{{"record_id":"{name}-{place}","conversation_id":"{name}","occurred_at":"{instant}","sequence":{place}'
        f"{channel_texts[channel]}{profiles[profile]}"
        for name, place, instant, channel, profile in rows
    ]


def _all_topics(talk: _Talk) -> tuple[Topic, ...]:
    return talk.market.shop.language.shopping + talk.market.shop.language.service


def _by_topic(talk: _Talk, of: Ints, sentences: Callable[[Topic], tuple[str, ...]]) -> list[str]:
    """One sentence for each record, of its conversation's topic."""
    flat: list[str] = []
    for topic in _all_topics(talk):
        own = escaped_all(sentences(topic))
        flat += (own * POOL)[:POOL]
    places = talk.topics[of] * POOL + integers(talk.random, len(of), POOL)
    return [flat[place] for place in places.tolist()]


def _references(talk: _Talk, of: Ints) -> list[int]:
    numbers: list[int] = (integers(talk.random, len(of), REFERENCES) + FIRST_REFERENCE).tolist()
    return numbers


def _customer(talk: _Talk, of: Ints) -> list[str]:
    language, random, count = talk.market.shop.language, talk.random, len(of)
    rows = zip(
        picked(random, count, CUSTOMER_WORDS),
        picked(random, count, escaped_all(language.openings)),
        _by_topic(talk, of, lambda topic: topic.questions),
        picked(random, count, escaped_all(language.details)),
        _references(talk, of),
        strict=True,
    )
    return [
        f',"record_type":"message","actor":"{actor}","text":"{opening}{question} {detail} (#{reference})"}}'
        for actor, opening, question, detail, reference in rows
    ]


def _agent(talk: _Talk, of: Ints) -> list[str]:
    random, count = talk.random, len(of)
    rows = zip(
        picked(random, count, AGENT_WORDS),
        _by_topic(talk, of, lambda topic: topic.answers),
        picked(random, count, escaped_all(talk.market.shop.language.courtesies)),
        _references(talk, of),
        strict=True,
    )
    return [
        f',"record_type":"message","actor":"{actor}","text":"{answer} {courtesy} (#{reference})"}}'
        for actor, answer, courtesy, reference in rows
    ]


def _human(talk: _Talk, of: Ints) -> list[str]:
    replies = escaped_all(talk.market.shop.language.human_replies)
    rows = zip(picked(talk.random, len(of), HUMAN_WORDS), picked(talk.random, len(of), replies), strict=True)
    return [f',"record_type":"message","actor":"{actor}","text":"{reply}"}}' for actor, reply in rows]


def _skill(talk: _Talk, of: Ints) -> list[str]:
    bodies = [
        f',"record_type":"skill_changed","actor":"agent","skill":"{topic.skill}"}}' for topic in _all_topics(talk)
    ]
    return [bodies[topic] for topic in talk.topics[of].tolist()]


def _recommended(talk: _Talk, of: Ints) -> list[str]:
    random, count, products = talk.random, len(of), talk.market.products
    styles = (
        [product.card for product in products],
        [product.quoted_id for product in products],
        [product.quoted_sku for product in products],
    )
    widest = max(len(products) // len(PRODUCT_COUNTS), 1)  # four steps of it never meet the first product again
    strides = integers(random, count, widest) + 1
    rows = zip(
        weighted(random, count, CARD_STYLES).tolist(),
        talk.products[of].tolist(),
        strides.tolist(),
        (weighted(random, count, PRODUCT_COUNTS) + 1).tolist(),
        strict=True,
    )
    size = len(products)
    return [
        ',"record_type":"products_recommended","actor":"agent","products":['
        + ",".join([styles[style][(first + stride * place) % size] for place in range(shown)])
        + "]}"
        for style, first, stride, shown in rows
    ]


def _clicked(talk: _Talk, of: Ints) -> list[str]:
    bodies = [
        f',"record_type":"link_clicked","actor":"customer","url":"{product.url}","product_id":{product.quoted_id}}}'
        for product in talk.market.products
    ]
    return [bodies[product] for product in talk.products[of].tolist()]


def _carted(talk: _Talk, of: Ints) -> list[str]:
    products = talk.market.products
    return [
        f',"record_type":"added_to_cart","product_id":{products[product].quoted_id},"quantity":{quantity + 1}}}'
        for product, quantity in zip(
            talk.products[of].tolist(), integers(talk.random, len(of), 3).tolist(), strict=True
        )
    ]


def _tagged(talk: _Talk, of: Ints) -> list[str]:
    tags = _by_topic(talk, of, lambda topic: topic.tags)
    return [f',"record_type":"tags_applied","tags":["{tag}"]}}' for tag in tags]


def _status(words: tuple[str, ...], actor: str) -> list[str]:
    return [f',"record_type":"status_changed","status":"{word}","actor":"{actor}"' for word in words]


def _ended(words: tuple[str, ...], actor: str) -> Callable[[_Talk, Ints], list[str]]:
    bodies = [body + "}" for body in _status(words, actor)]
    return lambda talk, of: picked(talk.random, len(of), bodies)


def _resolved(talk: _Talk, of: Ints) -> list[str]:
    return _ended(talk.market.shop.language.resolved_words, "agent")(talk, of)


def _escalated(talk: _Talk, of: Ints) -> list[str]:
    statuses = picked(talk.random, len(of), _status(talk.market.shop.language.escalated_words, "agent"))
    reasons = picked(
        talk.random, len(of), [f',"escalation_reason":"{reason}"}}' for reason in escaped_all(ESCALATION_REASONS)]
    )
    return [status + reason for status, reason in zip(statuses, reasons, strict=True)]


_BODIES: dict[Step, Callable[[_Talk, Ints], list[str]]] = {
    Step.CUSTOMER: _customer,
    Step.AGENT: _agent,
    Step.HUMAN: _human,
    Step.SKILL: _skill,
    Step.RECOMMENDED: _recommended,
    Step.CLICKED: _clicked,
    Step.CARTED: _carted,
    Step.TAGGED: _tagged,
    Step.RESOLVED: _resolved,
    Step.ESCALATED: _escalated,
    Step.CLOSED: _ended(("closed", "closed", "archived"), "human"),
    Step.SETTLED: _ended(("resolved",), "human"),
}
