"""Landed files that hold forgotten people still: which they are, and which of them lie in the landing zone now.

The landing zone is its owner's to clean (spec §6.7), so what is kept here is a path as the ledger shows it
and a digest, nothing of the people. What was known before an erasure stands in one Parquet file; what it finds on its
way is appended to a list beside it, so that noting a file costs the same however many are known.
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
from caw.landing.digest_cache import SeenFiles
from caw.landing.scan import scan
from caw.raw_store.store import RawStore, write_whole

SCHEMA = pa.schema([("file_path", pa.string()), ("content_sha256", pa.string())])

File = tuple[str, str]  # the path as the ledger shows it, and the sha256 of the content


def still_holding(landing: Path, data_dir: Path) -> list[str]:
    """Files of the landing zone that hold forgotten people, by their real paths: caw never changes a landed file.

    A file's digest is the one that the last run took while nothing about the file has changed since.

    Args:
        landing: the landing zone.
        data_dir: where the erasures are remembered, and what lay in the landing zone.
    """
    folder = RawStore(data_dir).erasure
    files = read_files(folder) if _whole(folder).exists() else set()
    if not files:
        return []
    keyring, seen = read_key(folder), SeenFiles.load(data_dir)
    paths = {path for path, _ in files}
    found = []
    for file in scan(landing):
        shown = file.file_path if file.file_path in paths else path_pseudonym(keyring, file.file_path)
        if shown in paths and file.obstacle is None:
            with suppress(OSError):  # it went away
                digest, _ = seen.digest(file.path, shown)
                if (shown, digest) in files:
                    found.append(file.file_path)
    return found


def path_pseudonym(keyring: Keyring, file_path: str) -> str:
    """The keyed hash of a landed file's path."""
    return keyring.pseudonym("", PATH, file_path)


def read_files(folder: Path) -> set[File]:
    """All files that are known to hold somebody; raises OSError and ArrowException where they cannot be read."""
    columns = pq.read_table(_whole(folder), schema=SCHEMA).to_pydict()
    return {*zip(*(columns[name] for name in SCHEMA.names), strict=True), *_read_added(folder)}


def write_files(folder: Path, files: Iterable[File]) -> None:
    """Write down all of them; durable when this returns."""
    rows = [dict(zip(SCHEMA.names, file, strict=True)) for file in sorted(files)]
    write_whole(pa.Table.from_pylist(rows, SCHEMA), _whole(folder))
    _added(folder).unlink(missing_ok=True)


def add_files(folder: Path, files: Iterable[File]) -> None:
    """Add some that are not known yet; durable when this returns."""
    is_new = not _added(folder).exists()
    with _added(folder).open("a", encoding="utf-8") as stream:
        stream.writelines(json.dumps(file) + "\n" for file in files)
        stream.flush()
        os.fsync(stream.fileno())
    if is_new:
        atomic.sync(folder)


def _read_added(folder: Path) -> Iterable[File]:
    """What was added since all were written; a last line that a crash cut off was not noted."""
    with suppress(FileNotFoundError):
        for line in _added(folder).read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                path, digest = json.loads(line)
                yield path, digest


def _whole(folder: Path) -> Path:
    return folder / "files.parquet"


def _added(folder: Path) -> Path:
    return folder / "files_added.jsonl"
