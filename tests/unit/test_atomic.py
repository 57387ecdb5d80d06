"""Atomic writes: nobody ever sees half a file under its name, and a process that dies leaves nothing that stays."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from caw.host import atomic
from caw.landing.scan import is_ignored

ROOT = Path(__file__).resolve().parents[2]
OLD, HALF = "old", "new"
NEW = HALF + HALF
# Writes in a process that dies at the n-th call that changes what lies on disk, or in the middle of a write.
DYING = """
import io, os, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from caw.host import atomic
left = int(sys.argv[2])

def dying(call):
    def counted(*arguments, **options):
        global left
        left -= 1
        if left < 0:
            os._exit(9)
        return call(*arguments, **options)
    return counted

for name in ("open", "replace", "fsync", "unlink", "mkdir"):
    setattr(os, name, dying(getattr(os, name)))
path = Path(sys.argv[1])
with atomic.replacing(path) as draft, draft.open("w") as stream:
    stream.write({half!r})
    stream.flush()
    dying(lambda: None)()
    stream.write({half!r})
"""


def dies_at(path: Path, call: int) -> bool:
    """Write NEW in a process that dies at this call, from 0; whether it came to that call."""
    script = DYING.format(root=str(ROOT), half=HALF)
    done = subprocess.run([sys.executable, "-c", script, str(path), str(call)], capture_output=True, check=False)
    assert done.returncode in (0, 9), done.stderr.decode()
    return done.returncode == 9


@pytest.mark.parametrize("before", [None, OLD])
def test_wherever_the_process_dies_the_file_is_as_it_was_or_complete(tmp_path: Path, before: str | None) -> None:
    """A state file cut off in the middle, which the next run cannot read, or drafts that pile up."""
    seen, call = [], 0
    while True:
        path = tmp_path / str(call) / "file.json"
        if before is not None:
            atomic.write(path, before)
        died = dies_at(path, call)
        seen.append(path.read_text() if path.exists() else None)
        assert {other.name for other in path.parent.glob("*")} <= {"file.json", ".file.json.tmp"}
        atomic.write(path, NEW)
        assert path.read_text() == NEW
        assert [other.name for other in path.parent.iterdir()] == ["file.json"]
        if not died:
            break
        call += 1
    changes = seen.index(NEW)
    assert set(seen[:changes]) == {before}
    assert set(seen[changes:]) == {NEW}
    assert changes >= 3  # the folder, half of the draft, its flush
    assert len(seen) - changes >= 2  # the folder's flush comes after the rename


def test_an_error_while_writing_leaves_the_file_as_it_was_and_no_draft(tmp_path: Path) -> None:
    """A full disk that stays full, because each attempt leaves a draft."""
    path = tmp_path / "file"
    atomic.write(path, OLD)
    with pytest.raises(RuntimeError), atomic.replacing(path) as draft:
        draft.write_text("half")
        raise RuntimeError
    assert path.read_text() == OLD
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_that_cannot_be_taken_is_an_error_and_leaves_no_draft(tmp_path: Path) -> None:
    """A folder in the file's place."""
    (tmp_path / "file" / "inner").mkdir(parents=True)
    with pytest.raises(OSError):
        atomic.write(tmp_path / "file", NEW)
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_a_file_has_its_permissions_from_the_first_moment_on(tmp_path: Path, umask: int) -> None:
    """A key that others can read for a moment, or for good because a draft of that name was there."""
    (tmp_path / ".key.tmp").write_text("left by a process that died")
    (tmp_path / ".key.tmp").chmod(0o644)
    before = os.umask(umask)
    try:
        atomic.write(tmp_path / "key", b"\x00\xff", mode=0o600)
        atomic.write(tmp_path / "note", "text")
    finally:
        os.umask(before)
    assert (tmp_path / "key").read_bytes() == b"\x00\xff"
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "note").stat().st_mode & 0o777 == 0o666 & ~umask


def test_processes_without_a_common_lock_have_drafts_of_their_own(tmp_path: Path) -> None:
    """Two processes that start at once: one renames what the other has half written."""
    path = tmp_path / "dagster.yaml"
    with atomic.replacing(path, by_several=True) as mine:
        mine.write_text("mine")
        here = str(path)
        script = f"from pathlib import Path; from caw.host import atomic; atomic.write(Path({here!r}), 'other', by_several=True)"
        subprocess.run([sys.executable, "-c", script], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
        assert path.read_text() == "other"
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_flushed_can_be_written_without_flushing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request to forget somebody that a mounted landing zone takes, and `caw erase` says that it cannot be landed."""

    def refused(_: int) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "fsync", refused)
    atomic.write(tmp_path / "request.jsonl", NEW, flush=False)
    assert (tmp_path / "request.jsonl").read_text() == NEW


@pytest.mark.parametrize("by_several", [False, True])
def test_a_draft_has_a_name_that_readers_pass_over(tmp_path: Path, by_several: bool) -> None:
    """Half a file is ingested (spec §1.1), or a draft that a run left is not found by what cleans up."""
    with atomic.replacing(tmp_path / "a.jsonl", by_several=by_several) as draft:
        draft.write_text("half")
        assert is_ignored(draft.name)
        assert list(tmp_path.glob(atomic.DRAFT)) == [draft]
        assert list(tmp_path.glob("*.jsonl")) == []
