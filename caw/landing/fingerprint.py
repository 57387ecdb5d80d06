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
    """A hash of every landed file's path, size and times; equal fingerprints mean that nothing new can be there.

    What cannot be looked at counts with the reason: a run reports it, and tries it again.
    """
    digest = hashlib.sha256()
    for path, found in _files(str(landing)):
        digest.update(f"{path}\0{found}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _files(landing: str) -> Iterator[tuple[str, str]]:
    """The files that `scan` finds, without looking at each of them as it does: this happens at every tick."""
    waiting = [landing]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except OSError as refused:
            yield folder, f"not listed: {refused.errno}"
            continue
        for entry in entries:
            if is_ignored(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
            else:
                yield entry.path, _look(entry)


def _look(entry: os.DirEntry[str]) -> str:
    try:
        found = entry.stat()
    except OSError as refused:
        return f"not looked at: {refused.errno}"
    return f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"


def save_fingerprint(state_dir: Path, fingerprint: str) -> None:
    """Save the fingerprint of what a run has ingested; the caller holds the data dir's lock."""
    atomic.write(state_dir / "landing_taken_in", fingerprint)


def saved_fingerprint(state_dir: Path) -> str | None:
    """The fingerprint of what the last run ingested; None before the first run, or where the file is damaged."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return (state_dir / "landing_taken_in").read_text(encoding="utf-8")
    return None
