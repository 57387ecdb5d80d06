"""The sample's other formats, and its dirt: files as they really land, with what a run must refuse in them.

`EXPECTED_REJECTS` and `UNKNOWN_FEED_FILE` say what a run has to report; nothing else in the sample is refused.
"""

import gzip
from dataclasses import dataclass
from typing import Any

from generator.story_time import before, written
from generator.tales import US, dumps
from generator.transcripts import transcript_document

DIRTY_LOG = "acme_us/conversation_log/2026/06/export-with-mistakes.jsonl"
LATE_LOG = "acme_us/conversation_log/2026/06/late.jsonl"
DIRTY_ORDERS = "acme_us/orders/2026/06/export-with-mistakes.jsonl"
DIRTY_SENDS = "acme_us/message_sends/2026/06/export-with-mistakes.jsonl"
PRODUCTS_TABLE = "acme_us/products/2026/06/story.csv"
CONSENTS_TABLE = "acme_eu/consents/2026/06/import.csv"
SHOP_EXPORT = "acme_eu/orders/2026/06/shop-export.csv"
STOCK_TABLE = "acme_us/products/2026/06/stock.csv.gz"
RECEIPTS_TABLE = "acme_us/message_sends/2026/06/Channel=e-mail/kind=transactional/receipts.csv"
CONSENT_EXPORT = "acme_us/consents/2026/06/newsletter-export.json"
TRANSCRIPTS = "acme_us/chat_transcripts/2026/06/29.json"
UNKNOWN_FEED_FILE = "acme_us/reviews/2026/06/29.jsonl"


Line = tuple[str | bytes, str | None, str | None]
"""A line, and the reason and the field of its refusal, if it is to be refused."""


@dataclass(frozen=True)
class Reject:
    """One row of health.rejected_records."""

    file_path: str
    line_number: int
    reason: str
    field: str | None


def _record(place: int, hours: float, **fields: Any) -> dict[str, Any]:
    own = {"record_id": f"odd-{place}", "conversation_id": "odd-chat", "occurred_at": written(US, before(hours))}
    return own | fields


_QUESTION = _record(1, 430, record_type="message", actor="customer", text="Do you ship to islands?", channel="web_chat")
_ANSWER = _record(2, 429.9, record_type="Message", actor="bot", text="We do, in five days.", channel="Web Chat")
_FAXED = _record(3, 429.8, record_type="message", actor="shopper", text="Good.", channel="carrier pigeon")

_DIRTY_LOG_LINES: tuple[Line, ...] = (
    (dumps(_QUESTION), None, None),
    (dumps(_ANSWER), None, None),
    (dumps(_FAXED), None, None),  # a channel that nobody knows: accepted, and warned about
    (dumps(_QUESTION), None, None),  # the same again: a duplicate
    (dumps(_ANSWER | {"record_type": "message", "actor": "agent", "channel": "chat"}), None, None),  # so is this
    (dumps(_ANSWER | {"text": "We do not."}), "conflicting_duplicate", None),
    ("", None, None),  # blank
    ('{"record_id":"odd-4","conversation_id":"odd-chat","occurred_at":"2026-06-12T', "not_json", None),
    ('{"record_id":"odd-5","conversation_id":"odd-chat","score":NaN}', "not_json", None),
    (b'{"record_id":"odd-6","conversation_id":"odd-chat","text":"caf\xe9"}', "not_utf8", None),
    ('["odd-7","odd-chat"]', "not_an_object", None),
    (dumps(_record(8, 429, record_type="message") | {"occurred_at": None}), "missing_field", "occurred_at"),
    (dumps(_record(9, 429, record_type="message", text="Who says this?")), "missing_field", "actor"),
    (dumps(_record(10, 429, record_type="products_recommended", products=["", None])), "missing_field", "products"),
    (
        dumps(_record(11, 429, record_type="message", actor="agent") | {"occurred_at": "yesterday"}),
        "bad_value",
        "occurred_at",
    ),
    (
        dumps(_record(12, 429, record_type="message", actor="agent") | {"occurred_at": "1985-10-26T01:21:00Z"}),
        "bad_value",
        "occurred_at",
    ),
    (dumps(_record(13, 429, record_type="satisfaction_rated", stars=4)), "bad_value", "record_type"),
    (dumps(_record(14, 429, record_type="message", actor="manager", text="Hm.")), "bad_value", "actor"),
    (dumps(_record(15, 429, record_type="status_changed", status="snoozed")), "bad_value", "status"),
    (
        dumps(_record(16, 429, record_type="added_to_cart", product_id="story-lamp", quantity=-2)),
        "bad_value",
        "quantity",
    ),
)

_LATE_LOG_LINES = (  # delivered after the month's log, though it happened weeks before
    dumps(_record(17, 429.5, record_type="status_changed", status="Solved", actor="agent")),
)

_ORDER = {
    "order_id": "odd-order",
    "placed_at": written(US, before(200)),
    "total": "18.50",
    "profile": {"email": "ODD@example.com"},
}
_DIRTY_ORDER_LINES = (
    (dumps(_ORDER | {"updated_at": written(US, before(9)), "status": "refunded", "refunded_total": 9}), None, None),
    (dumps(_ORDER), None, None),  # the older version comes last, and does not hold
    (dumps(_ORDER | {"order_id": "odd-order-2", "total": -3}), "bad_value", "total"),
    (dumps(_ORDER | {"order_id": "odd-order-3", "status": "lost"}), None, None),  # placed, and warned about
)  # fmt: skip

