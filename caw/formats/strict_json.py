"""Strict JSON of one line: parsing, validation, and the text that all engines read alike (spec §2.0.2 and §2.1.3).

What belongs here: parsing with every number's digits kept, the rejections `not_json` and `not_an_object`, and the
canonical document. What does not: numbers by themselves (`json_numbers.py`), finding the few lines of a chunk that need
this slow, exact look (`prefilter.py`), and rules on fields.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from json.encoder import encode_basestring
from typing import Any

import orjson

from caw.formats.json_numbers import Number, canonical_number, is_long, is_wide, whole_number
from caw.limits import DEFAULT_LIMITS

NOT_JSON = "not_json"
NOT_AN_OBJECT = "not_an_object"

_WHITE = " \t\r\n"
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
quote = encode_basestring  # text to JSON, other alphabets as they are

# The closing quote is optional so that a broken text is walked once, whatever it holds.
_BRACKET_OR_STRING = re.compile(r'[\[\]{}]|"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)


class NotJson(ValueError):
    """The text is not strict JSON, is nested too deep, or holds half a surrogate pair."""


def _refuse_constant(name: str) -> None:
    raise NotJson(name)  # Python's parser takes NaN and Infinity, which are no JSON


_decode_plainly = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=_refuse_constant).decode

Validator = Callable[[str], tuple[str | None, str | None]]


class _Oddities:
    """A parser that notes what engines read differently; one parser serves many lines, one after the other."""

    def __init__(self, money_fields: Collection[str]) -> None:
        self.money_fields = money_fields
        self.found = False
        self.decode = json.JSONDecoder(
            parse_int=self.integer,
            parse_float=self.fraction,
            parse_constant=_refuse_constant,
            object_pairs_hook=self.members,
        ).decode

    def integer(self, token: str) -> Number:
        if token == "-0":
            self.found = True
        return Number(token)

    def fraction(self, token: str) -> Number:
        if not self.found and (canonical_number(token) != token or is_long(token)):
            self.found = True
        return Number(token)

    def members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        record = dict(pairs)  # the last of repeated keys wins, as in most parsers; DuckDB takes the first
        if len(record) < len(pairs):
            self.found = True
        elif not self.found:
            for name in self.money_fields:
                if name in record and is_wide(record[name]):
                    self.found = True
        return record


def validate(
    text: str, money_fields: Collection[str] = frozenset(), depth: int = DEFAULT_LIMITS.depth
) -> tuple[str | None, str | None]:
    """Validate a line, and rewrite it where engines would read it differently.

    Args:
        text: one line, already decoded.
        money_fields: names under which a number too long for a binary double is kept as a string, at any depth.
        depth: levels of nesting allowed.

    Returns:
        (rejection, canonical): rejection is `not_json`, `not_an_object` or None (spec §2.1.3); canonical is None for a
        rejected line, and where every engine reads the text itself alike.
    """
    return validator(money_fields, depth)(text)


def validator(
    money_fields: Collection[str], depth: int = DEFAULT_LIMITS.depth, whole_fields: Collection[str] = frozenset()
) -> Validator:
    """Make a `validate` for many lines; not to be shared between threads. `whole_fields` as in `dump`."""
    oddities = _Oddities(money_fields)

    def validate_line(text: str) -> tuple[str | None, str | None]:
        oddities.found = False
        try:
            value = _parse(text, depth, oddities.decode)
        except NotJson:
            return NOT_JSON, None
        if not isinstance(value, dict):
            return NOT_AN_OBJECT, None
        return None, (dump(value, money_fields, True, whole_fields) if oddities.found else None)

    return validate_line


def parse(text: str, depth: int = DEFAULT_LIMITS.depth, lone_surrogates: bool = False) -> Any:
    """Parse strict JSON; numbers come back as `Number`, repeated keys as their last value.

    Args:
        text: the JSON text.
        depth: levels of nesting allowed.
        lone_surrogates: let the escape of half a surrogate pair pass, for whoever writes it as it came.

    Raises:
        NotJson: the text does not parse, is nested deeper than `depth`, or has NaN, Infinity or a lone surrogate.
    """
    return _parse(text, depth, _decode_plainly, lone_surrogates)


def dump(
    value: Any,
    money_fields: Collection[str] = frozenset(),
    canonical: bool = False,
    whole_fields: Collection[str] = frozenset(),
) -> str:
    """Write a parsed value as compact JSON: numbers digit for digit, or in canonical form.

    Args:
        value: dicts, lists, strings, `Number`, ints, bools and None, nested no deeper than the parser allows.
        money_fields: with `canonical`, the names under which long decimals become strings.
        canonical: rewrite numbers so that binary floating point cannot change them.
        whole_fields: with `canonical`, the names under which a number must be whole and have no exponent, lists of such
            numbers included: what is neither is written as something that no rule takes for a whole number.
    """
    parts: list[str] = []
    # An explicit stack: deep records must not depend on how deep the caller's own calls are nested.
    stack: list[Iterator[tuple[str | None, Any]]] = [iter([(None, value)])]
    closers = [""]
    names: list[str | None] = [None]  # of the member that the list being written belongs to
    separator = ""
    while stack:
        entry = next(stack[-1], None)
        if entry is None:
            stack.pop()
            names.pop()
            parts.append(closers.pop())
            separator = ","
            continue
        key, item = entry
        parts.append(separator if key is None else f"{separator}{quote(key)}:")
        separator = ","
        if type(item) is str:
            parts.append(quote(item))
            continue
        name = names[-1] if key is None else key
        if isinstance(item, dict):
            parts.append("{")
            stack.append(iter(item.items()))
            names.append(None)
            closers.append("}")
            separator = ""
        elif isinstance(item, list):
            parts.append("[")
            stack.append((None, element) for element in item)
            names.append(name)
            closers.append("]")
            separator = ""
        else:
            whole = canonical and name in whole_fields and isinstance(item, Number)
            parts.append(whole_number(item) if whole else _scalar(item, canonical, money=key in money_fields))
    return "".join(parts)


def dump_record(record: Mapping[str, Any]) -> str:
    """Write a record as `dump(record, canonical=True)` does, several times quicker: orjson writes it, and asks here for
    each number. What it cannot write, such as half a surrogate pair or a nest of three hundred lists, `dump` writes."""
    try:
        return orjson.dumps(record, _number_of_record, orjson.OPT_PASSTHROUGH_SUBCLASS).decode()
    except orjson.JSONEncodeError:
        return dump(record, canonical=True)


def _number_of_record(value: Number) -> orjson.Fragment:
    """A number's digits as they are to stand; `Number` is the one kind of value that orjson does not know."""
    return orjson.Fragment(str(canonical_number(value)))  # orjson takes no subclass of str here


