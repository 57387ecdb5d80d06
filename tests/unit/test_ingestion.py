"""One batch a run, whole or not at all; known by path and content (spec §1.11 and §2.1)."""

import gzip
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from caw.formats import parquet_table
from caw.formats.lines import UnreadableFile
from caw.ingest import ingestion, reading
from caw.ingest.ingestion import BatchResult, ingest
from caw.limits import Limits
from caw.raw_store import tables
from caw.raw_store.schemas import FILE_SCHEMA
from caw.raw_store.store import RawStore

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    (tmp_path / "landing").mkdir()
    return tmp_path / "landing"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


def put(landing: Path, path: str, text: str) -> None:
    (landing / path).parent.mkdir(parents=True, exist_ok=True)
    (landing / path).write_text(text)


def run(landing: Path, data_dir: Path) -> BatchResult:
    return ingest(landing, data_dir, NOW)


def lines_of(data_dir: Path, feed: str) -> list[tuple[str, int, str]]:
    table = pq.read_table(data_dir / "raw" / feed, columns=["file_path", "line_number", "raw_text"], partitioning=None)
    return sorted((row["file_path"], row["line_number"], row["raw_text"]) for row in table.to_pylist())


def test_lines_land_with_file_number_and_text_and_blank_ones_are_counted(landing: Path, data_dir: Path) -> None:
    put(landing, "acme_us/orders/a.jsonl", '{"order_id": 1}\n\n  \n{"order_id": 2}')
    report = run(landing, data_dir)
    assert (report.batch_id, report.lines, report.files[0].blank) == ("00000001", 4, 2)
    assert lines_of(data_dir, "orders") == [
        ("acme_us/orders/a.jsonl", 1, '{"order_id": 1}'),
        ("acme_us/orders/a.jsonl", 4, '{"order_id": 2}'),
    ]


@pytest.mark.parametrize(
    ("path", "length", "fits"),
    [
        ("orders/a.jsonl", 60, True),
        ("orders/a.jsonl.gz", 61, False),
        ("orders/a.json", 100, True),
        ("orders/a.json", 101, False),
        ("orders/a.csv", 100, True),
        ("chat_transcripts/a.ndjson", 61, True),
        ("chat_transcripts/a.jsonl", 300, True),
        ("chat_transcripts/a.jsonl", 301, False),
        ("klaviyo_events/a.jsonl", 300, True),
        ("klaviyo_events/a.json", 301, False),
    ],
)
def test_vendors_objects_and_records_of_other_files_may_be_longer_than_a_line_of_a_log(
    landing: Path, data_dir: Path, path: str, length: int, fits: bool
) -> None:
    """Spec §2.1.3: a transcript with an image in it, of 1.1 MB on one line, was lost whole."""
    text = json.dumps({"id": "x" * (length - len('{"id":""}'))}, separators=(",", ":"))
    if path.endswith(".csv"):
        text = f"order_id,placed_at,id\n,,{text[7:-2]}"
    put(landing, f"acme_us/{path}", "")
    (landing / "acme_us" / path).write_bytes(gzip.compress(text.encode()) if path.endswith(".gz") else text.encode())
    ingest(landing, data_dir, NOW, limits=Limits(line=60, record=100, document_line=300))
    assert len(text) > 60 or fits
    ((_, _, found),) = lines_of(data_dir, path.split("/", maxsplit=1)[0])
    assert ("bytes, sha256" not in found) is fits


def test_a_line_has_a_mebibyte_and_a_vendors_object_sixteen() -> None:
    assert (Limits().line, Limits().document_line) == (2**20, 16 * 2**20)


def test_the_second_run_takes_in_nothing_and_makes_no_batch(landing: Path, data_dir: Path) -> None:
    put(landing, "acme_us/orders/a.jsonl", "{}\n")
    run(landing, data_dir)
    again = run(landing, data_dir)
    assert (again.batch_id, again.files) == (None, [])
    assert RawStore(data_dir).batch_ids() == ["00000001"]


def test_changed_content_at_a_path_is_read_again_and_content_that_comes_back_is_not(
    landing: Path, data_dir: Path
) -> None:
    put(landing, "acme_us/orders/a.jsonl", "{}\n")
    run(landing, data_dir)
    put(landing, "acme_us/orders/a.jsonl", "{}\n{}\n")
    assert run(landing, data_dir).lines == 2
    put(landing, "acme_us/orders/a.jsonl", "{}\n")
    assert run(landing, data_dir).batch_id is None


