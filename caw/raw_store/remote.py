"""The raw store's objects at a URL of fsspec: object storage, or a file system that is mounted by no kernel.

What does not belong here: which store a data dir has (settings.py), and how DuckDB reads it (caw_dagster).

An object is written to a local draft first, in a folder that every run and every erasure empties, and put from there by
one call, which storage answers when the object is whole. `replaces=False` is the storage's own condition (S3:
If-None-Match), so that of two writers of one name one alone succeeds, wherever they run. A storage that does not know
the condition says so with an error, or, like any file system here, asks first: then the data dir's lock must do.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO, cast

import fsspec

from caw.raw_store.objects import LocalObjects, Objects


@dataclass(frozen=True)
class RemoteObjects:
    """Objects below a path of a file system of fsspec.

    Attributes:
        place: the URL, for people.
        files: fsspec's file system.
        root: the path on it, without a slash at its end.
        drafts: a local folder for what is being put.
    """

    place: str
    files: Any
    root: str
    drafts: Path

    def list(self, prefix: str = "") -> Sequence[str]:
        """See `Objects`."""
        folder = self._path(prefix[: prefix.rfind("/") + 1]).rstrip("/")
        try:
            found = self.files.find(folder)
        except FileNotFoundError:
            return []
        names = (path.removeprefix(f"{self.root}/") for path in found)
        return sorted(name for name in names if name.startswith(prefix))

    def versions(self) -> Mapping[str, str]:
        """`list`, with a hash of what the storage says of each object: another one where it was replaced since."""
        try:
            found = self.files.find(self.root, detail=True)
        except FileNotFoundError:
            return {}
        said = {path: repr(sorted(facts.items())) for path, facts in found.items()}
        return {
            path.removeprefix(f"{self.root}/"): hashlib.sha256(words.encode()).hexdigest()
            for path, words in said.items()
        }

    def read(self, name: str) -> BinaryIO:
        """See `Objects`."""
        return self.files.open(self._path(name), "rb")

    @contextmanager
    def put_once(self, name: str, replaces: bool = False) -> Iterator[BinaryIO]:
        """See `Objects`."""
        self.drafts.mkdir(parents=True, exist_ok=True)
        path = self._path(name)
        with NamedTemporaryFile(dir=self.drafts, prefix="put-") as draft:
            yield cast(BinaryIO, draft.file)
            with suppress(ValueError):  # it was closed by what wrote Parquet
                draft.flush()
            if not replaces and self.files.exists(path):
                raise FileExistsError(name)  # storages that know no condition
            with suppress(NotImplementedError):  # object storage has no folders
                self.files.makedirs(path.rpartition("/")[0], exist_ok=True)
            self.files.put_file(draft.name, path, mode="overwrite" if replaces else "create")

    def remove(self, names: Iterable[str]) -> None:
        """See `Objects`. Drafts are in a folder that runs empty."""
        for name in tuple(names):
            with suppress(FileNotFoundError):
                self.files.rm_file(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self.root}/{name}"


def objects_at(url: str, drafts: Path) -> Objects:
    """The objects at a URL of fsspec; those of `file://` with all that the local file system can do.

    Raises:
        ValueError: no such protocol, or no path.
        ImportError: the protocol's package is not installed.
    """
    files, root = fsspec.core.url_to_fs(url, use_listings_cache=False)
    root = root.rstrip("/")
    if not root:
        raise ValueError("it names no path")
    if "file" in (files.protocol if isinstance(files.protocol, tuple) else (files.protocol,)):
        return LocalObjects(Path(root))
    return RemoteObjects(url, files, root, drafts)
