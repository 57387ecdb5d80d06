"""The raw store through its calls: list, read, put once, and remove (spec §14.5)."""

import errno
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from caw.erasure import run as erasure
from caw.erasure.forgotten import plan_of
from caw.erasure.identifiers import Identifier
from caw.ingest import ingestion
from caw.raw_store.compaction import compact
from caw.raw_store.objects import Folder, LocalObjects, Objects, exists, put_bytes, read_bytes
from caw.raw_store.remote import objects_at
from caw.raw_store.store import RawStore
from caw.raw_store.tables import read_table
from caw.settings import Settings
from tests.support.memory_objects import MemoryObjects
from tests.support.raw_files import places, raw_paths

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_no_other_module_names_a_path_in_the_raw_store() -> None:
    """A store on object storage that is read or written past its calls."""
    assert list(places()) == []


@pytest.mark.parametrize(
    ("source", "is_wrong"),
    [
        ('path = data_dir / "raw" / feed', True),
        ('text = f"{data_dir}/raw/{feed}"', True),
        ('name = "raw/batches"', True),
        ("path = data_dir / RAW", True),
        ("for path in store.objects.root.iterdir(): pass", True),
        ('"""Files of raw/ are opened elsewhere: raw/batches."""', False),
        ('key = ["raw", "orders"]', False),
        ("names = store.objects.list('batches/')", False),
    ],
)
def test_the_lint_finds_paths_and_no_words(source: str, is_wrong: bool) -> None:
    assert bool(list(raw_paths(source))) is is_wrong


