"""The forms in which people's identifiers are matched (spec §3.3): the same in Python and in the models.

The models' side is `email_key` and `phone_key` in dbt_project/macros/identity.sql, and `kept_id` in parse_kinds.sql;
tests keep the two equal.
"""

import re
import unicodedata
from hashlib import sha256

PHONE_DIGITS = 7  # fewer count as absent
ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
_WITHOUT_ZERO_WIDTH = dict.fromkeys(map(ord, ZERO_WIDTH))
LONGEST_ID = 1_000  # characters of an id that is kept whole in every raw store (spec §2.0.2)
BEGIN_OF_ID = 900  # of a longer one: with the hash it is short enough itself
_CUT_ID = re.compile(rf".{{{BEGIN_OF_ID}}}…[0-9a-f]{{64}}", re.DOTALL)
_NO_DIGIT = re.compile(r"[^0-9]")


def email_key(text: str) -> str | None:
    """NFC, without zero-width characters, trimmed, case-folded; None for an empty one."""
    return unicodedata.normalize("NFC", text).translate(_WITHOUT_ZERO_WIDTH).strip().casefold() or None


def phone_key(text: str) -> str | None:
    """Digits alone, without `(0)`, a trailing `.0` and a leading 00; None for fewer than PHONE_DIGITS or for zeros."""
    digits = _NO_DIGIT.sub("", text.strip().replace("(0)", "").removesuffix(".0")).removeprefix("00")
    return digits if len(digits) >= PHONE_DIGITS and digits.strip("0") else None


def is_long_id(text: str) -> bool:
    """Whether an id is too long to be compared whole, or was, before it was shortened."""
    return len(text) > LONGEST_ID or _CUT_ID.fullmatch(text) is not None


def short_id(text: str) -> str:
    """An id as it is compared: of a longer one its begin and the hash of all of it; a short form is its own."""
    if len(text) <= LONGEST_ID:
        return text
    return f"{text[:BEGIN_OF_ID]}…{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"
