"""Lists the files of the landing zone with the source and feed of each, and opens and hashes them safely.

A file is known by its path and content (spec §1.11). Files are opened without following a link, and only if they are
regular files. What does not belong here: which versions are new (ingest/), and reading formats.
"""

import hashlib
import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from urllib.parse import unquote

from caw.feeds.declared import feeds

SOURCE_NAME = re.compile(r"[a-z0-9_]+")
INITIAL = "init"  # a file that dlt writes into each folder of its layout, without an extension (spec §2.3.1)
UNFINISHED_SUFFIXES = (".tmp", ".part", ".inprogress")
WRITTEN_BYTE = re.compile(rb"\\x([0-9a-f]{2})")  # in a path as the ledger has it
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"  # how Hive and Spark write an absent value into a folder's name
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | getattr(os, "O_PATH", 0)
REGULAR = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe in a file's place must not be waited for


@dataclass(frozen=True)
class Stamp:
    """A file's size and times, from the file system without reading it; two equal stamps are the same content."""

    size: int  # bytes
    modified: int  # nanoseconds since the epoch
    changed: int  # nanoseconds since the epoch: set by the kernel even where `modified` was set back
    inode: int


@dataclass(frozen=True)
class LandedFile:
    """A file of the landing zone that is not to be ignored, or a folder that cannot be looked into.

    Attributes:
        path: what to open; no part of it was a link when it was found.
        file_path: relative to the landing zone, with `/`, as the ledger has it: see `shown`.
        source: the source, where the path names one.
        feed: the feed, where the path names one.
        obstacle: why it must not be opened, in words; None for an ordinary file.
        folders: the texts of `name=value` folders below the feed, percent-decoded, the deepest of a name.
        parts: of its own path in the landing zone; `file_path` may be a keyed hash, if the path names somebody.
    """

    path: Path
    file_path: str
    source: str | None
    feed: str | None
    obstacle: str | None
    folders: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The file's own name, whose end says its format."""
        return self.parts[-1]


def is_ignored(name: str) -> bool:
    """Whether a file or folder of this name is left alone (spec §1.1)."""
    return name.startswith((".", "_")) or name.lower().endswith(UNFINISHED_SUFFIXES)


def scan(landing: Path, sources: Collection[str] | None = None) -> list[LandedFile]:
    """The files of the landing zone, or of some sources, but the ignored ones, in path order (by code point)."""
    root = Path(os.path.realpath(landing))
    return sorted(_found(root, sources), key=lambda file: file.file_path)


def stamp(path: Path) -> Stamp:
    """The file's stamp; raises OSError where the file system refuses it."""
    return _stamp(path.lstat())


def stamp_of(file: FileIO) -> Stamp:
    """The stamp of an open file."""
    return _stamp(os.fstat(file.fileno()))


def content_sha256(path: Path) -> str:
    """Lower-case hex digest of the file's bytes, packed ones as they are; raises OSError."""
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def opened(path: Path) -> Iterator[FileIO]:
    """Open the regular file of this absolute path, no part of which may be a link by now.

    Raises:
        OSError: it cannot be opened, or something else has taken its place.
    """
    folder = os.open(path.anchor, FOLDER)
    try:
        for name in path.parts[1:-1]:
            inner = os.open(name, FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        descriptor = os.open(path.name, REGULAR, dir_fd=folder)
    finally:
        os.close(folder)
    with FileIO(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(None, "it is no regular file any more")
        yield file


def path_of(file: FileIO) -> Path:
    """A path that names an open file itself, whatever is at its old path now."""
    numbers = Path("/proc/self/fd")
    return (numbers if numbers.is_dir() else Path("/dev/fd")) / str(file.fileno())


def shown(parts: Sequence[str]) -> str:
    """A path as the ledger has it: bytes that are no UTF-8 as `\\xHH` and a backslash as `\\x5c`."""
    return os.fsencode("/".join(parts)).replace(b"\\", b"\\x5c").decode("utf-8", "backslashreplace")


def real_path(written: str) -> str:
    """The path below the landing zone, from the ledger's: the inverse of `shown`."""
    return os.fsdecode(WRITTEN_BYTE.sub(lambda byte: bytes.fromhex(byte[1].decode()), written.encode()))


def _found(root: Path, names: Collection[str] | None) -> Iterator[LandedFile]:
    """The files below the landing folder, or below what is in it under these names; folders may be of any depth."""
    waiting: list[tuple[Path, tuple[str, ...]]] = [(root, ())]
    while waiting:
        folder, parts = waiting.pop()
        try:
            with os.scandir(folder) as listed:
                entries = list(listed)
        except OSError as refused:
            words = f"the folder cannot be listed ({refused.strerror}); what is in it is not read"
            yield _file_at(folder, parts or (".",), f"{words}, and it is tried again at the next run", is_folder=True)
            continue
        for entry in entries:
            if is_ignored(entry.name) or (names is not None and not parts and entry.name not in names):
                continue
            if entry.name == INITIAL and entry.is_file(follow_symlinks=False):
                continue
            place = (*parts, entry.name)
            if entry.is_symlink():
                yield _linked(Path(entry.path), place, root)
            elif entry.is_dir(follow_symlinks=False):
                waiting.append((Path(entry.path), place))
            else:
                is_file = entry.is_file(follow_symlinks=False)
                obstacle = None if is_file else "not a regular file; remove it from the landing zone"
                yield _file_at(Path(entry.path), place, obstacle)


def _linked(link: Path, parts: tuple[str, ...], root: Path) -> LandedFile:
    """A link: followed to a file inside the landing zone, and to nothing else."""
    try:
        return _followed(Path(os.path.realpath(link)), parts, root)
    except OSError as refused:  # a name that no file may have, or a folder that may not be entered
        return _file_at(link, parts, f"a link that cannot be followed ({refused.strerror}); put the file itself there")


def _followed(path: Path, parts: tuple[str, ...], root: Path) -> LandedFile:
    if path.is_dir():
        return _file_at(path, parts, "a link to a folder; put the folder itself there, or mount it", is_folder=True)
    obstacle = None
    if not path.is_relative_to(root):
        obstacle = "a link that leads out of the landing zone; put the file itself there"
    elif path.exists() and not path.is_file():
        obstacle = "not a regular file; remove it from the landing zone"
    return _file_at(path, parts, obstacle)  # a link to nothing raises, and is reported, when the file is hashed


def _file_at(path: Path, parts: tuple[str, ...], obstacle: str | None, is_folder: bool = False) -> LandedFile:
    inside = (*parts, "") if is_folder else parts  # the last part of a folder's path may be the source's, or the feed's
    source = inside[0] if len(inside) > 1 and SOURCE_NAME.fullmatch(inside[0]) else None
    feed = inside[1] if len(inside) > 2 and inside[1] in feeds() else None
    return LandedFile(path, shown(parts), source, feed, obstacle, _folders(inside[2:-1]), parts)


def _folders(names: Sequence[str]) -> dict[str, str]:
    """The values of `name=value` folders, from the outermost in: the deepest of a name counts."""
    pairs = (name.partition("=") for name in names if "=" in name)
    return {unquote(key): "" if value == NO_VALUE else unquote(value) for key, _, value in pairs if key}


def _stamp(found: os.stat_result) -> Stamp:
    return Stamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
