"""What transcripts of several frameworks showed: spec §2.2, each rule by hand."""

import json
from collections import Counter
from typing import Any

import pytest

from caw.adapters.records import LONGEST_WORD
from caw.adapters.transcripts import expand
from tests.support.expanded_transcripts import made, records
from tests.support.transcript_messages import RULES, call, calls, result, says


def kinds(messages: object) -> list[str]:
    """The types of the records, in order."""
    return [record["record_type"] for record in records(messages)]


def profile(messages: object) -> str | None:
    """The person that the last record names."""
    found = records(messages)[-1].get("profile", {}).get("profile_id")
    return None if found is None else str(found)


@pytest.mark.parametrize(
    ("role", "actor"),
    [
        ("user", "customer"),
        ("human", "customer"),
        ("Customer", "customer"),
        (" shopper ", "customer"),
        ("assistant", "agent"),
        ("ai", "agent"),
        ("model", "agent"),
        ("AGENT", "agent"),
        ("bot", "agent"),
        ("tool", None),
        ("function", None),
        ("system", None),
        ("developer", None),
    ],
)
def test_roles_have_a_vocabulary_of_their_own(role: str, actor: str | None) -> None:
    """`human` is the shopper here, though the actors' `human` is staff."""
    expansion = made([says("x", role=role)])
    assert [record.fields["actor"] for record in expansion.records] == ([actor] if actor else [])
    assert expansion.unknown_words == Counter()


def test_words_that_no_seed_knows_are_counted() -> None:
    messages = [
        says("x", role="staff"),
        says("x", role="staff"),
        says("x", role="Narrator "),
        says("x", role=None),
        says("x", role=7),
        None,
        calls(call("lookup"), call("lookup"), call("x" * 101), call(" "), {"function": {"name": "get_order"}}),
    ]
    expansion = made(messages)
    assert expansion.unknown_words == Counter(
        {
            ("role", "staff"): 2,
            ("role", "Narrator"): 1,
            ("tool", "lookup"): 2,
            ("tool", "x" * 100): 1,
        }
    )
    assert LONGEST_WORD == 100
    assert [record.fields["record_type"] for record in expansion.records] == ["skill_changed"]


@pytest.mark.parametrize("role", ["user", "tool", "system", "nobody"])
def test_only_the_assistants_calls_count(role: str) -> None:
    expansion = made([calls(call("transfer"), call("unheard_of"), call("get_order"), role=role), says("x")])
    assert [record.fields["record_type"] for record in expansion.records] == ["message"]
    assert ("tool", "unheard_of") not in expansion.unknown_words


def test_the_calls_of_an_ai_count() -> None:
    assert kinds([calls(call("transfer"), role="ai")]) == ["status_changed"]


FAILURES = [
    result("c", "p1", error=True),
    result("c", "p1", error="not found"),
    result("c", "p1", error="True"),
    result("c", "p1", error=1),
    result("c", "p1", error={"code": 404}),
    result("c", "p1", is_error=True),
    result("c", "Error: user not found"),
    result("c", "error"),
    result("c", " ERROR 404"),
    result("c", '"error: nobody"'),
    result("c", '{"error": "nobody", "user": {"id": "p1"}}'),
    result("c", '{"error": {"code": 1}, "user": {"id": "p1"}}'),
    result("c", '{"error": true, "user": {"id": "p1"}}'),
    result("c", '{"status": "error", "user": {"id": "p1"}}'),
    result("c", '{"status": "ERROR", "user": {"id": "p1"}}'),
    result("c", '{"success": false, "user": {"id": "p1"}}'),
    result("c", '{"success": "False ", "user": {"id": "p1"}}'),
    result("c", {"success": False, "user": {"id": "p1"}}),
    result("c", [{"type": "text", "text": "Error: "}, {"type": "text", "text": "nobody"}]),
]


@pytest.mark.parametrize("answer", FAILURES, ids=range(len(FAILURES)))
def test_a_failed_result_makes_nothing(answer: dict[str, Any]) -> None:
    """No identification, no recommendation, nothing in the cart, no escalation; the skill that was shown stands."""
    for tool in ("find_user", "find_user_deep", "get_user"):
        assert profile([calls(call(tool, "c", user_id="a1")), answer, says("x")]) is None, tool
    assert kinds([calls(call("transfer", "c", summary="s")), answer]) == []
    assert kinds([calls(call("recommend", "c", products=["a"])), answer]) == ["skill_changed"]
    assert kinds([calls(call("similar", "c")), answer]) == []
    assert kinds([calls(call("add_to_cart", "c", item="a")), answer]) == []


