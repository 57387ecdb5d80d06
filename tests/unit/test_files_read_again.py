"""Files that could not be read: whether and when a later run reads them again (spec §2.1)."""

import gzip
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from caw.formats import parquet_table
from caw.formats.lines import UnreadableFile
from caw.ingest import ingestion
from tests.support.small_landing import put, run


def parquet(landing: Path, path: str, **columns: list[str]) -> None:
    (landing / path).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), landing / path)


def ledger(data_dir: Path) -> list[tuple[str, str]]:
    rows = pq.read_table(data_dir / "raw" / "batches", columns=["file_path", "status", "error"]).to_pylist()
    return sorted((row["file_path"], row["error"] or row["status"]) for row in rows)


def test_a_file_that_ends_the_process_that_reads_it_ends_two_runs_and_no_more(landing: Path, data_dir: Path) -> None:
    """A damaged file can end the library that reads it, and then nothing would land any more, for ever."""
    parquet(landing, "acme_us/orders/a.parquet", order_id=["1"], placed_at=["2026-06-01"])
    put(landing, "acme_us/orders/b.jsonl", "{}\n")
    for _ in range(2):
        assert subprocess.run([sys.executable, "-c", DYING, str(landing), str(data_dir)], check=False).returncode == 9
    report = run(landing, data_dir)
    assert [(file.file_path, file.status) for file in report.files] == [
        ("acme_us/orders/a.parquet", "failed"),
        ("acme_us/orders/b.jsonl", "loaded"),
    ]
    assert "ended its reader" in str(report.files[0].error)
    assert run(landing, data_dir).batch_id is None, "it is passed over"
    parquet(landing, "acme_us/orders/a.parquet", order_id=["2"], placed_at=["2026-06-01"])
    assert [file.status for file in run(landing, data_dir).files] == ["loaded"]


DYING = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from caw.formats import parquet_table
from caw.ingest.ingestion import ingest
parquet_table._rows = lambda *_: os._exit(9)
ingest(Path(sys.argv[1]), Path(sys.argv[2]), datetime.now(UTC))
"""


def test_a_note_is_gone_when_reading_has_ended_in_whatever_way(landing: Path, data_dir: Path) -> None:
    parquet(landing, "acme_us/orders/a.parquet", order_id=["1"], placed_at=["2026-06-01"])
    (landing / "acme_us/orders/b.parquet").write_bytes(b"PAR1 and no more")
    assert [file.status for file in run(landing, data_dir).files] == ["loaded", "failed"]
    assert not (data_dir / "state" / "opened_files.json").exists()


def test_parquet_files_that_failed_for_memory_are_read_again_once_by_themselves(
    landing: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On machines of many processors every Parquet file failed so; a new version alone must bring them back."""
    parquet(landing, "acme_us/orders/a.parquet", order_id=["1"], placed_at=["2026-06-01"])
    parquet(landing, "acme_us/orders/b.parquet", order_id=["1"])

    def fail(*_: object) -> None:
        raise UnreadableFile("reading it takes more than 268435456 bytes of memory, which is the limit")

    monkeypatch.setattr(parquet_table, "_rows", fail)
    assert [file.status for file in run(landing, data_dir).files] == ["failed", "failed"]
    monkeypatch.undo()
    assert [file.status for file in run(landing, data_dir).files] == ["loaded", "failed"]
    assert run(landing, data_dir).batch_id is None
    found = ledger(data_dir)
    assert [path for path, _ in found] == ["acme_us/orders/a.parquet", "acme_us/orders/b.parquet"], "a row a version"
    assert found[0][1] == "loaded" and "no column for the required field placed_at" in found[1][1]


def test_files_of_formats_that_an_older_version_did_not_know_are_read_after_an_upgrade(
    landing: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (landing / "acme_us/orders").mkdir(parents=True)
    (landing / "acme_us/orders/a.json.gz").write_bytes(gzip.compress(b"{}"))
    put(landing, "acme_us/reviews/a.jsonl", "{}\n")
    older = "no <source>/<feed>/ folder and file format that caw knows; see the contract's landing zone"
    monkeypatch.setattr(ingestion, "why_unknown", lambda _: older)
    assert [file.status for file in run(landing, data_dir).files] == ["unknown_feed"] * 2
    monkeypatch.undo()
    assert [file.status for file in run(landing, data_dir).files] == ["loaded", "unknown_feed"]
    assert run(landing, data_dir).batch_id is None
    [(_, loaded), (_, words)] = ledger(data_dir)
    assert loaded == "loaded" and "docs/feeds.md has the feeds" in words


def test_seeds_of_a_vendor_are_read_when_its_first_line_comes(landing: Path, data_dir: Path, tmp_path: Path) -> None:
    """Each run that reads the seeds of vendors that nobody uses; and lines of a first batch that are never expanded."""
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "klaviyo_flows.csv").write_text("flow_id,policy_id\nF1,\n")
    put(landing, "acme_us/profiles/a.jsonl", "{}\n")
    assert run(landing, data_dir, seeds=seeds).batch_id == "00000001"
    put(landing, "acme_us/klaviyo_events/a.jsonl", "{}\n")
    with pytest.raises(ValueError, match=r"klaviyo_flows\.csv row 1: policy_id must not be blank"):
        run(landing, data_dir, seeds=seeds)
    (seeds / "klaviyo_flows.csv").unlink()
    assert run(landing, data_dir, seeds=seeds).batch_id is None
    expanded = {
        path.stem: pq.read_table(path) for path in (data_dir / "expanded/lines/klaviyo_events").glob("*.parquet")
    }
    assert {batch_id: lines.num_rows for batch_id, lines in expanded.items()} == {"00000000": 0, "00000002": 1}
