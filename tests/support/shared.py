"""What takes long to make and is only read, made once for all test processes."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

DONE = ".made"


class Place:
    """Where it lies: the same folder for all processes of one test run; conftest.py says which."""

    folder: Path


def shared(name: str, make: Callable[[Path], object]) -> Path:
    """A folder that whoever asks for it first fills, while the others wait.

    Args:
        name: of the folder.
        make: fills the empty folder; what it leaves there is all that anybody gets.
    """
    folder = Place.folder / name
    Place.folder.mkdir(exist_ok=True)
    with folder.with_name(f".{name}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / DONE).exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a process that failed at it
            folder.mkdir()
            make(folder)
            (folder / DONE).touch()
    return folder


def copy_of_shared(name: str, make: Callable[[Path], object]) -> Path:
    """A copy of a `shared` folder, for this process alone to change."""
    made = shared(name, make)
    own = Path(tempfile.mkdtemp(dir=Place.folder, prefix=f"{name}-{os.getpid()}-"))
    return Path(shutil.copytree(made, own / name, symlinks=True))
