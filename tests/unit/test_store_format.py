"""The data dir's format: an older one is brought up to date, a newer one is refused with a sentence."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from caw.ingest.ingestion import ingest
from caw.raw_store.format import FORMAT, FormatError, check_format, format_of
from caw.raw_store.schemas import LINE_SCHEMA
from caw.raw_store.store import RawStore
from caw.settings import SettingsError, check_folders, read_settings

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def taken_in(folder: Path) -> RawStore:
    """A store with one line of a log."""
    path = folder / "landing" / "acme" / "conversation_log" / "a.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('{"record_id": "r"}\n')
    ingest(folder / "landing", folder / "data", NOW)
    return RawStore(folder / "data")


def as_format_1(store: RawStore) -> None:
    """What the version before would have written."""
    for part in (store.data_dir / "raw").glob("*/batch=*/*.parquet"):
        pq.write_table(
            pq.read_table(part).drop_columns(["is_erased", "erased_category", "unknown_fields", "editor_line"]), part
        )
    ((store.data_dir / "raw") / "format").unlink()


def test_a_new_data_dir_says_its_format(tmp_path: Path) -> None:
    """The next version cannot tell what it has before it."""
    assert format_of(RawStore(tmp_path / "data").objects) is None
    taken_in(tmp_path)
    assert format_of(RawStore(tmp_path / "data").objects) == FORMAT


def test_the_previous_format_is_brought_up_to_date(tmp_path: Path) -> None:
    """A column is missing in old batches, and staging stops at them."""
    store = taken_in(tmp_path)
    lines = {part: pq.read_table(part).to_pylist() for part in (store.data_dir / "raw").glob("*/batch=*/*.parquet")}
    as_format_1(store)
    assert format_of(store.objects) == 1
    ingest(tmp_path / "landing", store.data_dir, NOW)
    assert format_of(store.objects) == FORMAT
    for part, rows in lines.items():
        assert pq.read_schema(part) == LINE_SCHEMA
        assert pq.read_table(part).to_pylist() == rows


@pytest.mark.parametrize("marker", [str(FORMAT + 1), "999", "of the future"])
def test_a_newer_format_is_refused_and_nothing_is_touched(tmp_path: Path, marker: str) -> None:
    """An older version of caw writes into what it does not understand."""
    store = taken_in(tmp_path)
    ((store.data_dir / "raw") / "format").write_text(marker)
    before = sorted((path, path.stat().st_mtime_ns) for path in (store.data_dir / "raw").rglob("*"))
    with pytest.raises(FormatError, match="newer version of caw"):
        check_format(store.objects, store.data_dir)
    settings = read_settings({}, landing=str(tmp_path / "landing"), data_dir=str(store.data_dir))
    with pytest.raises(SettingsError, match="upgrade caw"):
        check_folders(settings)
    assert sorted((path, path.stat().st_mtime_ns) for path in (store.data_dir / "raw").rglob("*")) == before
