"""Placeholders for values of a forgotten person's line: of the same JSON type, and saying nothing (spec §6.2).

It counts as present, whole or a list where the value did, so that staging accepts or rejects the line as before. What
does not belong here: which fields lose their values (redaction.py).
"""

import re
from typing import Any

from caw.adapters.transcript_values import is_absent, is_text
from caw.formats.json_numbers import Number
from caw.formats.strict_json import NotJson, parse

ERASED = "erased"
NO_LIST = "["  # a text that begins like a list and is none, and says nothing
PROFILE_FIELDS = frozenset({"profile_id", "email", "phone_number", "external_id", "anonymous_id"})

_INSTANT = re.compile(
    r"\s*[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?"
    r"(?: ?(?:Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?))?)?\s*",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"(?:Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?)$", re.IGNORECASE)
_ZONE = re.compile(r"\[[^\[\]]*\]\s*$")  # passed over after an offset; it may contain words
_EPOCH = re.compile(r"\s*-?[0-9]+(?:\.[0-9]*)?\s*")
_WHOLE = re.compile(r"-?[0-9]+(?:\.0*)?")
_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")
_CURRENCY = re.compile(r"\s*[A-Za-z]{3}\s*")


MOST_LEVELS = 20  # no field's check looks deeper than four; a line may nest five hundred


def kept_text(kind: str, value: str) -> str:
    """An instant, a number or a currency as it was written; another text in its place says too much."""
    if is_absent(value):
        return value
    if kind == "currency":
        return value if _CURRENCY.fullmatch(value) else ERASED
    if kind != "instant":
        return value if _NUMBER.fullmatch(value) else ERASED
    plain = _ZONE.sub("", value)
    has_offset = plain == value or _OFFSET.search(plain) is not None  # a zone without an offset is no instant
    return plain if has_offset and (_INSTANT.fullmatch(plain) or _EPOCH.fullmatch(plain)) else ERASED


def kept_scalar(value: Any) -> Any:
    """Numbers and true or false stay; a list or object where none is expected keeps its type."""
    return placeholder(value) if isinstance(value, dict | list) else value


def placeholder(value: Any, levels: int = MOST_LEVELS) -> Any:
    """Something of the same JSON type that counts as present where the value did, and says nothing.

    Args:
        value: parsed.
        levels: how many of lists and objects keep what they hold in this form.
    """
    if isinstance(value, dict):
        kept = {name: part for name, part in value.items() if name in PROFILE_FIELDS and levels}
        return {name: placeholder(part, levels - 1) for name, part in kept.items()}
    if isinstance(value, list):
        if not levels:
            return [] if is_absent(value) else [ERASED]
        return [placeholder(part, levels - 1) for part in value]
    if is_text(value):
        return "" if is_absent(value) else ERASED
    return _number_placeholder(value) if isinstance(value, Number) else value


def _number_placeholder(value: Number) -> Number:
    """A number that identifies nobody where the value did not, and is whole where the value was."""
    if not value.lower().partition("e")[0].strip("-0."):
        return Number("0")
    return Number("1") if _WHOLE.fullmatch(value) else Number("1.5")


def list_placeholder(kind: str, value: Any) -> Any:
    """The same where a list is expected: a list as text, a text with commas, or a lone element."""
    if not is_text(value) or is_absent(value):
        return placeholder(value)
    read = value_in(value) if value.strip().startswith("[") else None
    if isinstance(read, list):
        return placeholder(read)
    if kind == "texts":
        return ERASED if any(part.strip() for part in value.split(",")) else ","
    return NO_LIST if value.strip().startswith("[") else ERASED


def value_in(text: str) -> Any:
    """The JSON value that a text is; None for a text that is none."""
    try:
        return parse(text)
    except NotJson:
        return None
