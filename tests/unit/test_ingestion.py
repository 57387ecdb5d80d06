"""One batch a run, whole or not at all; known by path and content (spec §1.11 and §2.1)."""

import gzip
import json
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from caw.ingest import ingestion, reading
from caw.ingest.ingestion import BatchResult, ingest
from caw.limits import Limits
from caw.raw_store import tables
from caw.raw_store.schemas import FILE_SCHEMA
from caw.raw_store.store import RawStore
from tests.support.small_landing import NOW, put, run


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
