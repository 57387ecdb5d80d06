"""Reads members of a vendor's document: objects, lists of objects, the first that is there, yes or no.

What does not belong here: instants (instants.py), ids and texts (transcript_values.py).
"""

import re
from collections.abc import Sequence
from typing import Any

from caw.adapters.records import Json
from caw.adapters.transcript_values import is_absent, is_text
from caw.feeds.seeds import word_form
from caw.formats.json_numbers import Number

_REDACTED = re.compile(r"\s*redacted.*@example\.com\s*", re.IGNORECASE | re.DOTALL)
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def object_of(value: Any) -> Json:
    """An object; an empty one where there is none."""
    return value if isinstance(value, dict) else {}


def objects_of(value: Any, *names: str) -> Sequence[Json]:
    """The objects of a list that stands alone, or under the first of these names that an object has."""
    found = first(value, *names) if isinstance(value, dict) else value
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def first(holder: Json, *names: str) -> Any:
    """The first of these members that is there; None for none."""
    for name in names:
        if not is_absent(found := holder.get(name)):
            return found
    return None


def first_of(*values: Any) -> Any:
    """The first of these values that is not absent; None if all are."""
    return next((value for value in values if not is_absent(value)), None)


def is_redacted(value: Any) -> bool:
    """Whether this is what a vendor's deletion leaves in place of an e-mail (spec §2.3.5)."""
    return is_text(value) and _REDACTED.fullmatch(value) is not None


def present(fields: Json) -> Json:
    """The fields that are given: those of other values than null."""
    return {name: value for name, value in fields.items() if value is not None}


def inside(holder: Any, *path: str) -> Any:
    """The member at a path of names; None where it ends before."""
    for name in path:
        holder = holder.get(name) if isinstance(holder, dict) else None
    return None if is_absent(holder) else holder


def truth(value: Any) -> bool | None:
    """Yes or no, also by a word or a number for it (spec §2.0.2); None for anything else."""
    if isinstance(value, Number):
        return {0.0: False, 1.0: True}.get(float(value))
    return _TRUTHS.get(word_form(value)) if isinstance(value, str) else value if isinstance(value, bool) else None


def as_text(value: Any) -> Any:
    """A number as its text; anything else as it is."""
    return str(value) if isinstance(value, Number) else value
