"""Storage of the raw store's files, behind three calls: list, read, put once; and `remove`, which is housekeeping.

What belongs here: the calls, and how they are made on a local file system. What does not: what the files are called and
hold (store.py, tables.py). No other module opens a file of the raw store (spec §14.5).

Put once: an object appears under its name whole or not at all. A name that is taken is refused, unless the caller says
that it replaces what stands there, again in one step; this is how of two writers of one name one alone succeeds.
`remove` is used where what is removed has been replaced by something under another name (compaction), where a person is
erased, and to clean up after a process that died. The caller of `put_once` and `remove` holds the data dir's lock.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from caw.host import atomic

OWNERS_FOLDER = 0o700


class Objects(Protocol):
    """Named files. A name has parts separated by `/`, none of which begins with a full stop."""

    def list(self, prefix: str = "") -> Sequence[str]:
        """The names that begin with a prefix, sorted; none where there is no store yet."""
        ...

    def read(self, name: str) -> BinaryIO:
        """Open an object for reading, at any place of it; raises FileNotFoundError."""
        ...

    def put_once(self, name: str, replaces: bool = False) -> AbstractContextManager[BinaryIO]:
        """Give a stream to write, and make it the object when the block ends without an error; durable then.

        Raises:
            FileExistsError: the name is taken, and `replaces` is False; what stands there is as it was.
            OSError: it cannot be written; whatever the block raises goes through, too.
        """
        ...

    def remove(self, names: Iterable[str]) -> None:
        """Remove these objects, those that are gone already included, and what puts that died left; durable then."""
        ...

    @property
    def place(self) -> str:
        """The place of the objects, in words for people."""
        ...


@dataclass(frozen=True)
class LocalObjects:
    """Files below a folder; only their owner may read them. Drafts of puts are no objects."""

    root: Path

    @property
    def place(self) -> str:
        """The folder."""
        return str(self.root)

    def list(self, prefix: str = "") -> Sequence[str]:
        """See `Objects`."""
        folder = prefix.rpartition("/")[0]
        return sorted(
            name for name in _names_in(self.root / folder, folder and f"{folder}/") if name.startswith(prefix)
        )

    def read(self, name: str) -> BinaryIO:
        """See `Objects`."""
        return (self.root / name).open("rb")

    @contextmanager
    def put_once(self, name: str, replaces: bool = False) -> Iterator[BinaryIO]:
        """See `Objects`: a draft, flushed to the disk, takes the name in one step."""
        path = self.root / name
        _make(path.parent)
        with atomic.replacing(path, once=not replaces) as draft, open(draft, "xb", opener=atomic.owners_file) as stream:
            yield stream

    def remove(self, names: Iterable[str]) -> None:
        """See `Objects`; folders that are empty then go as well."""
        changed = set()
        for name in names:
            path = self.root / name
            path.unlink(missing_ok=True)
            changed.add(path.parent)
        for place, _, files in os.walk(self.root, topdown=False):
            folder = Path(place)
            drafts = [folder / file for file in files if _is_draft(file)]
            for draft in drafts:
                draft.unlink()
                changed.add(folder)
            if len(drafts) == len(files) and folder != self.root and not any(folder.iterdir()):
                folder.rmdir()
                changed.add(folder.parent)
        for folder in changed:
            if folder.is_dir():
                atomic.sync(folder)


@dataclass(frozen=True)
class Folder:
    """The objects whose names begin with a prefix, by the rest of their names."""

    whole: Objects
    prefix: str  # ends with `/`

    @property
    def place(self) -> str:
        """The place of the objects."""
        return f"{self.whole.place}/{self.prefix}"

    def list(self, prefix: str = "") -> Sequence[str]:
        """See `Objects`."""
        return [name.removeprefix(self.prefix) for name in self.whole.list(self.prefix + prefix)]

    def read(self, name: str) -> BinaryIO:
        """See `Objects`."""
        return self.whole.read(self.prefix + name)

    def put_once(self, name: str, replaces: bool = False) -> AbstractContextManager[BinaryIO]:
        """See `Objects`."""
        return self.whole.put_once(self.prefix + name, replaces)

    def remove(self, names: Iterable[str]) -> None:
        """See `Objects`."""
        self.whole.remove(self.prefix + name for name in names)


def exists(objects: Objects, name: str) -> bool:
    """Whether there is an object of this name."""
    return name in objects.list(name)


def read_bytes(objects: Objects, name: str) -> bytes:
    """All of an object; raises FileNotFoundError."""
    with objects.read(name) as stream:
        return stream.read()


def put_bytes(objects: Objects, name: str, content: bytes, replaces: bool = False) -> None:
    """Put a small object; raises as `put_once`."""
    with objects.put_once(name, replaces) as stream:
        stream.write(content)


def _names_in(folder: Path, shown: str) -> Iterator[str]:
    """The files below a folder, each with `shown` before its path; none where there is no such folder."""
    try:
        with os.scandir(folder) as listed:
            entries = list(listed)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.is_dir():
            yield from _names_in(folder / entry.name, f"{shown}{entry.name}/")
        elif not _is_draft(entry.name):
            yield shown + entry.name


def _is_draft(name: str) -> bool:
    return name.startswith(".") and name.endswith(".tmp")


def _make(folder: Path) -> None:
    """Create a folder, so that it survives a power cut."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(OWNERS_FOLDER, exist_ok=True)
        atomic.sync(folder.parent)
