"""The invented shop behind a source: what it sells, how its shoppers write, when they are awake."""

import json
from dataclasses import dataclass
from functools import cache

from generator.draws import generator
from generator.english import ENGLISH
from generator.french import FRENCH
from generator.language import Language

ADJECTIVES = ("Amber", "Quiet", "Linen", "Harbour", "Meadow", "Copper", "Slate", "Juniper", "Cloud", "Old Mill")
MATERIALS = ("oak", "wool", "cotton", "stoneware", "brass", "glass", "rattan", "felt", "steel", "cork")
NOUNS = ("lamp", "cushion", "blanket", "shelf", "bowl", "lantern", "rug", "vase", "mirror", "stool", "tray", "clock")
PRICE_ENDINGS = (0.0, 0.5, 0.9, 0.95, 0.99)
DEAREST = 240  # whole currency units, before the ending

US_PEAK_HOUR = 19  # UTC hour of most conversations: early afternoon in New York
EU_PEAK_HOUR = 17  # early evening in Paris
CHANNELS = ("web_chat", "sms", "email", "whatsapp")


@dataclass(frozen=True)
class Product:
    """One product, with the JSON texts in which it appears."""

    product_id: str
    sku: str
    title: str
    price: float
    url: str
    card: str  # JSON object, as an agent shows it
    quoted_id: str  # JSON string
    quoted_sku: str  # JSON object that has the sku alone


@dataclass(frozen=True)
class Shop:
    """One source: its language, hours, channels and currency."""

    source: str
    language: Language
    peak_hour: int  # UTC
    channel_weights: tuple[float, ...]  # in the order of CHANNELS
    channel_words: tuple[tuple[str, ...], ...]  # per channel, as the shop's chat tools write it
    currency: str


def shop_of(source: str) -> Shop:
    """The shop of a source: a European one where the name ends in `_eu`, else an American one."""
    if source.endswith("_eu"):
        european = (("web_chat", "webchat"), ("sms",), ("email", "mail"), ("whatsapp", "WhatsApp"))
        return Shop(source, FRENCH, EU_PEAK_HOUR, (0.55, 0.1, 0.15, 0.2), european, "EUR")
    words = (("web_chat", "web_chat", "Web Chat", "chat"), ("sms", "text"), ("email", "e-mail"), ("whatsapp",))
    return Shop(source, ENGLISH, US_PEAK_HOUR, (0.65, 0.17, 0.14, 0.04), words, "USD")


def product(source: str, number: int) -> Product:
    """Product `number` of a source: always the same, whatever the size or the seed of a log."""
    name = (
        f"{ADJECTIVES[number % len(ADJECTIVES)]} "
        f"{MATERIALS[number // 7 % len(MATERIALS)]} {NOUNS[number // 3 % len(NOUNS)]}"
    )
    title = name if number < len(ADJECTIVES) * len(NOUNS) else f"{name} no. {number}"
    draw = generator(0, "product", source, number).random(2)
    price = round(4 + int(draw[0] * DEAREST) + PRICE_ENDINGS[int(draw[1] * len(PRICE_ENDINGS))], 2)
    product_id, sku = f"prod-{number:05d}", f"SKU-{number:05d}"
    url = f"https://shop.example.com/{source}/p/{product_id}"
    fields = {"product_id": product_id, "title": title, "price": price, "url": url}
    card = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return Product(product_id, sku, title, price, url, card, f'"{product_id}"', f'{{"sku":"{sku}"}}')


@cache
def catalogue(source: str, size: int) -> tuple[Product, ...]:
    """The first `size` products of a source; the first ones sell best."""
    return tuple(product(source, number) for number in range(size))
