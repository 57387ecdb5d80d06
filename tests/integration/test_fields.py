"""Fields as real exports have them (spec §2.0): each form that counts, and each that does not, worked by hand."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.field_files import WRONG, field_files
from tests.support.field_forms import (
    ALIASES,
    AT,
    BAD,
    BOOLEANS,
    CONSENTS,
    IDS,
    INSTANTS,
    LONG_IDS,
    PRODUCTS,
    QUANTITIES,
    SEQUENCES,
    SOMEBODY,
    SUPPRESSIONS,
    TAGS,
)
from tests.support.pipeline import Pipeline, Row
from tests.support.project import copy_project, shipped

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """All lines of this module, taken in and staged."""
    folder = tmp_path_factory.mktemp("fields")
    project = copy_project(folder / "project", {"field_aliases": ALIASES})
    pipeline = Pipeline(folder, project, ("rejected_records", "unknown_fields"))
    pipeline.deliver(field_files(), NOW)
    pipeline.build(NOW)
    yield pipeline


@pytest.mark.parametrize("feed", WRONG)
def test_each_declared_field_is_checked_in_its_place(built: Pipeline, feed: str) -> None:
    """A field that the property file declares and the base model does not check, or in another order."""
    found = [
        (row["verdict"], row["refusal_reason"], row["refusal_field"]) for row in staged(built, feed, "declared.jsonl")
    ]
    assert found == [("rejected", one.reason, one.field) for one in WRONG[feed]]


def staged(built: Pipeline, feed: str, file: str) -> list[Row]:
    """The rows of one file, in its order."""
    return built.query(f"select * from staging.stg_{feed} where file_path like '%/{feed}/{file}' order by line_number")


def test_instants(built: Pipeline) -> None:
    """One misread offset moves an event; one refused form loses a day's log."""
    found = {}
    for text, row in zip(INSTANTS, staged(built, "conversation_log", "instants.jsonl"), strict=True):
        accepted = row["verdict"] == "accepted"
        assert accepted or (row["refusal_reason"], row["refusal_field"]) == ("bad_value", "occurred_at")
        found[text] = row["occurred_at"] if accepted else None
    expected = {text: at and datetime.fromisoformat(f"{at}+00:00") for text, at in INSTANTS.items()}
    assert found == expected


@pytest.mark.parametrize(
    ("feed", "file", "field", "values"),
    [
        ("products", "ids.jsonl", "product_id", IDS),
        ("products", "booleans.jsonl", "in_stock", BOOLEANS),
        ("conversation_log", "tags.jsonl", "tags", TAGS),
        ("conversation_log", "products.jsonl", "products", PRODUCTS),
        ("conversation_log", "sequences.jsonl", "sequence", SEQUENCES),
        ("conversation_log", "quantities.jsonl", "quantity", QUANTITIES),
    ],
)
def test_values(built: Pipeline, feed: str, file: str, field: str, values: dict[str, Any]) -> None:
    """Each form counts as what it says, and each other is a bad value of that field."""
    rows = staged(built, feed, file)
    found = {
        text: row[field]
        if row["refusal_reason"] is None or row["refusal_reason"] == "conflicting_duplicate"
        else (row["refusal_reason"], row["refusal_field"])
        for text, row in zip(values, rows, strict=True)
    }
    assert found == {text: ("bad_value", field) if value is BAD else value for text, value in values.items()}


@pytest.mark.parametrize("feed", LONG_IDS)
def test_long_ids_are_shortened_and_other_texts_are_not(built: Pipeline, feed: str) -> None:
    """One profile_id of a megabyte would be in each of its events; a buyer whose order is refused is written to."""
    rows = staged(built, feed, "long.jsonl")
    assert [row["refusal_reason"] for row in rows] == [None for _ in LONG_IDS[feed]]
    kept = [{name: row[name] for name in said} for row, (_, said) in zip(rows, LONG_IDS[feed], strict=True)]
    assert kept == [said for _, said in LONG_IDS[feed]]


