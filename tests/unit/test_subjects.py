"""Whose a conversation is by lines that were refused (spec §6.1, §6.5)."""

import json
from typing import Any

import duckdb
import pytest

from caw.adapters.registry import expander
from caw.erasure import subjects
from caw.erasure.finding import IdentifierFinder
from caw.erasure.identifiers import Identifier
from caw.feeds.declared import SEEDS_DIR, feeds

ANN = Identifier("email", "ann@x.example")
PROFILE = "profile_id, email, phone_number, external_id, anonymous_id"


@pytest.mark.parametrize(
    ("profile", "read", "detail", "is_hers"),
    [
        ({"email": ["ann@x.example"]}, None, "profile.email is no text.", True),
        ({"email": ["ann@x.example"], "anonymous_id": "a"}, "a", "profile.email is no text.", True),
        ([{"email": "ann@x.example"}], None, "profile is no object.", True),
        ({"email": ["bob@x.example"], "anonymous_id": "a"}, "a", "profile.email is no text.", False),
    ],
)
def test_a_conversation_is_hers_by_an_identifier_of_another_type(
    profile: Any, read: str | None, detail: str, is_hers: bool
) -> None:
    """Next to an identifier that a model could read, the one that it could not was passed over."""
    line = json.dumps({"conversation_id": "c", "record_id": "1", "profile": profile})
    with duckdb.connect(":memory:") as connection:
        connection.execute("create schema staging")
        connection.execute(
            "create table staging.stg_expanded_lines (feed text, source text, object_id text, raw_text text, verdict text)"
        )
        for feed in ("conversation_log", "orders"):
            columns = f"{PROFILE}, verdict, source, raw_text, refusal_detail".replace(",", " text,")
            connection.execute(f"create table staging.stg_{feed} ({columns} text)")
        connection.execute(
            "insert into staging.stg_conversation_log values (null, null, null, null, ?, 'rejected', 'acme', ?, ?)",
            [read, line, detail],
        )
        found = subjects._of_refused_lines(  # a whole warehouse otherwise
            connection,
            {"acme": frozenset({ANN})},
            lambda feed, source: IdentifierFinder(feeds()[feed], source, expander(SEEDS_DIR)),
        )
    assert found == ({"acme": frozenset({Identifier("conversation", "c")})} if is_hers else {})
