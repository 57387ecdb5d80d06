"""Words for a disk that is full or can no longer be written, whichever library reports it in its own words."""

import errno
from collections.abc import Iterator

FULL = (
    "the disk of the data dir is full: make room and run again; what was published before is still there, "
    "and the next run takes up what this one left"
)
READ_ONLY = (
    "the data dir can no longer be written: let this user write it and run again; what was published before is "
    "still there"
)
FAILING = (
    "the disk of the data dir takes no more, because it is full or because it fails: make room, or look at the disk, "
    "and run again; what was published before is still there"
)
WORDS = {
    "No space left on device": FULL,
    "database or disk is full": FULL,  # SQLite's, where Dagster keeps its history
    "disk I/O error": FAILING,  # SQLite's too: also where a full disk has no room for the memory that it shares
    "Disk quota exceeded": FULL,
    "Read-only file system": READ_ONLY,
    "readonly database": READ_ONLY,
}
ERRNOS = {errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EROFS: READ_ONLY}


def explained(words: str, error: BaseException | None = None) -> str:
    """The disk's trouble in words, if that is behind a failure; else the words as they are.

    Args:
        words: what is said otherwise, in one line.
        error: the failure, if it is at hand.
    """
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.errno in ERRNOS:
            return ERRNOS[cause.errno]
    texts = [words, *map(str, _causes(error))]
    return next((ours for theirs, ours in WORDS.items() if any(theirs in text for text in texts)), words)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
