"""Generated conversations in one language. The sentences are in english.py and french.py, all invented.

A text is put together from parts (opening, question, detail), so that a million messages are not ten texts repeated.
"""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """The subject of a conversation: the agent's skill, and the sentences that go with it."""

    skill: str
    tags: tuple[str, ...]
    questions: tuple[str, ...]
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Language:
    """All sentences of one language."""

    openings: tuple[str, ...]
    shopping: tuple[Topic, ...]  # topics in which products are recommended
    service: tuple[Topic, ...]
    details: tuple[str, ...]
    courtesies: tuple[str, ...]
    human_replies: tuple[str, ...]
    resolved_words: tuple[str, ...]  # as different chat tools write the same status
    escalated_words: tuple[str, ...]


def escaped(text: str) -> str:
    """A text as it stands between the quotes of a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def escaped_all(texts: tuple[str, ...]) -> list[str]:
    """Each text as it stands between the quotes of a JSON string."""
    return [escaped(text) for text in texts]