def _parse(text: str, depth: int, decode: Callable[[str], Any], lone_surrogates: bool = False) -> Any:
    if _is_too_deep(text, depth):
        raise NotJson("nested too deep")
    try:
        text.encode("utf-8")  # a raw lone surrogate
        value = decode(text.strip(_WHITE))
    except (ValueError, RecursionError):
        # The parser's own message quotes nothing, but its chained context would; that it does not parse is all that is
        # needed.
        raise NotJson("not strict JSON") from None
    if not lone_surrogates and "\\u" in text and _has_lone_surrogate(text):
        raise NotJson("a lone surrogate")
    return value


def _is_too_deep(text: str, depth: int) -> bool:
    """True when brackets outside strings nest deeper than `depth`; Python's parser must not find out by recursion."""
    if text.count("{") + text.count("[") <= depth:
        return False
    level = 0
    for match in _BRACKET_OR_STRING.finditer(text):
        mark = match.group()
        if mark in "[{":
            level += 1
            if level > depth:
                return True
        elif mark in "]}":
            level -= 1
    return False


def _has_lone_surrogate(text: str) -> bool:
    """True when valid JSON text escapes half of a surrogate pair; escaped halves must touch, high before low."""
    high_ends_at = -1
    for match in _ESCAPE.finditer(text):
        code = int(match.group(1), 16) if match.group(1) else 0
        is_low = 0xDC00 <= code <= 0xDFFF
        if is_low != (high_ends_at == match.start()):
            return True
        if high_ends_at not in (-1, match.start()):
            return True
        high_ends_at = match.end() if 0xD800 <= code <= 0xDBFF else -1
    return high_ends_at != -1


def _scalar(value: Any, canonical: bool, money: bool) -> str:
    if isinstance(value, Number):
        if not canonical:
            return str(value)
        # As a string the engine cannot round it, and money may be a numeric string (spec §2.0.2).
        return f'"{canonical_number(value)}"' if money and is_wide(value) else canonical_number(value)
    if isinstance(value, str):
        return quote(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
