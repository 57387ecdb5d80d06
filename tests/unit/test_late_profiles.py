"""Late profiles of forgotten people: which are followed up, and what is remembered of that."""

import json
from pathlib import Path
from typing import Any

import pytest

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
from caw.erasure.keyring import KeyLostError, read_key
from caw.raw_store.objects import LocalObjects
from tests.support.late_lines import delivered, together


def test_a_profile_is_followed_up_only_if_its_line_is_accepted(tmp_path: Path) -> None:
    """A refused line ties a stranger to her, and the stranger is forgotten."""
    rows, found = delivered(
        tmp_path, "profiles", {"profile_id": "p9", "email": "ann@x.example", "external_id": "guest"}
    )
    assert rows[0]["is_erased"]
    assert found == [FollowUp("acme", Identifier("profile_id", "p9"), IF_ACCEPTED, ("00000002", "f", 1))]


def test_a_new_profile_of_hers_waits_for_the_erasure_of_its_run(tmp_path: Path) -> None:
    """A phone of hers that others have too is known by this line alone, and a conversation by it goes to one of them."""
    known = {"profile_id": "p1", "updated_at": "2026-03-10T00:00:00Z", "email": "ann@x.example", "city": "secret"}
    phone = {"phone_number": "+1 555 010 0000"}  # never known while others have it: each delivery would rebuild all
    new = {**known, "profile_id": "p9", **phone}
    rows, found = delivered(tmp_path, "profiles", new, known, {**new, "updated_at": "soon"}, {**known, **phone})
    assert [row["is_erased"] for row in rows] == [False, True, True, True]
    assert json.loads(rows[0]["raw_text"]) == new
    line = ("00000002", "f", 1)
    assert found[:3] == [
        FollowUp("acme", Identifier("email", "ann@x.example"), ALWAYS),
        FollowUp("acme", Identifier("phone", "15550100000"), IF_ACCEPTED, line),
        FollowUp("acme", Identifier("profile_id", "p9"), IF_ACCEPTED, line),
    ]


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
    follow_ups.add(given[:1], "00000002")
    follow_ups.add(given, "00000003")
    assert follow_ups.read() == given
    follow_ups.add([], "00000002")  # another attempt at a batch that was never committed
    assert follow_ups.read() == given[1:]
    follow_ups.drop()
    assert follow_ups.read() == []


def test_a_lost_key_is_not_replaced_in_silence(tmp_path: Path) -> None:
    """Nobody who was forgotten is recognised by a new one, and what is delivered for them is published."""
    memory = LocalObjects(tmp_path)
    Forgotten(memory, read_key(memory), {"acme": {"h"}}).save()
    (tmp_path / "key").unlink()
    with pytest.raises(KeyLostError, match="Put it back from a backup"):
        read_forgotten(memory)
    with pytest.raises(KeyLostError):
        read_key(memory)
    assert not (tmp_path / "key").exists()


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
