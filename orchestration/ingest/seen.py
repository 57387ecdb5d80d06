"""Which content lies at which path, remembered by the file system's stamp so that a tick does not read old files again.

A convenience and no truth: lost or damaged, it only costs the hashing of every file once.
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.ingest.landing import Stamp, content_sha256, stamp
from orchestration.ingest.raw_store import write_whole

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


@dataclass
class SeenFiles:
    """Digest by path and stamp, from the last run and for the next one."""

    before: dict[tuple[str, Stamp], str] = field(default_factory=dict)
    now: dict[tuple[str, Stamp], str] = field(default_factory=dict)

    @staticmethod
    def load(data_dir: Path) -> "SeenFiles":
        """What the last run remembered; empty where it left nothing that can be read."""
        try:
            columns = pq.read_table(_path(data_dir), schema=SCHEMA).to_pydict()
        except (OSError, pa.ArrowException):
            return SeenFiles()
        rows = zip(*(columns[name] for name in SCHEMA.names), strict=True)
        return SeenFiles({(row[0], Stamp(*row[1:5])): row[5] for row in rows})

    def digest(self, path: Path, file_path: str) -> tuple[str, Stamp]:
        """The content's sha256 and the stamp under which it was read; raises OSError."""
        found = stamp(path)
        key = (file_path, found)
        self.now[key] = self.before.get(key) or content_sha256(path)
        return self.now[key], found

    def save(self, data_dir: Path) -> None:
        """Remember the files that lie there now, and only those."""
        if self.now == self.before:
            return
        rows = [{"file_path": path, "sha256": sha, **asdict(seen)} for (path, seen), sha in self.now.items()]
        write_whole(pa.Table.from_pylist(rows, SCHEMA), _path(data_dir))


def _path(data_dir: Path) -> Path:
    return data_dir / "state" / "seen_files.parquet"
