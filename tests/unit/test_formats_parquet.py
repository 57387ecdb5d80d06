"""Parquet: types become the JSON that the feeds' fields are written in."""

import base64
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow.parquet import encryption

from caw.feeds.declared import Feed, feeds
from caw.formats import parquet_table, reader_for
from caw.formats.lines import FileToRead, UnreadableFile
from caw.limits import DEFAULT_LIMITS, MIB, Limits

Row = tuple[int, str, str | None, str | None]


def loose(feed: str) -> Feed:
    """A feed that a file may leave columns out of."""
    return replace(feeds()[feed], required=())


def read_file(path: Path, limits: Limits = DEFAULT_LIMITS) -> list[Row]:
    reader = reader_for(path.name)
    assert reader is not None
    rows: list[Row] = []
    for lines in reader(FileToRead.at(path), loose("orders"), limits):
        found = lines.validate()
        columns = (found.line_number, found.raw_text, found.document, found.rejection)
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


class KeysInThePlain(encryption.KmsClient):  # type: ignore[misc]  # pyarrow has no types
    """Keys of a test, kept beside what they lock."""

    def wrap_key(self, key: bytes, _: str) -> bytes:
        """The key as text."""
        return base64.b64encode(key)


@pytest.mark.parametrize("plaintext_footer", [False, True])
def test_an_encrypted_file_is_called_that(tmp_path: Path, plaintext_footer: bool) -> None:
    """Whoever reads "broken" writes the file again, as it was."""
    path = tmp_path / "f.parquet"
    table = pa.table({"order_id": ["1"], "placed_at": ["2026-06-30T08:00:00Z"]})
    ways = encryption.EncryptionConfiguration(
        footer_key="f", column_keys={"c": ["order_id"]}, plaintext_footer=plaintext_footer
    )
    factory = encryption.CryptoFactory(lambda _: KeysInThePlain())
    properties = factory.file_encryption_properties(encryption.KmsConnectionConfig(), ways)
    with pq.ParquetWriter(path, table.schema, encryption_properties=properties) as writer:
        writer.write_table(table)
    with pytest.raises(UnreadableFile, match="encrypted Parquet; write it without encryption"):
        read_file(path)


@pytest.mark.parametrize("name", ["file_row_number", "File_Row_Number"])
def test_a_column_with_the_name_that_the_reader_gives_fails_with_what_to_do(tmp_path: Path, name: str) -> None:
    """DuckDB's own refusal says neither which column nor why."""
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"order_id": ["1"], name: [1]}), path)
    with pytest.raises(UnreadableFile, match="a column is called file_row_number; rename it"):
        read_file(path)


def test_limits_and_repeated_fields(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table([pa.array([None, 1]), pa.array([2, 3])], names=["total", "Total "]), path)
    assert [row[1] for row in read_file(path)] == ['{"total":2}', '{"total":1}'], "the first with a value"
    pq.write_table(pa.table({"a": ["x" * 100], "b": ["y"]}), path)
    for limits in (replace(DEFAULT_LIMITS, columns=1), replace(DEFAULT_LIMITS, unpacked=10)):
        with pytest.raises(UnreadableFile, match="limit"):
            read_file(path, limits)
    assert read_file(path, replace(DEFAULT_LIMITS, line=50))[0][3] == "too_large"


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


def test_a_file_without_a_required_column_fails_whole(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"order_id": [1], "created": ["x"]}), path)
    reader = reader_for(path.name)
    assert reader is not None
    with pytest.raises(UnreadableFile, match='placed_at; the nearest column is "'):
        list(reader(FileToRead.at(path), feeds()["orders"], DEFAULT_LIMITS))


def large_texts(path: Path, columns: int, rows: int = 100_000) -> None:
    """A file as DuckDB writes it: one row group, and of each column one page of 500 bytes a row."""
    texts = ", ".join(f"hash(i + {at})::varchar || repeat('{at}', 500) as c{at}" for at in range(columns))
    duckdb.sql(f"copy (select i as order_id, {texts} from range({rows}) t(i)) to '{path}' (compression zstd)")


