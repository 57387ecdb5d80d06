"""A row without its line break at the end of a CSV file gives way to the version that goes on (spec §2.1)."""

import gzip
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from caw.raw_store.store import RawStore
from tests.support.small_landing import put, run

HEADER = "order_id,placed_at,total\n"


def given_way(data_dir: Path) -> list[tuple[str, str, int]]:
    rows = pq.read_table(data_dir / "raw" / "given_way" / "lines.parquet").to_pylist()
    return [(row["batch_id"], row["file_path"], row["line_number"]) for row in rows]


def test_an_unterminated_last_row_gives_way_to_the_version_that_goes_on(landing: Path, data_dir: Path) -> None:
    """A run that comes while a file is written takes half a row; the whole row then must not be refused for it."""
    path = "acme_us/orders/grow.csv"
    versions = [
        "1,2026-06-01,5\n2,2026-06-0",
        "1,2026-06-01,5\n2,2026-06-02,12",
        "1,2026-06-01,5\n2,2026-06-02,120.50\n",
    ]
    for version in versions:
        put(landing, path, HEADER + version)
        run(landing, data_dir)
    assert given_way(data_dir) == [("00000001", path, 2), ("00000002", path, 2)]
    put(landing, path, HEADER + versions[2] + "3,2026-06-03,1\n")
    run(landing, data_dir)
    assert len(given_way(data_dir)) == 2, "a row with its line break never gives way"


def test_the_line_that_holds_an_unterminated_row_gives_way_with_it(landing: Path, data_dir: Path) -> None:
    """An order's own row has the items of all its rows: half of one would stay in it."""
    path, header = "acme_us/orders/export.csv", "Name,Created at,Lineitem sku\n"
    rows = "#1,2026-06-01,TENT\n#2,2026-06-01,MUG\n#1,,STO"
    for version in (rows, rows + "VE\n"):
        put(landing, path, header + version)
        run(landing, data_dir)
    assert given_way(data_dir) == [("00000001", path, 1), ("00000001", path, 3)]


@pytest.mark.parametrize(
    "later",
    [
        HEADER + "1,2026-06-01,6\n2,2026-06-02,1\n",  # other bytes before it
        HEADER + "9,2026-06-01,5",  # another last row
        HEADER,  # shorter
        HEADER + '1,2026-06-01,5\n"never closed\n',  # it goes on, but cannot be read
    ],
)
def test_a_last_row_stays_where_no_later_version_goes_on_from_it(landing: Path, data_dir: Path, later: str) -> None:
    put(landing, "acme_us/orders/grow.csv", HEADER + "1,2026-06-01,5")
    run(landing, data_dir)
    put(landing, "acme_us/orders/grow.csv", later)
    put(landing, "acme_us/orders/other.csv", HEADER + "1,2026-06-01,5\n")
    run(landing, data_dir)
    assert given_way(data_dir) == []


def test_what_gave_way_to_a_batch_that_was_never_committed_stands_again(
    landing: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "acme_us/orders/grow.csv"
    put(landing, path, HEADER + "1,2026-06-01,5")
    run(landing, data_dir)
    put(landing, path, HEADER + "1,2026-06-01,50")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(RawStore, "commit", die)
        with pytest.raises(KeyboardInterrupt):
            run(landing, data_dir)
    put(landing, path, HEADER + "7,2026-06-01,50")
    RawStore(data_dir).prepare()
    assert given_way(data_dir) == []
    run(landing, data_dir)
    assert given_way(data_dir) == []
    assert [row["batch_id"] for row in RawStore(data_dir).open_rows()] == ["00000001", "00000002"]


def test_a_packed_table_has_no_open_row(landing: Path, data_dir: Path) -> None:
    (landing / "acme_us/orders").mkdir(parents=True)
    (landing / "acme_us/orders/grow.csv.gz").write_bytes(gzip.compress((HEADER + "1,2026-06-01,5").encode()))
    run(landing, data_dir)
    assert RawStore(data_dir).open_rows() == []
