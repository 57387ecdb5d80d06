"""Cases: Parquet as engines write it (spec §1.7: timestamps, INT96; spec §2.0.2: ids and money). The cases c16
(dialects) and c04 (a pandas frame) are of this kind.

acme_us is in New York, 4 h behind in June: a timestamp without a zone is local, one with a zone and INT96 are instants.
"""

import decimal
import io
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.case_runs import Files, by, errors, ledger, of, refused, utc
from tests.support.forgetting import ForgettingPipeline

EIGHT = datetime(2026, 6, 30, 8)
MS = int(EIGHT.replace(tzinfo=UTC).timestamp() * 1000)
TEXT = pa.string()
KATHMANDU = timezone(timedelta(hours=5, minutes=45))


def parquet(table: pa.Table, **options: Any) -> bytes:
    """The table as a file."""
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def log(name: str, instants: pa.Array, as_type: pa.DataType = TEXT) -> pa.Table:
    """A message of a conversation for each instant; its texts are of this type."""
    count = len(instants)
    texts = {"record_id": [str(number) for number in range(count)], "conversation_id": [name] * count,
             "record_type": ["message"] * count, "actor": ["customer"] * count, "channel": ["sms"] * count}  # fmt: skip
    return pa.table(
        {column: pa.array(values).cast(as_type) for column, values in texts.items()} | {"occurred_at": instants}
    )


def at(kind: str, zone: str | None = None) -> pa.Array:
    return pa.array([EIGHT], pa.timestamp(kind, zone))