def test_files_as_duckdb_writes_them_are_read(tmp_path: Path) -> None:
    """It gives each column one page, of 40 MB and more: of many such columns no two need fit into the memory together.

    Here a page has 10 MB, and the memory is as much smaller than in a run.
    """
    path = tmp_path / "f.parquet"
    large_texts(path, 8, 20_000)
    reader = reader_for(path.name)
    assert reader is not None
    rows = 0
    for lines in reader(FileToRead.at(path), loose("orders"), replace(DEFAULT_LIMITS, parquet=64 * MIB)):
        first = json.loads(lines.validate().raw_text[0].as_py())
        assert (first["order_id"], len(first["c5"])) == (rows, len(str(first["c5"])))
        rows += lines.total
    assert rows == 20_000


def test_large_rows_are_read_in_windows_and_none_is_lost_or_doubled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_table, "STREAMED", 4_000_000)
    monkeypatch.setattr(parquet_table, "WINDOW", 300_000)
    monkeypatch.setattr(parquet_table, "AT_ONCE", 100)
    path = tmp_path / "f.parquet"
    # 6 MB in each of the first two blocks of 2048 rows, and little in the last
    names = [f"{number:05d}" + "x" * (number % 7 * 1000 * (number < 4096)) for number in range(5000)]
    spoilt = pa.array([b"\xff" if number == 3210 else b"a" for number in range(5000)]).cast(pa.binary())
    bad = pa.Array.from_buffers(pa.string(), 5000, spoilt.buffers())
    for table in (pa.table({"order_id": names}), pa.table({"order_id": names, "note": bad})):
        pq.write_table(table, path, row_group_size=1700)
        rows = read_file(path)
        assert [row[0] for row in rows] == list(range(1, 5001))
        assert [json.loads(row[1])["order_id"] for row in rows if row[3] is None] == [
            name for number, name in enumerate(names) if number != 3210 or table.num_columns == 1
        ]


@pytest.mark.parametrize("cores", [1, 2, 8, 32])
def test_how_many_processors_a_machine_has_decides_nothing(tmp_path: Path, cores: int) -> None:
    """Libraries take memory for each processor when they are loaded: with five no file could be read once."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    shim = tmp_path / "cores.c"
    shim.write_text(CORES)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", tmp_path / "cores.so", shim], check=True)
    pq.write_table(pa.table({"order_id": ["a", "b"], "placed_at": ["2026-01-01", "x"]}), tmp_path / "f.parquet")
    ended = subprocess.run(
        [sys.executable, "-c", READING, str(tmp_path / "f.parquet")],
        env={**os.environ, "LD_PRELOAD": str(tmp_path / "cores.so"), "CORES": str(cores)},
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {"cores": cores, "rows": 2, "threads": 1, "memory": "256.0 MiB"}


CORES = """
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static long cores(void) { return atol(getenv("CORES")); }
long sysconf(int name) {
    extern long __sysconf(int);
    return name == _SC_NPROCESSORS_ONLN || name == _SC_NPROCESSORS_CONF ? cores() : __sysconf(name);
}
int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set) {
    memset(set, 0, size);
    for (long at = 0; at < cores() && at < (long)size * 8; at++) CPU_SET(at, set);
    return 0;
}
"""
READING = """
import json, os, sys
from pathlib import Path
from caw.formats import parquet_table
from caw.feeds.declared import feeds
from caw.limits import DEFAULT_LIMITS, MIB
from caw.formats.lines import FileToRead
rows = sum(x.total for x in parquet_table.read(FileToRead.at(Path(sys.argv[1])), feeds()["orders"], DEFAULT_LIMITS))
with parquet_table._connection(DEFAULT_LIMITS) as one:
    [(threads, memory)] = one.sql("select current_setting('threads'), current_setting('memory_limit')").fetchall()
print(json.dumps({"cores": os.cpu_count(), "rows": rows, "threads": threads, "memory": memory}))
"""
