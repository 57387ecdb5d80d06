"""Files that are read ahead and validated by several threads land as if one had done it, file by file and line by line."""

import gzip
import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from caw.formats import json_lines, validated
from caw.formats.lines import FileToRead
from caw.ingest import ingestion, reading
from caw.ingest.ingestion import BatchResult, ingest
from caw.limits import DEFAULT_LIMITS
from caw.raw_store.store import RawStore

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
SMALL = replace(DEFAULT_LIMITS, chunk=8_000, lines=160, line=1_000)
ODD = [
    b"",
    b" \t",
    b"[1]",
    b'{"a":NaN}',
    b'{"order_id":"\xff"}',
    b'{"order_id":1,"order_id":2}',
    b'{"total":1e2}',
    b'{"total":0.12345678}',
    b'{"items":[{"price":1,"price":2}]}',
    b'{"x":"' + b"x" * 1_000 + b'"}',
    b"y" * 5_000,
    b'{"a":1,}',
]


def content(seed: int, lines: int) -> bytes:
    """Lines of which some are odd, in no order that chunks could follow."""
    dice = random.Random(seed)
    plain = [b'{"order_id":"%d-%d","total":%d.5}' % (seed, number, number) for number in range(lines)]
    return b"\n".join(dice.choice(ODD) if dice.random() < 0.1 else line for line in plain)


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    folder = tmp_path / "landing" / "acme_us" / "orders"
    folder.mkdir(parents=True)
    for number in range(4):
        (folder / f"{number}.jsonl").write_bytes(content(number, 50 if number % 2 else 1_500))
    (folder / "2a.jsonl.gz").write_bytes(gzip.compress(content(9, 2_000))[:-20])
    (folder / "3a.csv").write_text("order_id,placed_at\n" + "1,2\n" * 300)
    (folder / "3b.json").write_text('[{"order_id":1},{"order_id":')
    (tmp_path / "landing" / "acme_us" / "notes.txt").write_text("hello")
    return tmp_path / "landing"


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts and what is in flight are some chunks large, so that the small files here meet the bounds of large ones."""
    monkeypatch.setattr(ingestion, "SHARED_PART_BYTES", 40_000)
    monkeypatch.setattr(reading, "IN_FLIGHT_BYTES", 60_000)


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("ingest")] == []


def run(landing: Path, data_dir: Path, threads: int = 3) -> BatchResult:
    return ingest(landing, data_dir, NOW, limits=SMALL, threads=threads)


def parts(data_dir: Path) -> dict[str, list[dict[str, Any]]]:
    """Every part of the batch, with its rows in their order."""
    found = sorted((data_dir / "raw").glob("*/batch=00000001/*.parquet"))
    return {str(path.relative_to(data_dir)): pq.ParquetFile(path).read().to_pylist() for path in found}


def test_more_threads_give_the_same_parts_lines_rejections_and_ledger(landing: Path, tmp_path: Path) -> None:
    """Delivery order decides which of two records holds: a chunk that overtakes another changes the events."""
    one = run(landing, tmp_path / "one", threads=1)
    three = run(landing, tmp_path / "three", threads=3)
    assert three == one
    assert parts(tmp_path / "three") == parts(tmp_path / "one")
    rows = [row for part in parts(tmp_path / "three").values() for row in part]
    assert len(parts(tmp_path / "three")) == 3, "large files have parts of their own"
    assert {row["problem"] for row in rows} == {None, "not_json", "not_an_object", "not_utf8", "too_large"}
    assert any(row["document"] for row in rows)
    assert [(file.file_path, file.status) for file in one.files if file.status != "loaded"] == [
        ("acme_us/notes.txt", "unknown_feed"),
        ("acme_us/orders/2a.jsonl.gz", "failed"),
        ("acme_us/orders/3b.json", "failed"),
    ]
    for number in range(4):
        path = f"acme_us/orders/{number}.jsonl"
        kept = [(row["line_number"], row["raw_text"]) for row in rows if row["file_path"] == path]
        lines = (landing / path).read_bytes().split(b"\n")
        assert [number for number, _ in kept] == [at for at, line in enumerate(lines, 1) if line.strip()]
        assert [text for _, text in kept if text.startswith('{"order_id":"0')] == [
            line.decode() for line in lines if line.startswith(b'{"order_id":"0')
        ]


def test_a_file_that_fails_after_many_chunks_leaves_no_line_and_the_others_are_whole(
    landing: Path, tmp_path: Path
) -> None:
    report = run(landing, tmp_path / "data")
    rows = [row for part in parts(tmp_path / "data").values() for row in part]
    assert {row["file_path"] for row in rows} == {file.file_path for file in report.files if file.status == "loaded"}
    assert sum(file.lines - file.blank for file in report.files) == len(rows)


def test_a_file_whose_validation_meets_the_disk_is_left_for_the_next_run(
    landing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefiltered = validated.prefiltered

    def stumble(texts: Any, *rest: Any) -> Any:
        if any('"2-700"' in text for text in texts.to_pylist()):
            raise OSError(5, "Input/output error")
        return prefiltered(texts, *rest)

    monkeypatch.setattr(validated, "prefiltered", stumble)
    report = run(landing, tmp_path / "data")
    assert [file.file_path for file in report.unreadable] == ["acme_us/orders/2.jsonl"]
    rows = [row for part in parts(tmp_path / "data").values() for row in part]
    assert "acme_us/orders/2.jsonl" not in {row["file_path"] for row in rows}
    monkeypatch.undo()
    assert [file.file_path for file in run(landing, tmp_path / "data").files] == ["acme_us/orders/2.jsonl"]


def test_a_file_that_changes_while_others_are_validated_is_left_for_the_next_run(
    landing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def growing(file: FileToRead, *rest: Any) -> Any:
        yield from json_lines.read(file, *rest)
        if file.name == "2.jsonl":
            file.path.write_bytes(b"{}")

    reader_for = reading.reader_for
    monkeypatch.setattr(reading, "reader_for", lambda name: growing if name.endswith(".jsonl") else reader_for(name))
    report = run(landing, tmp_path / "data")
    assert [(file.file_path, "changed" in str(file.error)) for file in report.unreadable] == [
        ("acme_us/orders/2.jsonl", True)
    ]


@pytest.mark.parametrize("ends_with", [KeyboardInterrupt, MemoryError])
def test_what_ends_a_run_while_threads_validate_leaves_no_batch_and_the_next_run_takes_all_in(
    landing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends_with: type[BaseException]
) -> None:
    """A thread that goes on would write into the store of the next run."""
    prefiltered = validated.prefiltered

    def end(texts: Any, *rest: Any) -> Any:
        if any('"2-700"' in text for text in texts.to_pylist()):
            raise ends_with
        return prefiltered(texts, *rest)

    monkeypatch.setattr(validated, "prefiltered", end)
    with pytest.raises(ends_with):
        run(landing, tmp_path / "data")
    store = RawStore(tmp_path / "data")
    assert store.batch_ids() == []
    assert [
        path for path, rows in parts(tmp_path / "data").items() for row in rows if "/2.jsonl" in row["file_path"]
    ] == []
    monkeypatch.undo()
    assert run(landing, tmp_path / "data").lines == run(landing, tmp_path / "other", threads=1).lines
