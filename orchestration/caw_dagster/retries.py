"""How a step's errors leave it: those that pass by themselves ask Dagster for another try, the others tell no data."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from caw.host import progress
from caw_dagster.errors import described, sanitized

TRIES = 3
SECONDS_BETWEEN = 5.0
# A network or removable disk that stalls, a signal, a file that another program holds for a moment.
PASSING_ERRNOS = frozenset({errno.EINTR, errno.EAGAIN, errno.EBUSY, errno.ETIMEDOUT, errno.ESTALE, errno.ENOLCK})
# DuckDB has no error class for a file that another process has open: a person with a shell on warehouse.duckdb.
PASSING_WORDS = ("Could not set lock on file", "database is locked")


def is_passing(error: BaseException | None) -> bool:
    """Whether trying again may help, for this error or one that caused it."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in PASSING_ERRNOS:
            return True
        if any(words in str(error) for words in PASSING_WORDS):
            return True
        error = error.__cause__
    return False


@contextmanager
def guarded(data_dir: Path) -> Iterator[None]:
    """Turn a passing error into a request for another try, and any other into a failure without values of the data.

    Args:
        data_dir: files below it may be named.
    """
    with sanitized(data_dir):
        try:
            yield
        except (dg.Failure, dg.RetryRequested):
            raise
        except Exception as error:
            if not is_passing(error):
                raise
            progress.say("Trying again", described(error, data_dir))
            raise dg.RetryRequested(max_retries=TRIES, seconds_to_wait=SECONDS_BETWEEN) from None
