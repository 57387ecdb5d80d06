"""File permissions: files are their owner's alone, whatever the umask, but for what is published (CAW_READERS).

Readers of the published files are other users as a rule: BI tools, a notebook's account. They may pass through the
data dir and not list it.
"""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PRIVATE = 0o077  # as a umask
OWNERS_FOLDER = 0o700


@dataclass(frozen=True)
class Readers:
    """The permissions of published files, of their folders, and of the data dir around them."""

    file: int
    folder: int
    way: int

    def admit(self, path: Path) -> None:
        """Let them read a published file, or a folder with all that is in it."""
        if path.is_dir():
            self.open_folder(path)
            for inner in path.iterdir():
                if not inner.is_symlink():
                    self.admit(inner)
        else:
            _set(path, self.file)

    def open_folder(self, path: Path) -> None:
        """Let them list a published folder."""
        _set(path, self.folder)


READERS = {
    "owner": Readers(0o600, 0o700, 0o700),
    "group": Readers(0o640, 0o750, 0o710),
    "all": Readers(0o644, 0o755, 0o711),
}
DEFAULT_READERS = "group"


@contextmanager
def private_files() -> Iterator[None]:
    """Make files that this process creates in the block their owner's alone."""
    before = os.umask(PRIVATE)
    try:
        yield
    finally:
        os.umask(before)


def close_data_dir(data_dir: Path, published: Path, readers: Readers) -> None:
    """Close a data dir and the folders in it to others, also one that an older version left open."""
    _set(data_dir, readers.way)
    for path in data_dir.iterdir():
        if path.is_dir() and not path.is_symlink() and path != published:
            _set(path, OWNERS_FOLDER)


def _set(path: Path, mode: int) -> None:
    """Set a path's permissions, where this user may and the file system keeps them."""
    with contextlib.suppress(OSError):
        path.chmod(mode)
