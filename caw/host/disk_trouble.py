"""A disk that is full or may no longer be written, in words for a person; every library says it in its own."""

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


def told(words: str, error: BaseException | None = None) -> str:
    """What to tell of a failure: the disk's trouble if that is behind it, else the words as they are.

    Args:
        words: what would be told otherwise, in one line.
        error: the failure, if it is at hand.
    """
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.errno in ERRNOS:
            return ERRNOS[cause.errno]
    texts = [words, *map(str, _causes(error))]
    return next((told for said, told in WORDS.items() if any(said in text for text in texts)), words)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
