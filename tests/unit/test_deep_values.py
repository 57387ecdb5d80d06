"""A value that nests as deep as a line may is read and redacted like any other: each walk over it has a bounded stack."""

import inspect
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from caw.adapters.registry import expander
from caw.adapters.transcript_values import is_absent, text_paths
from caw.erasure.identifiers import Identifier
from caw.erasure.placeholders import placeholder
from caw.erasure.redaction import Redaction
from caw.erasure.seed_words import load_words
from caw.feeds.declared import SEEDS_DIR, feeds
from caw.limits import DEFAULT_LIMITS
from tests.support.late_lines import KEYRING

ANN = frozenset({Identifier("email", "ann@x.example")})
RECORD = {"record_id": "r", "conversation_id": "c", "profile": {"email": "ann@x.example"}}


def nested(inner: Any, is_list: bool) -> Any:
    """A value in as many lists or objects as a member of a line may be in."""
    for _ in range(DEFAULT_LIMITS.depth - 2):
        inner = [inner] if is_list else {"a": inner}
    return inner


@pytest.fixture(autouse=True)
def little_stack() -> Iterator[None]:
    """A run's own frames, Dagster's among them, leave less of the stack than a test has."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + DEFAULT_LIMITS.depth + 100)  # the parser takes a frame a level
    yield
    sys.setrecursionlimit(limit)


def test_walks_take_no_frame_a_level() -> None:
    """A line of a kilobyte stopped every later run: it is in the raw store, and each run reads it again."""
    assert is_absent(nested(" ", True)) and not is_absent(nested("x", True))
    assert text_paths(nested("x", True)) == [(0,) * (DEFAULT_LIMITS.depth - 2)]
    assert text_paths({"b": ["x", 1, {"a": "y"}], "c": "z"}) == [("b", 0), ("b", 2, "a"), ("c",)]
    for value in (nested("x", True), nested("x", False), nested(" ", True)):
        assert is_absent(placeholder(value)) == is_absent(value) and "x" not in json.dumps(placeholder(value))


@pytest.mark.parametrize("is_list", [True, False])
@pytest.mark.parametrize("member", ["text", "tags", "profile", "note"])
def test_a_person_s_deep_line_is_redacted(member: str, is_list: bool) -> None:
    """Nobody was forgotten from then on: each run stopped at that line, with the erasure's plan in plain."""
    redaction = Redaction(
        "acme", ANN, KEYRING, load_words(SEEDS_DIR), knows=ANN.__contains__, knows_of_any=ANN.__contains__
    )
    text = json.dumps({**RECORD, member: nested("secret", is_list)})
    left, _ = redaction.own_line(feeds()["conversation_log"], text)
    assert "secret" not in left
    assert redaction.others_line(feeds()["conversation_log"], text.replace("ann@", "bob@"))


@pytest.mark.parametrize("feed", ["chat_transcripts", "klaviyo_profiles", "shopify_orders", "gorgias_tickets"])
def test_a_vendor_s_deep_line_is_expanded_or_refused(feed: str) -> None:
    expand = expander(SEEDS_DIR)
    for member in ("id", "messages", "profile", "attributes", "customer", "updated_at"):
        expand(feed, json.dumps({"id": "1", "messages": [], member: nested("x", True)}))
