"""Notes of the files that are being read by a library that a damaged file can end, and this process with it.

A note is on the disk before the file is opened, and removed when reading ends, successfully or not; a note that a run
finds was left by one that died. A file that was noted twice without an end is passed over (spec §1.11).
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from caw.formats.lines import UnreadableFile
from caw.host import atomic

ENDED = "it ended its reader twice, and is passed over until its content changes; is it damaged?"
MOST_ENDS = 2


class OpenedFiles:
    """The notes of one data dir, or of one of its workers: how often each file, by path and digest, was opened without
    an end."""

    def __init__(self, data_dir: Path, worker: str = "") -> None:
        self.path = data_dir / "state" / f"opened_files{worker and '-'}{worker}.json"
        self.ends: dict[str, int] = {}
        with suppress(OSError, ValueError, TypeError, AttributeError):
            noted = json.loads(self.path.read_text(encoding="utf-8")).items()
            self.ends = {str(key): int(times) for key, times in noted}

    @contextmanager
    def noted(self, file_path: str, sha256: str) -> Iterator[None]:
        """Note the file while the block reads it.

        Raises:
            UnreadableFile: it has ended its reader twice.
            OSError: the note cannot be written.
        """
        key = f"{sha256} {hashlib.sha256(file_path.encode()).hexdigest()}"  # a path may name somebody
        if self.ends.get(key, 0) >= MOST_ENDS:
            self._without(key)
            raise UnreadableFile(ENDED)
        self.ends[key] = self.ends.get(key, 0) + 1
        self._write()
        try:
            yield
        finally:
            self._without(key)

    def _without(self, key: str) -> None:
        self.ends.pop(key, None)
        self._write()

    def _write(self) -> None:
        if self.ends:
            atomic.write(self.path, json.dumps(self.ends))
        else:
            self.path.unlink(missing_ok=True)
            atomic.sync(self.path.parent)