def test_a_lost_memory_of_seen_files_costs_only_the_hashing(landing: Path, data_dir: Path) -> None:
    put(landing, "acme_us/orders/a.jsonl", "{}\n")
    run(landing, data_dir)
    (data_dir / "state" / "seen_files.parquet").write_bytes(b"no parquet")
    assert run(landing, data_dir).batch_id is None


def test_a_file_that_cannot_be_read_whole_loads_nothing_and_stops_nothing_else(landing: Path, data_dir: Path) -> None:
    put(landing, "acme_us/orders/a.json", '[{"order_id": 1}, {"order_id": ')
    put(landing, "acme_us/orders/b.jsonl", "{}\n")
    report = run(landing, data_dir)
    assert [(file.status, file.lines) for file in report.files] == [("failed", 0), ("loaded", 1)]
    assert report.files[0].error
    assert [line[0] for line in lines_of(data_dir, "orders")] == ["acme_us/orders/b.jsonl"]
    assert run(landing, data_dir).batch_id is None, "it is tried again only when its content changes"


def test_a_large_file_that_fails_at_its_end_leaves_no_part(
    landing: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingestion, "SHARED_PART_BYTES", 1)
    put(landing, "acme_us/orders/a.csv", 'order_id\n1\n2\n"3')
    assert run(landing, data_dir).files[0].status == "failed"
    assert lines_of(data_dir, "orders") == []
    assert [path.name for path in (data_dir / "raw/orders").glob("batch=00000001/*")] == []


