"""Workers that take in sources of their own: one order of commits, nothing lost and nothing doubled (spec §14.5)."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from caw.erasure import run as erasure
from caw.erasure.forgotten import begin_forgetting, plan_of
from caw.erasure.identifiers import Identifier
from caw.host.locks import Holder, exclusive
from caw.ingest import ingestion, worker
from caw.ingest.commit import BatchResult
from caw.ingest.ingestion import Intake, ingest
from caw.landing.digest_cache import DigestCache
from caw.raw_store.compaction import compact
from caw.raw_store.store import RawStore, batch_of
from caw.raw_store.tables import read_table
from caw.settings import Settings
from tests.support.dying import Died

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
HOLDER = Holder("test", 1, "now")


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """Two accounts with two files each."""
    for source in ("acme", "brand"):
        for number in (1, 2):
            put(tmp_path / "landing", f"{source}/orders/{number}.jsonl", f'{{"order_id": "{number}"}}\n\n')
    return tmp_path / "landing"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data dir as `caw ingest` finds it once its folders are checked."""
    (tmp_path / "data" / "state").mkdir(parents=True)
    return tmp_path / "data"


def put(landing: Path, path: str, text: str) -> None:
    (landing / path).parent.mkdir(parents=True, exist_ok=True)
    (landing / path).write_text(text)


def work(landing: Path, data_dir: Path, *sources: str) -> BatchResult:
    """`caw ingest --source …`."""
    settings = Settings(landing, data_dir, "1GB", 1, 1 << 30)
    return worker.ingest_sources(Intake(landing, data_dir, NOW, sources=sources), settings, HOLDER, lambda _: None)


def meanwhile(monkeypatch: pytest.MonkeyPatch, *happenings: Callable[[], object]) -> None:
    """When a worker has read, and not committed yet, these happen, one for each time that a worker has read."""
    left = list(happenings)
    read = worker.read_new_files

    def reading(*arguments: object) -> object:
        new = read(*arguments)  # type: ignore[arg-type]
        if left:
            left.pop(0)()
        return new

    monkeypatch.setattr(worker, "read_new_files", reading)


def lines(data_dir: Path) -> Counter[tuple[str, str, int]]:
    """(batch id, path, line number) of the orders, and how often each stands there; a batch's folder is the one it says."""
    store = RawStore(data_dir)
    found: Counter[tuple[str, str, int]] = Counter()
    for parts in store.parts("orders").values():
        for name in parts:
            for row in read_table(store.objects, name).to_pylist():
                assert row["batch_id"] == batch_of(name)
                found[row["batch_id"], row["file_path"], row["line_number"]] += 1
    return found


def ledger(data_dir: Path) -> Sequence[tuple[str, str, int, int]]:
    rows = RawStore(data_dir).ledger_rows(["file_path", "batch_id", "lines", "blank"]).to_pylist()
    return sorted((row["batch_id"], row["file_path"], row["lines"], row["blank"]) for row in rows)


def expected(**batches: str) -> tuple[Counter[tuple[str, str, int]], Sequence[tuple[str, str, int, int]]]:
    """What lines and ledger are where each of these sources was taken in as this batch."""
    pairs = [(batch, f"{source}/orders/{one}.jsonl") for source, batch in batches.items() for one in (1, 2)]
    return Counter((*pair, 1) for pair in pairs), sorted((*pair, 2, 1) for pair in pairs)


def test_a_worker_takes_in_its_own_sources_and_leaves_the_others(landing: Path, data_dir: Path) -> None:
    put(landing, "stray.txt", "")
    assert work(landing, data_dir, "brand").batch_id == "00000001"
    assert (lines(data_dir), ledger(data_dir)) == expected(brand="00000001")
    assert work(landing, data_dir, "brand").batch_id is None
    assert ingest(landing, data_dir, NOW).batch_id == "00000002", "a run takes in the rest, and only that"
    assert lines(data_dir) == expected(brand="00000001", acme="00000002")[0]
    assert not list((data_dir / "ingesting").iterdir())