def test_nobody_is_absent_and_somebody_is_not(built: Pipeline) -> None:
    """Two strangers without an e-mail must not become one person."""
    for row in staged(built, "profiles", "nobody.jsonl")[:-1]:
        assert (row["refusal_reason"], row["email"], row["phone_number"], row["external_id"]) == (None,) * 4
    last = staged(built, "profiles", "nobody.jsonl")[-1]
    assert (last["anonymous_ids"], last["merged_into"]) == (["a"], None)
    rows = staged(built, "profiles", "somebody.jsonl")
    assert [row["email"] for row in rows[:-1]] == SOMEBODY
    assert [row["external_id"] for row in rows[:-1]] == SOMEBODY
    assert [row["merged_into"] for row in rows[:-1]] == SOMEBODY
    assert (rows[-1]["phone_number"], rows[-1]["anonymous_ids"]) == ("4915112345678", ["7"])


def test_consents_and_suppressions_fail_closed(built: Pipeline) -> None:
    """Whoever did not say yes in so many words is not written to."""
    found = [(row["status"], row["status_text"]) for row in staged(built, "consents", "a.jsonl")]
    assert found == [(status, text) for _, status, text in CONSENTS]
    columns = ("channel", "channel_text", "action", "action_text")
    rows = staged(built, "suppressions", "a.jsonl")
    assert [tuple(row[name] for name in columns) for row in rows] == [one[1:] for one in SUPPRESSIONS]
    # kept texts are content: only the very same row is a duplicate
    assert [row["verdict"] for row in staged(built, "consents", "a.jsonl")] == [
        "accepted", "accepted", "accepted", "duplicate", "duplicate", "accepted",
        "duplicate", "duplicate", "duplicate", "duplicate", "accepted",
    ]  # fmt: skip
    assert {row["verdict"] for row in rows} == {"accepted"}


def test_refused_lines_of_them_keep_who_and_which_channel_they_name(built: Pipeline) -> None:
    """The gates ask them."""
    rows = staged(built, "consents", "bad.jsonl")
    shown = [(row["refusal_reason"], row["refusal_field"], row["profile_id"], row["channel"]) for row in rows]
    assert shown == [
        ("bad_value", "status", "p1", "email"),
        (None, None, "p9", "email"),
        ("missing_field", "profile_id", None, None),
        ("missing_field", "channel", "p1", None),
        ("not_json", None, None, None),
        ("not_json", None, None, None),
    ]
    rows = staged(built, "suppressions", "bad.jsonl")
    shown = [(row["refusal_reason"], row["refusal_field"], row["profile_id"], row["channel"]) for row in rows]
    assert shown[:2] == [("bad_value", "channel", "p1", None)] * 2
    assert [one[:3] for one in shown[2:]] == [("bad_value", "action", "p1"), ("bad_value", "channel", "p1")]


def test_words_of_sends_and_orders(built: Pipeline) -> None:
    """An order in an unknown state was placed; a send of an unknown kind is a campaign; an unknown channel is refused."""
    first, second = staged(built, "message_sends", "a.jsonl")
    assert (first["kind"], first["kind_text"], first["verdict"]) == ("campaign", "newsletter", "accepted")
    assert (second["refusal_reason"], second["refusal_field"]) == ("bad_value", "channel")
    order = staged(built, "orders", "a.jsonl")[0]
    assert (order["status"], order["status_text"], order["currency"]) == ("placed", "Backordered", "EUR")


def test_erasure_requests(built: Pipeline) -> None:
    """A lone date is midnight in the source's zone; either field of a phone counts, and both stay."""
    first, second = staged(built, "erasures", "a.jsonl")
    assert (first["request_id"], first["requested_at"]) == ("1", datetime(2026, 6, 30, 4, tzinfo=UTC))
    assert (first["phone"], first["phone_number"]) == ("4915112345678", "+1 555 0100")
    assert (second["refusal_reason"], second["refusal_field"]) == ("missing_field", "profile_id")


def test_an_alias_counts_where_the_field_is_absent(built: Pipeline) -> None:
    """A buyer that nobody recognises would be written to as if they had not bought."""
    assert [row["email"] for row in staged(built, "orders", "a.jsonl")] == ["a@x.com", "b@x.com", "c@x.com", None]
    assert staged(built, "conversation_log", "odd.jsonl")[0]["tags"] == ["a", "b"]