@pytest.fixture(params=["local", "folder", "memory", "fsspec"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    """Each kind of objects, empty."""
    local = LocalObjects(tmp_path / "store")
    return {
        "local": local,
        "folder": Folder(local, "within/"),
        "memory": MemoryObjects(),
        "fsspec": objects_at(f"memory://{tmp_path.name}/raw", tmp_path / "drafts"),
    }[request.param]


def test_what_was_put_is_listed_and_read(objects: Objects) -> None:
    assert list(objects.list()) == []
    put_bytes(objects, "a/b=1/x", b"one")
    put_bytes(objects, "a/c", b"two")
    put_bytes(objects, "ab", b"")
    assert list(objects.list()) == ["a/b=1/x", "a/c", "ab"]
    assert list(objects.list("a/")) == ["a/b=1/x", "a/c"]
    assert list(objects.list("a/b")) == ["a/b=1/x"]
    assert list(objects.list("b")) == list(objects.list("a/c/d")) == []
    assert (read_bytes(objects, "a/b=1/x"), read_bytes(objects, "ab")) == (b"one", b"")
    assert (exists(objects, "a/c"), exists(objects, "a")) == (True, False)
    with pytest.raises(FileNotFoundError):
        objects.read("a/nothing")


def test_a_name_that_is_taken_is_refused_unless_it_is_replaced(objects: Objects) -> None:
    """Two commits of one batch, the second over the first."""
    put_bytes(objects, "batches/1", b"first")
    with pytest.raises(FileExistsError):
        put_bytes(objects, "batches/1", b"second")
    assert read_bytes(objects, "batches/1") == b"first"
    put_bytes(objects, "batches/1", b"second", replaces=True)
    assert read_bytes(objects, "batches/1") == b"second"
    assert list(objects.list()) == ["batches/1"]


@pytest.mark.parametrize("replaces", [False, True])
def test_a_put_that_fails_leaves_no_object_and_nothing_else(objects: Objects, replaces: bool) -> None:
    """Half of a part, with a ledger that counts all of it."""
    with pytest.raises(RuntimeError), objects.put_once("a/b", replaces) as stream:
        stream.write(b"half")
        raise RuntimeError
    assert list(objects.list()) == []
    put_bytes(objects, "a/b", b"whole", replaces)
    assert read_bytes(objects, "a/b") == b"whole"


def test_nothing_is_left_of_what_was_put_elsewhere(tmp_path: Path) -> None:
    """A draft holds lines of people in plain text, next to a store that is far away."""
    objects = objects_at(f"memory://{tmp_path.name}/raw", tmp_path / "drafts")
    put_bytes(objects, "a", b"whole")
    with pytest.raises(RuntimeError), objects.put_once("b"):
        raise RuntimeError
    objects.remove(["a", "a"])
    assert list(objects.list()) == list((tmp_path / "drafts").iterdir()) == []


@pytest.mark.parametrize("url", ["file:///x/raw", "/x/raw"])
def test_a_store_at_a_path_is_as_safe_as_one_in_the_data_dir(url: str) -> None:
    """fsspec's own local files have no rename that survives a power cut, and everybody may read them."""
    assert objects_at(url, Path()) == LocalObjects(Path("/x/raw"))


def test_an_object_is_not_listed_before_it_is_whole(objects: Objects) -> None:
    with objects.put_once("a/b") as stream:
        stream.write(b"half")
        assert list(objects.list()) == []
    assert list(objects.list()) == ["a/b"]


def test_what_is_removed_is_gone_and_so_are_drafts_and_empty_folders(tmp_path: Path) -> None:
    """A draft of a run that died holds a person's lines for ever."""
    objects = LocalObjects(tmp_path / "store")
    for name in ("a/b=1/x", "a/b=1/y", "a/b=2/x"):
        put_bytes(objects, name, b"")
    (tmp_path / "store/a/b=3").mkdir()
    (tmp_path / "store/a/b=3/.part.parquet.tmp").write_bytes(b"of somebody")
    (tmp_path / "store/a/.left.tmp").write_bytes(b"of somebody")
    assert list(objects.list()) == ["a/b=1/x", "a/b=1/y", "a/b=2/x"]
    objects.remove(["a/b=1/x", "a/b=1/y", "a/b=4/gone before"])
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*"))
    assert left == ["store", "store/a", "store/a/b=2", "store/a/b=2/x"]


def test_files_and_folders_are_their_owner_s_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        put_bytes(LocalObjects(tmp_path / "store"), "a/b", b"")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    assert modes == {"store": 0o700, "a": 0o700, "b": 0o600}


def test_a_file_system_without_links_refuses_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some mounted disks know no second names."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "no links")

    monkeypatch.setattr(os, "link", refuse)
    objects = LocalObjects(tmp_path)
    put_bytes(objects, "a", b"first")
    with pytest.raises(FileExistsError):
        put_bytes(objects, "a", b"second")
    assert (read_bytes(objects, "a"), [path.name for path in tmp_path.iterdir()]) == (b"first", ["a"])


def test_all_that_is_done_to_a_raw_store_goes_through_its_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ingestion, compaction and an erasure on a store that has no files: nothing looks for them."""
    kept = MemoryObjects()
    monkeypatch.setattr("caw.raw_store.store.LocalObjects", lambda _: kept)
    landing, data_dir = tmp_path / "landing", tmp_path / "data"
    orders = landing / "acme" / "orders"
    orders.mkdir(parents=True)
    for number in range(3):
        (orders / f"{number}.csv").write_text(f"order_id,placed_at,email\n{number},2026-01-01T00:00:00Z,ann@x.example")
        ingestion.ingest(landing, data_dir, NOW)
    store = RawStore(data_dir)
    assert store.batch_ids() == ["00000001", "00000002", "00000003"]
    assert compact(store, lambda *_: None).batches_after == 1
    plan_of(store.erasure).write({"acme": frozenset({Identifier("email", "ann@x.example")})})
    erasure.finish_erasure(Settings(landing, data_dir, "1GB", 1, 1 << 30))
    assert b"ann@x" not in b"".join(kept.kept.values())
    assert [row["is_erased"] for row in lines_of(store)] == [True] * 3
    assert exists(store.erasure, "key") and not exists(store.erasure, "plan.parquet")
    assert not (data_dir / "raw").exists()


def lines_of(store: RawStore) -> list[dict[str, object]]:
    """All lines of orders."""
    return [
        row
        for parts in store.parts("orders").values()
        for name in parts
        for row in read_table(store.objects, name).to_pylist()
    ]
