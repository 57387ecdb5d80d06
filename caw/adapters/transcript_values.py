"""Reads single values of a transcript (spec §2.0.2 and §2.2): texts, ids, values at a path, failures."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from caw.feeds.seeds import word_form
from caw.formats.json_numbers import Number, canonical_number
from caw.formats.strict_json import NotJson, parse

PRODUCT_NAMES = ("product_id", "sku", "id")
ERROR = "error"
FLAGS = (ERROR, "is_error", "isError")  # as frameworks name a result's flag
NO_OUTPUT = ("output-error", "output-denied")  # states of such a part of a message
FALSE = "false"

_WHOLE = re.compile(r"(-?[0-9]+)(?:\.0*)?")


def joined(texts: Iterable[Any]) -> Any:
    """The texts of one message, one a line; blank ones are passed over (spec §2.2.4).

    The first that is of another type comes back as it is: staging rejects its record.
    """
    given = [text for text in texts if not is_absent(text)]
    return next((text for text in given if not is_text(text)), "\n".join(map(str, given)))


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


def text_paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of all texts and numbers of a parsed value that lies at a path, however deep, in their order."""
    found, waiting = [], [(path, value)]
    while waiting:
        place, one = waiting.pop()
        if isinstance(one, str):
            found.append(place)
        elif isinstance(one, dict | list):
            parts = list(one.items() if isinstance(one, dict) else enumerate(one))
            waiting.extend(((*place, name), part) for name, part in reversed(parts))
    return found


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
    """The name of a product: the value itself, or of an object its product_id, else sku, else id; None for none."""
    if isinstance(value, dict):
        return next((value[name] for name in PRODUCT_NAMES if not is_absent(value.get(name))), None)
    return None if is_absent(value) else value


def has_failed(holder: Mapping[str, Any], content: Any, result: Any) -> bool:
    """Whether a call's result is a failure (spec §2.2.7 and §2.3.13.2).

    Args:
        holder: the message, item or block that brings the result; its flags or its state may say so.
        content: what was returned.
        result: the JSON value that it is, or None.
    """
    for flag in FLAGS:
        if flag in holder and _is_set(holder[flag]):
            return True
    if _is_error(holder.get("status")) or holder.get("state") in NO_OUTPUT:
        return True
    if isinstance(result, dict):
        return _is_error(result.get("status")) or _is_set(result.get(ERROR)) or _is_false(result.get("success"))
    return any(is_text(text) and text.lstrip().lower().startswith(ERROR) for text in (content, result))


def _is_error(status: Any) -> bool:
    """Whether a status is the word for a failure."""
    return isinstance(status, str) and word_form(status) == ERROR


def _is_set(flag: Any) -> bool:
    """Whether a flag says yes: anything but false, null, 0 and what is empty."""
    is_zero = isinstance(flag, Number) and float(flag) == 0
    return not (is_absent(flag) or flag == {} or is_zero or _is_false(flag))


def _is_false(value: Any) -> bool:
    """Whether a value is false, or the word for it."""
    return value is False or (isinstance(value, str) and word_form(value) == FALSE)


def is_absent(value: Any) -> bool:
    """True for null, blank texts, and lists of nothing but these (spec §2.0.4), however deep they lie."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if one and not one.isspace():
                return False
        elif isinstance(one, list):
            waiting.extend(one)
        elif one is not None:
            return False
    return True
