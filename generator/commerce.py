"""Commerce outside the conversations: orders and their later versions, message sends, the product feed."""

import numpy as np

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
from generator.instants import DAY_MS, HOUR_MS, texts
from generator.language import escaped
from generator.market import Market, Visits
from generator.plans import WAIT_QUANTILES, Step, waits
from generator.shoppers import profile_ids

ORDER_SHARE = 0.135  # of conversations; those of nobody known, or after the end, fall out: one in eight stays
LIKED_SHARE = 0.6  # of orders hold the product of the conversation
MEAN_ORDER_DELAY_MS = 8 * HOUR_MS
LATER_VERSIONS = {"": 0.9, "cancelled": 0.04, "refunded": 0.06}
LATER_AFTER_MS = 5 * DAY_MS  # at most, from placing to cancelling or refunding
ITEM_COUNTS = (0.6, 0.25, 0.15)
SEND_SHARE = 0.35  # marketing messages for each conversation
SEND_KINDS = ("campaign",) * 6 + ("flow", "transactional", "transactional")
SEND_CHANNELS = ("email",) * 7 + ("sms", "sms", "whatsapp")
FLOW_POLICIES = {"email": "recommendation_follow_up_email", "sms": "recommendation_follow_up_sms"}
RESTOCKED_SHARE = 0.03  # of the products change in a day
OUT_OF_STOCK_SHARE = 0.3  # of those changes


def orders(market: Market, random: np.random.Generator, first_number: int, visits: Visits) -> Lines:
    """Orders that follow a block's conversations, each with the later version that some get."""
    count = len(visits.identities)
    delays = waits()[Step.CLOSED, integers(random, count, WAIT_QUANTILES)] * (MEAN_ORDER_DELAY_MS / HOUR_MS)
    placed_ms = visits.last_ms + delays.astype(np.int64)
    bought = (random.random(count) < ORDER_SHARE) & (placed_ms <= market.until_ms)
    rows = np.flatnonzero(bought & np.array([bool(person) for person in visits.identities]))
    placed_ms, size = placed_ms[rows], len(market.products)
    liked = np.where(random.random(len(rows)) < LIKED_SHARE, visits.products[rows], zipf(random, len(rows), size))
    items = [_items(market, *parts) for parts in zip(
        liked.tolist(),
        integers(random, len(rows), max(size // len(ITEM_COUNTS), 1)).tolist(),
        (weighted(random, len(rows), ITEM_COUNTS) + 1).tolist(),
        (integers(random, len(rows), 2) + 1).tolist(),
        strict=True,
    )]  # fmt: skip
    kinds = weighted(random, len(rows), list(LATER_VERSIONS.values()))
    later_ms = placed_ms + 1 + integers(random, len(rows), LATER_AFTER_MS)
    heads = [
        f'{{"order_id":"{order_id}","placed_at":"{placed}","profile":{visits.identities[row]}'
        for order_id, placed, row in zip(
            ids(rows + first_number, salt(market.shop.source, "order", market.seed)),
            texts(placed_ms),
            rows.tolist(),
            strict=True,
        )
    ]
    currency = f',"currency":"{market.shop.currency}"'
    first = [f'{head},"status":"placed"{currency},{rest}}}' for head, (_, rest) in zip(heads, items, strict=True)]
    changed = np.flatnonzero((kinds > 0) & (later_ms <= market.until_ms))
    second = [
        _later_version(heads[row] + currency, list(LATER_VERSIONS)[kind], instant, *items[row])
        for row, kind, instant in zip(changed.tolist(), kinds[changed].tolist(), texts(later_ms[changed]), strict=True)
    ]
    return Lines("orders", np.concatenate([placed_ms, later_ms[changed]]), first + second)


def _items(market: Market, liked: int, stride: int, count: int, quantity: int) -> tuple[float, str]:
    """An order's total, and its `total` and `items` as JSON members."""
    products = market.products
    chosen = [products[(liked + (stride + 1) * place) % len(products)] for place in range(count)]
    total = round(sum(product.price for product in chosen) * quantity, 2)
    items = ",".join(
        f'{{"product_id":{product.quoted_id},"quantity":{quantity},"price":{product.price}}}' for product in chosen
    )
    return total, f'"total":{total},"items":[{items}]'


def _later_version(head: str, status: str, updated: str, total: float, rest: str) -> str:
    refunded = f',"refunded_total":{total}' if status == "refunded" else ""
    return f'{head},"updated_at":"{updated}","status":"{status}"{refunded},{rest}}}'


def sends(
    market: Market, random: np.random.Generator, first_number: int, count: int, from_ms: int, to_ms: int
) -> Lines:
    """Messages that the shop sent between two instants; `count` is the number of conversations in that time."""
    number = int(count * SEND_SHARE)
    sent_ms = from_ms + integers(random, number, max(to_ms - from_ms, 1))
    source = market.shop.source
    rows = zip(
        ids(np.arange(first_number, first_number + number), salt(source, "send", market.seed)),
        profile_ids(source, zipf(random, number, market.shoppers)),
        picked(random, number, SEND_CHANNELS),
        picked(random, number, SEND_KINDS),
        texts(sent_ms),
        strict=True,
    )
    return Lines("message_sends", sent_ms, [_send(*parts) for parts in rows])


def _send(message_id: str, profile_id: str, channel: str, kind: str, sent: str) -> str:
    policy = f',"policy_id":"{FLOW_POLICIES[channel]}"' if kind == "flow" and channel in FLOW_POLICIES else ""
    return (
        f'{{"message_id":"{message_id}","profile_id":"{profile_id}","channel":"{channel}",'
        f'"sent_at":"{sent}","kind":"{kind}"{policy}}}'
    )


def whole_catalogue(market: Market, at_ms: int) -> Lines:
    """Every product of the shop, in stock."""
    rows = np.arange(len(market.products))
    return _products(market, rows, np.full(len(rows), at_ms), np.ones(len(rows), dtype=np.bool_))


def restocks(market: Market, random: np.random.Generator, from_ms: int, to_ms: int) -> Lines:
    """Products that sold out or came back between two instants."""
    count = int(len(market.products) * RESTOCKED_SHARE + random.random())
    at_ms = from_ms + integers(random, count, max(to_ms - from_ms, 1))
    in_stock = random.random(count) >= OUT_OF_STOCK_SHARE
    return _products(market, integers(random, count, len(market.products)), at_ms, in_stock)


def _products(market: Market, rows: Ints, at_ms: Ints, in_stock: np.ndarray) -> Lines:
    lines = [
        f'{{"product_id":{product.quoted_id},"updated_at":"{instant}","sku":"{product.sku}",'
        f'"title":"{escaped(product.title)}","price":{product.price},"url":"{product.url}","in_stock":{stock}}}'
        for product, instant, stock in zip(
            [market.products[row] for row in rows.tolist()],
            texts(at_ms),
            ["true" if flag else "false" for flag in in_stock.tolist()],
            strict=True,
        )
    ]
    return Lines("products", at_ms, lines)