def details(built: Pipeline, file: str) -> list[str]:
    """The sentences of a file's refused lines."""
    found = built.query(
        f"select detail from health.rejected_records where file_path like '%/{file}' order by line_number"
    )
    return [row["detail"] for row in found]


def test_a_refusal_says_every_fault_what_stands_there_and_what_is_allowed(built: Pipeline) -> None:
    """A bot's log took three rounds, as one fault of a line was named at a time."""
    (order,) = details(built, "orders/a.jsonl")
    assert "total '12,50' is no amount (a number of 0 or more, as 12.50)" in order
    assert "items [{" in order and "; " in order
    (row,) = details(built, "orders/b.csv")
    assert row.startswith("line 2 in an editor: ") and "placed_at '2026-06-01' is no instant" in row
    shown = details(built, "consents/bad.jsonl")
    assert shown[0] == "status 0 is no text."
    assert "profile_id 'null' names nobody: it counts as missing" in shown[1]
    assert "channel 'Mars' is no known word (email, push, sms, whatsapp)" in shown[1]
    assert "occurred_at 'soon' is no instant" in shown[1]
    assert shown[2] == "channel is missing."
    assert "name it .json" in shown[3]
    assert "name it .json" not in shown[4]
    (conflict, *_) = [one for one in details(built, "conversation_log/tags.jsonl") if "came before" in one]
    assert "conversation_id and record_id" in conflict


def test_unknown_fields_are_counted_with_the_nearest_known_one(built: Pipeline) -> None:
    """Typos vanished in silence. Refused lines are named elsewhere; aliases are read."""
    found = {
        (row["feed"], row["field"]): (row["lines"], row["nearest"])
        for row in built.query("select * from health.unknown_fields")
    }
    assert found == {
        ("conversation_log", "chanel"): (2, "channel"),
        ("conversation_log", "profile.mail"): (1, "profile.email"),
        ("conversation_log", "profile.id"): (1, "profile.profile_id"),  # one mark from profile_id
    }
    (first,) = built.query("select first_file_path from health.unknown_fields where field = 'chanel'")
    assert first["first_file_path"] == "acme_us/conversation_log/odd.jsonl"


def test_a_row_that_gave_way_changes_nothing(tmp_path: Path) -> None:
    """The half of a row would hold for ever, and the whole one would be a conflict."""
    import pyarrow as pa

    from caw.raw_store.schemas import GIVEN_WAY_SCHEMA
    from caw.raw_store.store import GIVEN_WAY, RawStore
    from caw.raw_store.tables import put_table

    pipeline = Pipeline(tmp_path / "run", shipped(), ("ingestion_ledger", "conversation_started"))
    head = "record_id,conversation_id,occurred_at,record_type,actor,text\n"
    row = f"r1,c,{AT},message,customer,Do you ha"
    pipeline.deliver({"acme_us/conversation_log/grow.csv": (head + row).encode()}, NOW)
    pipeline.deliver({"acme_us/conversation_log/grow.csv": f"{head}{row}ve it?\n".encode()}, NOW + timedelta(hours=1))
    given = {"batch_id": "00000001", "file_path": "acme_us/conversation_log/grow.csv", "line_number": 1}
    put_table(
        RawStore(pipeline.data_dir).objects, GIVEN_WAY, pa.Table.from_pylist([given], GIVEN_WAY_SCHEMA), replaces=True
    )
    pipeline.build(NOW + timedelta(hours=2))
    rows = pipeline.query("select verdict, gave_way, text from staging.stg_conversation_log order by batch_id")
    assert [tuple(row.values()) for row in rows] == [
        ("gave_way", True, "Do you ha"),
        ("accepted", False, "Do you have it?"),
    ]
    counted = pipeline.query("select lines, accepted, duplicates, rejected from health.ingestion_ledger")
    assert [tuple(row.values()) for row in counted] == [(1, 1, 0, 0)] * 2
    assert [
        row["first_message"] for row in pipeline.query("select first_message from events.conversation_started")
    ] == ["Do you have it?"]
