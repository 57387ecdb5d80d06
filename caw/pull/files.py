"""Files of a pull: each is written whole under a name that no reader looks at, flushed, and then renamed."""

import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from caw.host import atomic

UNFINISHED = ".inprogress"
ENDING = ".jsonl"
UNTIL, FROM = "until_", "_from_"


def file_name(begin: datetime, until: datetime, number: int) -> str:
    """The name of a window's file: it says the window and a number, and none of the data.

    The window's end comes first, so that what was asked later is delivered later, a rescan too.
    """
    return f"{UNTIL}{_written(until)}{FROM}{_written(begin)}_{number:08}{ENDING}"


def write(path: Path, lines: Iterable[bytes]) -> None:
    """Write a file whole, its owner's alone, and give it its name; one of that name is replaced. Durable then.

    Raises:
        OSError: it cannot be written, and there is no file of that name, or the one before.
    """
    draft = path.with_name(path.name + UNFINISHED)
    draft.unlink(missing_ok=True)
    with open(draft, "xb", opener=atomic.owners_file) as stream:
        for line in lines:
            stream.write(line + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
    with suppress(OSError):  # a folder that this user may write and not list, or a mount that flushes none
        atomic.sync(path.parent)


def sweep(folder: Path) -> None:
    """Remove what pulls that died left unfinished; the caller holds the row's lock."""
    for draft in folder.glob(f"{UNTIL}*{ENDING}{UNFINISHED}"):
        draft.unlink(missing_ok=True)


def _written(instant: datetime) -> str:
    return f"{instant:%Y%m%dT%H%M%SZ}"
