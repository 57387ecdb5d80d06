"""Parquet: types become the JSON that the feeds' fields are written in."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from caw.feeds.declared import feeds
from caw.formats import reader_for
from caw.formats.lines import FileToRead
from caw.limits import DEFAULT_LIMITS
from tests.support.parquet_rows import read, read_file, texts


def test_instants_keep_their_zone_or_stay_local(tmp_path: Path) -> None:
    instant = datetime(2026, 3, 1, 12, 30, 5, 123456, timezone(timedelta(hours=2)))
    local = datetime(2026, 3, 1, 12, 30, 5)
    made = texts(
        tmp_path,
        zoned=pa.array([instant, None], pa.timestamp("us", "+02:00")),
        local=pa.array([local, None], pa.timestamp("s")),
        nanos=pa.array([1_700_000_000_123_456_789, None], pa.timestamp("ns", "UTC")),
        day=pa.array([date(2026, 3, 1), None]),
        inside=pa.array([{"at": instant.astimezone(UTC), "local": local}, None]),
    )
    assert json.loads(made[0]) == {
        "zoned": "2026-03-01T10:30:05.123456Z",
        "local": "2026-03-01T12:30:05",
        "nanos": "2023-11-14T22:13:20.123456789Z",
        "day": "2026-03-01",
        "inside": {"at": "2026-03-01T10:30:05.123456Z", "local": "2026-03-01T12:30:05"},
    }
    assert made[1] == "{}", "nulls are absent fields"


def test_numbers_keep_their_digits(tmp_path: Path) -> None:
    assert texts(
        tmp_path,
        amount=pa.array([Decimal("12345678901234567890.10")], pa.decimal128(38, 2)),
        big=pa.array([2**63 - 1], pa.int64()),
        narrow=pa.array([0.1], pa.float32()),
        wide=pa.array([0.1], pa.float64()),
        yes=pa.array([True]),
    ) == ['{"amount":12345678901234567890.10,"big":9223372036854775807,"narrow":0.1,"wide":0.1,"yes":true}']


def test_long_money_is_canonical_like_in_any_other_file(tmp_path: Path) -> None:
    row = read(tmp_path, pa.table({"total": pa.array([Decimal("12345678901234.56")])}))[0]
    assert row[1:] == ('{"total":12345678901234.56}', '{"total":"12345678901234.56"}', None)


def test_nan_is_missing_and_infinity_is_no_json(tmp_path: Path) -> None:
    nan, infinity = float("nan"), float("inf")
    table = pa.table(
        {
            "total": pa.array([nan, infinity, 1.5, 2.0], pa.float64()),
            "extra": pa.array([[1.0, nan], None, [-infinity], [nan]]),
        }
    )
    assert [(row[1], row[3]) for row in read(tmp_path, table)] == [
        ('{"extra":[1.0,null]}', None),
        ('{"total":Infinity}', "not_json"),
        ('{"total":1.5,"extra":[-Infinity]}', "not_json"),
        ('{"total":2.0,"extra":[null]}', None),
    ]


def test_nested_values_and_texts_as_they_are(tmp_path: Path) -> None:
    items = [[{"sku": "a", "quantity": 2, "price": None}], [], None]
    assert texts(
        tmp_path,
        items=pa.array(items),
        profile=pa.array([{"email": "é\n"}, {"email": None}, None]),
        note=pa.array(["[1]", "", '"']),
        pairs=pa.array([[("k", 1)], None, None], pa.map_(pa.string(), pa.int64())),
    ) == [
        '{"items":[{"sku":"a","quantity":2}],"profile":{"email":"é\\n"},"note":"[1]","pairs":{"k":1}}',
        '{"items":[],"profile":{},"note":""}',
        '{"note":"\\""}',
    ]


def test_dictionaries_binaries_and_bad_bytes(tmp_path: Path) -> None:
    spoilt = pa.Array.from_buffers(
        pa.string(), 3, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0\3\0\0\0\4\0\0\0"), pa.py_buffer(b"a\xff\xc3b")]
    )
    table = pa.table(
        {
            "order_id": pa.array([b"x", "é".encode(), b"\xff"], pa.binary()),
            "status": pa.array(["placed", None, "placed"]).dictionary_encode(),
            "note": spoilt,
        }
    )
    assert [(row[1], row[3]) for row in read(tmp_path, table)] == [
        ('{"order_id":"x","status":"placed","note":"a"}', None),
        ('{"order_id":"é","note":"\\xff\\xc3"}', "not_utf8"),
        ('{"order_id":"\\xff","status":"placed","note":"b"}', "not_utf8"),
    ]


def test_what_pandas_writes(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "order_id": pd.Categorical(["a", "b"]),
            "placed_at": pd.to_datetime(["2026-01-01T00:00:00Z", None]),
            "total": [1.5, None],
        }
    )
    path = tmp_path / "f.parquet"
    frame.to_parquet(path)
    assert [json.loads(row[1]) for row in read_file(path)] == [
        {"order_id": "a", "placed_at": "2026-01-01T00:00:00Z", "total": 1.5},
        {"order_id": "b"},
    ]


def test_int96_is_utc_however_deep_and_other_instants_without_a_zone_are_local(tmp_path: Path) -> None:
    """Spark and Hive write INT96 in UTC: read as local time it is hours off in silence."""
    at = datetime(2026, 6, 30, 8, 0, 0, 123456)
    columns = {
        "placed_at": pa.array([at, None], pa.timestamp("ns")),
        "times": pa.array([[at, None], None], pa.list_(pa.timestamp("ns"))),
        "meta": pa.array([{"at": at}, {"at": None}], pa.struct([("at", pa.timestamp("ns"))])),
    }
    made = read(tmp_path, pa.table(columns), use_deprecated_int96_timestamps=True)
    assert [json.loads(row[1]) for row in made] == [
        {
            "placed_at": "2026-06-30T08:00:00.123456000Z",
            "times": ["2026-06-30T08:00:00.123456000Z", None],
            "meta": {"at": "2026-06-30T08:00:00.123456000Z"},
        },
        {"meta": {}},
    ]
    made = read(tmp_path, pa.table(columns))
    assert json.loads(made[0][1])["placed_at"] == "2026-06-30T08:00:00.123456000"


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC"])
def test_an_instant_beyond_the_calendar_spoils_its_row_only(tmp_path: Path, unit: str, zone: str | None) -> None:
    """Java's greatest long stands for "for ever" in many systems."""
    instants = pa.array([2**63 - 1, -(2**63) + 1, 0], pa.timestamp(unit, zone))
    made = texts(tmp_path, placed_at=instants, order_id=pa.array(["a", "b", "c"]))
    assert [json.loads(text)["order_id"] for text in made] == ["a", "b", "c"]
    assert json.loads(made[2])["placed_at"] == f"1970-01-01T00:00:00{'Z' if zone else ''}"
    if unit != "ns":  # which end in 1677 and 2262
        assert [json.loads(text)["placed_at"] for text in made[:2]] == ["beyond the calendar"] * 2


