"""Long lines have a share of the memory setting; a file that has more waits until there is room (spec §2.1.4)."""

import json
import re
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from caw.doctor.needs import SENTENCES, UNREAD_PERMISSIONS, UNREAD_REQUESTS
from caw.feeds.declared import SEEDS_DIR
from caw.host.locks import Holder
from caw.ingest import reading, worker
from caw.ingest.commit import BatchResult
from caw.ingest.ingestion import Intake, ingest
from caw.ingest.room import FILE_NAME, long_text_in
from caw.limits import Limits
from caw.raw_store.compaction import compact
from caw.raw_store.line_files import put_lines
from caw.raw_store.store import RawStore
from caw.settings import Settings
from tests.support.small_landing import NOW, put

MEMORY = 64_000_000  # lines over 4,000 bytes are long, and have room for a 32nd of it
ROOM = 2_000_000
LINE = 250_000


def log_lines(count: int, length: int = LINE, first: int = 0) -> str:
    """JSON Lines of records of the log, each of `length` bytes."""
    return "\n".join(_padded({"record_id": str(number)}, length) for number in range(first, first + count))


def _padded(record: dict[str, str], length: int) -> str:
    bare = json.dumps({**record, "text": ""}, separators=(",", ":"))
    return json.dumps({**record, "text": "x" * (length - len(bare))}, separators=(",", ":"))


def take_in(landing: Path, data_dir: Path, memory: int = MEMORY) -> BatchResult:
    return ingest(landing, data_dir, NOW, limits=Limits(memory=memory))


def statuses(result: BatchResult) -> dict[str, str]:
    return {Path(file.file_path).name: file.status for file in (*result.files, *result.unreadable)}


def test_a_file_whose_long_lines_have_no_room_stands_as_failed_and_the_others_are_taken_in(
    landing: Path, data_dir: Path
) -> None:
    """Specification, §2.1.4: 300 lines of 0.95 MiB ended that run and every later one, out of memory."""
    put(landing, "acme/conversation_log/a.jsonl", log_lines(12))  # 3,000,000 bytes
    put(landing, "acme/conversation_log/b.jsonl", log_lines(8))  # 2,000,000: all that there is
    put(landing, "acme/conversation_log/c.jsonl", log_lines(1, length=4_001))
    put(landing, "acme/conversation_log/d.jsonl", log_lines(1_000, length=4_000))  # none is long
    result = take_in(landing, data_dir)
    assert statuses(result) == {"a.jsonl": "failed", "b.jsonl": "loaded", "c.jsonl": "failed", "d.jsonl": "loaded"}
    assert [file.lines for file in result.files] == [8, 1_000]
    [sentence, _] = [str(file.error) for file in result.unreadable]
    assert sentence.startswith("needs CAW_MEMORY_LIMIT=96MB or more, or land less: ")  # 32 times the file's 3,000,000
    _, _, rest = sentence.partition("or land less: ")
    assert rest == (
        "3.0 MB of its text are in lines over 4,000 bytes, and 64 MB have room for 2.0 MB in such lines, of which 0.0 MB are taken; it is "
        "tried again at every run"
    )


def test_it_is_taken_in_by_itself_when_the_setting_is_raised(landing: Path, data_dir: Path) -> None:
    put(landing, "acme/conversation_log/a.jsonl", log_lines(9))
    assert statuses(take_in(landing, data_dir)) == {"a.jsonl": "failed"}
    assert statuses(take_in(landing, data_dir, memory=73_000_000)) == {"a.jsonl": "loaded"}
    assert take_in(landing, data_dir).unreadable == [], "what is in the raw store stays there"
    assert not (data_dir / "state" / FILE_NAME).exists()


def test_what_earlier_runs_have_taken_in_counts(landing: Path, data_dir: Path) -> None:
    put(landing, "acme/conversation_log/a.jsonl", log_lines(5))
    put(landing, "acme/conversation_log/b.jsonl", log_lines(3))
    assert statuses(take_in(landing, data_dir)) == {"a.jsonl": "loaded", "b.jsonl": "loaded"}
    put(landing, "acme/conversation_log/c.jsonl", log_lines(1))
    assert statuses(take_in(landing, data_dir)) == {"c.jsonl": "failed"}
    compact(RawStore(data_dir), lambda done, total: None)
    assert statuses(take_in(landing, data_dir)) == {"c.jsonl": "failed"}, "compaction makes no room"


