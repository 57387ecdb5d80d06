"""What comes for people who were forgotten: what is redacted in its batch, and what the next erasure follows up."""

import json
from pathlib import Path
from typing import Any

import pytest

from caw.erasure.forgotten import (
    ALWAYS,
    IF_NO_PROFILE,
    FollowUp,
)
from caw.erasure.identifiers import Identifier
from tests.support.late_lines import TAIL, delivered


@pytest.mark.parametrize(
    ("text", "left", "is_erased"),
    [
        ('{"profile": {"email": "Ann@x.example"}, "text": "secret', "(erased)", True),
        ('{"profile_id": "p1", "text": "secret', "(erased)", True),
        ("of ann@x.example: secret", "(erased)", True),
        ("{'profile_id': 'p1', 'text': 'secret'}", "(erased)", True),
        (json.dumps(json.dumps({"profile_id": "p1", "text": "secret"})), "(erased)", True),
        ('{"profile_id": "p1"}'.encode("utf-16-be").decode("latin-1"), "(erased)", True),
        ('{"conversation_id": "c9", "text": "is it ann\\u0040x.example?', '{"conversation_id": "c9", "text": "is it [forgotten]?', False),
        ('{"conversation_id": "c9", "actor": "customer", "text": "p1', '{"conversation_id": "c9", "actor": "customer", "text": "p1', False),
    ],
)  # fmt: skip
def test_a_line_that_is_no_json_goes_whole_if_it_is_hers(tmp_path: Path, text: str, left: str, is_erased: bool) -> None:
    """Her words stay in the rejects; or somebody else's go because they hold a word that is an id of hers."""
    (row,), found = delivered(tmp_path, "conversation_log", text, rejection="not_json")
    assert (row["raw_text"], row["is_erased"], found) == (left, is_erased, [])


@pytest.mark.parametrize(
    ("texts", "conversations"),
    [
        (['{"conversation_id": "c9", "profile": {"email": "ann@x.example"}, "text": "x'], ["c9"]),
        (['{"conversation_id": "c8", "profile": {"email": "ann@x.example"}}{"conversation_id": "c9"}'], []),
        (['{"conversation_id": "c9", "profile": {"email": "bob@x.example"}, "text": "of ann@x.example'], []),
    ],
)
def test_a_conversation_is_hers_by_a_line_that_is_no_json(
    tmp_path: Path, texts: list[str], conversations: list[str]
) -> None:
    """Its other lines stay, with her words; or those of whoever else is on a line of several objects go."""
    bare = json.dumps({"conversation_id": "c9", "record_id": "1", "record_type": "message", "text": "secret"})
    _, found = delivered(tmp_path, "conversation_log", *texts, rejection="not_json")
    assert found == [FollowUp("acme", Identifier("conversation", one), ALWAYS) for one in conversations]
    rows, _ = delivered(tmp_path, "conversation_log", bare, rejection=None)
    assert not rows[0]["is_erased"]


@pytest.mark.parametrize(
    ("given", "hers"), [("c9", ["c9"]), (["c9"], ["c9"]), (["c8", "c9"], []), ({"id": "c8", "next": "c9"}, [])]
)
def test_a_line_with_several_conversations_makes_none_hers(tmp_path: Path, given: Any, hers: list[str]) -> None:
    """A list in place of an id, which is refused, takes other people's conversations with it."""
    line = {"record_id": "1", "conversation_id": given, "profile": {"email": "ann@x.example"}}
    rows, found = delivered(tmp_path, "conversation_log", line, {"record_id": "2", "conversation_id": "c8"})
    assert [row["is_erased"] for row in rows] == [True, False]
    assert found == [FollowUp("acme", Identifier("conversation", one), ALWAYS) for one in hers]


@pytest.mark.parametrize(("given", "hers"), [(["p9"], ["p9"]), (["p8", "p9"], [])])
def test_a_record_with_several_profiles_makes_none_hers(tmp_path: Path, given: Any, hers: list[str]) -> None:
    """People who have no row of profiles are forgotten with her, as a refused order lists them."""
    line = {"order_id": "o", "profile": {"email": "ann@x.example", "profile_id": given}}
    _, found = delivered(tmp_path, "orders", line)
    assert [one.identifier.value for one in found if one.condition == IF_NO_PROFILE] == hers


@pytest.mark.parametrize(
    ("feed", "line"),
    [
        ("consents", {"profile_id": ["p1"], "method": "secret"}),
        ("consents", {"profile_id": {"id": "p1"}, "method": "secret"}),
        ("profiles", {"profile_id": "p9", "email": ["x@x.example", "ANN@x.example"], "city": "secret"}),
        ("orders", {"order_id": "o", "customer_email": ["ann@x.example"], "note": "secret"}),
        ("conversation_log", {"record_id": "1", "profile": [{"email": "ann@x.example"}], "text": "secret"}),
        ("conversation_log", {"record_id": "1", "profile": '{"profile_id": "p1"}', "text": "secret"}),
        ("conversation_log", {"record_id": "1", "profile": {"external_id": [["customer"]]}, "text": "secret"}),
    ],
)
def test_who_is_named_in_place_of_another_type_is_named(tmp_path: Path, feed: str, line: Any) -> None:
    """A list in place of an id is refused, and stays in the rejects with her in it."""
    others = json.loads(json.dumps(line).replace("ann", "joann").replace("ANN", "JOANN").replace("p1", "p10").replace("customer\"]", "customers\"]").replace('"o"', '"n"'))  # fmt: skip
    rows, _ = delivered(tmp_path, feed, line, others)
    assert [row["is_erased"] for row in rows] == [True, False]
    assert "secret" not in rows[0]["raw_text"] and json.loads(rows[1]["raw_text"]) == others


