"""`caw.read`: a published table as a DataFrame."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

import caw
from tests.support.publishing import change, published

DAY, INSTANT = datetime(2025, 7, 31), datetime(2025, 7, 31, 22, 30, tzinfo=UTC)
DTYPES = {
    "profile_id": "str",
    "products": "object",
    "total": "object",
    "placed_at": "datetime64[us, UTC]",
    "day": "datetime64[ms]",
    "is_open": "boolean",
    "position": "Int64",
    "rate": "float64",
}


@pytest.fixture(scope="module")
def first_publication(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication of one table, with a value and an absent one in each column, and of a view over it."""
    folder = tmp_path_factory.mktemp("first")
    warehouse = folder / "warehouse.duckdb"
    for schema in ("events", "segments", "retargeting", "performance", "health"):
        change(warehouse, f"create schema {schema}")
    change(
        warehouse,
        """
        create table events.orders (
            profile_id varchar, products varchar[], total decimal(18, 2), placed_at timestamptz, day date,
            is_open boolean, position bigint, rate double
        );
        insert into events.orders values
            ('ana', ['shirt', null], 10.10, '2025-08-01T00:30:00+02:00', '2025-07-31', true, 9007199254740993, 0.5),
            ('ben', null, null, null, null, null, null, null),
            ('cleo', [], 0.20, null, null, false, 2, null);
        create view events.open_orders as select * from events.orders where is_open
        """,
    )
    published(warehouse, 1)
    return folder


@pytest.fixture
def data_dir(first_publication: Path, tmp_path: Path) -> Path:
    """A copy of the first publication, which a test may replace or damage."""
    return Path(shutil.copytree(first_publication, tmp_path / "data", symlinks=True))


def test_each_type_has_its_dtype_and_exact_values(data_dir: Path) -> None:
    """Whole numbers that become floats where one is absent, cents that do not add up, days of another time zone."""
    frame = caw.read("events.orders", data_dir=data_dir)
    assert frame.dtypes.astype(str).to_dict() == DTYPES
    ana, ben, cleo = (frame[frame["profile_id"] == name].iloc[0] for name in ("ana", "ben", "cleo"))
    assert (ana["products"], ben["products"], cleo["products"]) == (["shirt", None], None, [])
    assert type(ana["total"]) is Decimal
    assert frame["total"].sum() == Decimal("10.30")
    assert (ana["placed_at"], ana["day"]) == (pd.Timestamp(INSTANT), pd.Timestamp(DAY))
    assert (ana["position"], cleo["position"]) == (9007199254740993, 2)
    assert all(pd.isna(ben[name]) for name in DTYPES if name not in ("profile_id", "products"))


def test_no_row_changes_no_dtype(data_dir: Path) -> None:
    """A notebook that breaks on the first day without rows."""
    frame = caw.read("events.orders", where="false", data_dir=data_dir)
    assert (len(frame), frame.dtypes.astype(str).to_dict()) == (0, DTYPES)


def test_columns_and_rows_are_chosen(data_dir: Path) -> None:
    frame = caw.read(
        "events.orders", columns=["total", "profile_id"], where="position = 2 and not is_open", data_dir=data_dir
    )
    assert frame.to_dict("records") == [{"total": Decimal("0.20"), "profile_id": "cleo"}]


def test_a_view_is_read_as_a_table_is(data_dir: Path) -> None:
    assert list(caw.read("events.open_orders", data_dir=data_dir)["profile_id"]) == ["ana"]


def test_the_environment_names_the_data_dir(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAW_DATA_DIR", str(data_dir))
    assert list(caw.read("health.last_run")["run_id"]) == ["run-1"]


def test_the_next_publication_is_read_next(data_dir: Path) -> None:
    """A connection that is kept shows the file that was replaced."""
    before = caw.read("health.last_run", data_dir=data_dir)
    published(data_dir / "warehouse.duckdb", 2)
    after = caw.read("health.last_run", data_dir=data_dir)
    assert (list(before["run_id"]), list(after["run_id"])) == (["run-1"], ["run-2"])


@pytest.mark.parametrize("wrong", ["orders", "event.orders", "events.order", "performance.orders"])
def test_an_unknown_table_is_answered_by_near_names(data_dir: Path, wrong: str) -> None:
    with pytest.raises(LookupError, match=rf"^There is no published table '{wrong}'; did you mean events\.orders"):
        caw.read(wrong, data_dir=data_dir)


def test_a_table_like_no_other_is_answered_by_all_names(data_dir: Path) -> None:
    with pytest.raises(LookupError, match=r"known are events\.open_orders, events\.orders, health\.last_run\.$"):
        caw.read("xyz", data_dir=data_dir)


def test_an_unknown_column_is_answered_by_near_names(data_dir: Path) -> None:
    with pytest.raises(LookupError, match=r"^events\.orders has no column 'product'; did you mean products\?$"):
        caw.read("events.orders", columns=["product"], data_dir=data_dir)


@pytest.mark.parametrize("where", ["nobody = 1", "position =", "true) union all (from events.orders"])
def test_a_wrong_condition_is_said(data_dir: Path, where: str) -> None:
    with pytest.raises(ValueError, match=r"is no condition on events\.orders"):
        caw.read("events.orders", where=where, data_dir=data_dir)


def test_a_condition_that_fails_on_a_row_quotes_nothing_of_it(data_dir: Path) -> None:
    """Nothing quotes the data, not even DuckDB's own words on a value that it cannot convert."""
    with pytest.raises(ValueError, match=r"fails on a row of events\.orders") as failed:
        caw.read("events.orders", where="cast(profile_id as integer) = 1", data_dir=data_dir)
    assert "ana" not in str(failed.value)


def test_nothing_published_yet_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"^Nothing is published in .*: run `caw run` first"):
        caw.read("events.orders", data_dir=tmp_path)


def test_a_damaged_file_is_said(data_dir: Path) -> None:
    (data_dir / "published" / "marts.duckdb").write_bytes(b"nothing")
    with pytest.raises(OSError, match="cannot be opened"):
        caw.read("events.orders", data_dir=data_dir)


def test_importing_caw_imports_neither_pandas_nor_duckdb() -> None:
    """A second and 100 MB of every process that only wants another part of the package."""
    code = "import sys, caw; print(sorted({'pandas', 'duckdb', 'numpy', 'pyarrow'} & sys.modules.keys()))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout == "[]\n"
