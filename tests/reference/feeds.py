"""The fields of every feed, in checking order (section 2), and the typing of one record.

Lives here: which field a record has, which are required, their defaults. Values themselves are read in `values`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from . import values
from .model import PROFILE_KEYS, Refused, Row
from .seeds import Seeds

KEYS = {
    "conversation_log": ("source", "conversation_id", "record_id"),
    "orders": ("source", "order_id"),
    "profiles": ("source", "profile_id"),
    "consents": ("source", "profile_id"),
    "suppressions": ("source", "profile_id"),
    "message_sends": ("source", "message_id"),
    "products": ("source", "product_id"),
    "erasures": ("source", "request_id"),
    "chat_transcripts": ("source", "conversation_id"),
}
"""Key of each feed (section 2). For the histories (consents, suppressions) it only groups the rows to compare."""

IMMUTABLE = ("conversation_log", "message_sends", "erasures")  # section 2.1
VERSIONED = ("orders", "profiles", "products")  # "greatest updated_at, then last delivered"


@dataclass(frozen=True)
class Context:
    """What the reading of a record depends on beside the record.

    Attributes:
        latest: the last instant that is not too far ahead of ingestion (section 2.1).
    """

    seeds: Seeds
    source: str
    latest: datetime


@dataclass(frozen=True)
class Field:
    """One field: `kind` names its reader, `vocabulary` the alias list of a word."""

    name: str
    kind: str
    required: bool = False
    default: Any = None
    vocabulary: str = ""


def _read_word(raw: Any, vocabulary: str, seeds: Seeds) -> str:
    word = seeds.word(vocabulary, values.read_text(raw))
    if word is None:
        raise values.BadValue("unknown word")
    return word


def _reader(field: Field, context: Context) -> Callable[[Any], Any]:
    """The function that reads a present value of this field."""
    zone = context.seeds.zone(context.source)
    readers: dict[str, Callable[[Any], Any]] = {
        "id": values.read_id,
        "text": values.read_text,
        "currency": values.read_currency,
        "bool": values.read_bool,
        "integer": values.read_integer,
        "quantity": values.read_quantity,
        "money": values.read_money,
        "instant": partial(values.read_instant, zone=zone, latest=context.latest),
        "any_instant": partial(values.read_instant, zone=zone, latest=None),
        "texts": partial(values.read_list, read_element=values.read_text),
        "ids": partial(values.read_list, read_element=values.read_id),
        "products": values.read_products,
        "items": values.read_items,
        "word": partial(_read_word, vocabulary=field.vocabulary, seeds=context.seeds),
    }
    return readers[field.kind]


PROFILE_FIELDS = tuple(Field(name, "text" if name in ("email", "phone_number") else "id") for name in PROFILE_KEYS)

LOG_HEAD = (
    Field("record_id", "id", required=True),
    Field("conversation_id", "id", required=True),
    Field("occurred_at", "instant", required=True),
    Field("record_type", "word", required=True, vocabulary="record_type"),
)
ACTOR = Field("actor", "word", vocabulary="actor")
TAGS = Field("tags", "texts", default=())
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
    "tags_applied": (Field("tags", "texts", required=True),),
    "link_clicked": (Field("url", "text", required=True), Field("product_id", "id")),
    "added_to_cart": (Field("product_id", "id", required=True), Field("quantity", "quantity", default=1)),
}
LOG_TAIL = (
    Field("sequence", "integer", default=0),
    Field("channel", "log_channel"),
    Field("mode", "word", default="live", vocabulary="mode"),
    ACTOR,
    SKILL,
    TAGS,
    Field("profile", "profile"),
)

FIELDS: dict[str, tuple[Field, ...]] = {
    "orders": (
        Field("order_id", "id", required=True),
        Field("placed_at", "instant", required=True),
        Field("updated_at", "instant"),
        Field("profile", "profile"),
        Field("status", "word", default="placed", vocabulary="order_status"),
        Field("currency", "currency"),
        Field("total", "money", default=values.read_money("0")),
        Field("refunded_total", "money", default=values.read_money("0")),
        Field("items", "items", default=()),
    ),
    "profiles": (
        Field("profile_id", "id", required=True),
        Field("updated_at", "instant", required=True),
        Field("email", "text"),
        Field("phone_number", "text"),
        Field("external_id", "id"),
        Field("anonymous_ids", "ids", default=()),
        Field("merged_into", "id"),
    ),
    "consents": (
        Field("profile_id", "id", required=True),
        Field("channel", "word", required=True, vocabulary="consent_channel"),
        Field("status", "word", required=True, vocabulary="consent_status"),
        Field("occurred_at", "instant", required=True),
        Field("method", "text"),
        Field("valid_until", "any_instant"),
    ),
    "suppressions": (
        Field("profile_id", "id", required=True),
        Field("channel", "word", required=True, vocabulary="suppression_channel"),
        Field("action", "word", required=True, vocabulary="suppression_action"),
        Field("occurred_at", "instant", required=True),
        Field("reason", "text"),
    ),
    "message_sends": (
        Field("message_id", "id", required=True),
        Field("profile_id", "id", required=True),
        Field("channel", "word", required=True, vocabulary="consent_channel"),
        Field("sent_at", "instant", required=True),
        Field("kind", "word", default="campaign", vocabulary="send_kind"),
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
        Field("requested_at", "instant", required=True),
        Field("profile_id", "id"),
        Field("email", "text"),
        Field("phone_number", "text"),
    ),
}


def _default(field: Field) -> Any:
    return list(field.default) if isinstance(field.default, tuple) else field.default


def _check_profile(raw: Any, context: Context, name: str) -> Row:
    """A profile object; all five keys, None where absent. Its bad fields are named `profile.<key>`."""
    empty: Row = dict.fromkeys(PROFILE_KEYS)
    if values.is_absent(raw):
        return empty
    holder = values.due(raw, dict)
    if not isinstance(holder, dict):
        raise Refused("bad_value", name)
    return {field.name: _check_field(field, holder, context, f"{name}.{field.name}") for field in PROFILE_FIELDS}


def _check_channel(raw: Any, context: Context) -> tuple[str | None, str | None]:
    """Section 2: (channel, its text if no alias knows it). An unknown channel is `unknown`, its text is kept."""
    if values.is_absent(raw):
        return None, None
    if not isinstance(raw, str):
        raise Refused("bad_value", "channel")
    word = context.seeds.word("channel", raw)
    return (word, None) if word not in (None, "unknown") else ("unknown", str(raw))


def _check_field(field: Field, holder: dict[str, Any], context: Context, name: str) -> Any:
    """Section 2.1: the typed value of one field, its default, or a refusal."""
    raw = holder.get(field.name)
    value: Any = None
    if not values.is_absent(raw):
        try:
            value = _reader(field, context)(raw)
        except values.BadValue as error:
            raise Refused("bad_value", name) from error
    if value is None or value == []:
        if field.required:
            raise Refused("missing_field", name)
        return _default(field)
    return value


def _check_fields(fields: tuple[Field, ...], record: dict[str, Any], context: Context, typed: Row) -> None:
    """Check fields in order into `typed`; one that was checked already is not checked again."""
    for field in fields:
        if field.name in typed:
            continue
        if field.kind == "profile":
            typed[field.name] = _check_profile(record.get(field.name), context, field.name)
        elif field.kind == "log_channel":
            typed["channel"], typed["channel_text"] = _check_channel(record.get("channel"), context)
        else:
            typed[field.name] = _check_field(field, record, context, field.name)


def type_record(feed: str, record: dict[str, Any], context: Context) -> Row:
    """The typed content of one record of any feed but chat_transcripts.

    Raises:
        Refused: with the first reason that applies, field by field in checking order (section 2.1).
    """
    typed: Row = {}
    if feed == "conversation_log":
        _check_fields(LOG_HEAD, record, context, typed)
        _check_fields(LOG_TYPES[typed["record_type"]] + LOG_TAIL, record, context, typed)
        if typed["record_type"] == "products_recommended" and typed["layout"] is None:
            typed["layout"] = "card" if len(typed["products"]) == 1 else "list"
    else:
        _check_fields(FIELDS[feed], record, context, typed)
    if feed == "orders":
        typed["updated_at"] = typed["updated_at"] or typed["placed_at"]
        typed["currency"] = typed["currency"] or context.seeds.currency(context.source)
    if feed == "erasures" and not any(typed[name] for name in ("profile_id", "email", "phone_number")):
        raise Refused("missing_field", "profile_id")
    return {"source": context.source, **typed}