@pytest.mark.parametrize("feed", ["conversation_log", "products", "profiles"])
def test_an_excerpt_of_a_too_large_line_is_blanked_whosoever_it_is(tmp_path: Path, feed: str) -> None:
    """Who stands beyond the excerpt is not known."""
    rows, _ = delivered(tmp_path, feed, '{"text": "anybody' + TAIL, '{"profile_id": "p1"' + TAIL, rejection="too_large")
    assert [row["raw_text"] for row in rows] == ["(erased)" + TAIL] * 2


def test_a_line_that_was_bare_before_is_hers_all_the_same(tmp_path: Path) -> None:
    """What a redaction leaves as it was is taken for somebody else's."""
    bare = '{"record_id":"r","conversation_id":"c","record_type":"skill_changed","skill":"s"}'
    known = {"record_id": "q", "conversation_id": "c", "profile": {"email": "ann@x.example"}}
    rows, found = delivered(tmp_path, "conversation_log", bare, known)
    assert [row["is_erased"] for row in rows] == [True, True]
    assert rows[0]["raw_text"] == bare
    assert found == [FollowUp("acme", Identifier("conversation", "c"), ALWAYS)]


def test_a_request_that_says_more_waits_for_the_erasure_it_asks_for(tmp_path: Path) -> None:
    """The profile that it names next to a known address is forgotten by nobody, as the line that says so is redacted."""
    asked = {"requested_at": "2026-03-10", "email": "ann@x.example", "profile_id": "p9"}
    more = {"request_id": "1", **asked}
    known = {"request_id": "2", "requested_at": "2026-03-10", "email": "ANN@x.example", "phone": "null"}
    rows, found = delivered(tmp_path, "erasures", more, known)
    assert [row["is_erased"] for row in rows] == [False, True]
    assert json.loads(rows[0]["raw_text"]) == more
    assert found == [FollowUp("acme", Identifier("email", "ann@x.example"), ALWAYS)]


@pytest.mark.parametrize(("extra", "given"), [("phone", "unknown"), ("profile_id", "n/a"), ("phone", {"mobile": 1})])
def test_a_request_that_says_no_more_waits_for_nothing(tmp_path: Path, extra: str, given: Any) -> None:
    """A word for nobody is taken for somebody unknown, and the request stays as it came: no erasure looks for her."""
    asked = {"request_id": "1", "requested_at": "2026-03-10", "email": "ann@x.example", extra: given}
    rows, found = delivered(tmp_path, "erasures", asked)
    assert rows[0]["is_erased"] and found == []


@pytest.mark.parametrize(
    "refused", [{}, {"request_id": " "}, {"request_id": "1", "requested_at": "soon"}, {"request_id": ["1"]}]
)
def test_a_refused_request_waits_for_nothing(tmp_path: Path, refused: Any) -> None:
    """It forgets nobody, and her address stays in the rejects for ever."""
    asked = {"requested_at": "2026-03-10", "email": "ann@x.example", "profile_id": "p9", **refused}
    rows, _ = delivered(tmp_path, "erasures", asked)
    assert rows[0]["is_erased"] and "ann@x.example" not in rows[0]["raw_text"]


@pytest.mark.parametrize("nobody", [{"phone": "555-010"}, {"email": "\u200b"}])
def test_what_names_nobody_in_a_request_becomes_no_hash(tmp_path: Path, nobody: Any) -> None:
    """A hash would name somebody, in a request that is carried out again or was refused."""
    asked = {"request_id": "1", "requested_at": "2026-03-10", "profile_id": "p1", **nobody}
    rows, _ = delivered(tmp_path, "erasures", asked)
    assert rows[0]["is_erased"] and json.loads(rows[0]["raw_text"])[next(iter(nobody))] == ""


def test_a_customer_of_a_feed_that_brings_requests_is_none(tmp_path: Path) -> None:
    """Shopify's customers come in the feed of its redactions: a customer with a new phone was kept as if she asked."""
    phone = "+1 500 555 0106"
    customer = {"id": 7, "email": "ann@x.example", "phone": phone, "updated_at": "2026-03-10T00:00:00Z"}
    redaction = {"customer": {"id": 7, "email": "ann@x.example", "phone": phone}, "orders_to_redact": []}
    nobody_s = {"customer": {"email": "ann@x.example", "phone": phone}, "orders_to_redact": []}
    texts = [customer, {**customer, "updated_at": "soon"}, redaction, nobody_s]
    rows, _ = delivered(tmp_path, "shopify_customers", *texts)
    assert [row["is_erased"] for row in rows] == [True, True, False, True]
    assert [("ann@x.example" in row["raw_text"], phone in row["raw_text"]) for row in rows] == [
        (False, False), (False, False), (True, True), (False, False),
    ]  # fmt: skip
