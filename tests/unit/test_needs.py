"""What needs a person, from a published file and its notes: the sentence, and each file and line."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from caw.adapters.registry import ADAPTERS
from caw.doctor.needs import Need, Place, needs_of
from caw.feeds.declared import declarations, feeds_making
from caw.publication.notes import Notes
from tests.support.published_health import WITH_DETAIL, health_file, inserted

REFUSED = inserted(
    "health.rejected_records",
    [
        ("acme/erasures/r.csv", 2, "acme", "erasures", "bad_value", "requested_at", "00000001"),
        ("acme/erasures/r.csv", 3, "acme", "erasures", "not_json", None, "00000001"),
        ("acme/consents/c.csv", 1, "acme", "consents", "missing_field", "profile_id", "00000002"),
        ("acme/orders/o.csv", 1, "acme", "orders", "bad_value", "total", "00000001"),
    ],
)


def place(batch_id: str, file_path: str, line_number: int) -> str:
    """A line's hash as the notes define it, made without DuckDB."""
    return hashlib.md5(f"{batch_id}|{file_path}|{line_number}".encode()).hexdigest()


def found(file: Path, notes: Notes = Notes(), people: Mapping[str, str] = {}) -> list[Need]:  # noqa: B008
    with duckdb.connect(str(file), read_only=True) as connection:
        return list(needs_of(connection, notes, people))


def test_refused_lines_are_named_with_reason_and_what_to_do(tmp_path: Path) -> None:
    notes = Notes(
        needs={
            "nameless_permissions": [place("00000002", "acme/consents/c.csv", 1)],
            "refused_requests": [place("00000001", "acme/erasures/r.csv", line) for line in (2, 3)],
        }
    )
    requests, nameless = found(health_file(tmp_path, REFUSED), notes)
    assert requests.sentence == (
        "2 erasure requests were refused, so nobody was forgotten: correct them and land each again under its request_id."
    )
    assert [one.short for one in requests.places] == [
        "acme/erasures/r.csv:2: bad_value requested_at",
        "acme/erasures/r.csv:3: not_json",
    ]
    assert nameless.sentence.startswith("1 refused line of consents or suppressions names nobody,")
    assert nameless.places == [Place("acme/consents/c.csv", 1, "missing_field profile_id", None)]


def test_a_request_that_a_vendor_s_line_makes_is_named_under_the_vendor_s_feed(tmp_path: Path) -> None:
    """Shopify's redaction of a customer without an address names nobody, and nothing but a check says so."""
    line = ("shop/shopify_customers/r.jsonl", 1, "shop", "shopify_customers")
    refused = inserted(
        "health.rejected_records",
        [(*line, "missing_field", "profile_id", "00000001"), (*line, "missing_field", "updated_at", "00000001")],
    )
    notes = Notes(needs={"refused_requests": [place("00000001", line[0], 1)]})
    (need,) = found(health_file(tmp_path, refused), notes)
    assert [one.short for one in need.places] == ["shop/shopify_customers/r.jsonl:1: missing_field profile_id"]


def test_a_line_that_needs_nobody_any_more_is_not_named_though_it_is_in_the_rejects(tmp_path: Path) -> None:
    assert found(health_file(tmp_path, REFUSED)) == []


def test_the_detail_is_reported_where_the_file_has_it(tmp_path: Path) -> None:
    file = health_file(
        tmp_path, REFUSED, WITH_DETAIL, "update health.rejected_records set detail = 'requested_at is 2026-13-01'"
    )
    [need] = found(file, Notes(needs={"refused_requests": [place("00000001", "acme/erasures/r.csv", 2)]}))
    assert need.places == [
        Place("acme/erasures/r.csv", 2, "bad_value requested_at", "requested_at is 2026-13-01"),
    ]


@pytest.mark.parametrize(
    ("feed", "words"),
    [
        ("consents", "1 file of consents or suppressions could not be read, so people who said no may be written to:"),
        ("suppressions", "1 file of consents or suppressions could not be read,"),
        ("erasures", "1 file of erasure requests could not be read, so nobody in it was forgotten:"),
        ("orders", None),
    ],
)
def test_a_file_of_permissions_or_requests_counts_while_its_last_version_failed(
    tmp_path: Path, feed: str, words: str | None
) -> None:
    failed = ("a", "acme", feed, "00000001", "2026-06-01 10:00Z", "failed", "truncated", 0, 0, 0, 0, 0)
    loaded = ("a", "acme", feed, "00000002", "2026-06-02 10:00Z", "loaded", None, 1, 0, 1, 0, 0)
    broken = health_file(tmp_path, inserted("health.ingestion_ledger", [failed]))
    if words is None:
        assert found(broken) == []
        return
    [need] = found(broken)
    assert need.sentence.startswith(words)
    assert need.places == [Place("a", None, "truncated")]
    with duckdb.connect(str(broken)) as connection:
        connection.execute(inserted("health.ingestion_ledger", [loaded]))
    assert found(broken) == []


@pytest.mark.parametrize(
    ("feed", "people", "is_needed"),
    [
        ("klaviyo_profiles", {"acme": "klaviyo"}, True),
        ("klaviyo_events", {"acme": "klaviyo"}, True),
        ("shopify_customers", {"acme": "shopify"}, True),
        ("intercom_contacts", {"acme": "intercom"}, True),
        ("klaviyo_catalog", {"acme": "klaviyo"}, False),
        ("klaviyo_profiles", {"acme": "shopify", "other": "klaviyo"}, False),
        ("klaviyo_profiles", {}, False),
    ],
)
def test_a_vendor_s_unreadable_file_is_named_where_the_vendor_names_the_people(
    tmp_path: Path, feed: str, people: Mapping[str, str], is_needed: bool
) -> None:
    """Unsubscriptions in a truncated export are lost, and a warning about files is all that says so."""
    failed = ("a", "acme", feed, "00000001", "2026-06-01 10:00Z", "failed", "truncated", 0, 0, 0, 0, 0)
    needs = found(health_file(tmp_path, inserted("health.ingestion_ledger", [failed])), people=people)
    assert [one.places for one in needs] == ([[Place("a", None, "truncated")]] if is_needed else [])


def test_the_models_know_the_same_feeds_that_permit() -> None:
    """A vendor that is added is loud in the summary, and passes the check."""
    vendors = {name: declared.get("permits") for name, declared in declarations().items() if declared.get("makes")}
    assert {name for name, vendor in vendors.items() if vendor} == {
        *feeds_making("consents"),
        *feeds_making("suppressions"),
    }
    assert all(vendor == ADAPTERS[name].vendor for name, vendor in vendors.items() if vendor)