@pytest.mark.parametrize(
    "answer",
    [
        result("c", '{"user": {"id": "p1"}}'),
        result("c", '{"user": {"id": "p1"}}', error=False),
        result("c", '{"user": {"id": "p1"}}', error="false"),
        result("c", '{"user": {"id": "p1"}}', error=""),
        result("c", '{"user": {"id": "p1"}}', error=[]),
        result("c", '{"user": {"id": "p1"}}', error={}),
        result("c", '{"user": {"id": "p1"}}', error=0),
        result("c", '{"user": {"id": "p1"}, "error": null, "errors": 0}'),
        result("c", '{"user": {"id": "p1"}, "error": ""}'),
        result("c", '{"user": {"id": "p1"}, "error": []}'),
        result("c", '{"user": {"id": "p1"}, "status": "ok", "success": true}'),
        result("c", '{"user": {"id": "p1"}, "success": null, "errors": "none"}'),
    ],
    ids=range(12),
)
def test_a_result_that_only_mentions_errors_has_not_failed(answer: dict[str, Any]) -> None:
    assert profile([calls(call("find_user_deep", "c")), answer, says("x")]) == "p1"
    assert kinds([calls(call("transfer", "c")), answer]) == ["status_changed"]


def test_a_call_without_any_result_counts() -> None:
    """But for an identification, which spec §2.2.6 makes wait for a result that is no error."""
    messages = [
        calls(call("transfer", "c1"), call("recommend", "c2", products=["a"]), call("add_to_cart", "c3", item="a")),
        result("another", "Error: no such call"),
    ]
    assert kinds(messages) == ["status_changed", "skill_changed", "products_recommended", "added_to_cart"]
    for tool in ("find_user", "get_user"):
        assert profile([calls(call(tool, "c", user_id="p1")), says("x")]) is None


def test_the_records_that_stay_keep_their_places() -> None:
    """A taken-back escalation leaves no gap: a sequence counts the records of a message."""
    messages = [
        calls(call("transfer", "c1"), call("get_order", "c2"), call("transfer", "c3"), content="wait"),
        result("c1", "Error: nobody is there"),
        result("c3", "done"),
    ]
    assert [(record["record_id"], record["sequence"]) for record in records(messages)] == [
        ("t:0:content", 0),
        ("t:0:call1:skill", 1),
        ("t:0:call2", 2),
    ]


def test_of_a_repeated_call_id_the_latest_unanswered_call_fails() -> None:
    messages = [
        calls(call("transfer", "1", summary="first")),
        calls(call("transfer", "1", summary="second")),
        result("1", "Error"),
    ]
    assert [record["escalation_reason"] for record in records(messages)] == ["first"]
    answered = [*messages[:1], result("1", "done"), *messages[1:]]
    assert [record["escalation_reason"] for record in records(answered)] == ["first"]
    both = [*messages, result("1", "done")]
    assert [record["escalation_reason"] for record in records(both)] == ["first"]


def test_result_alone_is_a_path() -> None:
    messages = [calls(call("similar", "c")), result("c", '["a", {"sku": "b"}]')]
    assert [record["products"] for record in records(messages)] == [["a", {"sku": "b"}]]
    lone = [calls(call("similar", "c")), result("c", "a")]
    assert [record["products"] for record in records(lone)] == ["a"], "a lone text is a list of one"


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ({"why": "two items", "ids": [1, 2.50]}, '{"why":"two items","ids":[1,2.50]}'),
        (["late", "dañado"], '["late","dañado"]'),
        (" as it is ", " as it is "),
        ([None, " "], [None, " "]),
    ],
)
def test_a_structured_reason_is_its_compact_json_text(reason: object, text: object) -> None:
    document = json.dumps({"id": "t", "messages": [calls(call("transfer", summary=reason))]}).replace("2.5", "2.50")
    assert [record.fields["escalation_reason"] for record in expand(document, RULES).records] == [text]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("a", "a"),
        (7, 7),
        ({"product_id": "a", "sku": "s"}, "a"),
        ({"product_id": " ", "sku": "s", "id": "i"}, "s"),
        ({"id": "i", "size": 3}, "i"),
        (None, None),
        (" ", None),
        ({"name": "a shirt"}, None),
    ],
)
def test_a_tool_puts_a_product_into_the_cart(item: object, expected: object) -> None:
    found = records([calls(call("add_to_cart", "c", item=item)), result("c", "added")])
    expected_record = {
        "record_id": "t:0:call0",
        "conversation_id": "t",
        "sequence": 0,
        "record_type": "added_to_cart",
        "product_id": expected,
    }
    assert found == ([] if expected is None else [expected_record])


