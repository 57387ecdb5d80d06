"""The typing of one record (spec §2.0 and §2.1.3): aliases of fields, what counts as absent, the checks in their order.

The fields themselves are in `feeds`; values are read in `values`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from . import lists, values
from .feeds import (
    ADJUSTMENT_KINDS,
    FIELDS,
    KEPT_WORDS,
    LOG_HEAD,
    LOG_TAIL,
    LOG_TYPES,
    NAMING,
    PROFILE,
    PROFILE_FEEDS,
    PROFILE_FIELDS,
    Field,
    fields_of,
    person_field,
)
from .jsontext import Number
from .keys import normal_key
from .model import PROFILE_KEYS, Refused, Row
from .seeds import Seeds
from .words import column_name, normal_word


@dataclass(frozen=True)
class Context:
    """What the reading of a record depends on besides the record.

    Attributes:
        latest: the last instant that is not too far ahead of ingestion (spec §2.1.3).
        longest_id: the characters beyond which ids are shortened (spec §2.0.2).
    """

    seeds: Seeds
    source: str
    latest: datetime
    longest_id: int = values.LONGEST_OF_FEW


def _read_word(raw: Any, vocabulary: str, seeds: Seeds) -> str:
    word = seeds.word(vocabulary, values.read_text(raw))
    if word is None:
        raise values.BadValue("unknown word")
    return word


def _read_choice(raw: Any, words: tuple[str, ...]) -> str:
    """One of a fixed set without aliases, matched like words."""
    word = normal_word(values.read_text(raw))
    if word not in words:
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
        "instant_or_date": partial(values.read_instant_or_date, zone=zone, latest=context.latest),
        "phone": values.read_phone,
        "tags": lists.read_tags,
        "ids": partial(lists.read_list, read_element=values.read_id, of_ids=True),
        "products": lists.read_products,
        "items": lists.read_items,
        "choice": partial(_read_choice, words=ADJUSTMENT_KINDS),
        "word": partial(_read_word, vocabulary=field.vocabulary, seeds=context.seeds),
    }
    return readers[field.kind]


def _default(field: Field) -> Any:
    return list(field.default) if isinstance(field.default, tuple) else field.default


def counts_as_absent(field: Field, raw: Any, seeds: Seeds) -> bool:
    """Spec §2.0.4: null, blank, empty; in a field that identifies a person also the words that name nobody."""
    if values.is_absent(raw):
        return True
    if not field.is_person:
        return False
    if isinstance(raw, list):
        return all(counts_as_absent(field, element, seeds) for element in raw)
    is_number = isinstance(raw, Number) and field.kind != "text"
    if not isinstance(raw, str) and not is_number:
        return False
    try:
        return seeds.names_nobody(values.read_id(raw) if field.kind in ("id", "ids") or is_number else raw)
    except values.BadValue:
        return False


def with_aliases(feed: str, record: dict[str, Any], context: Context) -> dict[str, Any]:
    """The record, its absent fields filled from members that count as them (spec §2.0.9, field_aliases.csv)."""
    filled = dict(record)
    for alias in context.seeds.aliases_of(context.source, feed):
        value = _aliased(alias.field, record)
        holder_name, _, name = alias.means.rpartition(".")
        if not holder_name and name in fields_of(feed):
            _fill(fields_of(feed)[name], filled, value, context.seeds)
        if holder_name == PROFILE.name and feed in PROFILE_FEEDS and name in PROFILE_KEYS:
            profile = _profile_of(filled)
            profile = {} if values.is_absent(profile) else profile
            if isinstance(profile, dict) and _fill(person_field(name), profile := dict(profile), value, context.seeds):
                filled[PROFILE.name] = profile
    return filled


def _profile_of(record: dict[str, Any]) -> Any:
    return _opened(record.get(PROFILE.name))


def _opened(profile: Any) -> Any:
    """Spec §1.6: a cell is a JSON list or object where an object is due; as a list it is absent (spec §2.0.4), or bad."""
    return values.due(profile, dict, list)


def _fill(field: Field, holder: dict[str, Any], value: Any, seeds: Seeds) -> bool:
    """Put a value that is there where the field is absent; whether it was put."""
    is_put = counts_as_absent(field, holder.get(field.name), seeds) and not counts_as_absent(field, value, seeds)
    if is_put:
        holder[field.name] = value
    return is_put


def _aliased(name: str, record: dict[str, Any]) -> Any:
    """The member of this name; a column's name is compared as columns' names are (spec §1.8)."""
    if name in record:
        return record[name]
    value = record.get(column_name(name))
    return value if isinstance(value, values.Cell) else None


def unknown_fields(feed: str, record: dict[str, Any], context: Context) -> list[str]:
    """Spec §2.0.10, health.unknown_fields: members that no rule reads, those of the profile object too.

    A field of the feed counts as read in records of every type.
    """
    aliases = {alias.field for alias in context.seeds.aliases_of(context.source, feed)}
    read = {*fields_of(feed), *aliases}
    columns = {column_name(name) for name in aliases}
    is_column = {name: isinstance(value, values.Cell) for name, value in record.items()}
    found = [name for name in record if name not in read and not (is_column[name] and name in columns)]
    profile = _profile_of(record) if feed in PROFILE_FEEDS else None
    if isinstance(profile, dict):
        found += [f"{PROFILE.name}.{name}" for name in profile if name not in PROFILE_KEYS]
    return found


def named_by_refused(feed: str, record: dict[str, Any], context: Context) -> tuple[str | None, str | None]:
    """("May one write") who a refused line of consents or suppressions names, and on which channel; None: on all."""
    record = with_aliases(feed, record, context)
    fields = fields_of(feed)
    try:
        profile_id = _check_field(fields["profile_id"], record, context, "profile_id")
    except Refused:
        return None, None
    try:
        typed: Row = {}
        _check_fields((fields["channel"],), record, context, typed)
    except Refused:
        return profile_id, None
    return profile_id, typed["channel"]


def content_of(feed: str, typed: Row) -> Row:
    """Typed content as duplicates compare it: an erasure's phone and phone_number are a set (spec §2.0.8)."""
    if feed != "erasures":
        return typed
    numbers = {typed["phone_number"], typed["phone"]} - {None}
    return {**typed, "phone": None, "phone_number": sorted(numbers)}


