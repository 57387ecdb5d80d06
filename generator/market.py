"""The market of one source: what blocks of conversations share with orders and sends."""

from dataclasses import dataclass

from generator.draws import (
    Ints,
)
from generator.shop import Product, Shop


@dataclass(frozen=True)
class Market:
    """The market of one source, which all its blocks share."""

    shop: Shop
    products: tuple[Product, ...]
    shoppers: int  # how many there are
    seed: int
    until_ms: int  # nothing happens after it


@dataclass(frozen=True)
class Visits:
    """The visits of a block: its conversations, as orders and sends need to know them."""

    identities: list[str]  # profile object (JSON) or empty
    products: Ints  # position of the product that the shopper likes, in the market's products
    last_ms: Ints  # last record
