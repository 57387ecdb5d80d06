"""The landing zone: which files lie there, whose they are, and which of their versions are new.

A file is known by its path and content (contract, section 1). Nothing here opens a file but to hash it.
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestration.ingest.feeds import feeds

SOURCE_NAME = re.compile(r"[a-z0-9_]+")
UNFINISHED_SUFFIXES = (".tmp", ".part", ".inprogress")


@dataclass(frozen=True)
class Stamp:
    """What the file system says of a file without reading it; two equal stamps are the same content."""

    size: int  # bytes
    modified: int  # nanoseconds since the epoch
    changed: int  # nanoseconds since the epoch: set by the kernel even where `modified` was set back
    inode: int


@dataclass(frozen=True)
class LandedFile:
    """A file of the landing zone that is not to be ignored."""

    path: Path
    file_path: str  # relative to the landing zone, with `/`; bytes that are no UTF-8 are shown as `\\xHH`
    source: str | None
    feed: str | None
    obstacle: str | None  # why the file must not be opened, in words; None for an ordinary file


def is_ignored(name: str) -> bool:
    """Whether a file or folder of this name is left alone (contract, section 1)."""
    return name.startswith((".", "_")) or name.endswith(UNFINISHED_SUFFIXES)


def scan(landing: Path) -> list[LandedFile]:
    """Every file of the landing zone but the ignored ones, in path order (by code point)."""
    root = landing.resolve()
    found = (_landed(path, landing, root) for path in _walk(landing))
    return sorted(found, key=lambda file: file.file_path)


def stamp(path: Path) -> Stamp:
    """The file's stamp; raises OSError where the file system refuses it."""
    seen = path.stat()
    return Stamp(seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino)


def content_sha256(path: Path) -> str:
    """Lower-case hex digest of the file's bytes as they lie there; raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _walk(landing: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(landing):
        folders[:] = [name for name in folders if not is_ignored(name)]
        yield from (Path(folder, name) for name in names if not is_ignored(name))


def _landed(path: Path, landing: Path, root: Path) -> LandedFile:
    parts = path.relative_to(landing).parts
    source = parts[0] if len(parts) > 1 and SOURCE_NAME.fullmatch(parts[0]) else None
    feed = parts[1] if len(parts) > 2 and parts[1] in feeds() else None
    shown = os.fsencode("/".join(parts)).decode("utf-8", "backslashreplace")
    return LandedFile(path, shown, source, feed, _obstacle(path, root))


def _obstacle(path: Path, root: Path) -> str | None:
    if path.is_symlink() and not path.resolve().is_relative_to(root):
        return "a link that leads out of the landing zone; put the file itself there"
    try:
        mode = path.stat().st_mode
    except OSError:
        return None  # it is met again, and named, when the file is hashed
    return None if stat.S_ISREG(mode) else "not a regular file; remove it from the landing zone"
