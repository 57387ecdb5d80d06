"""Atomic writes: a file appears under its name complete or not at all, also where the process or the machine stops.

What belongs here: how caw replaces a file of its own. What does not: appending (erasure/held_files.py), and the folders
and links of a publication (publication/parquet.py), which no single rename replaces.

The content goes into a draft, `.<name>.tmp` in the same folder, which is flushed to the disk and then renamed. Where an
error stops the write, the draft is removed and the file is as it was. Where the process dies, the file is as it was or
complete; a draft that it leaves has a name that no reader of the folder looks at (spec §1.1 for the landing zone), and
the next write of the same file replaces it.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

DRAFT = ".*.tmp"  # as a glob pattern: drafts, for what cleans up after a process that died
UMASK_DECIDES = 0o666
OWNERS_FILE = 0o600
NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS})  # of a file system without them


@contextmanager
def replacing(path: Path, flush: bool = True, by_several: bool = False, once: bool = False) -> Iterator[Path]:
    """Give the path of a draft to write, and rename it to `path` when the block ends without an error.

    Args:
        path: the file; its folder is created. Its permissions are those of the draft that the block creates.
        flush: have content and rename on disk before going on. Without it a power cut may lose the write, which is
            for folders that are not caw's own: a mounted landing zone may refuse to flush a folder.
        by_several: processes that hold no common lock may write this file at once; each has a draft of its own.
        once: refuse to replace a file.

    Raises:
        FileExistsError: there is such a file, and this is the `once` that it was written.
        OSError: a folder, the draft or the file cannot be written; whatever the block raises goes through, too.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp" if by_several else f".{path.name}.tmp")
    if os.path.lexists(draft):  # of a process that died
        draft.unlink()
    try:
        yield draft
        if once:
            _name_once(draft, path)
        elif flush:
            rename(draft, path)
        else:
            draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def write(
    path: Path, content: str | bytes, mode: int = UMASK_DECIDES, flush: bool = True, by_several: bool = False
) -> None:
    """Write a small file, a text in UTF-8; the rest is as for `replacing`.

    Args:
        path: the file; its folder is created.
        content: all of it.
        mode: its permissions from the first moment on, less what the umask takes away.
        flush: see `replacing`.
        by_several: see `replacing`.

    Raises:
        OSError: it cannot be written, and is as it was.
    """
    data = content.encode() if isinstance(content, str) else content
    with (
        replacing(path, flush, by_several) as draft,
        open(draft, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as stream,
    ):
        stream.write(data)


def rename(draft: Path, path: Path) -> None:
    """Flush a finished draft, rename it to `path` in one step, and flush the folder, so that it survives a power cut.

    Raises:
        OSError: it cannot be flushed or renamed.
    """
    sync(draft)
    draft.replace(path)
    sync(path.parent)


def owners_file(name: str, flags: int) -> int:
    """Open a file that nobody but its owner may read, whatever the umask; for `open`."""
    return os.open(name, flags, OWNERS_FILE)


def _name_once(draft: Path, path: Path) -> None:
    """As `rename`, but a file that is there is refused: a second name of the draft cannot replace one.

    A file system without such links is asked whether the file is there; that the caller holds a lock must do then.
    """
    sync(draft)
    try:
        os.link(draft, path)
    except OSError as refused:
        if refused.errno not in NO_LINKS:
            raise
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        draft.replace(path)
    draft.unlink(missing_ok=True)
    sync(path.parent)


def sync(path: Path) -> None:
    """Flush a file's content, or a folder's entries, to the disk; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
