"""What the helpdesks have in common: records of a conversation, and where the tags stand (spec §2.3.3, §2.3.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .line import TAGS_SEQUENCE, Fields, Part
from .members import as_text

LOG = "conversation_log"


@dataclass(frozen=True)
class Conversation:
    """What stands on every record of a line: `<vendor>:<id>`, channel, profile object, mode."""

    vendor: str
    conversation_id: str
    channel: Any = None
    profile: Fields | None = None
    mode: str | None = None

    def record(self, name: str, record_type: str, occurred_at: Any, sequence: int, **own: Any) -> Fields:
        """A record `<vendor>:<name>`."""
        return {
            "record_id": f"{self.vendor}:{name}",
            "conversation_id": f"{self.vendor}:{self.conversation_id}",
            "occurred_at": occurred_at,
            "record_type": record_type,
            "sequence": sequence,
            "channel": self.channel,
            "profile": self.profile,
            "mode": self.mode,
            **own,
        }

    def status(self, name: str, word: str, actor: str, occurred_at: Any, sequence: int, **own: Any) -> Fields:
        """A status_changed record."""
        return self.record(name, "status_changed", occurred_at, sequence, status=word, actor=actor, **own)

    def tags(self, tags: Sequence[Any], statuses: Sequence[tuple[Any, int]], updated_at: Any) -> list[Fields]:
        """One step before the first hand-over, resolution or close record, at its instant, else at updated_at (spec §2.3.15.4).

        Args:
            statuses: (instant, sequence) of those records.
        """
        named = [as_text(tag) for tag in tags]
        if not named:
            return []
        known = [one for one in statuses if isinstance(one[0], str)]
        moment, sequence = min(known, default=(updated_at, TAGS_SEQUENCE + 1))
        return [self.record("tags", "tags_applied", moment, sequence - 1, tags=named)]


def messages(parts: Sequence[Part], *actors: str) -> list[Part]:
    """Public messages by these actors, of all if none is named, in order."""
    return [part for part in parts if part.actor is not None and (not actors or part.actor in actors)]


def first_after(parts: Sequence[Part], start: Part | None) -> Part | None:
    """The first of these parts that stands after another."""
    if start is None:
        return None
    return next((part for part in parts if part.order > start.order), None)


def author_profile(profile: Fields | None, author: Fields | None) -> Fields | None:
    """The profile object with the author's own e-mail and id where there are any (spec §2.3.5)."""
    return {**(profile or {}), **(author or {})} or None
