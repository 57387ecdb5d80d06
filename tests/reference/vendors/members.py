"""Members of a vendor's document: what is there, and as what.

A cell of a CSV file counts as the JSON that is due (spec §1.6).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ..jsontext import NotJson, Number, parse_json
from ..values import BadValue, due, is_absent, read_bool, read_id


def as_object(raw: Any) -> dict[str, Any]:
    """The object, or an empty one where there is none."""
    value = due(raw, dict)
    return value if isinstance(value, dict) else {}


def as_list(raw: Any) -> list[Any]:
    """The list, or an empty one where there is none."""
    value = due(raw, list)
    return value if isinstance(value, list) else []


def objects(raw: Any) -> list[dict[str, Any]]:
    """The objects of a list; elements of other types are left out."""
    return [element for element in as_list(raw) if isinstance(element, dict)]


def listed(raw: Any, *names: str) -> list[dict[str, Any]]:
    """The objects of a list that stands alone, or under one of these names inside an object."""
    holder = as_object(raw)
    if holder:
        raw = first(holder, *names)
    return objects(raw)


def has(holder: Mapping[str, Any], *names: str) -> bool:
    """Whether a member of one of these names is there with a value."""
    return any(not is_absent(holder.get(name)) for name in names)


def first(holder: Mapping[str, Any], *names: str) -> Any:
    """The first of these members that is not absent; None if none is."""
    return next((holder[name] for name in names if not is_absent(holder.get(name))), None)


def at(holder: Any, *path: str) -> Any:
    """The member at a path of objects, None where it ends earlier."""
    for name in path:
        holder = as_object(holder).get(name)
    return None if is_absent(holder) else holder


def id_text(raw: Any) -> str | None:
    """An id as text, None if it is absent or no id (2.3.17: ids are compared as text)."""
    try:
        return None if is_absent(raw) else read_id(raw)
    except BadValue:
        return None


def number(raw: Any) -> Decimal | None:
    """A number, or its text."""
    value = due(raw, Number)
    text = value.text if isinstance(value, Number) else value.strip() if isinstance(value, str) else ""
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def plain(found: Decimal) -> Number:
    """A number as JSON has it, digit for digit and without an exponent."""
    return Number(format(found, "f"))


def truth(raw: Any) -> bool | None:
    """True or false, their words included; None if absent or neither."""
    try:
        return None if is_absent(raw) else read_bool(raw)
    except BadValue:
        return None


def as_text(raw: Any) -> Any:
    """A number as its text; anything else as it is."""
    return raw.text if isinstance(raw, Number) else raw


def list_of_one(raw: Any) -> Any:
    """A text that is a JSON list is that list; any other text or number is a list of one (spec §2.3.12.2)."""
    value = due(raw, list, Number)
    if isinstance(value, str) and value.strip().startswith("["):
        try:
            parsed = parse_json(value.strip())
        except NotJson:
            parsed = None
        if isinstance(parsed, list):
            return parsed
    return [value] if isinstance(value, str | Number) and not is_absent(value) else value
