"""Landed files that contain data of forgotten people: the list of them, and which are in the landing zone now.

caw never changes landed files; their owner removes them (spec §6.7). The list has paths as the ledger shows them and
digests, nothing of the people. It is one Parquet file; files that an erasure finds are first appended to a second file,
not renamed into place (hence no atomic.py), so that adding one costs the same however many are known.
"""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from caw.erasure.identifiers import PATH
from caw.erasure.keyring import Keyring, read_key
from caw.host import atomic
from caw.landing.digest_cache import DigestCache
from caw.landing.scan import scan
from caw.raw_store.store import RawStore, write_whole

SCHEMA = pa.schema([("file_path", pa.string()), ("content_sha256", pa.string())])

File = tuple[str, str]  # the path as the ledger shows it, and the sha256 of the content


def still_holding(landing: Path, data_dir: Path) -> list[str]:
    """Files of the landing zone that contain data of forgotten people, by their real paths.

    A file's digest is taken from the last run's cache if the file has not changed since.

    Args:
        landing: the landing zone.
        data_dir: the data dir, with the list and the cache of digests.
    """
    folder = RawStore(data_dir).erasure
    files = read_files(folder) if _whole(folder).exists() else set()
    if not files:
        return []
    keyring, cache = read_key(folder), DigestCache.load(data_dir)
    paths = {path for path, _ in files}
    found = []
    for file in scan(landing):
        shown = file.file_path if file.file_path in paths else path_pseudonym(keyring, file.file_path)
        if shown in paths and file.obstacle is None:
            with suppress(OSError):  # it went away
                digest, _ = cache.digest(file.path, shown)
                if (shown, digest) in files:
                    found.append(file.file_path)
    return found


def path_pseudonym(keyring: Keyring, file_path: str) -> str:
    """The keyed hash of a landed file's path."""
    return keyring.pseudonym("", PATH, file_path)


def read_files(folder: Path) -> set[File]:
    """All files of the list; raises OSError and ArrowException where it cannot be read."""
    columns = pq.read_table(_whole(folder), schema=SCHEMA).to_pydict()
    return {*zip(*(columns[name] for name in SCHEMA.names), strict=True), *_read_added(folder)}


def write_files(folder: Path, files: Iterable[File]) -> None:
    """Write the whole list; durable when this returns."""
    rows = [dict(zip(SCHEMA.names, file, strict=True)) for file in sorted(files)]
    write_whole(pa.Table.from_pylist(rows, SCHEMA), _whole(folder))
    _added(folder).unlink(missing_ok=True)


def add_files(folder: Path, files: Iterable[File]) -> None:
    """Append files that are not in the list yet; durable when this returns."""
    is_new = not _added(folder).exists()
    with _added(folder).open("a", encoding="utf-8") as stream:
        stream.writelines(json.dumps(file) + "\n" for file in files)
        stream.flush()
        os.fsync(stream.fileno())
    if is_new:
        atomic.sync(folder)


def _read_added(folder: Path) -> Iterable[File]:
    """The files appended since the list was written; a last line that a crash cut off does not count."""
    with suppress(FileNotFoundError):
        for line in _added(folder).read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                path, digest = json.loads(line)
                yield path, digest


def _whole(folder: Path) -> Path:
    return folder / "files.parquet"


def _added(folder: Path) -> Path:
    return folder / "files_added.jsonl"
