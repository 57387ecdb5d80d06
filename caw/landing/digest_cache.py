"""A cache of file digests by path and file-system stamp, so that a tick does not read unchanged files again.

What does not belong here: what was ingested, which the ledger says. A lost or damaged cache costs hashing every file
once.
"""

from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from caw.host.ordered_pool import Job, ordered_results
from caw.landing.scan import Stamp, content_sha256, stamp
from caw.raw_store.tables import write_whole

SCHEMA = pa.schema(
    [
        ("file_path", pa.string()),
        ("size", pa.int64()),
        ("modified", pa.int64()),
        ("changed", pa.int64()),
        ("inode", pa.uint64()),
        ("sha256", pa.string()),
    ]
)

HASHED_AHEAD = 64  # files given to the threads at once


@dataclass
class DigestCache:
    """Digests by path and stamp: from the last run, for the next one, and those that `hash_ahead` has computed."""

    before: dict[tuple[str, Stamp], str] = field(default_factory=dict)
    now: dict[tuple[str, Stamp], str] = field(default_factory=dict)
    ahead: dict[tuple[str, Stamp], str] = field(default_factory=dict)

    @staticmethod
    def load(data_dir: Path) -> "DigestCache":
        """The cache that the last run saved; empty where there is none that can be read."""
        try:
            columns = pq.read_table(_path(data_dir), schema=SCHEMA).to_pydict()
        except (OSError, pa.ArrowException):
            return DigestCache()
        rows = zip(*(columns[name] for name in SCHEMA.names), strict=True)
        return DigestCache({(row[0], Stamp(*row[1:5])): row[5] for row in rows})

    def hash_ahead(self, files: Iterable[tuple[Path, str]], pool: ThreadPoolExecutor) -> None:
        """Hash files that are not in the cache, several at a time; one that cannot be read raises in `digest`."""
        for key, digest in ordered_results(pool, self._hashings(files), HASHED_AHEAD):
            if digest is not None:
                with suppress(OSError):
                    self.ahead[key] = digest()

    def digest(self, path: Path, file_path: str) -> tuple[str, Stamp]:
        """The content's sha256 and the stamp under which it was read; raises OSError."""
        found = stamp(path)
        key = (file_path, found)
        self.now[key] = self.before.get(key) or self.ahead.get(key) or content_sha256(path)
        return self.now[key], found

    def _hashings(self, files: Iterable[tuple[Path, str]]) -> Iterator[Job[tuple[str, Stamp], str]]:
        for path, file_path in files:
            with suppress(OSError):
                key = (file_path, stamp(path))
                if key not in self.before:
                    yield Job(key, partial(content_sha256, path), 1)

    def save(self, data_dir: Path, sources: Collection[str] | None = None) -> None:
        """Save the digests of the files that are there now, and only those; of other sources than these, as they were.

        Args:
            data_dir: whose cache; the caller holds its lock.
            sources: those whose files were looked at; all of them where it is None.
        """
        others = {}
        if sources is not None:
            saved = DigestCache.load(data_dir).before
            others = {key: digest for key, digest in saved.items() if key[0].partition("/")[0] not in sources}
        elif self.now == self.before:
            return
        kept = {**others, **self.now}
        rows = [{"file_path": path, "sha256": sha, **vars(key)} for (path, key), sha in kept.items()]
        write_whole(pa.Table.from_pylist(rows, SCHEMA), _path(data_dir))


def _path(data_dir: Path) -> Path:
    return data_dir / "state" / "seen_files.parquet"
