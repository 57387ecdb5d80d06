"""Landed files that contain data of forgotten people: the list of them, and which are in the landing zone now.

caw never changes landed files; their owner removes them (spec §6.7). The list has paths as the ledger shows them and
digests, nothing of the people. It is one table; files that an erasure finds are first put next to it, so that adding
one costs the same however many are known.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from caw.erasure.identifiers import PATH
from caw.erasure.keyring import Keyring, read_key
from caw.landing.digest_cache import DigestCache
from caw.landing.scan import scan
from caw.raw_store.objects import Objects, exists, put_bytes, read_bytes
from caw.raw_store.store import RawStore
from caw.raw_store.tables import put_table, read_table

WHOLE = "files.parquet"
ADDED = "files_added"  # the beginning of names
SCHEMA = pa.schema([("file_path", pa.string()), ("content_sha256", pa.string())])

File = tuple[str, str]  # the path as the ledger shows it, and the sha256 of the content


def still_holding(landing: Path, store: RawStore) -> list[str]:
    """Files of the landing zone that contain data of forgotten people, by their real paths.

    A file's digest is taken from the last run's cache if the file has not changed since.

    Args:
        landing: the landing zone.
        store: has the list; its data dir has the cache of digests.
    """
    memory = store.erasure
    files = read_files(memory) if exists(memory, WHOLE) else set()
    if not files:
        return []
    keyring, cache = read_key(memory), DigestCache.load(store.data_dir)
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


def read_files(memory: Objects) -> set[File]:
    """All files of the list; raises OSError and ArrowException where it cannot be read."""
    columns = read_table(memory, WHOLE).to_pydict()
    return {*zip(*(columns[name] for name in SCHEMA.names), strict=True), *_read_added(memory)}


def write_files(memory: Objects, files: Iterable[File]) -> None:
    """Write the whole list; durable when this returns."""
    rows = [dict(zip(SCHEMA.names, file, strict=True)) for file in sorted(files)]
    put_table(memory, WHOLE, pa.Table.from_pylist(rows, SCHEMA), replaces=True)
    if added := memory.list(ADDED):
        memory.remove(added)


def add_files(memory: Objects, files: Iterable[File]) -> None:
    """Add files that are not in the list yet; durable when this returns."""
    lines = "".join(json.dumps(file) + "\n" for file in files)
    put_bytes(memory, f"{ADDED}-{len(memory.list(ADDED)):08d}.jsonl", lines.encode())


def _read_added(memory: Objects) -> Iterable[File]:
    """The files added since the list was written; a last line that a crash cut off does not count: older versions
    appended to one file."""
    for name in memory.list(ADDED):
        for line in read_bytes(memory, name).decode().splitlines(keepends=True):
            if line.endswith("\n"):
                path, digest = json.loads(line)
                yield path, digest
