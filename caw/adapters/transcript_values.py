"""Reads single values of a transcript (spec §2.0.2 and §2.2): texts, ids, values at a path, failures."""

import re
from collections.abc import Mapping
from typing import Any

from caw.feeds.seeds import word_form
from caw.formats.strict_json import NotJson, Number, canonical_number, parse

PRODUCT_NAMES = ("product_id", "sku", "id")
ERROR = "error"
FALSE = "false"

_WHOLE = re.compile(r"(-?[0-9]+)(?:\.0*)?")


def text_of(content: Any) -> Any:
    """A content's text: itself, or the texts of its parts, one a line; parts without text (images) have none.

    What is of another type comes back as it is: staging rejects its record.
    """
    if not isinstance(content, list):
        return "" if content is None else content
    texts = [part.get("text") if isinstance(part, dict) else part for part in content]
    texts = [text for text in texts if not is_absent(text)]
    return next((text for text in texts if not is_text(text)), "\n".join(map(str, texts)))


def list_of(value: Any) -> Any:
    """A list where one is expected: itself, or the JSON list that a text is, as in cells of CSV and Parquet."""
    if is_text(value) and value.lstrip().startswith("["):
        found = parsed(value)
        return found if isinstance(found, list) else value
    return value


def is_text(value: Any) -> bool:
    """True for a JSON string; numbers are kept as texts of their own kind."""
    return isinstance(value, str) and not isinstance(value, Number)


def parsed(text: str) -> Any:
    """The value of a JSON text; None for any other text."""
    try:
        return parse(text)
    except NotJson:
        return None


def in_result(result: Any, content: Any, path: str) -> Any:
    """`result` is the result itself, a plain text or the JSON value it is; `result.a.b` is inside its JSON."""
    _, _, inner = path.partition(".")
    if inner:
        return at(result, inner)
    is_plain = result is None and is_text(content) and content.strip() != "null"
    return content if is_plain else result


def at(value: Any, path: str) -> Any:
    """The value at a dotted path of names, or None."""
    for name in path.split(".") if path else [""]:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def as_id(value: Any) -> str:
    """An id as text (spec §2.0.2): a non-blank text as it was given, or a whole JSON number; "" for anything else."""
    if isinstance(value, Number):
        whole = _WHOLE.fullmatch(value)
        return canonical_number(whole[1]) if whole else ""
    return value if isinstance(value, str) and value.strip() else ""


def product_of(value: Any) -> Any:
    """What names a product: the value itself, or of an object its product_id, else sku, else id; None for none."""
    if isinstance(value, dict):
        return next((value[name] for name in PRODUCT_NAMES if not is_absent(value.get(name))), None)
    return None if is_absent(value) else value


def has_failed(message: Mapping[str, Any], content: Any, result: Any) -> bool:
    """Whether a call's result is a failure (spec §2.2.7).

    Args:
        message: the message that brings the result; its flag `error` (or `is_error`) may say so.
        content: the result's text.
        result: the JSON value that it is, or None.
    """
    if _is_set(message.get(ERROR)) or _is_set(message.get("is_error")):
        return True
    if isinstance(result, dict):
        status = result.get("status")
        is_error = isinstance(status, str) and word_form(status) == ERROR
        return is_error or _is_set(result.get(ERROR)) or _is_false(result.get("success"))
    return any(is_text(text) and text.lstrip().lower().startswith(ERROR) for text in (content, result))


def _is_set(flag: Any) -> bool:
    """Whether a flag says yes: anything but false, null, 0 and what is empty."""
    is_zero = isinstance(flag, Number) and float(flag) == 0
    return not (is_absent(flag) or flag == {} or is_zero or _is_false(flag))


def _is_false(value: Any) -> bool:
    """Whether a value is false, or the word for it."""
    return value is False or (isinstance(value, str) and word_form(value) == FALSE)


def is_absent(value: Any) -> bool:
    """True for null, blank texts, and lists of nothing but these (spec §2.0.4)."""
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or (isinstance(value, list) and all(is_absent(element) for element in value))
