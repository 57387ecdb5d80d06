"""The people that a vendor's record is about (spec §2.3.5)."""

from __future__ import annotations

import re
from typing import Any

from ..values import is_absent
from .line import Fields, Surroundings

_REDACTED = re.compile(r"redacted.*@example\.com", re.IGNORECASE | re.DOTALL)


def email(raw: Any) -> Any:
    """An e-mail; what a deletion left (`redacted*@example.com`) is absent."""
    return None if isinstance(raw, str) and _REDACTED.fullmatch(raw.strip()) else raw


def profile(around: Surroundings, profile_id: Any, **identifiers: Any) -> Fields | None:
    """The profile object of a record; None if it would hold nothing.

    With `people` = this vendor it holds profile_id and nothing else (spec §2.3.5), else the other identifiers alone.
    """
    found = {"profile_id": profile_id} if around.has_people else identifiers
    if "email" in found:
        found["email"] = email(found["email"])
    return {name: value for name, value in found.items() if not is_absent(value)} or None