def _check_profile(raw: Any, context: Context, name: str) -> Row:
    """A profile object; all five keys, None where absent. Its bad fields are named `profile.<key>`."""
    empty: Row = dict.fromkeys(PROFILE_KEYS)
    holder = _opened(raw)
    if values.is_absent(holder):
        return empty
    if not isinstance(holder, dict):
        raise Refused("bad_value", name)
    return {field.name: _check_field(field, holder, context, f"{name}.{field.name}") for field in PROFILE_FIELDS}


def _check_kept_word(field: Field, raw: Any, context: Context) -> tuple[str, str | None]:
    """Spec §2.0.11: (word, its text if no alias knows it); the default stands for what is absent or unknown."""
    if values.is_absent(raw):
        return field.default, None
    try:
        text = values.read_truth_or_text(raw) if field.kind == "truth_word" else values.read_text(raw)
    except values.BadValue as error:
        raise Refused("bad_value", field.name) from error
    word = context.seeds.word(field.vocabulary, text)
    return (field.default, text) if word is None else (word, None)


def _check_channel(raw: Any, context: Context) -> tuple[str | None, str | None]:
    """Spec §2.0.11: (channel, its text if no alias knows it). An unknown channel is `unknown`, its text is kept."""
    if values.is_absent(raw):
        return None, None
    if not isinstance(raw, str):
        raise Refused("bad_value", "channel")
    word = context.seeds.word("channel", raw)
    return (word, None) if word not in (None, "unknown") else ("unknown", str(raw))


def _check_field(field: Field, holder: dict[str, Any], context: Context, name: str) -> Any:
    """Spec §2.1.3: the typed value of one field, its default, or a refusal."""
    raw = holder.get(field.name)
    value: Any = None
    if not counts_as_absent(field, raw, context.seeds):
        try:
            value = _reader(field, context)(raw)
        except values.BadValue as error:
            raise Refused("bad_value", name) from error
    if field.is_person and isinstance(value, list):
        value = [element for element in value if not context.seeds.names_nobody(element)]
    value = values.with_kept_ids(field.kind, value, context.longest_id)
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
        elif field.kind in KEPT_WORDS:
            word, text = _check_kept_word(field, record.get(field.name), context)
            typed[field.name], typed[f"{field.name}_text"] = word, text
        else:
            typed[field.name] = _check_field(field, record, context, field.name)


def type_record(feed: str, record: dict[str, Any], context: Context) -> Row:
    """The typed content of one record of any feed but chat_transcripts.

    Raises:
        Refused: with the first reason that applies, field by field in checking order (spec §2.1.3).
    """
    record = with_aliases(feed, record, context)
    typed: Row = {}
    if feed == "conversation_log":
        _check_fields(LOG_HEAD, record, context, typed)
        _check_fields(LOG_TYPES[typed["record_type"]] + LOG_TAIL, record, context, typed)
        if typed["record_type"] == "products_recommended" and typed["layout"] is None:
            typed["layout"] = "card" if len(typed["products"]) == 1 else "list"
    elif feed == "suppressions":
        _check_fields(FIELDS[feed][:-1], record, context, typed)
        names_no_channel = values.is_absent(record.get("channel")) or typed["channel_text"] is not None
        if typed["action"] == "unsuppress" and names_no_channel:
            raise Refused("bad_value", "channel")  # spec §2.0.7: a lifted suppression names its channel
        _check_fields(FIELDS[feed], record, context, typed)
    else:
        _check_fields(FIELDS[feed], record, context, typed)
    if feed == "orders":
        typed["updated_at"] = typed["updated_at"] or typed["placed_at"]
        typed["currency"] = typed["currency"] or context.seeds.currency(context.source)
    if feed == "erasures" and not any(normal_key(name, typed[name]) for name in NAMING):
        raise Refused("missing_field", "profile_id")
    return {"source": context.source, **typed}
