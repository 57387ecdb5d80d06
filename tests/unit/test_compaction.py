"""`compact`: the same lines in fewer files, whatever moment it dies at."""

import contextlib
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from caw.feeds.declared import feeds
from caw.ingest.ingestion import ingest
from caw.raw_store import compaction
from caw.raw_store.compaction import compact
from caw.raw_store.store import RawStore
from tests.support.dying import Died, dying

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
BATCHES = 5


def nothing(done: int, total: int) -> None:
    """No progress is shown."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five batches: logs, orders in every second one, and a transcript; tests go on from copies."""
    folder = tmp_path_factory.mktemp("made")
    for number in range(1, BATCHES + 1):
        deliver(folder, number)
    return folder


@pytest.fixture
def store(made: Path, tmp_path: Path) -> RawStore:
    """A store of these batches."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return RawStore(tmp_path / "data")


def deliver(folder: Path, number: int) -> str | None:
    """Land one more file and take it in."""
    landing = folder / "landing"
    texts = {"conversation_log": f'{{"record_id": "r{number}"}}\nnot json {number}\n'}
    if number % 2:
        texts["orders"] = f'{{"order_id": "{number}"}}\n'
    if number == 3:
        texts["chat_transcripts"] = '{"id": "t", "messages": [{"role": "user", "content": "hi", "timestamp": 1e9}]}\n'
    for feed, text in texts.items():
        path = landing / "acme" / feed / f"{number}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return ingest(landing, folder / "data", NOW).batch_id


def content(store: RawStore) -> dict[str, list[dict[str, object]]]:
    """All lines by feed, the ledger, and the expanded transcripts, as rows in a fixed order."""
    folders = {path.name: path for path in (store.data_dir / "raw").iterdir() if path.is_dir()}
    folders |= {f"expanded {name}": store.data_dir / "expanded" / name for name in ("records", "lines")}
    return {
        name: sorted((row for part in folder.rglob("*.parquet") for row in pq.read_table(part).to_pylist()), key=str)
        for name, folder in folders.items()
    }


def test_a_compacted_store_holds_the_same_lines_in_one_batch(store: RawStore, tmp_path: Path) -> None:
    """A line is lost or doubled, or a batch's id with which staging counts on."""
    before = content(store)
    assert len(before["conversation_log"]) == 2 * BATCHES
    done = compact(store, nothing)
    assert (done.batches_before, done.batches_after) == (BATCHES, 1)
    assert done.files_after == 3 + len(feeds())  # one file for each feed that landed, and each feed's empty batch 0
    assert store.batch_ids() == ["00000001-00000005"]
    assert deliver(tmp_path, BATCHES) is None  # what was taken in is known; expanded again
    assert content(store) == before
    assert deliver(tmp_path, BATCHES + 1) == "00000006"


def test_compacting_again_takes_in_what_came_since(store: RawStore, tmp_path: Path) -> None:
    """The span of a span is miscounted, or batches within it come back."""
    compact(store, nothing)
    deliver(tmp_path, 6)
    before = content(store)
    compact(store, nothing)
    assert store.batch_ids() == ["00000001-00000006"]
    ingest(tmp_path / "landing", store.data_dir, NOW)
    assert content(store) == before
    assert compact(store, nothing).batches_before == 1


def test_large_batches_are_left_alone(store: RawStore) -> None:
    """Every compaction rewrites everything, for ever."""
    size = max(part.stat().st_size for part in (store.data_dir / "raw").glob("conversation_log/batch=*/*.parquet"))
    done = compact(store, nothing, target_bytes=size)
    assert done.batches_after == BATCHES


@pytest.mark.parametrize("name", ["commit_table", "remove_superseded", "_remove_orphans", "put_lines"])
@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_compaction_that_died_leaves_every_line_once(
    store: RawStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, after: int
) -> None:
    """Between the new batch and the removal of the old ones, lines are there twice, or not at all."""
    before = content(store)
    where: object = compaction if name == "put_lines" else RawStore
    with monkeypatch.context() as patched:
        patched.setattr(where, name, dying(after, getattr(where, name)))
        with contextlib.suppress(Died):
            compact(store, nothing)
    ingest(tmp_path / "landing", store.data_dir, NOW)
    assert content(store) == before
    compact(store, nothing)
    ingest(tmp_path / "landing", store.data_dir, NOW)
    assert content(store) == before
    assert len(store.batch_ids()) == 1
