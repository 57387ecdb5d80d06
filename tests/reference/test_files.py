"""Hand-worked cases of landed files (spec §1)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from . import Warehouse, build
from .cases import at, batch, lines, write_seeds

Build = Callable[..., Warehouse]
AT = "2025-03-10T10:00:00Z"


@pytest.fixture(name="run")
def run_fixture(tmp_path: Path) -> Build:
    """Build a warehouse from the files of one or more batches."""
    seeds = write_seeds(tmp_path)

    def run(*files: dict[str, bytes]) -> Warehouse:
        return build([batch(one, number) for number, one in enumerate(files, 1)], seeds, at("2025-03-10 12:00"))

    return run


def ledger(warehouse: Warehouse) -> dict[str, tuple[Any, ...]]:
    """File -> status, accepted, rejected."""
    rows = warehouse.tables["health.ingestion_ledger"]
    return {row["file_path"].rpartition("/")[2]: (row["status"], row["accepted"], row["rejected"]) for row in rows}


def order(number: int) -> dict[str, Any]:
    """A small order."""
    return {"order_id": f"o{number}", "placed_at": AT}


def orders(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """order_id, e-mail, phone_number, profile_id of every accepted order."""
    names = ("email", "phone_number", "profile_id")
    return [(row["order_id"], *(row["profile"][name] for name in names)) for row in warehouse.accepted["orders"]]


def test_a_json_file_holds_values_one_after_the_other_and_a_list_stands_for_its_elements(run: Build) -> None:
    one, two, three = (json.dumps(order(number)) for number in (1, 2, 3))
    folder = "acme_us/orders/"
    files = {
        folder + "a.json": f"{one}{two}\n[{three}, 4]\n5 ".encode(),
        folder + "b.json": b"",
        folder + "c.json": b" \n",
        folder + "d.json": f"{one}\n{{".encode(),
        folder + "e.json": f"{one},{two}".encode(),
        folder + "f.json": b"[]",
        folder + "g.JSON.gz": gzip.compress(json.dumps(order(6)).encode()),
        folder + "h.json.zst": zstandard.compress(json.dumps([order(7)]).encode()),
    }
    warehouse = run(files)
    assert ledger(warehouse) == {
        "a.json": ("loaded", 3, 2),
        "b.json": ("failed", 0, 0),
        "c.json": ("failed", 0, 0),
        "d.json": ("failed", 0, 0),
        "e.json": ("failed", 0, 0),
        "f.json": ("loaded", 0, 0),
        "g.JSON.gz": ("loaded", 1, 0),
        "h.json.zst": ("loaded", 1, 0),
    }
    refused = warehouse.tables["health.rejected_records"]
    assert [(row["line_number"], row["reason"], row["raw_text"]) for row in refused] == [
        (4, "not_an_object", "4"),
        (5, "not_an_object", "5"),
    ]
    assert all(row["detail"] for row in refused)


def test_transcripts_one_after_the_other_are_opened_one_by_one(run: Build) -> None:
    def case(name: str) -> dict[str, Any]:
        return {"id": name, "messages": [{"role": "user", "content": "hi", "timestamp": AT}]}

    content = json.dumps({"transcripts": [case("a"), case("b")]}) + json.dumps([case("c")]) + json.dumps(case("d"))
    warehouse = run({"acme_us/chat_transcripts/a.json": content.encode()})
    assert [row["conversation_id"] for row in warehouse.accepted["chat_transcripts"]] == ["a", "b", "c", "d"]


def test_a_json_list_in_json_lines_fails_whole_if_it_spans_lines(run: Build) -> None:
    good = json.dumps(order(1))
    folder = "acme_us/orders/"
    files = {
        folder + "a.jsonl": f"\n[\n{good}\n]\n".encode(),
        folder + "b.jsonl": f"[{good},\n{good}]\n".encode(),
        folder + "c.jsonl": f"[{good}]\n{good}\n".encode(),
        folder + "d.jsonl": f"[1,\n{good}\n".encode(),
        folder + "e.ndjson": b'[{"a": "]"},\n',
        folder + "f.jsonl": f"{good}\n[\n".encode(),
        folder + "g.jsonl": f"{good}{good}\n".encode(),
    }
    assert ledger(run(files)) == {
        "a.jsonl": ("failed", 0, 0),
        "b.jsonl": ("failed", 0, 0),
        "c.jsonl": ("loaded", 1, 1),  # a whole list on a line is not an object
        "d.jsonl": ("loaded", 0, 1),  # the order is a duplicate of c's
        "e.ndjson": ("failed", 0, 0),
        "f.jsonl": ("loaded", 0, 1),
        "g.jsonl": ("loaded", 0, 1),  # several objects on one line
    }


def test_sixteen_mebibytes_for_a_line_of_transcripts_and_no_bound_for_records_of_other_files(run: Build) -> None:
    long = "x" * (1024 * 1024)
    message = {"role": "user", "content": long, "timestamp": AT}
    files = {
        "acme_us/chat_transcripts/a.jsonl": lines({"id": "t", "messages": [message]}),
        "acme_us/products/a.jsonl": lines({"product_id": "p", "updated_at": AT, "title": long}),
        "acme_us/products/b.json": lines({"product_id": "p", "updated_at": AT, "title": long}),
    }
    warehouse = run(files)
    assert [row["reason"] for row in warehouse.tables["health.rejected_records"]] == ["too_large"]
    assert ledger(warehouse)["b.json"] == ("loaded", 1, 0)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_header_shows_the_separator_and_its_names_are_trimmed_and_without_case(run: Build, separator: str) -> None:
    header = separator.join(['" ORDER ID "', "Placed At", "Total", '"a,b;c"'])
    row = separator.join(["o1", AT, '"12.5"', "x"])
    warehouse = run({"acme_us/orders/a.csv.gz": gzip.compress(f"sep={separator}\r\n{header}\r\n{row}\r\n".encode())})
    (accepted,) = warehouse.accepted["orders"]
    assert (accepted["order_id"], str(accepted["total"]), accepted["line_number"]) == ("o1", "12.50", 1)


def test_a_tie_of_separators_goes_to_the_comma_and_a_decimal_comma_is_a_bad_value(run: Build) -> None:
    content = f"order_id,placed_at;x,total;y\no1,{AT},1\n"
    other = f"order_id;placed_at;total\no1;{AT};12,5\n"
    warehouse = run({"acme_us/orders/a.csv": content.encode(), "acme_us/orders/b.csv": other.encode()})
    assert ledger(warehouse) == {"a.csv": ("failed", 0, 0), "b.csv": ("loaded", 0, 1)}
    assert warehouse.tables["health.rejected_records"][0]["field"] == "total"


def test_profile_columns_member_by_member(run: Build) -> None:
    columns = ["order_id", "placed_at", "profile", "profile_email", "profile.email", "Profile.Phone_Number",
               "profile_profile_id", "profile_id", "profile_id"]  # fmt: skip
    rows = [
        ["o1", AT, '{""email"": ""own@x""}', "flat@x", "dotted@x", "5551234", "", "", "p2"],
        ["o2", AT, '{""email"": null}', "flat@x", "dotted@x", "", "p1", "p2", ""],
        ["o3", AT, "", "flat@x", " ", "", "", "", ""],
        ["o4", AT, "no object", "flat@x", "", "", "", "", ""],
    ]
    content = "\n".join([",".join(columns), *(",".join(f'"{cell}"' for cell in row) for row in rows)])
    warehouse = run({"acme_us/orders/a.csv": content.encode()})
    assert orders(warehouse) == [
        ("o1", "own@x", "5551234", "p2"),
        ("o2", "dotted@x", None, "p1"),
        ("o3", "flat@x", None, None),
    ]
    (refused,) = warehouse.tables["health.rejected_records"]
    assert (refused["line_number"], refused["field"]) == (4, "profile")


def test_other_dotted_columns_are_no_objects_and_are_known_to_nobody(run: Build) -> None:
    content = f"order_id,placed_at,items.sku,profile.city,profile_city\no1,{AT},s1,Rome,Bonn\no2,{AT},,Rome,\n"
    warehouse = run({"acme_us/orders/a.csv": content.encode()})
    assert warehouse.accepted["orders"][0]["items"] == []
    found = {row["field"]: row["lines"] for row in warehouse.tables["health.unknown_fields"]}
    assert found == {"items.sku": 1, "profile.city": 2, "profile_city": 1}


def test_of_two_columns_of_one_name_the_first_with_a_value(run: Build) -> None:
    content = f"order_id,Total,placed_at, total\no1,,{AT},2\no2,1,{AT},2\n"
    warehouse = run({"acme_us/orders/a.csv": content.encode()})
    assert [str(row["total"]) for row in warehouse.accepted["orders"]] == ["2.00", "1.00"]


def test_folders_give_what_no_column_has(run: Build) -> None:
    row = b"order_id,currency\no1,\n"
    folder = f"acme_us/orders/Placed%20At={AT.replace(':', '%3A')}/"
    files = {
        folder + "profile.email=a@x/currency=EUR/total=1/total=2/a.csv": row,
        folder + "total=__HIVE_DEFAULT_PARTITION__/b.csv": b"order_id\no2\n",
        folder + "c.jsonl": lines({"order_id": "o3"}),
    }
    warehouse = run(files)
    first, second = warehouse.accepted["orders"]
    assert (first["placed_at"], first["currency"], str(first["total"])) == (at("2025-03-10 10:00"), "USD", "2.00")
    assert (first["profile"]["email"], str(second["total"])) == ("a@x", "0.00")
    assert ledger(warehouse)["c.jsonl"] == ("loaded", 0, 1)  # of CSV and Parquet alone


def test_a_file_without_a_required_column_fails_but_not_of_consents_and_suppressions(run: Build) -> None:
    files = {
        "acme_us/orders/a.csv": f"order_id,created at\no1,{AT}\n".encode(),  # an alias of placed_at
        "acme_us/orders/b.csv": b"order_id\no1\n",
        "acme_us/conversation_log/c.csv": f"record_id,conversation_id,occurred_at\nr,c,{AT}\n".encode(),
        "acme_us/erasures/d.csv": f"request_id,requested_at\nx,{AT}\n".encode(),
        "acme_us/erasures/e.csv": b"request_id,requested_at,phone\nx,2025-03-10,5551234\n",
        "acme_us/consents/f.csv": b"profile_id,status\np,unsubscribed\n",
        "acme_us/suppressions/g.csv": b"profile_id\np\n",
        "acme_us/orders/h.csv": b"",
        "acme_us/message_sends/i.csv": b"message_id,profile_id,channel\n",
    }
    assert ledger(run(files)) == {
        "a.csv": ("loaded", 1, 0),
        "b.csv": ("failed", 0, 0),
        "c.csv": ("failed", 0, 0),
        "d.csv": ("failed", 0, 0),
        "e.csv": ("loaded", 1, 0),
        "f.csv": ("loaded", 0, 1),
        "g.csv": ("loaded", 0, 1),
        "h.csv": ("loaded", 0, 0),
        "i.csv": ("failed", 0, 0),
    }


def test_endings_and_ignored_endings_count_in_any_case(run: Build) -> None:
    files = {
        "acme_us/orders/A.JSONL": lines(order(1)),
        "acme_us/orders/B.Csv.Zst": zstandard.compress(f"order_id,placed_at\no2,{AT}\n".encode()),
        "acme_us/orders/C.jsonl.PART": lines(order(3)),
        "acme_us/orders/d.csv.zst": zstandard.compress(b"x" * 100)[:-3],
        "acme_us/orders/e.parquet.gz": gzip.compress(b"x"),
    }
    assert ledger(run(files)) == {
        "A.JSONL": ("loaded", 1, 0),
        "B.Csv.Zst": ("loaded", 1, 0),
        "d.csv.zst": ("failed", 0, 0),
        "e.parquet.gz": ("unknown_feed", 0, 0),
    }


def test_the_cut_last_row_of_a_csv_gives_way_to_the_version_that_goes_on(run: Build) -> None:
    path = "acme_us/conversation_log/a.csv"
    head = "record_id,conversation_id,occurred_at,record_type,actor,text\n"
    whole = f"{head}r1,c1,{AT},message,customer,Do you have it?\nr2,c1,{AT},message,agent,Yes\n"
    half = whole[: whole.index(" have")]
    warehouse = run({path: half.encode()}, {path: whole.encode()})
    rows = [(row["accepted"], row["rejected"]) for row in warehouse.tables["health.ingestion_ledger"]]
    assert rows == [(1, 0), (2, 0)]  # the half row stays counted in its version
    (started,) = warehouse.tables["events.conversation_started"]
    assert started["first_message"] == "Do you have it?"
    other = run({path: half.encode()}, {path: whole.replace("?", "!").encode()})
    assert other.tables["events.conversation_started"][0]["first_message"] == "Do you have it!"
    unlike = run({path: half.encode()}, {path: whole.replace("Do you", "Have you").encode()})
    assert unlike.tables["events.conversation_started"][0]["first_message"] == "Do you"
    assert unlike.tables["health.rejected_records"][0]["reason"] == "conflicting_duplicate"
    terminated = run({path: f"{half}\n".encode()}, {path: f"{half}\nr3,c1,{AT},message,agent,x".encode()})
    assert [row["duplicates"] for row in terminated.tables["health.ingestion_ledger"]] == [0, 1]


def test_what_a_row_that_gave_way_stood_against_is_accepted_after_all(run: Build) -> None:
    path = "acme_us/message_sends/a.csv"
    head = "message_id,profile_id,channel,sent_at,kind\n"
    cut = f"{head}m1,p,email,{AT},fl"
    between = lines({"message_id": "m1", "profile_id": "p", "channel": "email", "sent_at": AT, "kind": "flow"})
    warehouse = run({path: cut.encode()}, {"acme_us/message_sends/b.jsonl": between}, {path: f"{cut}ow\n".encode()})
    rows = warehouse.tables["health.ingestion_ledger"]
    assert [(row["accepted"], row["duplicates"], row["rejected"]) for row in rows] == [(1, 0, 0), (1, 0, 0), (0, 1, 0)]
    assert [row["kind"] for row in warehouse.accepted["message_sends"]] == ["flow"]
    assert warehouse.tables["health.unknown_words"] == []