# name -> file, and when its first record was, in UTC
INSTANTS: dict[str, tuple[bytes, str]] = {
    **{f"{unit} with a zone": (parquet(log(f"{unit} with a zone", at(unit, "UTC"))), "2026-06-30 08:00") for unit in ("s", "ms", "us", "ns")},
    **{f"{unit} without": (parquet(log(f"{unit} without", at(unit))), "2026-06-30 12:00") for unit in ("s", "ms", "us", "ns")},
    "another zone": (parquet(log("another zone", pa.array([EIGHT.replace(tzinfo=KATHMANDU)], pa.timestamp("us", "Asia/Kathmandu")))), "2026-06-30 02:15"),
    "int96": (parquet(log("int96", at("ns")), use_deprecated_int96_timestamps=True), "2026-06-30 08:00"),
    "int96 with a zone": (parquet(log("int96 with a zone", at("us", "UTC")), use_deprecated_int96_timestamps=True), "2026-06-30 08:00"),
    "version 1": (parquet(log("version 1", at("ms")), version="1.0"), "2026-06-30 12:00"),
    "epochs in ms": (parquet(log("epochs in ms", pa.array([MS], pa.int64()))), "2026-06-30 08:00"),
    "epochs in s": (parquet(log("epochs in s", pa.array([MS // 1000], pa.int32()))), "2026-06-30 08:00"),
    "epochs as doubles": (parquet(log("epochs as doubles", pa.array([MS / 1000 + 0.5], pa.float64()))), "2026-06-30 08:00:00.5"),
    "epochs in us": (parquet(log("epochs in us", pa.array([MS * 1000], pa.int64()))), "2026-06-30 08:00"),
    "texts": (parquet(log("texts", pa.array(["2026-06-30 08:00:00+00"]))), "2026-06-30 08:00"),
    "local texts": (parquet(log("local texts", pa.array(["2026-06-30T08:00"]))), "2026-06-30 12:00"),
    "large texts": (parquet(log("large texts", at("us"), pa.large_string())), "2026-06-30 12:00"),
    "binary": (parquet(log("binary", at("us", "UTC"), pa.binary())), "2026-06-30 08:00"),
    "dictionaries": (parquet(log("dictionaries", at("us"), pa.dictionary(pa.int32(), pa.string()))), "2026-06-30 12:00"),
    **{f"packed by {codec}": (parquet(log(f"packed by {codec}", at("us", "UTC")), compression=codec), "2026-06-30 08:00")
       for codec in ("none", "snappy", "gzip", "zstd", "brotli", "lz4")},
    "pages of version 2": (parquet(log("pages of version 2", at("us", "UTC")), data_page_version="2.0"), "2026-06-30 08:00"),
}  # fmt: skip

# far dates: their rows are refused, and no other
FAR = [datetime(1601, 1, 1), datetime(1969, 12, 31), EIGHT, datetime(2262, 4, 12), datetime(9999, 12, 31, 23, 59, 59)]

MONEY: dict[str, tuple[pa.Array, str]] = {
    "float32": (pa.array([19.99], pa.float32()), "19.99"),
    "float64": (pa.array([12.345], pa.float64()), "12.35"),
    "decimal": (pa.array([decimal.Decimal("7.005")], pa.decimal128(10, 3)), "7.01"),
    "decimal 38": (pa.array([decimal.Decimal("1.10")], pa.decimal128(38, 2)), "1.10"),
    "int8": (pa.array([5], pa.int8()), "5.00"),
    "uint64": (pa.array([5], pa.uint64()), "5.00"),
    "text": (pa.array(["3.5"]), "3.50"),
    "nan": (pa.array([float("nan")], pa.float64()), "0.00"),
    "null": (pa.array([None], pa.null()), "0.00"),
}


def order(name: str, **columns: Any) -> pa.Table:
    """One order at 08:00 UTC."""
    return pa.table({"order_id": [name], "placed_at": at("us", "UTC"), **columns})


def nested() -> pa.Table:
    items = pa.array([[{"product_id": "t", "sku": None, "quantity": 2, "price": decimal.Decimal("19.990")}, None]],
                     pa.list_(pa.struct({"product_id": pa.string(), "sku": pa.string(), "quantity": pa.int32(), "price": pa.decimal128(10, 3)})))  # fmt: skip
    meta = pa.array([[("k", "v")]], pa.map_(pa.string(), pa.string()))
    return order("nested", items=items, profile=[{"email": "ana@p.example"}], status=["Voided"], attrs=meta)


def torn(content: bytes) -> bytes:
    """A file whose first page is damaged."""
    return content[:40] + b"\xff" * 200 + content[240:]


def by_duckdb() -> bytes:
    """A file as DuckDB writes it: a UUID, a zone, a JSON column, a list of structs and a decimal."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "duckdb.parquet"
        duckdb.sql(
            "select uuid '00000000-0000-0000-0000-00000000000a' as order_id, timestamptz '2026-06-30 08:00:00+00' as placed_at, "
            "12.345::decimal(9, 3) as total, [{sku: 'q', quantity: 3}] as items, {email: 'ana@p.example'} as profile, "
            "interval 1 day as \"Lead Time\", hugeint '1' as big, time '10:00' as at_time"
        ).write_parquet(str(path))  # fmt: skip
        return path.read_bytes()


def delivery() -> Files:
    """All files in one run."""
    far = pa.table({"order_id": [str(one.year) for one in FAR], "placed_at": pa.array(FAR, pa.timestamp("us", "UTC"))})
    many = pa.table(
        {
            "order_id": [f"n{number}" for number in range(5000)],
            "placed_at": pa.array([EIGHT] * 5000, pa.timestamp("us", "UTC")),
        }
    )
    orders = {
        **{f"{name}.parquet": parquet(order(name, total=total)) for name, (total, _) in MONEY.items()},
        "nested.parquet": parquet(nested()),
        "duckdb.parquet": by_duckdb(),
        "uuid.parquet": parquet(
            pa.table({"order_id": pa.array([UUID(int=5).bytes], pa.uuid()), "placed_at": at("us", "UTC")})
        ),
        "flat.parquet": parquet(
            order("flat", **{"Profile.Email": ["ana@p.example"], "TOTAL": [4], "Refunded Total": ["1.5"]})
        ),
        "alias.parquet": parquet(order("alias", email=["ana@p.example"])),
        "json.parquet": parquet(order("json", profile=['{"email": "ana@p.example"}'], items=['[{"sku": "j"}]'])),
        "far.parquet": parquet(far),
        "dates.parquet": parquet(pa.table({"order_id": ["a date"], "placed_at": pa.array([date(2026, 6, 30)])})),
        "many.parquet": parquet(many, row_group_size=700),
        "none.parquet": parquet(far.slice(0, 0)),
        "total=4/folder.parquet": parquet(order("folder")),
        "lacking.parquet": parquet(pa.table({"order_id": ["x"], "placed": at("us")})),
        "cut.parquet": parquet(many)[:-100],
        "torn.parquet": torn(parquet(many, compression="zstd")),
        "words.parquet": b"PAR1 but no more of it PAR1",
        "empty.parquet": b"",
    }
    erasure = pa.table(
        {"request_id": ["r"], "requested_at": pa.array([date(2026, 6, 30)]), "phone": pa.array([31612345678])}
    )
    return (
        of("acme_us", {f"conversation_log/{name}.parquet": content for name, (content, _) in INSTANTS.items()}
            | {"erasures/r.parquet": parquet(erasure)})
        | of("table_shop", {f"orders/{name}": content for name, content in orders.items()}
            | {"profiles/p.json": b'{"profile_id": "ana", "updated_at": "2026-01-01T00:00Z", "email": "ana@p.example"}'})
    )  # fmt: skip


@pytest.fixture(scope="module")
def files(cases: ForgettingPipeline) -> ForgettingPipeline:
    """The run that they were in."""
    return cases


def test_a_timestamp_is_the_instant_that_its_writer_meant(files: ForgettingPipeline) -> None:
    """The case c16: INT96, as Spark writes it by default, was four hours off in silence."""
    found = by(files, "acme_us", "performance.conversations", "conversation_id", "first_record_at")
    assert found == {name: utc(expected) for name, (_, expected) in INSTANTS.items()}


def test_money_is_read_from_every_type(files: ForgettingPipeline) -> None:
    """A float32 of 19.99 is 19.989999771118164 as a double."""
    found = by(files, "table_shop", "intermediate.int_orders", "order_id", "total")
    assert {name: str(found[name]) for name in MONEY} == {name: expected for name, (_, expected) in MONEY.items()}


def test_nested_columns_ids_and_other_engines_types_are_read(files: ForgettingPipeline) -> None:
    """A file of DuckDB's, or one with a map in it, loads nothing."""
    found = by(
        files,
        "table_shop",
        "intermediate.int_orders",
        "order_id",
        "status",
        "total::text",
        "profile_id",
        "items[1].sku",
    )
    assert found["nested"] == ("cancelled", "0.00", "ana", None)
    assert found["00000000-0000-0000-0000-00000000000a"] == ("placed", "12.35", "ana", "q")
    assert found["00000000-0000-0000-0000-000000000005"] == ("placed", "0.00", None, None)
    assert found["json"] == ("placed", "0.00", "ana", "j")
    assert found["flat"] == ("placed", "4.00", "ana", None)
    assert found["alias"] == ("placed", "0.00", "ana", None)
    assert found["folder"] == ("placed", "4.00", None, None)
    products = by(
        files, "table_shop", "intermediate.int_orders", "order_id", "items[1].product_id", where="order_id = 'nested'"
    )
    assert products == {"nested": "t"}


def test_far_dates_and_dates_alone_are_refused_row_by_row(files: ForgettingPipeline) -> None:
    """A date beyond nanoseconds ends the reading of the file, or becomes another year."""
    found = refused(files, "table_shop")
    lines = {line: why for (path, line), why in found.items() if path == "orders/far.parquet"}
    assert lines == dict.fromkeys((1, 2, 4, 5), ("bad_value", "placed_at"))
    assert found["orders/dates.parquet", 1] == ("bad_value", "placed_at")
    assert refused(files, "acme_us") == {}, (
        "a request's lone date is its midnight, and its phone is read under this name"
    )


def test_whole_files_are_read_or_fail_with_words(files: ForgettingPipeline) -> None:
    """A damaged file loads half of its rows, or ends the run for all others."""
    found = ledger(files, "table_shop")
    assert found["orders/many.parquet"] == ("loaded", 5000, 5000, 0)
    assert found["orders/none.parquet"] == ("loaded", 0, 0, 0)
    failed = ("lacking", "cut", "torn", "words", "empty")
    assert {name: found[f"orders/{name}.parquet"][0] for name in failed} == dict.fromkeys(failed, "failed")
    said = errors(files, "table_shop")
    assert all(said[f"orders/{name}.parquet"] for name in failed)
    assert "placed_at" in said["orders/lacking.parquet"] and "placed" in said["orders/lacking.parquet"]