def test_a_day_beyond_the_calendar_spoils_its_row_only(tmp_path: Path) -> None:
    made = texts(
        tmp_path,
        day=pa.array([2**31 - 1, 0, -(2**31) + 5], pa.date32()),
        in_it=pa.array([[2**31 - 1], [], []], pa.list_(pa.date32())),
    )
    assert [json.loads(text)["day"] for text in made] == ["beyond the calendar", "1970-01-01", "beyond the calendar"]


def test_a_time_of_day_is_a_text_whatever_it_is(tmp_path: Path) -> None:
    times = pa.array(
        [0, 86_400_000_000, 45_296_000_001], pa.time64("us")
    )  # midnight at the day's end is no Python time
    assert texts(tmp_path, at=times) == ['{"at":"00:00:00"}', '{"at":"24:00:00"}', '{"at":"12:34:56.000001"}']


def test_doubles_are_ids_where_they_are_exact(tmp_path: Path) -> None:
    """pandas makes floats of whole numbers as soon as one is missing."""
    assert texts(
        tmp_path,
        order_id=pa.array([1001.0, None, 2.0**53, 1.5]),
        items=pa.array([[{"product_id": 77.0, "price": 2.0}], None, None, None]),
        profile=pa.array([{"profile_id": 501.0}, None, None, None]),
        total=pa.array([3.0, None, None, None]),
    ) == [
        '{"order_id":1001,"items":[{"product_id":77,"price":2.0}],"profile":{"profile_id":501},"total":3.0}',
        "{}",
        '{"order_id":9.0071992547409920e+15}',
        '{"order_id":1.5}',
    ]


def test_a_list_as_text_is_a_list_where_one_is_due(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    messages = [{"role": "user", "content": "hi"}]
    pq.write_table(pa.table({"id": ["t1"], "messages": [json.dumps(messages)], "note": ["[1]"]}), path)
    reader = reader_for(path.name)
    assert reader is not None
    [lines] = reader(FileToRead.at(path), feeds()["chat_transcripts"], DEFAULT_LIMITS)
    assert lines.validate().raw_text.to_pylist() == [
        '{"id":"t1","messages":[{"role":"user","content":"hi"}],"note":"[1]"}'
    ]


def test_columns_are_named_as_those_of_a_csv_are(tmp_path: Path) -> None:
    assert texts(
        tmp_path,
        **{
            "Order ID": pa.array([1, 2]),
            "profile": pa.array([{"email": "o@x.io"}, {"email": None}]),
            "profile.email": pa.array(["d@x.io", "d@x.io"]),
            "profile_id": pa.array([5.0, None]),
        },
    ) == [
        '{"order_id":1,"profile":{"email":"o@x.io","profile_id":5}}',
        '{"order_id":2,"profile":{"email":"d@x.io"}}',
    ]
