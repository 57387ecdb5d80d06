"""Strict JSON: `not_json` (spec §2.1.3), and numbers kept as their decimal text (spec §2.0.2).

Lives here: parsing text into Python values and writing them back. Does not live here: what a field means.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_INTEGER = re.compile(r"-?[0-9]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Number:
    """A JSON number as it was written ("Numbers are read as decimal text", spec §2.0.2)."""

    text: str

    @property
    def is_integer(self) -> bool:
        """True for a token without fraction and exponent."""
        return _INTEGER.fullmatch(self.text) is not None


class NotJson(ValueError):
    """The text is no JSON by spec §2.1.3: broken, NaN or Infinity, a lone surrogate, or nested beyond reading."""


def _refuse_constant(name: str) -> None:
    raise NotJson(f"{name} is no JSON")


def _check_text(value: Any) -> None:
    """Raise NotJson if a string, or one in a list, holds half of a surrogate pair."""
    if isinstance(value, str) and _SURROGATE.search(value):
        raise NotJson("lone surrogate")
    if isinstance(value, list):
        for element in value:
            _check_text(element)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose last key wins; every key and value is checked, those overwritten too."""
    for key, value in pairs:
        _check_text(key)
        _check_text(value)
    return dict(pairs)


_DECODER = json.JSONDecoder(
    parse_float=Number, parse_int=Number, parse_constant=_refuse_constant, object_pairs_hook=_object
)


def parse_json(text: str) -> Any:
    """The value of a JSON text: None, bool, str, Number, list or dict.

    Raises:
        NotJson: see the class.
    """
    if text.startswith("\ufeff"):
        raise NotJson("byte order mark inside the file")
    try:
        value = _DECODER.decode(text)
        _check_text(value)
    except RecursionError as error:
        raise NotJson("nested too deeply") from error
    except json.JSONDecodeError as error:
        raise NotJson(str(error)) from error
    return value


def parse_values(text: str) -> list[Any]:
    """The values of a text that holds one or more, one after the other, with or without white space between.

    Raises:
        NotJson: one of them is broken, or there is none.
    """
    values, place = [], _after_blanks(text, 0)
    while place < len(text):
        try:
            value, place = _DECODER.raw_decode(text, place)
            _check_text(value)
        except RecursionError as error:
            raise NotJson("nested too deeply") from error
        except json.JSONDecodeError as error:
            raise NotJson(str(error)) from error
        values.append(value)
        place = _after_blanks(text, place)
    if not values:
        raise NotJson("no value")
    return values


def _after_blanks(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n":
        place += 1
    return place


def compact_json(value: Any) -> str:
    """JSON text without spaces, characters unescaped, numbers as they were written."""
    if isinstance(value, Number):
        return value.text
    if isinstance(value, list):
        return "[" + ",".join(compact_json(element) for element in value) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{compact_json(key)}:{compact_json(item)}" for key, item in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)
