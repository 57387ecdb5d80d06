"""A disk that is full or may not be written: a clear message, nothing half-published, and right again with room."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.crash_site import CrashSite
from tests.support.kept_whole import published
from tests.support.sudden_ends import Point

SIZE = 192 * 1024 * 1024
ROOM = 3 * 1024 * 1024  # enough to take the files in, not to build the models
NOBODY = 65534


@pytest.fixture
def small_disk(crash_site: CrashSite) -> Iterator[CrashSite]:
    """The data dir on a disk of its own, as the first run left it."""
    crash_site.data_dir.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(crash_site.data_dir)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("nothing may be mounted here")
    try:
        crash_site.restore()
        yield crash_site
    finally:
        subprocess.run(["umount", str(crash_site.data_dir)], check=True)


def below(folder: Path) -> set[Path]:
    """The paths of all that lies below a folder."""
    return {path.relative_to(folder) for path in folder.rglob("*")}


def assert_told(site: CrashSite, code: int, err: str, words: str) -> None:
    """The run failed with one line that says why, and what was published is as it was."""
    assert code == 1, err
    last = err.strip().splitlines()[-1]
    assert last.startswith("caw: ") and words in last, err
    assert "Traceback" not in err
    assert published(site.data_dir) == site.contents[0]
    assert below(site.data_dir / "published") == below(site.root / "kept" / "published")


def test_a_full_disk_is_told_and_the_next_run_with_room_is_right(small_disk: CrashSite) -> None:
    """A person sees a stack of calls, BI half a file, or the next run goes on from what was half written."""
    filler = small_disk.data_dir / "filler"
    free = os.statvfs(small_disk.data_dir).f_bavail * os.statvfs(small_disk.data_dir).f_frsize
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free - ROOM)
    ended = small_disk.run()
    assert_told(small_disk, ended.code, ended.err, "full")
    filler.unlink()
    with small_disk.reader() as reader:
        ended = small_disk.run()
    assert ended.code == 0, ended.err
    assert small_disk.wrongs(reader) == []


@pytest.mark.parametrize("action, words", [("full", "is full"), ("read-only", "can no longer be written")])
def test_a_disk_that_refuses_in_the_middle_of_a_run_is_told(crash_site: CrashSite, action: str, words: str) -> None:
    """The same where nothing may be mounted: every write from some point on is refused."""
    crash_site.restore()
    point = Point("link raw/batches/00000002.parquet", action=action)
    ended = crash_site.run(point=point)
    assert_told(crash_site, ended.code, ended.err, words)


def test_a_data_dir_that_this_user_may_not_write_is_told_before_anything_is_touched(crash_site: CrashSite) -> None:
    """Exit code 2 and what to set; root, who may write anything, has to be somebody else for this."""
    crash_site.restore()
    folders = [crash_site.data_dir, *(path for path in crash_site.data_dir.rglob("*") if path.is_dir())]
    _change_modes(folders, 0o555)
    user = NOBODY if os.geteuid() == 0 else None
    try:
        if user is not None and not _may_pass(user, crash_site.root):
            pytest.skip("another user cannot reach the folder of this test")
        ended = crash_site.caw.run(crash_site.landing, crash_site.data_dir, user=user)
    finally:
        _change_modes(folders, 0o755)
    assert ended.code == 2
    assert ended.err.strip().count("\n") == 0
    assert f"The data dir {crash_site.data_dir} cannot be written (Permission denied)" in ended.err
    assert published(crash_site.data_dir) == crash_site.contents[0]


def _change_modes(folders: list[Path], mode: int) -> None:
    for folder in folders:
        folder.chmod(mode)


def _may_pass(user: int, folder: Path) -> bool:
    command = ["setpriv", f"--reuid={user}", "--clear-groups", "test", "-x", str(folder)]
    try:
        return subprocess.run(command, check=False).returncode == 0
    except FileNotFoundError:
        return False
