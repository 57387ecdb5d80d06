"""Copies of what is published that commands wrote elsewhere, so that an erasure can ask for them again (spec §9.1).

Each is remembered as the command that wrote it, in a file of its own: `<hash>.current` in the data dir's state, or
`.outdated` once somebody in it was forgotten. What does not belong here: writing a copy.
"""

import hashlib
import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from caw.host import atomic
from caw.host.printable import printable

FOLDER = "copies"  # below the state dir
OWNERS_FOLDER = 0o700
CURRENT, OUTDATED = ".current", ".outdated"


@dataclass(frozen=True)
class _Begun:
    """A command's note of itself, written before its copy.

    Attributes:
        identity: of the file that it wrote.
        names: under which the file stands for this attempt alone: no copy from before is remembered by it.
    """

    identity: tuple[int, int]
    names: tuple[Path, ...]


@contextmanager
def remembered_copy(
    state_dir: Path, command: Sequence[str], may_be_there: type[Exception] | None = None
) -> Iterator[None]:
    """Remember a copy that the block writes; it is outdated if a publication that forgets comes in between.

    Whoever may read what is published and not write the data dir gets a line that says that the copy is not remembered.

    Args:
        state_dir: the data dir's.
        command: writes the same copy from any folder; a path in it may be bytes that are no UTF-8, as os.fsdecode has
            them.
        may_be_there: an error of the block after which the copy may be written; after any other it is not.
    """
    line = os.fsencode(shlex.join(command))
    current = state_dir / FOLDER / f"{hashlib.sha256(line).hexdigest()[:16]}{CURRENT}"
    begun = _begin(current, line)
    try:
        yield
    except BaseException as failed:
        if begun is not None and not (may_be_there and isinstance(failed, may_be_there)):
            _take_away(begun)
        raise
    if begun is not None:
        _end(current, line)


@contextmanager
def outdating_copies(state_dir: Path) -> Iterator[None]:
    """Call every copy outdated that was written before the block ended, in which the published file is replaced."""
    _outdate(state_dir)
    yield
    _outdate(state_dir)


def copies_to_write_again(state_dir: Path) -> Iterator[str]:
    """A line for each outdated copy, with the command that writes it again."""
    lines = []
    for outdated in (state_dir / FOLDER).glob(f"*{OUTDATED}"):
        with suppress(FileNotFoundError):  # it is written again at this moment
            lines.append(os.fsdecode(outdated.read_bytes()))
    for line in sorted(lines):
        yield f"Write again {printable(line)}"


def _begin(current: Path, line: bytes) -> _Begun | None:
    """Write a copy's file; None where it cannot be written, which is said."""
    outdated = current.with_suffix(OUTDATED)
    try:
        current.parent.mkdir(mode=OWNERS_FOLDER, exist_ok=True)
        names = () if current.exists() else (current,) if outdated.exists() else (current, outdated)
        with (
            atomic.replacing(current, by_several=True) as draft,
            open(draft, "xb", opener=atomic.owners_file) as stream,
        ):
            stream.write(line)
            stream.flush()
            return _Begun(_identity(draft), names)
    except OSError as refused:
        notice = f"caw: {current.parent} cannot be written ({refused.strerror}): an erasure will not name this copy"
        print(printable(notice), file=sys.stderr)
        return None


def _take_away(begun: _Begun) -> None:
    """No copy was written: what the command wrote of itself goes, also where an erasure has outdated it since."""
    for path in begun.names:
        with suppress(FileNotFoundError):
            if _identity(path) == begun.identity:
                path.unlink()


def _identity(path: Path) -> tuple[int, int]:
    """A file's identity: kept when it is renamed, not shared with one that replaced it; raises FileNotFoundError."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns


def _end(current: Path, line: bytes) -> None:
    """A copy is written: it is no longer outdated, unless its file was taken away meanwhile."""
    outdated = current.with_suffix(OUTDATED)
    if current.exists():
        outdated.unlink(missing_ok=True)
    elif not outdated.exists():  # the same command, begun at the same moment, failed: nobody knows what came between
        atomic.write(outdated, line, atomic.OWNERS_FILE, by_several=True)


def _outdate(state_dir: Path) -> None:
    for current in (state_dir / FOLDER).glob(f"*{CURRENT}"):
        with suppress(FileNotFoundError):  # its command failed at this moment
            current.replace(current.with_suffix(OUTDATED))