def test_an_unknown_feed_or_format_is_reported_and_is_no_error(landing: Path, data_dir: Path) -> None:
    put(landing, "acme_us/reviews/a.jsonl", "{}\n")
    put(landing, "acme_us/orders/notes.txt", "hello")
    report = run(landing, data_dir)
    assert [(file.file_path, file.source, file.feed, file.status) for file in report.files] == [
        ("acme_us/orders/notes.txt", "acme_us", "orders", "unknown_feed"),
        ("acme_us/reviews/a.jsonl", "acme_us", None, "unknown_feed"),
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_without_permission_is_tried_again_at_the_next_run(landing: Path, data_dir: Path) -> None:
    put(landing, "acme_us/orders/a.jsonl", "{}\n")
    (landing / "acme_us/orders/a.jsonl").chmod(0)
    assert [file.status for file in run(landing, data_dir).unreadable] == ["failed"]
    (landing / "acme_us/orders/a.jsonl").chmod(0o644)
    assert run(landing, data_dir).lines == 1


def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_run(
    landing: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(landing, "acme_us/orders/a.jsonl", "{}\n")
    reader_for = reading.reader_for

    def growing(name: str):  # type: ignore[no-untyped-def]
        def read(landed, feed, limits):  # type: ignore[no-untyped-def]
            yield from reader_for(name)(landed, feed, limits)
            with landed.path.open("a") as file:
                file.write("{}\n")

        return read

    monkeypatch.setattr(reading, "reader_for", growing)
    assert [file.error for file in run(landing, data_dir).unreadable if "changed while" in str(file.error)]
    monkeypatch.setattr(reading, "reader_for", reader_for)
    assert run(landing, data_dir).lines == 2
    assert len(lines_of(data_dir, "orders")) == 2


def test_a_run_that_dies_before_the_commit_leaves_no_batch_and_the_next_one_takes_all_in(
    landing: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(landing, "acme_us/orders/a.jsonl", '{"order_id": 1}\n')

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(RawStore, "commit", die)
    with pytest.raises(KeyboardInterrupt):
        run(landing, data_dir)
    assert RawStore(data_dir).batch_ids() == []
    monkeypatch.undo()
    assert run(landing, data_dir).batch_id == "00000001"
    assert len(lines_of(data_dir, "orders")) == 1


def test_an_empty_landing_zone_is_a_run_without_a_batch(landing: Path, data_dir: Path) -> None:
    assert run(landing, data_dir) == BatchResult(None)


def test_names_with_quotes_line_breaks_and_foreign_bytes_land_as_they_are_shown(landing: Path, data_dir: Path) -> None:
    folder = os.fsencode(landing / "acme_us" / "orders")
    os.makedirs(folder)  # noqa: PTH103 - names that are no text have no Path of their own
    for name in (b'it\'s "x".jsonl', b"two\nlines.jsonl", b"bad\xff.jsonl", b"{{ 1 }}.jsonl"):
        with open(os.path.join(folder, name), "wb") as file:  # noqa: PTH118, PTH123
            file.write(b"{}\n")
    report = run(landing, data_dir)
    assert {file.status for file in report.files} == {"loaded"}
    assert {path for path, _, _ in lines_of(data_dir, "orders")} == {
        'acme_us/orders/it\'s "x".jsonl',
        "acme_us/orders/two\nlines.jsonl",
        "acme_us/orders/bad\\xff.jsonl",
        "acme_us/orders/{{ 1 }}.jsonl",
    }


def test_transcripts_are_expanded_once_and_again_when_the_tool_map_changes(
    landing: Path, data_dir: Path, tmp_path: Path
) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "transcript_markers.csv").write_text("position,marker,status\n")
    (seeds / "agent_tools.csv").write_text("tool_name,skill,effect,path\n")
    call = {"id": "1", "name": "find", "arguments": {}}
    transcript = {
        "id": "t1",
        "start_time": "2026-06-30T10:00:00Z",
        "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None, "tool_calls": [call]}],
    }
    put(landing, "acme_us/chat_transcripts/t.jsonl", json.dumps(transcript))

    def documents() -> list[str]:
        table = pq.read_table(data_dir / "expanded" / "records" / "conversation_log" / "chat_transcripts")
        return [json.loads(text)["record_type"] for text in table["document"].to_pylist()]

    assert ingest(landing, data_dir, NOW, seeds=seeds).unknown_words == {"chat_transcripts": {("tool", "find"): 1}}
    assert documents() == ["message"]
    assert ingest(landing, data_dir, NOW, seeds=seeds).unknown_words == {}
    (seeds / "agent_tools.csv").write_text("tool_name,skill,effect,path\nfind,product_search,,\n")
    ingest(landing, data_dir, NOW, seeds=seeds)
    assert documents() == ["message", "skill_changed"]


def test_a_table_of_the_store_appears_complete_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "table.parquet"
    tables.write_whole(FILE_SCHEMA.empty_table(), path)
    before = path.read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(pq, "write_table", fail)
    with pytest.raises(OSError):
        tables.write_whole(FILE_SCHEMA.empty_table(), path)
    assert path.read_bytes() == before


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
    monkeypatch.setattr(reading, "why_unknown", lambda _: older)
    assert [file.status for file in run(landing, data_dir).files] == ["unknown_feed"] * 2
    monkeypatch.undo()
    assert [file.status for file in run(landing, data_dir).files] == ["loaded", "unknown_feed"]
    assert run(landing, data_dir).batch_id is None
    [(_, loaded), (_, words)] = ledger(data_dir)
    assert loaded == "loaded" and "the feeds are" in words


def test_folders_that_are_not_entered_stand_in_the_ledger_while_it_is_so(landing: Path, data_dir: Path) -> None:
    put(landing, "acme_us/store/a.jsonl", "{}\n")
    (landing / "acme_us/orders").symlink_to("store")
    for _ in range(2):
        [folder] = run(landing, data_dir).unreadable
        assert (folder.file_path, folder.source, folder.feed) == ("acme_us/orders", "acme_us", "orders")
        assert (folder.content_sha256, folder.bytes, folder.status) == (None, 0, "failed")
        assert pq.read_table(data_dir / "state" / "unread_files.parquet").num_rows == 1
    (landing / "acme_us/orders").unlink()
    put(landing, "acme_us/orders/a.jsonl", "{}\n")
    report = run(landing, data_dir)
    assert (report.unreadable, [file.status for file in report.files]) == ([], ["loaded"])
    assert pq.read_table(data_dir / "state" / "unread_files.parquet").num_rows == 0


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


def test_a_file_of_nothing_but_garbage_fails_instead_of_filling_the_rejects(landing: Path, data_dir: Path) -> None:
    put(landing, "acme_us/orders/few.jsonl", "x\n" * 5 + "{}\n")
    put(landing, "acme_us/orders/many.jsonl", "x\n" * 6 + "{}\n")
    report = ingest(landing, data_dir, NOW, limits=Limits(bad_lines=5))
    assert [file.status for file in report.files] == ["loaded", "failed"]
    assert "limit" in str(report.files[1].error)
    assert len(lines_of(data_dir, "orders")) == 6


def test_what_a_file_may_unpack_to_grows_with_its_size() -> None:
    limits = Limits(unpacked=5_000, times_unpacked=10)
    assert [limits.for_size(size).unpacked for size in (1, 500, 501)] == [5_000, 5_000, 5_010]
