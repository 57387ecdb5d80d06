"""What the landing zone looks like from outside, so that the sensor can tell whether a run has seen it.

No file is opened. The truth on what was taken in is the ledger; this only decides whether to look.
"""

import contextlib
import hashlib
from pathlib import Path

from orchestration.ingest.landing import scan, stamp


def landing_fingerprint(landing: Path) -> str:
    """A hash of every landed file's path, size and times; equal fingerprints mean that nothing new can be there."""
    digest = hashlib.sha256()
    for file in scan(landing):
        with contextlib.suppress(OSError):  # it went away, or may not be looked at: the run reports it
            digest.update(f"{file.file_path}\0{stamp(file.path)}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def note_taken_in(state_dir: Path, fingerprint: str) -> None:
    """Remember the fingerprint as the one that a run has taken in; the caller holds the data dir's lock."""
    draft = state_dir / ".landing_taken_in.tmp"
    draft.write_text(fingerprint, encoding="utf-8")
    draft.replace(state_dir / "landing_taken_in")


def taken_in(state_dir: Path) -> str | None:
    """The fingerprint that the last run took in; None before the first run."""
    with contextlib.suppress(OSError):
        return (state_dir / "landing_taken_in").read_text(encoding="utf-8")
    return None
