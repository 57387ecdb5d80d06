"""The forms in which people's identifiers are matched (spec §3.3): the same in Python and in the models.

The models' side is `email_key` and `phone_key` in dbt_project/macros/identity.sql; a test keeps the two equal.
"""

import re
import unicodedata

PHONE_DIGITS = 7  # fewer count as absent
ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
_WITHOUT_ZERO_WIDTH = dict.fromkeys(map(ord, ZERO_WIDTH))
_NO_DIGIT = re.compile(r"[^0-9]")


def email_key(text: str) -> str | None:
    """NFC, without zero-width characters, trimmed, case-folded; None for an empty one."""
    return unicodedata.normalize("NFC", text).translate(_WITHOUT_ZERO_WIDTH).strip().casefold() or None


def phone_key(text: str) -> str | None:
    """Digits alone, without `(0)`, a trailing `.0` and a leading 00; None for fewer than PHONE_DIGITS or for zeros."""
    digits = _NO_DIGIT.sub("", text.strip().replace("(0)", "").removesuffix(".0")).removeprefix("00")
    return digits if len(digits) >= PHONE_DIGITS and digits.strip("0") else None
