"""The fields of every feed, in checking order (spec §2.0): which a record has, which are required, their defaults.

Records are typed in `typed_records`, values read in `values`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import values
from .model import PROFILE_KEYS

KEYS = {
    "conversation_log": ("source", "conversation_id", "record_id"),
    "orders": ("source", "order_id"),
    "profiles": ("source", "profile_id"),
    "consents": ("source", "profile_id"),
    "suppressions": ("source", "profile_id"),
    "message_sends": ("source", "message_id"),
    "products": ("source", "product_id"),
    "erasures": ("source", "request_id"),
    "order_adjustments": ("source", "adjustment_id"),
    "chat_transcripts": ("source", "conversation_id"),
}
"""Key of each feed (spec §2.0.5). For the histories (consents, suppressions) it only groups the rows to compare."""

ALL_CHANNELS = "all"
KEPT_WORDS = ("kept_word", "truth_word")
IMMUTABLE = ("conversation_log", "message_sends", "erasures", "order_adjustments")  # spec §2.1.1
VERSIONED = ("orders", "profiles", "products")  # "greatest updated_at, then last delivered"


@dataclass(frozen=True)
class Field:
    """One field.

    Attributes:
        kind: names its reader; `kept_word` and `truth_word` never refuse a text: where no alias knows it, it is kept
            as `<name>_text` and the default stands (spec §2.0.5). vocabulary: the alias list of a word.
        is_person: it identifies a person, so that the words of absent_identifiers.csv count as absent (spec §2.0.4).
    """

    name: str
    kind: str
    required: bool = False
    default: Any = None
    vocabulary: str = ""
    is_person: bool = False


PERSON_KINDS = {
    "email": "text",
    "phone_number": "phone",
    "phone": "phone",
    "anonymous_ids": "ids",
}


def person_field(name: str, required: bool = False) -> Field:
    """A field that identifies a person (spec §2.0.4)."""
    default = () if name == "anonymous_ids" else None
    return Field(name, PERSON_KINDS.get(name, "id"), required, default, is_person=True)


PROFILE_FIELDS = tuple(person_field(name) for name in PROFILE_KEYS)
PROFILE = Field("profile", "profile")

LOG_HEAD = (
    Field("record_id", "id", required=True),
    Field("conversation_id", "id", required=True),
    Field("occurred_at", "instant", required=True),
    Field("record_type", "word", required=True, vocabulary="record_type"),
)
ACTOR = Field("actor", "word", vocabulary="actor")
TAGS = Field("tags", "tags", default=())
SKILL = Field("skill", "text")
LOG_TYPES: dict[str, tuple[Field, ...]] = {
    "message": (Field("actor", "word", required=True, vocabulary="actor"), Field("text", "text")),
    "skill_changed": (Field("skill", "text", required=True),),
    "products_recommended": (
        Field("products", "products", required=True),
        Field("layout", "word", vocabulary="layout"),
    ),
    "status_changed": (
        Field("status", "word", required=True, vocabulary="status"),
        ACTOR,
        Field("escalation_reason", "text"),
    ),
    "tags_applied": (Field("tags", "tags", required=True),),
    "link_clicked": (Field("url", "text", required=True), Field("product_id", "id")),
    "added_to_cart": (
        Field("product_id", "id", required=True),
        Field("quantity", "quantity", default=values.read_quantity("1")),
    ),
}
LOG_TAIL = (
    Field("sequence", "integer", default=0),
    Field("channel", "log_channel"),
    Field("mode", "word", default="live", vocabulary="mode"),
    ACTOR,
    SKILL,
    TAGS,
    PROFILE,
)

FIELDS: dict[str, tuple[Field, ...]] = {
    "orders": (
        Field("order_id", "id", required=True),
        Field("placed_at", "instant", required=True),
        Field("updated_at", "instant"),
        PROFILE,
        Field("status", "kept_word", default="placed", vocabulary="order_status"),
        Field("currency", "currency"),
        Field("total", "money", default=values.read_money("0")),
        Field("refunded_total", "money", default=values.read_money("0")),
        Field("items", "items", default=()),
    ),
    "profiles": (
        person_field("profile_id", required=True),
        Field("updated_at", "instant", required=True),
        *(person_field(name) for name in ("email", "phone_number", "external_id", "anonymous_ids", "merged_into")),
    ),
    "consents": (
        person_field("profile_id", required=True),
        Field("channel", "word", required=True, vocabulary="consent_channel"),
        Field("occurred_at", "instant", required=True),
        Field("status", "truth_word", default="never_subscribed", vocabulary="consent_status"),
        Field("method", "text"),
        Field("valid_until", "any_instant"),
    ),
    "suppressions": (
        person_field("profile_id", required=True),
        Field("occurred_at", "instant", required=True),
        Field("channel", "truth_word", default=ALL_CHANNELS, vocabulary="suppression_channel"),
        Field("action", "truth_word", default="suppress", vocabulary="suppression_action"),
        Field("reason", "text"),
    ),
    "message_sends": (
        Field("message_id", "id", required=True),
        person_field("profile_id", required=True),
        Field("channel", "word", required=True, vocabulary="consent_channel"),
        Field("sent_at", "instant", required=True),
        Field("kind", "kept_word", default="campaign", vocabulary="send_kind"),
        Field("policy_id", "id"),
        Field("event_id", "id"),
    ),
    "products": (
        Field("product_id", "id", required=True),
        Field("updated_at", "instant", required=True),
        Field("sku", "id"),
        Field("title", "text"),
        Field("price", "money"),
        Field("url", "text"),
        Field("in_stock", "bool", default=True),
    ),
    "erasures": (
        Field("request_id", "id", required=True),
        Field("requested_at", "instant_or_date", required=True),
        Field("profile_id", "id", is_person=True),
        *(person_field(name) for name in ("email", "phone_number", "phone")),
    ),
}

FIELDS["order_adjustments"] = (  # spec §2.3.0.2
    Field("adjustment_id", "id", required=True),
    Field("order_id", "id", required=True),
    Field("kind", "choice", required=True),
    Field("occurred_at", "instant", required=True),
    Field("amount", "money", default=values.read_money("0")),
)
ADJUSTMENT_KINDS = ("cancelled", "refunded")

PROFILE_FEEDS = ("conversation_log", "orders", "chat_transcripts")  # spec §2.0.5 and §2.2
NAMING = ("profile_id", "email", "phone_number", "phone")  # spec §2.0.8: of these an erasure has one at least
REQUIRED_COLUMNS: dict[str, list[tuple[str, ...]]] = {
    "conversation_log": [(field.name,) for field in LOG_HEAD],
    **{
        feed: [(field.name,) for field in FIELDS[feed] if field.required]
        for feed in ("orders", "profiles", "message_sends", "products", "erasures", "order_adjustments")
    },
}
"""Spec §1.9: the columns, one of each group, that a CSV must have; of consents and suppressions none."""
REQUIRED_COLUMNS["erasures"].append(NAMING)


def fields_of(feed: str) -> dict[str, Field]:
    """Every field of a feed by name, whatever the record's type."""
    fields = FIELDS.get(feed) or (*LOG_HEAD, *(field for own in LOG_TYPES.values() for field in own), *LOG_TAIL)
    return {field.name: field for field in fields}