def test_a_file_that_has_no_room_is_not_read_again_until_there_is_more(
    landing: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(landing, "acme/conversation_log/a.jsonl", log_lines(9))
    before = take_in(landing, data_dir)
    with monkeypatch.context() as patched:
        patched.setattr(reading, "opened", lambda path: pytest.fail("it is read again"))
        again = take_in(landing, data_dir)
    assert [file.error for file in again.unreadable] == [file.error for file in before.unreadable]
    put(landing, "acme/conversation_log/a.jsonl", log_lines(2))
    assert statuses(take_in(landing, data_dir)) == {"a.jsonl": "loaded"}, "another content is looked at"


def test_of_a_vendors_lines_the_records_that_they_make_count(landing: Path, data_dir: Path) -> None:
    """Specification, §2.1.4: a long conversation of short messages is nothing to the models."""
    turns = [{"role": "user", "content": "x" * 1_000, "timestamp": "2026-06-01T10:00:00Z"}] * 3_000
    put(landing, "acme/chat_transcripts/a.jsonl", json.dumps({"id": "short", "messages": turns}))
    long = {**turns[0], "content": "x" * 1_100_000}
    put(landing, "acme/chat_transcripts/b.jsonl", json.dumps({"id": "long", "messages": [long, long]}))
    put(landing, "acme/chat_transcripts/c.jsonl", json.dumps({"id": "half", "messages": [long]}))
    put(landing, "acme/chat_transcripts/d.jsonl", json.dumps({"id": "other", "messages": [long]}))
    assert statuses(take_in(landing, data_dir)) == {
        "a.jsonl": "loaded",
        "b.jsonl": "failed",
        "c.jsonl": "loaded",
        "d.jsonl": "failed",
    }
    assert statuses(take_in(landing, data_dir)) == {"b.jsonl": "failed", "d.jsonl": "failed"}


def test_an_older_versions_raw_store_is_counted(landing: Path, data_dir: Path) -> None:
    put(landing, "acme/conversation_log/a.jsonl", log_lines(5))
    take_in(landing, data_dir)
    before = long_text_in(RawStore(data_dir), SEEDS_DIR).long_text
    assert list(before) == [5 * LINE, 5 * LINE, 5 * LINE]
    for part in (data_dir / "raw" / "conversation_log").rglob("*.parquet"):
        pq.write_table(pq.ParquetFile(part).read().replace_schema_metadata(None), part)
    assert list(long_text_in(RawStore(data_dir), SEEDS_DIR).long_text) == list(before)


def test_what_is_gone_from_the_raw_store_makes_room(landing: Path, data_dir: Path) -> None:
    """An erasure rewrites a part with what it leaves of each line."""
    put(landing, "acme/conversation_log/a.jsonl", log_lines(8))
    take_in(landing, data_dir)
    put(landing, "acme/conversation_log/b.jsonl", log_lines(6))
    assert statuses(take_in(landing, data_dir)) == {"b.jsonl": "failed"}
    store = RawStore(data_dir)
    [part] = store.parts_of("conversation_log", "00000001")
    with store.objects.read(part) as stream:
        lines = pq.ParquetFile(stream).read()
    put_lines(store.objects, part, [lines.slice(0, 2)], replaces=True)
    assert statuses(take_in(landing, data_dir)) == {"b.jsonl": "loaded"}


def test_two_workers_do_not_both_fill_the_room(landing: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reads without the lock: what another one has committed meanwhile counts at its own commit."""
    (data_dir / "state").mkdir(parents=True)
    put(landing, "acme/conversation_log/a.jsonl", log_lines(5))
    put(landing, "acme/conversation_log/small.jsonl", log_lines(1, length=100))
    put(landing, "brand/conversation_log/b.jsonl", log_lines(5))
    settings = Settings(landing, data_dir, "64MB", 1, 1 << 30)

    def work(source: str) -> BatchResult:
        intake = Intake(landing, data_dir, NOW, limits=settings.limits, sources=[source])
        return worker.ingest_sources(intake, settings, Holder("test", 1, "now"), lambda _: None)

    read, others = worker.read_new_files, ["brand"]

    def reading_while_another_commits(*arguments: object) -> object:
        new = read(*arguments)  # type: ignore[arg-type]
        if others:
            work(others.pop())
        return new

    monkeypatch.setattr(worker, "read_new_files", reading_while_another_commits)
    result = work("acme")
    assert statuses(result) == {"a.jsonl": "failed", "small.jsonl": "loaded"}
    assert list(long_text_in(RawStore(data_dir), SEEDS_DIR).long_text) == [5 * LINE] * 3
    assert statuses(work("brand")) == {}, "the other source's note stays"
    assert statuses(take_in(landing, data_dir)) == {"a.jsonl": "failed"}
    assert statuses(take_in(landing, data_dir, memory=256_000_000)) == {"a.jsonl": "loaded"}


def test_of_an_excerpt_of_a_line_that_is_too_large_a_quarter_counts(landing: Path, data_dir: Path) -> None:
    """No model parses it: 480 lines of over 1 MiB kept a file's one valid unsubscription out, at 1 GB of memory."""
    giants = "\n".join('{"x":"' + "y" * 1_048_600 + '"}' for _ in range(40))  # excerpts of over 64 KiB: 2,624,000 bytes
    put(landing, "acme/conversation_log/a.jsonl", f"{log_lines(1, length=100)}\n{giants}")
    put(landing, "acme/chat_transcripts/b.jsonl", '{"x":"' + "y" * 16_800_000 + '"}')
    assert statuses(take_in(landing, data_dir)) == {"a.jsonl": "loaded", "b.jsonl": "loaded"}
    before = long_text_in(RawStore(data_dir), SEEDS_DIR).long_text
    assert [held // 41 for held in before] == [16_406, 16_406, 0], "a quarter of 64 KiB and ` [N bytes, sha256 …]`"
    for part in (data_dir / "raw" / "conversation_log").rglob("*.parquet"):
        pq.write_table(pq.ParquetFile(part).read().replace_schema_metadata(None), part)
    assert long_text_in(RawStore(data_dir), SEEDS_DIR).long_text == before, "of an older version's part, too"
    put(landing, "acme/conversation_log/c.jsonl", "\n".join([giants] * 3))
    assert statuses(take_in(landing, data_dir)) == {"c.jsonl": "failed"}, "2,048 of them are published together"
    assert statuses(take_in(landing, data_dir, memory=1_000_000_000)) == {"c.jsonl": "loaded"}


def test_the_setting_that_a_file_needs_is_that_of_its_long_lines(landing: Path, data_dir: Path) -> None:
    """One line of 200,000 bytes in a file of 5 MB waited for 164 MB; a file is counted to its end, in all its chunks."""
    put(landing, "acme/conversation_log/a.jsonl", log_lines(8))
    short, long = log_lines(5_000, length=1_000), log_lines(1, length=200_000)
    put(landing, "acme/conversation_log/b.jsonl", f"{short}\n{long}")
    put(landing, "acme/conversation_log/c.jsonl", log_lines(40))  # 10,000,000 bytes: several chunks
    first = take_in(landing, data_dir)
    assert [str(file.error).split()[1] for file in first.unreadable] == [
        "CAW_MEMORY_LIMIT=71MB",  # 32 times 2,200,000
        "CAW_MEMORY_LIMIT=384MB",  # 32 times 12,000,000
    ]
    assert statuses(take_in(landing, data_dir, memory=71_000_000)) == {"b.jsonl": "loaded", "c.jsonl": "failed"}
    assert statuses(take_in(landing, data_dir, memory=391_000_000)) == {"c.jsonl": "loaded"}  # b.jsonl is in, too


def test_records_that_are_longer_than_their_line_count(landing: Path, data_dir: Path) -> None:
    """Each quotation mark of the summary is escaped once more in the record than in its line."""
    call = {"id": "1", "name": "transfer_to_human_agents", "arguments": {"summary": ["a"] * 800}}
    said = {"role": "assistant", "content": None, "tool_calls": [call]}
    conversations = [
        {"id": f"t{number}", "start_time": "2026-06-01T10:00:00Z", "messages": [said]} for number in range(500)
    ]
    lines = [json.dumps(one, separators=(",", ":")) for one in conversations]
    assert max(map(len, lines)) < 4_000
    put(landing, "acme/chat_transcripts/a.jsonl", "\n".join(lines))
    assert statuses(take_in(landing, data_dir)) == {"a.jsonl": "failed"}


def test_a_file_is_read_again_when_a_seed_says_that_other_records_are_made(landing: Path, data_dir: Path) -> None:
    """A transfer's summary is in no record, once no seed says that its tool hands over to a human."""
    seeds = data_dir.parent / "seeds"
    shutil.copytree(SEEDS_DIR, seeds)
    arguments = {"summary": "x" * 5_000}
    call = {"id": "1", "name": "transfer_to_human_agents", "arguments": arguments}
    said = {"role": "assistant", "content": None, "tool_calls": [call]}
    conversations = [
        {"id": f"t{number}", "start_time": "2026-06-01T10:00:00Z", "messages": [said]} for number in range(500)
    ]
    put(landing, "acme/chat_transcripts/a.jsonl", "\n".join(map(json.dumps, conversations)))
    limits = Limits(memory=MEMORY)
    assert statuses(ingest(landing, data_dir, NOW, limits=limits, seeds=seeds)) == {"a.jsonl": "failed"}
    [tools] = seeds.rglob("agent_tools.csv")
    rows = tools.read_text(encoding="utf-8").splitlines(keepends=True)
    tools.write_text("".join(row for row in rows if "transfer_to_human" not in row), encoding="utf-8")
    assert statuses(ingest(landing, data_dir, NOW, limits=limits, seeds=seeds)) == {"a.jsonl": "loaded"}


@pytest.mark.parametrize(
    "sources", [[], {"acme": []}, {"acme": {"key": "many"}}, {"acme": {"key": None}}, None], ids=repr
)
def test_damaged_notes_are_none(landing: Path, data_dir: Path, sources: object) -> None:
    put(landing, "acme/conversation_log/a.jsonl", log_lines(9))
    before = take_in(landing, data_dir)
    noted = data_dir / "state" / FILE_NAME
    good = json.loads(noted.read_text(encoding="utf-8"))
    [key] = good["sources"]["acme"]
    damaged = json.dumps({**good, "sources": sources}).replace("key", key)
    noted.write_text(damaged, encoding="utf-8")
    assert take_in(landing, data_dir).unreadable == before.unreadable
    assert json.loads(noted.read_text(encoding="utf-8")) == good


def test_words_for_people_are_right_for_a_file_that_waits() -> None:
    """The same bytes stay refused wherever they land: the reason says which setting lets them in."""
    for need in (UNREAD_REQUESTS, UNREAD_PERMISSIONS):
        for sentence in SENTENCES[need]:
            assert re.search(r": do what the reasons? says?, or mend (it|them) and land (it|them) again at", sentence)


def test_words_of_lines_that_were_expanded_to_be_counted_are_named(landing: Path, data_dir: Path) -> None:
    """As when a seed has changed: what the room expands again, nothing expands after it."""
    turns = [{"role": "oracle", "content": "hello", "timestamp": "2026-06-01T10:00:00Z"}]
    put(landing, "acme/chat_transcripts/a.jsonl", json.dumps({"id": "one", "messages": turns}))
    before = take_in(landing, data_dir).unknown_words
    assert before["chat_transcripts"].total() == 1
    shutil.rmtree(data_dir / "expanded")
    put(landing, "acme/conversation_log/a.jsonl", log_lines(1))
    assert take_in(landing, data_dir).unknown_words == before
