"""What the landing zone looks like from outside, so that the sensor can tell whether a run has seen it.

No file is opened. The truth on what was taken in is the ledger; this only decides whether to look.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from caw.host import atomic
from caw.landing.scan import is_ignored


def landing_fingerprint(landing: Path) -> str:
    """A hash of every landed file's path, size and times; equal fingerprints mean that nothing new can be there."""
    digest = hashlib.sha256()
    for path, seen in _files(str(landing)):
        line = f"{path}\0{seen.st_size} {seen.st_mtime_ns} {seen.st_ctime_ns} {seen.st_ino}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _files(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """The files that ingest's scan finds, too, without what it finds out about each: this is done every tick."""
    with contextlib.suppress(OSError), os.scandir(folder) as found:
        for entry in sorted(found, key=lambda entry: entry.name):
            if is_ignored(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
                continue
            with contextlib.suppress(OSError):  # it went away, or may not be looked at: the run reports it
                yield entry.path, entry.stat()


def note_taken_in(state_dir: Path, fingerprint: str) -> None:
    """Remember the fingerprint as the one that a run has taken in; the caller holds the data dir's lock."""
    atomic.write(state_dir / "landing_taken_in", fingerprint)


def taken_in(state_dir: Path) -> str | None:
    """The fingerprint that the last run took in; None before the first run."""
    with contextlib.suppress(OSError):
        return (state_dir / "landing_taken_in").read_text(encoding="utf-8")
    return None
