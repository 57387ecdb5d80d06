"""The copy of a raw store that lies elsewhere has what the store has, whatever stopped the one before."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import pytest

from caw.raw_store.mirror import NOTES, mirrored
from caw.raw_store.objects import put_bytes
from caw.raw_store.remote import RemoteObjects, objects_at
from caw.settings import Settings, SettingsError, read_settings
from caw_dagster.engines.raw_store_here import RAW_STORE, raw_store_here

LINES = {f"conversation_log/batch=0000000{number}/part-00000.parquet": b"lines" for number in range(4)}
OTHERS = {"batches/00000001.parquet": b"ledger", "history/segment_sizes.parquet": b"sizes"}
READ = {**LINES, **OTHERS, "given_way/lines.parquet": b"rows"}
NEVER_READ = {"erasure/key": b"key", "erasure/hashes.parquet": b"people", "format": b"3", "given_way/rows.parquet": b""}
CHANGED, GONE = sorted(LINES)[1:3]


@pytest.fixture
def store(tmp_path: Path) -> RemoteObjects:
    objects = objects_at(f"memory://{tmp_path}/raw", tmp_path / "drafts")
    assert isinstance(objects, RemoteObjects)
    for name, content in {**READ, **NEVER_READ}.items():
        put_bytes(objects, name, content)
    return objects


def files(folder: Path) -> Mapping[str, bytes]:
    """All files below a folder, by their paths."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def change(store: RemoteObjects) -> Mapping[str, bytes]:
    """Do to a store what an erasure and a compaction do, and a batch; what models read of it then."""
    put_bytes(store, CHANGED, b"LINES", replaces=True)  # as long as before
    store.remove([GONE])
    new = {"orders/batch=00000009/part-00000.parquet": b"orders"}
    for name, content in new.items():
        put_bytes(store, name, content)
    return {**{name: content for name, content in READ.items() if name != GONE}, CHANGED: b"LINES", **new}


def test_the_copy_has_what_models_read_and_nothing_of_erasure(store: RemoteObjects, tmp_path: Path) -> None:
    """The key of pseudonyms in a folder that a cluster mounts; a ledger that is missing."""
    assert files(mirrored(store, tmp_path / "copy")) == READ


def test_what_was_replaced_is_replaced_and_what_is_gone_goes(store: RemoteObjects, tmp_path: Path) -> None:
    """A person whose line was redacted under the same name, and who lives on in the copy."""
    mirrored(store, tmp_path / "copy")
    expected = change(store)
    assert files(mirrored(store, tmp_path / "copy")) == expected


def test_only_what_is_new_is_read(store: RemoteObjects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each tick that takes the whole store over the network."""
    mirrored(store, tmp_path / "copy")
    change(store)
    read: list[str] = []
    whole = RemoteObjects.read

    def noting(self: RemoteObjects, name: str) -> BinaryIO:
        read.append(name)
        return whole(self, name)

    monkeypatch.setattr(RemoteObjects, "read", noting)
    for _ in range(2):
        mirrored(store, tmp_path / "copy")
    assert read == [CHANGED, "orders/batch=00000009/part-00000.parquet"]


@pytest.mark.parametrize("dies_at", range(2))
@pytest.mark.parametrize("is_killed", [True, False])
def test_a_copy_that_stops_half_way_has_nothing_that_is_gone_and_the_next_is_whole(
    store: RemoteObjects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies_at: int, is_killed: bool
) -> None:
    """A dead copy's notes that say of old lines that they are the new ones."""
    folder = tmp_path / "copy"
    mirrored(store, folder)
    before = (folder / NOTES).read_bytes()
    expected = change(store)
    reads = iter(range(9))
    whole = RemoteObjects.read

    def dying(self: RemoteObjects, name: str) -> BinaryIO:
        if next(reads) == dies_at:
            raise ConnectionError
        return whole(self, name)

    with monkeypatch.context() as patched, pytest.raises(ConnectionError):
        patched.setattr(RemoteObjects, "read", dying)
        mirrored(store, folder)
    if is_killed:
        (folder / NOTES).write_bytes(before)  # a process that is killed writes none
    left = files(folder / "raw")
    assert left.items() <= expected.items()
    assert files(mirrored(store, folder)) == expected


@pytest.mark.parametrize("notes", [b"", b"[]", b'{"conversation_log/batch', b"\xff"])
def test_notes_that_cannot_be_read_have_all_copied_again(store: RemoteObjects, tmp_path: Path, notes: bytes) -> None:
    """A copy that cannot be mended but by hand; files that nobody knows the version of, and that are trusted."""
    mirrored(store, tmp_path / "copy")
    expected = change(store)
    (tmp_path / "copy" / NOTES).write_bytes(notes)
    assert files(mirrored(store, tmp_path / "copy")) == expected


def test_nobody_but_the_owner_reads_the_copy(store: RemoteObjects, tmp_path: Path) -> None:
    """Customers' words in a folder that a machine's other users read."""
    place = mirrored(store, tmp_path / "copy")
    assert {path.stat().st_mode & 0o077 for path in place.rglob("*")} == {0}


@pytest.fixture
def settings(store: RemoteObjects, tmp_path: Path) -> Settings:
    (tmp_path / "landing").mkdir()
    given = {"CAW_LANDING_DIR": str(tmp_path / "landing"), "CAW_DATA_DIR": str(tmp_path / "data")}
    return read_settings({**given, RAW_STORE: store.place})


def test_a_build_has_the_copy_and_its_macros_too(
    store: RemoteObjects, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that lists an address as a folder, and macros that ask Spark for a protocol that it lacks."""
    monkeypatch.setenv(RAW_STORE, store.place)
    with raw_store_here(settings) as here:
        place = str(settings.data_dir / "mirror" / "raw")
        assert (here.raw_store, os.environ[RAW_STORE], here.store().objects.place) == (place, place, place)
    assert os.environ[RAW_STORE] == store.place
    monkeypatch.delenv(RAW_STORE)
    with raw_store_here(settings):
        pass
    assert RAW_STORE not in os.environ


def test_a_store_that_does_not_answer_is_told_without_its_words(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key in a run's log: storages quote what they were asked with."""
    monkeypatch.setattr(RemoteObjects, "versions", lambda _: {}["secret"])
    with (
        pytest.raises(SettingsError, match=r"could not be copied for Spark \(KeyError\)") as refused,
        raw_store_here(settings),
    ):
        pass
    assert "secret" not in str(refused.value)


def test_a_copy_goes_when_the_store_is_in_the_data_dir_again(store: RemoteObjects, settings: Settings) -> None:
    """Lines of people that nothing brings up to date any more."""
    with raw_store_here(settings):
        pass
    given = {"CAW_LANDING_DIR": str(settings.landing_dir), "CAW_DATA_DIR": str(settings.data_dir)}
    with raw_store_here(read_settings(given)) as here:
        assert here.raw_store is None
    assert not (settings.data_dir / "mirror").exists()