def test_what_the_result_put_into_the_cart_stands_at_the_result() -> None:
    messages = [calls(call("quick_buy", "c")), says("hm"), result("c", '{"line": {"sku": "s"}}')]
    assert [(record["record_id"], record.get("product_id")) for record in records(messages)] == [
        ("t:1:content", None),
        ("t:2:result", "s"),
    ]


@pytest.mark.parametrize("nobody", ["null", "None", " unknown ", "N/A", "0", "0000-0000", "[object Object]", "guest"])
def test_absent_identifiers_identify_nobody(nobody: str) -> None:
    given = [calls(call("get_user", "a", user_id="p1")), result("a", "{}")]
    by_argument = [*given, calls(call("get_user", "b", user_id=nobody)), result("b", "{}"), says("x")]
    by_result = [*given, calls(call("find_user", "b")), result("b", nobody), says("x")]
    assert (profile(by_argument), profile(by_result)) == ("p1", "p1")


def test_a_whole_number_is_an_id() -> None:
    assert profile([calls(call("find_user", "c")), result("c", "1001.0"), says("x")]) == "1001"
    assert profile([calls(call("find_user", "c")), result("c", "1001.5"), says("x")]) is None
    assert profile([calls(call("find_user", "c")), result("c", "1e3"), says("x")]) is None
    assert expand('{"id": 1001.0, "messages": [{"role": "user", "content": "x"}]}', RULES).object_id == "1001"
    answered = [calls({"id": 5.0, "name": "find_user"}), result(5, "p1"), says("x")]
    assert profile(answered) == "p1"


def test_a_text_is_trimmed_only_where_a_marker_was_cut_out() -> None:
    messages = [says(" one "), says(" two  ###STOP### "), says("###STOP###\n three"), says("a ###OUT-OF-SCOPE### b")]
    assert [record["text"] for record in records(messages) if "text" in record] == [" one ", "two", "three", "a  b"]
    assert [record["status"] for record in records(messages) if "status" in record] == [
        "resolved",
        "resolved",
        "closed",
    ]


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ('[{"role": "human", "content": "hi"}]', None),
        (' [{"role": "human", "content": "hi"}]\n', None),
        ("[]", "missing_field"),
        ("[null]", "missing_field"),
        ('[{"role": "human"', "bad_value"),
        ('{"role": "human", "content": "hi"}', "bad_value"),
        ("[5]", "bad_value"),
        (" ", "missing_field"),
    ],
)
def test_messages_may_be_json_text(messages: str, reason: str | None) -> None:
    """As in a cell of Parquet or CSV."""
    expansion = made(messages)
    assert (expansion.reason, expansion.version_rank) == (reason, None if reason else 1)
    assert [record.fields["text"] for record in expansion.records] == ([] if reason else ["hi"])


def test_calls_and_products_may_be_json_text() -> None:
    asked = [{"role": "assistant", "tool_calls": json.dumps([call("transfer", summary="s")])}]
    assert kinds(asked) == ["status_changed"]
    assert [r["products"] for r in records([calls(call("recommend", products='["a"]'))])[1:]] == [["a"]]
    assert kinds([calls(call("recommend", products="[]"))]) == ["skill_changed"]


def test_a_record_says_whether_its_instant_is_the_transcripts_start() -> None:
    messages = [says("a"), says("b", timestamp="2026-01-01T00:00:00Z"), says("c")]
    started = records(messages, start_time="2026-01-01T00:00:00Z")
    assert [record.get("time_from_start") for record in started] == [True, None, None]
    assert [record.get("time_from_start") for record in records(messages)] == [None, None, None], "without any time"
