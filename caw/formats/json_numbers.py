"""Numbers of JSON as the text that they were written in, and in the form that all engines read alike (spec §2.0.2).

What does not belong here: reading and writing JSON (strict_json.py).
"""

import re
from typing import Any

FRACTION_DIGITS = 6  # instants are cut at microseconds, and money rounds at 2 digits: the 7th never changes a value
EXACT_DIGITS = 15  # every decimal of so many significant digits survives a binary double and back; 16 need not
WHOLE_DIGITS = 34  # with the fraction 40 in all; far above every amount, quantity and instant that can be valid
TOO_SMALL_TO_SHOW = "0.000001"  # written for the size of a negative number that the cut would make zero
MAX_EXPONENT = 10**6  # a line has at most 2**20 digits, so that exponents beyond this all mean the same

_NUMBER = re.compile(r"(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?)(\d+))?", re.ASCII)


class Number(str):
    """A JSON number as the text it was written in: a float would lose digits that money and instants need."""

    __slots__ = ()


def canonical_number(token: str) -> str:
    """Write a number so that reading it as a binary double and back changes nothing that a rule can see.

    Integers stay (DuckDB keeps their digits); `-0` is 0. Others become plain decimals cut toward zero to 6 fraction
    digits, always with a fraction, so that 5e0 is not taken for the integer 5. Cutting cannot change money (rounded
    at 2 digits) nor instants (cut at microseconds), except that a tiny negative amount must stay negative.
    Beyond 34 whole digits the value is clamped: everything up there is refused alike, and 1e999999 must not unfold.
    """
    if token.isdigit():
        return token
    match = _NUMBER.fullmatch(token)
    if match is None:
        raise ValueError("not a JSON number")
    sign, whole, fraction, exponent_sign, exponent_digits = match.groups()
    if fraction is None and exponent_digits is None:
        return "0" if token == "-0" else token
    if sign and exponent_digits is None and not (whole + fraction).strip("0"):
        return "0.0"
    if exponent_digits is None and len(fraction) <= FRACTION_DIGITS and len(whole) <= WHOLE_DIGITS:
        return token
    digits = whole + (fraction or "")
    point = len(whole) + _exponent(exponent_sign, exponent_digits)
    significant = digits.lstrip("0")
    if not significant:
        return "0.0"
    point -= len(digits) - len(significant)
    if point > WHOLE_DIGITS:
        return f"{sign}{'9' * WHOLE_DIGITS}.0"
    new_whole = significant[:point].ljust(point, "0") if point > 0 else "0"
    lead = "0" * min(-point, FRACTION_DIGITS) if point < 0 else ""
    new_fraction = (lead + significant[max(point, 0) :][:FRACTION_DIGITS])[:FRACTION_DIGITS]
    if sign and new_whole == "0" and not new_fraction.strip("0"):
        return f"-{TOO_SMALL_TO_SHOW}"
    return f"{sign}{new_whole}.{new_fraction.rstrip('0') or '0'}"


def is_wide(value: Any) -> bool:
    """True for a number with a fraction, or exponent, that has more digits than a binary double is sure to keep."""
    if not isinstance(value, Number):
        return False
    if len(value) <= EXACT_DIGITS and "e" not in value and "E" not in value:
        return False
    plain = canonical_number(value)
    return "." in plain and len(plain.lstrip("-0.").replace(".", "")) > EXACT_DIGITS


def is_long(token: str) -> bool:
    """True for a number with a fraction, as 9007199254740993.0, of more digits than a binary double is sure to keep."""
    whole, point, fraction = token.partition(".")
    return bool(point) and len(whole) + len(fraction) > EXACT_DIGITS


def _exponent(sign: str | None, digits: str | None) -> int:
    """The exponent, 0 without one; one of very many digits is clamped before it is turned into a number."""
    stripped = (digits or "").lstrip("0")
    size = int(stripped or "0") if len(stripped) < len(str(MAX_EXPONENT)) else MAX_EXPONENT
    return -size if sign == "-" else size


def whole_number(token: Number) -> str:
    """Write a number where a whole one is expected, so that one with an exponent, or with a fraction that a binary
    double or the cut would hide, is not taken for whole.
    """
    whole, _, fraction = token.partition(".")
    if "e" in token or "E" in token or (is_long(token) and fraction.strip("0")):
        return f'["{token}"]'
    if is_long(token):
        return whole
    if fraction.strip("0") and not fraction[:FRACTION_DIGITS].strip("0"):
        return f"{whole}{TOO_SMALL_TO_SHOW[1:]}"
    return canonical_number(token)
