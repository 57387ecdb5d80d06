"""The forms in which identifiers match (spec §3.3)."""

from __future__ import annotations

import unicodedata

ZERO_WIDTH = frozenset("\u200b\u200c\u200d\u2060\ufeff")  # spec §3.3
SHORTEST_PHONE = 7  # spec §3.3: fewer digits count as absent


def normal_email(email: str | None) -> str | None:
    """Spec §3.3: NFC, without zero-width characters, trimmed, case-folded (in full); blank is absent."""
    text = unicodedata.normalize("NFC", email or "")
    return "".join(one for one in text if one not in ZERO_WIDTH).strip().casefold() or None


def normal_phone(phone: str | None) -> str | None:
    """Spec §3.3: trimmed, every `(0)` and a trailing `.0` left out, digits 0 to 9 only, a
    leading 00 dropped; then fewer than 7 digits, or zeros alone, count as absent."""
    text = (phone or "").strip().replace("(0)", "").removesuffix(".0")
    digits = "".join(character for character in text if character in "0123456789").removeprefix("00")
    return digits if len(digits) >= SHORTEST_PHONE and set(digits) != {"0"} else None


def normal_key(name: str, value: str | None) -> str | None:
    """A key of a profile object as it is compared; None if it counts as absent."""
    if name == "email":
        return normal_email(value)
    if name == "phone_number":
        return normal_phone(value)
    return value