_SEND = {
    "message_id": "odd-send",
    "profile_id": "odd-profile",
    "channel": "e-mail",
    "sent_at": written(US, before(300)),
}
_DIRTY_SEND_LINES = (
    (dumps(_SEND), None, None),
    (dumps(_SEND | {"kind": "campaign", "channel": "email"}), None, None),  # the default, spelled out: a duplicate
    (dumps(_SEND | {"kind": "flow"}), "conflicting_duplicate", None),
    (dumps(_SEND | {"message_id": "odd-send-2", "channel": "fax"}), "bad_value", "channel"),
)

_PRODUCT_ROWS = (
    "product_id,updated_at,sku,title,price,url,in_stock",
    "story-lamp,2026-05-01T08:00:00Z,SKU-STORY-LAMP,Reading lamp,59.90,https://shop.example.com/story-lamp,true",
    'story-rug,2026-05-01T08:00:00Z,SKU-STORY-RUG,"Rug, round",120,https://shop.example.com/story-rug,true',
    "story-vase,2026-05-01T08:00:00Z,SKU-STORY-VASE,Tall vase,35.00,https://shop.example.com/story-vase,true",
    "story-vase,2026-06-30T02:00:00Z,SKU-STORY-VASE,Tall vase,35.00,https://shop.example.com/story-vase,false",
    "story-stool,2026-06-30T03:00:00Z,SKU-STORY-STOOL,Stool,,,false",
    "story-bench,2026-05-01T08:00:00Z,SKU-STORY-BENCH,Bench,-1,,true",
)
_CONSENT_ROWS = (  # from a newsletter tool, in the account's local time
    "profile_id,channel,status,occurred_at,method,valid_until",
    "zoe-eligible,WhatsApp,subscribed,2026-04-02 09:15:00,newsletter,",
    "remi-waiting,Push,subscribed,2026-04-03 10:00:00,newsletter,2030-01-01 00:00:00",
    "noor-just-now,letter,subscribed,2026-04-03 11:00:00,newsletter,",
)
_SHOP_EXPORT_ROWS = (  # from a spreadsheet: semicolons, a header for people, the buyer's e-mail as a column of its own
    "sep=;",
    " Order ID ;Placed At;Customer Email;Status;Total;profile.phone_number",
    "odd-export-1;2026-06-02T09:05+02:00;stranger@example.com;Paid;42.10;",
    "odd-export-2;1780477500000;stranger@example.com;Partially_Refunded;19.00;+49 (0)30 1234567",
    "odd-export-3;2026-06-03 11:20;;voided;7;",
    "odd-export-4;2026-06-04 12:00;;paid;18,50;",
)
_STOCK_ROWS = (
    "product_id,updated_at,in_stock,price",
    "501.0,2026-06-01T06:00Z,yes,12",
    "502.0,2026-06-01T06:00Z,no,12",
)
_RECEIPT_ROWS = ("message_id,profile_id,sent_at", "odd-receipt-1,odd-profile,2026-06-05T10:00:00 UTC")
_CONSENTS_ON_END = (  # one after the other, without line breaks
    {"profile_id": 77.0, "channel": "email", "status": "opted_in", "occurred_at": "2026-05-05T10:00Z"},
    {"profile_id": 77, "channel": "sms", "status": "awaiting reply", "occurred_at": "2026-05-05T10:00Z"},
)


def _rejects_of(path: str, lines: tuple[Line, ...]) -> list[Reject]:
    return [Reject(path, number, reason, field) for number, (_, reason, field) in enumerate(lines, start=1) if reason]


EXPECTED_REJECTS: list[Reject] = [
    *_rejects_of(DIRTY_LOG, _DIRTY_LOG_LINES),
    *_rejects_of(DIRTY_ORDERS, _DIRTY_ORDER_LINES),
    *_rejects_of(DIRTY_SENDS, _DIRTY_SEND_LINES),
    Reject(PRODUCTS_TABLE, len(_PRODUCT_ROWS) - 1, "bad_value", "price"),
    Reject(CONSENTS_TABLE, len(_CONSENT_ROWS) - 1, "bad_value", "channel"),
    Reject(SHOP_EXPORT, len(_SHOP_EXPORT_ROWS) - 2, "bad_value", "total"),  # a decimal comma
]


def odd_files() -> dict[str, bytes]:
    """The content of each file by its path in the landing zone."""
    reviews = [{"review_id": 1, "stars": 5, "text": "Warm light."}, {"review_id": 2, "stars": 2, "text": "Too big."}]
    return {
        DIRTY_LOG: _joined([line for line, _, _ in _DIRTY_LOG_LINES]),
        LATE_LOG: _joined(list(_LATE_LOG_LINES)),
        DIRTY_ORDERS: _joined([line for line, _, _ in _DIRTY_ORDER_LINES]),
        DIRTY_SENDS: _joined([line for line, _, _ in _DIRTY_SEND_LINES]),
        PRODUCTS_TABLE: _joined(list(_PRODUCT_ROWS)),
        CONSENTS_TABLE: _joined(list(_CONSENT_ROWS)),
        SHOP_EXPORT: _joined(list(_SHOP_EXPORT_ROWS)),
        STOCK_TABLE: gzip.compress(_joined(list(_STOCK_ROWS)), mtime=0),  # no clock in the bytes
        RECEIPTS_TABLE: _joined(list(_RECEIPT_ROWS)),
        CONSENT_EXPORT: "".join(map(dumps, _CONSENTS_ON_END)).encode(),
        TRANSCRIPTS: transcript_document(),
        UNKNOWN_FEED_FILE: _joined([dumps(review) for review in reviews]),
    }


def _joined(lines: list[str | bytes] | list[str]) -> bytes:
    return b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
