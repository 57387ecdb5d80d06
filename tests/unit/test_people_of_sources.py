"""Whose person ids count in a source (spec §2.3.5): worked by hand for each kind of record."""

from pathlib import Path

import pytest

from caw.adapters.people import of_source, people_of
from caw.adapters.records import Expansion, Json, Record

WHOM = {"profile_id": "k1", "email": "ann@x.example", "phone_number": "+49 30 1234567", "external_id": "e1"}
BY_VENDOR, BY_OTHERS = {"shop": "klaviyo"}, {"shop": "shopify", "other": "klaviyo"}


def left(feed: str, fields: Json, people: dict[str, str]) -> list[Json]:
    """The fields of what counts of one record of a Klaviyo line in the source `shop`."""
    made = of_source(Expansion(object_id="1", records=[Record(feed, fields, "p")]), "klaviyo", "shop", people)
    assert all(record.feed == feed and record.part == "p" for record in made.records)
    return [record.fields for record in made.records]


@pytest.mark.parametrize("feed", ["conversation_log", "orders"])
def test_the_vendor_that_names_the_people_gives_ids_alone_and_others_all_but_ids(feed: str) -> None:
    """An id of another vendor splits every shopper in two; an e-mail next to an id ties two of them together."""
    record = {"order_id": "o", "profile": WHOM}
    assert left(feed, record, BY_VENDOR) == [{"order_id": "o", "profile": {"profile_id": "k1"}}]
    contacts = {name: value for name, value in WHOM.items() if name != "profile_id"}
    for people in ({}, BY_OTHERS):
        assert left(feed, record, people) == [{"order_id": "o", "profile": contacts}]


def test_a_profile_object_of_which_nothing_is_left_is_none() -> None:
    """A record of nobody shows an empty object, and differs from the same record without one."""
    assert left("orders", {"order_id": "o", "profile": {"profile_id": "k1"}}, {}) == [{"order_id": "o"}]
    guest = {"profile_id": " ", "email": "ann@x.example"}
    assert left("orders", {"order_id": "o", "profile": guest}, BY_VENDOR) == [{"order_id": "o"}]
    assert left("orders", {"order_id": "o"}, {}) == [{"order_id": "o"}]


@pytest.mark.parametrize("feed", ["profiles", "consents", "suppressions", "message_sends"])
def test_person_feeds_are_made_by_the_vendor_that_names_the_people_alone(feed: str) -> None:
    """Consents of ids that no conversation has; or a shopper without consent, as the vendor's count for nothing."""
    record = {"profile_id": "k1", "email": "ann@x.example", "channel": "email"}
    assert left(feed, record, BY_VENDOR) == [record]
    assert left(feed, record, {}) == left(feed, record, BY_OTHERS) == []


def test_an_erasure_is_made_in_any_case_and_names_the_id_of_the_people_alone() -> None:
    """A request to be forgotten is not heard; or it forgets whoever has that number in another system."""
    request = {"request_id": "r", "profile_id": "k1", "email": "ann@x.example"}
    assert left("erasures", request, BY_VENDOR) == [request]
    assert left("erasures", request, {}) == [{"request_id": "r", "email": "ann@x.example"}]


@pytest.mark.parametrize("email", ["redacted@example.com", "Redacted-12ab@EXAMPLE.com", " redacted_1@example.com "])
def test_what_a_deletion_leaves_of_an_email_is_none(email: str) -> None:
    """All deleted shoppers are one."""
    given = {"email": email, "external_id": "e1"}
    assert left("orders", {"order_id": "o", "profile": given}, {}) == [
        {"order_id": "o", "profile": {"external_id": "e1"}}
    ]
    assert left("profiles", {"profile_id": "k1", "email": email}, BY_VENDOR) == [{"profile_id": "k1"}]


def test_other_addresses_stay() -> None:
    """An address that only looks like one of a deleted profile is somebody's."""
    for email in ("ann.redacted@example.com", "redacted@example.org", "redacted@example.com.test"):
        assert left("orders", {"profile": {"email": email}}, {}) == [{"profile": {"email": email}}]


def test_lines_of_no_vendor_stay_as_they_are() -> None:
    """A transcript loses its shopper."""
    made = Expansion(object_id="1", records=[Record("conversation_log", {"profile": WHOM})])
    assert of_source(made, "", "shop", BY_OTHERS) is made


def test_people_are_read_from_the_seed(tmp_path: Path) -> None:
    """A team's file is older than the column, or names a source's own ids."""
    seed = tmp_path / "sources.csv"
    seed.write_text("source,people\na,klaviyo\nb,own\nc,\nd, gorgias \n", encoding="utf-8")
    assert people_of(tmp_path) == {"a": "klaviyo", "d": "gorgias"}
    seed.write_text("source,timezone\na,UTC\n", encoding="utf-8")
    assert people_of(tmp_path) == {}
