"""People in transcripts: who a tool identifies, from which record on, and what is copied of the transcript's own."""

from typing import Any

import pytest

from tests.support.expanded_transcripts import records
from tests.support.transcript_messages import call, calls, result, says


def profiles(messages: object, **fields: object) -> list[str | None]:
    return [record.get("profile", {}).get("profile_id") for record in records(messages, **fields)]


def test_an_identified_profile_stands_from_the_result_on() -> None:
    messages = [
        says("hi"),
        calls(call("find_user", "c1"), content="a moment"),
        result("c1", "p1"),
        says("ok"),
        calls(call("get_user", "c2", user_id="p2")),
        says("still p1"),
        result("c2", "{}"),
        says("now p2"),
    ]
    assert profiles(messages) == [None, None, None, "p1", "p1", "p1", "p2"]
    own = {"email": "x@y", "profile_id": "p0"}
    assert [r["profile"] for r in records(messages, profile=own)][2:4] == [own, {"email": "x@y", "profile_id": "p1"}]


def test_an_identification_after_the_last_record_stands_on_the_last() -> None:
    messages = [says("hi"), says("hello", role="assistant"), calls(call("find_user", "c")), result("c", "p1")]
    assert profiles(messages) == [None, None, "p1"]
    assert records([says("rules", role="system"), calls(call("get_user", "c")), result("c", "x")]) != []


@pytest.mark.parametrize(
    ("tool", "answer", "expected"),
    [
        ("find_user", result("c", "p1"), "p1"),
        ("find_user", result("c", '"p1"'), "p1"),
        ("find_user", result("c", "12"), "12"),
        ("find_user", result("c", "p1", error=False), "p1"),
        ("find_user", result("c", "p1", error=True), None),
        ("find_user", result("c", "Error: user not found"), None),
        ("find_user", result("c", '{"user_id":"p1"}'), None),
        ("find_user", result("c", ""), None),
        ("find_user_deep", result("c", '{"user":{"id":"p1"}}'), "p1"),
        ("find_user_deep", result("c", '{"user":{"id":"p1"},"error":true}'), None),
        ("find_user_deep", result("c", '{"user":"p1"}'), None),
        ("get_user", result("c", "whatever"), "a1"),
        ("get_user", result("c", "Error"), None),
        ("get_user", result("d", "whatever"), None),
    ],
)
def test_only_a_result_without_error_identifies(tool: str, answer: dict[str, Any], expected: str | None) -> None:
    assert profiles([calls(call(tool, "c", user_id="a1")), answer, says("x")])[-1] == expected


def test_channel_and_profile_are_copied_as_they_are_for_staging_to_check() -> None:
    record = records([says("a")], channel=5, profile="p", start_time={"bad": 1}, extra="no")[0]
    assert (record["channel"], record["profile"], record["occurred_at"]) == (5, "p", {"bad": 1})
    assert "extra" not in record
