"""Parquet: types become the JSON that the feeds' fields are written in."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.formats import reader_for
from orchestration.ingest.feeds import Feed, feeds
from orchestration.ingest.limits import DEFAULT_LIMITS, Limits
from orchestration.ingest.lines import Landed, UnreadableFile

Row = tuple[int, str, str | None, str | None]


def loose(feed: str) -> Feed:
    """A feed that a file may leave columns out of."""
    return replace(feeds()[feed], required=())


def read_file(path: Path, limits: Limits = DEFAULT_LIMITS) -> list[Row]:
    reader = reader_for(path.name)
    assert reader is not None
    rows: list[Row] = []
    for lines in reader(Landed.at(path), loose("orders"), limits):
        found = lines.judge()
        columns = (found.line_number, found.raw_text, found.document, found.problem)
        rows.extend(zip(*(column.to_pylist() for column in columns), strict=True))
    return rows


def read(tmp_path: Path, table: pa.Table, **options: object) -> list[Row]:
    path = tmp_path / "f.parquet"
    pq.write_table(table, path, **options)
    return read_file(path)


def texts(tmp_path: Path, **columns: pa.Array) -> list[str]:
    return [row[1] for row in read(tmp_path, pa.table(columns))]


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


def test_rows_are_numbered_across_row_groups_and_chunks(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"order_id": [str(number) for number in range(100)]}), path, row_group_size=7)
    rows = read_file(path, replace(DEFAULT_LIMITS, chunk=50))
    assert [row[0] for row in rows] == list(range(1, 101))
    assert rows[99][1] == '{"order_id":"99"}'
    pq.write_table(pa.table({"order_id": pa.array([], pa.string())}), path)
    assert read_file(path) == []


def test_broken_files_are_unreadable_and_missing_ones_are_not(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"order_id": ["secret-content"] * 1000}), path, compression="zstd")
    whole = path.read_bytes()
    for broken in (b"", b"PAR1", whole[:-1], whole[:50], whole[:4] + b"\xff" * 60 + whole[64:], b"x" * 1000):
        path.write_bytes(broken)
        with pytest.raises(UnreadableFile) as caught:
            read_file(path)
        assert "secret" not in str(caught.value)
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "gone.parquet")


def test_limits_and_repeated_fields(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table([pa.array([None, 1]), pa.array([2, 3])], names=["total", "Total "]), path)
    assert [row[1] for row in read_file(path)] == ['{"total":2}', '{"total":1}'], "the first with a value"
    pq.write_table(pa.table({"a": ["x" * 100], "b": ["y"]}), path)
    for limits in (replace(DEFAULT_LIMITS, columns=1), replace(DEFAULT_LIMITS, unpacked=10)):
        with pytest.raises(UnreadableFile, match="limit"):
            read_file(path, limits)
    assert read_file(path, replace(DEFAULT_LIMITS, line=50))[0][3] == "too_large"
