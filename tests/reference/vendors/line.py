"""What one vendor line says (spec §2.3.2 and §2.3.3): the small types that the vendors' modules share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..model import Refused
from ..values import BadValue, is_absent, read_id
from .instants import utc_text
from .words import VendorSeeds

Fields = dict[str, Any]
"""A canonical record as it would be landed: field -> raw value."""

INGESTED_AT = "the ingested_at of the object's first accepted line"
"""Stands for an instant until the line is taken (spec §2.3.2): a text that no vendor writes."""

MESSAGE_SEQUENCE = 10  # spec §2.3.4
STATUS_SEQUENCE = 11
TAGS_SEQUENCE = 20
WHOLE_SEQUENCE = 30


@dataclass(frozen=True)
class Part:
    """A part of an object: what it makes, and what others ask of it.

    Attributes:
        part_id: its id inside the object; versions that list it know it by this.
        at: UTC ISO text, None if it has no usable instant.
        actor: of its message (customer, agent, human); None if it is no public message.
        status: of its status record. is_ai, assigns, transfers, author: what a vendor's rules ask (2.3.16, 2.3.17).
        settle: its record where an actor depends on the parts before it (spec §2.3.3).
    """

    part_id: str
    records: tuple[Fields, ...] = ()
    at: str | None = None
    sequence: int = MESSAGE_SEQUENCE
    actor: str | None = None
    status: str | None = None
    is_ai: bool = False
    assigns: bool = False
    transfers: bool = False
    author: str | None = None
    settle: Callable[[Part, Sequence[Part]], tuple[Fields, ...]] | None = None

    @property
    def order(self) -> tuple[str, int, int, str]:
        """Where it stands among the parts that count: by time, then as spec §3.1 orders records."""
        return (self.at or "", self.sequence, len(self.part_id), self.part_id)


Whole = Callable[[Sequence[Part]], list[tuple[str, Fields]]]
"""From the parts that count, in order, to (canonical feed, record) of the whole."""


@dataclass(frozen=True)
class Says:
    """What a line says.

    Attributes:
        object_id: None for messages of a protocol and events about something else: accepted each time (spec §2.3.1, §2.3.16.2).
        version: comparable; the version instant as UTC ISO text first, "" if absent.
        parts: all that the line lists. whole: what is said of the whole.
        is_gone: the object is deleted, trashed or spam. shows_agent: None where the line cannot tell (spec §2.3.8).
        unknown_words: (field, word). metric: the meaning of a Klaviyo event's metric.
    """

    object_id: str | None
    version: tuple[str, ...] = ("",)
    parts: tuple[Part, ...] = ()
    whole: Whole = lambda parts: []
    is_gone: bool = False
    shows_agent: bool | None = True
    unknown_words: frozenset[tuple[str, str]] = frozenset()
    metric: str | None = None


@dataclass(frozen=True)
class Surroundings:
    """What an expansion depends on besides the line.

    Attributes:
        names_nobody: whether an identifier counts as absent (spec §2.0.4).
        topic: the webhook's topic, if the line came in one.
    """

    seeds: VendorSeeds
    source: str
    vendor: str
    names_nobody: Callable[[str], bool]
    topic: str | None = None

    @property
    def has_people(self) -> bool:
        """Whether `people` of the source names this vendor (spec §2.3.0.3)."""
        return self.seeds.names_people(self.source, self.vendor)


class Expand(Protocol):
    """A vendor's module: a line's object to what it says. Raises Refused (spec §2.3.2)."""

    def __call__(self, record: Fields, around: Surroundings) -> Says: ...


def records_of(feed: str, *records: Fields) -> list[tuple[str, Fields]]:
    """Records of one canonical feed."""
    return [(feed, record) for record in records]


def object_id(*candidates: Any) -> str:
    """The first id that is there.

    Raises:
        Refused: as spec §2.3.2 says; the field is the member that the table names first, `id`.
    """
    raw = next((one for one in candidates if not is_absent(one)), None)
    if raw is None:
        raise Refused("missing_field", "id")
    try:
        return read_id(raw)
    except BadValue as error:
        raise Refused("bad_value", "id") from error


def version_instant(raw: Any, name: str, in_seconds: bool = False) -> str:
    """The version instant, "" (the earliest) if absent.

    Raises:
        Refused: as spec §2.3.2 says; it is given and is none.
    """
    if is_absent(raw):
        return ""
    text = utc_text(raw, in_seconds)
    if text is None:
        raise Refused("bad_value", name)
    return text
