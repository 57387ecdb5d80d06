"""A fingerprint of the landing zone, by which the sensor knows whether anything has changed since the last run.

No file is opened. What does not belong here: what was ingested, which the ledger says.
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
    for path, found in _files(str(landing)):
        line = f"{path}\0{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _files(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """The files that `scan` finds, without looking at each of them as it does: this happens at every tick."""
    with contextlib.suppress(OSError), os.scandir(folder) as found:
        for entry in sorted(found, key=lambda entry: entry.name):
            if is_ignored(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
                continue
            with contextlib.suppress(OSError):  # it went away, or may not be looked at: the run reports it
                yield entry.path, entry.stat()


def save_fingerprint(state_dir: Path, fingerprint: str) -> None:
    """Save the fingerprint of what a run has ingested; the caller holds the data dir's lock."""
    atomic.write(state_dir / "landing_taken_in", fingerprint)


def saved_fingerprint(state_dir: Path) -> str | None:
    """The fingerprint of what the last run ingested; None before the first run."""
    with contextlib.suppress(OSError):
        return (state_dir / "landing_taken_in").read_text(encoding="utf-8")
    return None
