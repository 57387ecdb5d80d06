"""What comes for people who were forgotten: what is redacted in its batch, and what the next erasure follows up."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from caw.adapters.registry import expander
from caw.erasure.forgotten import (
    ALWAYS,
    IF_ACCEPTED,
    IF_NO_PROFILE,
    FollowUp,
    Forgotten,
    follow_ups_of,
    read_forgotten,
)
from caw.erasure.identifiers import Identifier
from caw.erasure.keyring import Keyring, read_key
from caw.erasure.late_deliveries import redact_late_deliveries
from caw.erasure.seed_words import load_words
from caw.feeds.declared import SEEDS_DIR
from caw.raw_store.objects import LocalObjects
from caw.raw_store.schemas import LINE_SCHEMA

KEYRING = Keyring(b"k" * 32)
ANN = {Identifier("email", "ann@x.example"), Identifier("profile_id", "p1"), Identifier("external_id", "customer")}
TAIL = f" [2000000 bytes, sha256 {'0a' * 32}]"


def landed(folder: Path, feed: str, texts: Sequence[Any], rejection: str | None = None) -> Path:
    """A part of a batch."""
    rows = [
        {"batch_id": "00000002", "ingested_at": datetime(2026, 3, 10, tzinfo=UTC), "source": "acme", "file_path": "f",
         "line_number": number, "raw_text": text if isinstance(text, str) else json.dumps(text), "problem": rejection,
         "is_erased": False}
        for number, text in enumerate(texts, 1)
    ]  # fmt: skip
    path = folder / f"{feed}.parquet"
    pq.write_table(pa.Table.from_pylist(rows, LINE_SCHEMA), path)
    return path


def forgotten_ann(folder: Path) -> Forgotten:
    """What is remembered of her."""
    return Forgotten(LocalObjects(folder), KEYRING, {"acme": KEYRING.hashes("acme", ANN)})


def delivered(
    folder: Path, feed: str, *texts: Any, rejection: str | None = None
) -> tuple[list[dict[str, Any]], list[FollowUp]]:
    """The rows of a batch of one feed after it was redacted, and what is to be followed up."""
    path = landed(folder, feed, texts, rejection)
    _, found = redact_late_deliveries(
        LocalObjects(folder), {feed: [path.name]}, forgotten_ann(folder), load_words(SEEDS_DIR), expander(SEEDS_DIR)
    )
    return pq.read_table(path).to_pylist(), list(found)


def together(folder: Path, lines: Mapping[str, Sequence[Any]]) -> tuple[dict[str, list[dict[str, Any]]], Forgotten]:
    """The rows of a batch of several feeds after it was redacted, and what is remembered then."""
    paths = {feed: landed(folder, feed, texts) for feed, texts in lines.items()}
    forgotten, parts = forgotten_ann(folder), {feed: [path.name] for feed, path in paths.items()}
    redact_late_deliveries(LocalObjects(folder), parts, forgotten, load_words(SEEDS_DIR), expander(SEEDS_DIR))
    return {feed: pq.read_table(path).to_pylist() for feed, path in paths.items()}, forgotten


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
    rows, _ = delivered(tmp_path, "erasures", more, known)
    assert [row["is_erased"] for row in rows] == [False, True]
    assert json.loads(rows[0]["raw_text"]) == more


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


def test_a_profile_is_followed_up_only_if_its_line_is_accepted(tmp_path: Path) -> None:
    """A refused line ties a stranger to her, and the stranger is forgotten."""
    rows, found = delivered(
        tmp_path, "profiles", {"profile_id": "p9", "email": "ann@x.example", "external_id": "guest"}
    )
    assert rows[0]["is_erased"]
    assert found == [FollowUp("acme", Identifier("profile_id", "p9"), IF_ACCEPTED, ("00000002", "f", 1))]


@pytest.mark.parametrize(
    ("profile", "conversation_is_hers"),
    [
        (
            {
                "profile_id": "p9",
                "updated_at": "2026-03-10T00:00:00Z",
                "external_id": "customer",
                "email": "zed@x.example",
            },
            False,
        ),
        # refused: it takes nothing from anybody
        ({"profile_id": "p9", "external_id": "customer"}, True),
        *(
            ({"profile_id": "p9", "updated_at": at, "external_id": "customer"}, True)
            for at in (
                "soon",
                "2026-03-10",
                "1989-12-31T23:59:59Z",
                "2026-03-11T00:00:01Z",
                True,
                ["2026-03-10T00:00:00Z"],
            )
        ),
        ({"profile_id": "p9", "updated_at": 1773100800, "external_id": "customer", "email": ["zed@x.example"]}, True),
        ({"profile_id": "p9", "updated_at": 1773100800, "external_id": "customer", "phone_number": 1.5}, True),
        ({"profile_id": "p9", "updated_at": 1773100800, "external_id": "customer"}, False),
        ({"profile_id": "p9", "updated_at": "2026-03-10T00:00:00Z", "external_id": "customers"}, True),
    ],
)
def test_a_profile_that_shares_an_external_id_stays_and_keeps_it(
    tmp_path: Path, profile: Any, conversation_is_hers: bool
) -> None:
    """A word such as `customer` is a stranger's external_id: whoever comes later with it was forgotten for her."""
    talk = {"record_id": "1", "conversation_id": "c", "profile": {"external_id": "customer"}, "text": "mine"}
    found, forgotten = together(tmp_path, {"conversation_log": [talk], "profiles": [profile]})
    assert not found["profiles"][0]["is_erased"] and json.loads(found["profiles"][0]["raw_text"]) == profile
    assert found["conversation_log"][0]["is_erased"] is conversation_is_hers
    known = forgotten.knows("acme", Identifier("external_id", "customer"))
    assert known is conversation_is_hers
    saved = read_forgotten(LocalObjects(tmp_path))
    assert (saved is None) is known  # what was withdrawn is written down at once
    assert forgotten.knows("acme", Identifier("email", "ann@x.example"))


