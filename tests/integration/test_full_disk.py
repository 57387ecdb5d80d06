"""A disk that refuses, or may not be written: a clear message, and nothing half-published. (A full one: test_crashes.py.)"""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.crash_site import COMMIT, CrashSite, assert_reported
from tests.support.kept_whole import published
from tests.support.sudden_ends import Point

NOBODY = 65534


@pytest.mark.parametrize("action, words", [("full", "is full"), ("read-only", "can no longer be written")])
def test_a_disk_that_refuses_in_the_middle_of_a_run_is_reported(crash_site: CrashSite, action: str, words: str) -> None:
    """A person sees a stack of calls, or BI half a file; every write from some point on is refused."""
    crash_site.restore()
    assert_reported(crash_site, crash_site.run(point=Point(COMMIT, action=action)), words)


def test_a_data_dir_that_this_user_may_not_write_is_reported_before_anything_is_touched(crash_site: CrashSite) -> None:
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
