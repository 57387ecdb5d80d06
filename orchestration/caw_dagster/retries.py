"""Error policy of a step: transient errors are retried by Dagster, others fail without quoting data."""

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
TRANSIENT_ERRNOS = frozenset({errno.EINTR, errno.EAGAIN, errno.EBUSY, errno.ETIMEDOUT, errno.ESTALE, errno.ENOLCK})
# DuckDB has no error class for a file that another process has open: a person with a shell on warehouse.duckdb.
TRANSIENT_WORDS = ("Could not set lock on file", "database is locked")


def is_transient(error: BaseException | None) -> bool:
    """Whether trying again may help, for this error or one that caused it."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in TRANSIENT_ERRNOS:
            return True
        if any(words in str(error) for words in TRANSIENT_WORDS):
            return True
        error = error.__cause__
    return False


@contextmanager
def guarded(data_dir: Path) -> Iterator[None]:
    """Turn a transient error into a request for a retry, and any other into a failure without values of the data.

    Args:
        data_dir: files below it may be named.
    """
    with sanitized(data_dir):
        try:
            yield
        except (dg.Failure, dg.RetryRequested):
            raise
        except Exception as error:
            if not is_transient(error):
                raise
            progress.say("Trying again", described(error, data_dir))
            raise dg.RetryRequested(max_retries=TRIES, seconds_to_wait=SECONDS_BETWEEN) from None
