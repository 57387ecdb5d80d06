"""How words of fixed sets (spec §2.0.11) and names of columns (spec §1.8) are compared."""

from __future__ import annotations

import unicodedata


def normal_word(text: str) -> str:
    """NFC, trimmed, lower-cased, with space, `-` and `_` alike (one for one)."""
    return unicodedata.normalize("NFC", text).strip().lower().replace(" ", "_").replace("-", "_")


def column_name(text: str) -> str:
    """Spec §1.8: names of columns are trimmed, and compared without case, with spaces as `_`."""
    return text.strip().lower().replace(" ", "_")
