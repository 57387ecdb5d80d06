"""What needs a person, from a published file and its notes: the sentence, and each file and line."""

import hashlib
from pathlib import Path

import duckdb

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


def place(*parts: str | int) -> str:
    """A line's hash, of its batch, file and number, or a file's, as the notes define it; made without DuckDB."""
    return hashlib.md5("|".join(map(str, parts)).encode()).hexdigest()


def found(file: Path, notes: Notes = Notes()) -> list[Need]:  # noqa: B008
    with duckdb.connect(str(file), read_only=True) as connection:
        return list(needs_of(connection, notes))


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


def failed(file_path: str, feed: str, batch_id: str | None, day: int, error: str | None) -> tuple[object, ...]:
    return (file_path, "acme", feed, batch_id, f"2026-06-0{day} 10:00Z", "failed", error, 0, 0, 0, 0, 0)


def test_files_that_could_not_be_read_are_named_with_the_reason_and_what_to_do(tmp_path: Path) -> None:
    """Unsubscriptions in a truncated export are lost, and a warning about files is all that says so."""
    ledger = [
        failed("acme/consents/c.gz", "consents", "00000001", 1, "truncated"),
        failed("acme/erasures/e.gz", "erasures", "00000001", 1, None),
        failed("acme/klaviyo_profiles/k.gz", "klaviyo_profiles", "00000001", 1, "truncated"),
        failed("acme/orders/o.gz", "orders", "00000001", 1, "truncated"),
    ]
    notes = Notes(
        needs={
            "unread_permissions": [
                place("00000001", "acme/klaviyo_profiles/k.gz"),
                place("00000001", "acme/consents/c.gz"),
            ],
            "unread_requests": [place("00000001", "acme/erasures/e.gz")],
        }
    )
    file = health_file(tmp_path, inserted("health.ingestion_ledger", ledger))
    requests, permissions = found(file, notes)
    assert requests.sentence.startswith("1 file of erasure requests could not be read, so nobody in it was forgotten:")
    assert requests.places == [Place("acme/erasures/e.gz", None, "no reason was given")]
    assert permissions.sentence.startswith("2 files of consents or suppressions could not be read,")
    assert permissions.places == [
        Place("acme/consents/c.gz", None, "truncated"),
        Place("acme/klaviyo_profiles/k.gz", None, "truncated"),
    ]
    assert found(file) == []


def test_a_file_that_failed_twice_without_a_batch_is_named_once_with_the_last_reason(tmp_path: Path) -> None:
    """Its versions have one hash, as nothing was loaded with either."""
    ledger = [failed("a.gz", "consents", None, 1, "truncated"), failed("a.gz", "consents", None, 2, "denied")]
    notes = Notes(needs={"unread_permissions": [place("a.gz")]})
    (need,) = found(health_file(tmp_path, inserted("health.ingestion_ledger", ledger)), notes)
    assert need.places == [Place("a.gz", None, "denied")]


def test_the_models_know_the_same_feeds_that_permit() -> None:
    """A vendor that is added is loud in the summary, and passes the check."""
    vendors = {name: declared.get("permits") for name, declared in declarations().items() if declared.get("makes")}
    assert {name for name, vendor in vendors.items() if vendor} == {
        *feeds_making("consents"),
        *feeds_making("suppressions"),
    }
    assert all(vendor == ADAPTERS[name].vendor for name, vendor in vendors.items() if vendor)
