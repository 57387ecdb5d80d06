"""What tests of the helpdesks' adapters ask of an expansion."""

from datetime import UTC, datetime, timedelta
from typing import Any

from caw.adapters.records import Expansion


def at(minute: float) -> datetime:
    """A minute after ten on 10 June 2026."""
    return datetime(2026, 6, 10, 10, tzinfo=UTC) + timedelta(minutes=minute)


def shown(found: Expansion, *names: str) -> list[tuple[Any, ...]]:
    """These members of its records, in their order; `part` is the record's."""
    return [tuple(one.part if name == "part" else one.fields.get(name) for name in names) for one in found.records]