def test_who_commits_first_is_first_whoever_began(
    landing: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two take the same id, or one is committed under an id below one that the models have read: they never see it."""
    meanwhile(monkeypatch, lambda: work(landing, data_dir, "brand"))
    assert work(landing, data_dir, "acme").batch_id == "00000002"
    assert (lines(data_dir), ledger(data_dir)) == expected(brand="00000001", acme="00000002")


def test_a_run_that_took_in_a_worker_s_files_meanwhile_is_left_as_it_is(
    landing: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line twice, in two batches."""
    meanwhile(monkeypatch, lambda: ingest(landing, data_dir, NOW))
    assert work(landing, data_dir, "acme").batch_id is None
    assert (lines(data_dir), ledger(data_dir)) == expected(acme="00000001", brand="00000001")


def test_of_a_file_that_was_committed_meanwhile_the_later_version_stays_the_later(
    landing: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The older content counts as delivered last, and its version of an order holds."""

    def later() -> None:
        put(landing, "acme/orders/1.jsonl", '{"order_id": "1"}\n{"order_id": "3"}\n')
        ingest(landing, data_dir, NOW)
        put(landing, "acme/orders/3.jsonl", "{}\n")

    meanwhile(monkeypatch, later)
    assert work(landing, data_dir, "acme").batch_id is None
    assert work(landing, data_dir, "acme").batch_id == "00000002"
    assert [row[:2] for row in ledger(data_dir) if "acme" in row[1]] == [
        ("00000001", "acme/orders/1.jsonl"),
        ("00000001", "acme/orders/2.jsonl"),
        ("00000002", "acme/orders/3.jsonl"),
    ]


def test_files_that_are_late_in_part_leave_their_lines_out_of_a_shared_part(
    landing: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small files share a part: all of it is dropped, or none."""

    def half() -> None:
        (landing / "acme/orders/2.jsonl").rename(landing / "aside")
        ingest(landing, data_dir, NOW)

    meanwhile(monkeypatch, half)
    assert work(landing, data_dir, "acme").batch_id == "00000002"
    assert lines(data_dir)["00000002", "acme/orders/2.jsonl", 1] == 1
    assert sum(number for (_, path, _), number in lines(data_dir).items() if path.startswith("acme")) == 2


def test_a_compaction_meanwhile_moves_no_id(landing: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (3, 4):
        put(landing, f"brand/orders/{number}.jsonl", "{}\n")
        work(landing, data_dir, "brand")
    meanwhile(monkeypatch, lambda: compact(RawStore(data_dir), lambda *_: None))
    assert work(landing, data_dir, "acme").batch_id == "00000003"
    assert RawStore(data_dir).batch_ids() == ["00000001-00000002", "00000003"]


def test_who_is_forgotten_while_a_worker_reads_is_in_none_of_its_lines_or_paths(
    landing: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read before the erasure is committed after it as it was."""
    ann, path = "ann@x.example", "acme/orders/of ann@x.example.jsonl"
    put(landing, path, json.dumps({"order_id": "9", "placed_at": "2026-06-01T00:00:00Z", "email": ann}) + "\n")

    def forget() -> None:
        store = RawStore(data_dir)
        plan_of(store.erasure).write({"acme": frozenset({Identifier("email", ann)})})
        begin_forgetting(store.erasure)
        erasure.finish_erasure(Settings(landing, data_dir, "1GB", 1, 1 << 30))

    meanwhile(monkeypatch, forget)
    assert work(landing, data_dir, "acme").erased_lines == 1
    assert len(ledger(data_dir)) == 3
    for file in data_dir.rglob("*"):
        assert "ann@x" not in file.name
        if file.suffix == ".parquet":
            assert "ann@x" not in str(pq.read_table(file, partitioning=None).to_pylist()), file


def test_workers_keep_what_others_know_of_the_landing_zone(
    landing: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker's end makes the next run hash every file of the others, or hides what could not be read."""
    (landing / "brand/orders/gone.jsonl").symlink_to(landing.parent / "elsewhere")

    def other() -> None:
        work(landing, data_dir, "brand")

    meanwhile(monkeypatch, other)
    work(landing, data_dir, "acme")
    unreadable = pq.read_table(data_dir / "state" / "unread_files.parquet")["file_path"].to_pylist()
    assert unreadable == ["brand/orders/gone.jsonl"]
    assert {path for path, _ in DigestCache.load(data_dir).before} == {
        f"{source}/orders/{number}.jsonl" for source in ("acme", "brand") for number in (1, 2)
    }
    (landing / "brand/orders/gone.jsonl").unlink()
    work(landing, data_dir, "brand")
    assert pq.read_table(data_dir / "state" / "unread_files.parquet").num_rows == 0


def test_rows_that_end_files_of_two_workers_both_give_way(
    landing: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list is written from what one of them knew when it began to read."""

    def grow(text: str) -> None:
        for source in ("acme", "brand"):
            put(landing, f"{source}/orders/grow.csv", f"order_id,placed_at\n1,2026-06-0{text}")

    grow("1")
    meanwhile(monkeypatch, lambda: work(landing, data_dir, "brand"))
    work(landing, data_dir, "acme")
    grow("12\n")
    meanwhile(monkeypatch, lambda: work(landing, data_dir, "brand"))
    work(landing, data_dir, "acme")
    gone = pq.read_table(data_dir / "raw" / "given_way" / "lines.parquet").to_pylist()
    assert [(row["batch_id"], row["file_path"]) for row in gone] == [
        ("00000001", "brand/orders/grow.csv"),
        ("00000002", "acme/orders/grow.csv"),
    ]


def test_large_files_have_parts_of_their_own_in_a_worker_s_batch_too(
    landing: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingestion, "SHARED_PART_BYTES", 1)
    work(landing, data_dir, "acme")
    assert (lines(data_dir), ledger(data_dir)) == expected(acme="00000001")
    assert len(RawStore(data_dir).parts_of("orders", "00000001")) == 2


def test_a_worker_that_dies_leaves_nothing_that_the_next_run_does_not_remove(
    landing: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody's lines stay in a folder that no erasure looks into."""

    def die() -> None:
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr("caw.raw_store.scratch.shutil.rmtree", lambda *_, **__: None)
        meanwhile(patched, die)
        with pytest.raises(Died):
            work(landing, data_dir, "acme")
    assert list((data_dir / "ingesting").rglob("*.parquet"))
    with exclusive(data_dir / "state" / "ingesting" / "acme.lock", HOLDER):
        ingest(landing, data_dir, NOW)
        assert list((data_dir / "ingesting").rglob("*.parquet")), "its worker may be alive"
    ingest(landing, data_dir, NOW)
    assert not list((data_dir / "ingesting").iterdir())
