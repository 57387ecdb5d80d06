"""What takes long to make and is only read, made once for all test processes."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

DONE = ".made"


def shared(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that whoever asks for it first fills, while the others wait.

    Args:
        factory: pytest's; the folder lies beside those of its processes, at the same path for all.
        name: of the folder.
        make: fills the empty folder; what it leaves is all that other processes get.
    """
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder = base / "shared" / name
    folder.parent.mkdir(exist_ok=True)
    with folder.with_name(f".{name}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / DONE).exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a process that failed at it
            folder.mkdir()
            make(folder)
            (folder / DONE).touch()
    return folder


def copy_of_shared(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A copy of a `shared` folder, for this process alone to change."""
    return Path(shutil.copytree(shared(factory, name, make), factory.mktemp(name) / name, symlinks=True))