@pytest.mark.parametrize("nobody", [{}, {"profile_id": ""}, {"profile_id": "n/a"}])
def test_a_refused_profile_without_an_id_is_hers_by_any_of_her_ids(tmp_path: Path, nobody: Any) -> None:
    """It is taken for another profile, and stays in the rejects with her words."""
    line = {**nobody, "updated_at": "2026-03-10T00:00:00Z", "external_id": "customer", "city": "secret"}
    rows, found = delivered(tmp_path, "profiles", line)
    assert rows[0]["is_erased"] and "secret" not in rows[0]["raw_text"]
    assert all(one.condition == IF_ACCEPTED for one in found)


@pytest.mark.parametrize(
    ("updated", "conversation_is_hers"),
    [("2026-03-10T00:00:00Z", False), (None, True), ("soon", True), ("2026-04-01T00:00:00Z", True)],
)
def test_a_vendors_profile_without_an_instant_takes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, updated: str | None, conversation_is_hers: bool
) -> None:
    """Its record is refused, and what comes with her id alone is no longer forgotten."""
    monkeypatch.setattr("caw.erasure.finding.names_people", lambda *_: True)
    attributes = {"updated": updated, "external_id": "customer", "email": "zed@x.example"}
    talk = {"record_id": "1", "conversation_id": "c", "profile": {"external_id": "customer"}, "text": "mine"}
    profile = {"type": "profile", "id": "p9", "attributes": attributes}
    found, _ = together(tmp_path, {"conversation_log": [talk], "klaviyo_profiles": [profile]})
    assert found["conversation_log"][0]["is_erased"] is conversation_is_hers
    assert not found["klaviyo_profiles"][0]["is_erased"]


def test_a_profile_id_next_to_her_address_is_followed_up_if_no_profile_has_it(tmp_path: Path) -> None:
    """An id that is in orders alone is hers and stays; or one that is somebody's goes."""
    named = {"order_id": "o", "profile": {"profile_id": "p9", "email": "ann@x.example", "anonymous_id": "a"}}
    _, found = delivered(
        tmp_path, "orders", named, {"order_id": "n", "profile": {"profile_id": "p8", "external_id": "customer"}}
    )
    assert set(found) == {
        FollowUp("acme", Identifier("order", "o"), ALWAYS),
        FollowUp("acme", Identifier("order", "n"), ALWAYS),
        FollowUp("acme", Identifier("profile_id", "p9"), IF_NO_PROFILE),
    }


def test_follow_ups_are_read_as_they_were_written(tmp_path: Path) -> None:
    """A condition is lost on the way to the next step of the run."""
    given = [
        FollowUp("acme", Identifier("profile_id", "p9"), IF_ACCEPTED, ("00000002", "f", 1)),
        FollowUp("acme", Identifier("order", "o")),
    ]
    follow_ups = follow_ups_of(LocalObjects(tmp_path))
    assert follow_ups.read() == []
    follow_ups.add(given[:1])
    follow_ups.add(given)
    assert follow_ups.read() == given
    follow_ups.drop()
    assert follow_ups.read() == []


def test_a_memory_that_was_written_in_part_stops_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three files are written one after the other, and a run that dies between them leaves some."""
    memory = LocalObjects(tmp_path)
    forgotten = Forgotten(memory, read_key(memory), {"acme": {"h"}}, {"acme": {Identifier("order", "o")}}, {("p", "d")})
    forgotten.save()
    whole = read_forgotten(memory)
    assert whole is not None and (whole.hashes, whole.kept, whole.files) == (
        forgotten.hashes,
        forgotten.kept,
        forgotten.files,
    )
    (tmp_path / "identifiers.parquet").unlink()  # the last of the three
    assert read_forgotten(memory) is None
