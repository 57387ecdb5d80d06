"""Only errors that pass by themselves are tried again."""

import errno
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from caw_dagster.retries import TRIES, guarded, is_transient

DATA = Path("/data")


def caused_by(cause: Exception) -> Exception:
    try:
        raise RuntimeError("outer") from cause
    except RuntimeError as error:
        return error


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EBUSY, "busy"),
        OSError(errno.ESTALE, "stale"),
        InterruptedError(errno.EINTR, "interrupted"),
        duckdb.IOException('IO Error: Could not set lock on file "/w.duckdb": Conflicting lock is held'),
        caused_by(OSError(errno.ETIMEDOUT, "timed out")),
    ],
)
def test_passing_errors_ask_for_another_try(error: Exception) -> None:
    assert is_transient(error)
    with pytest.raises(dg.RetryRequested) as asked, guarded(DATA):
        raise error
    assert asked.value.max_retries == TRIES


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "no space"),
        PermissionError(errno.EACCES, "denied"),
        OSError(errno.EROFS, "read-only"),
        duckdb.CatalogException("no such table"),
        ValueError("a bug"),
        dg.Failure("a test failed", allow_retries=False),
    ],
)
def test_errors_that_stay_fail_at_once(error: Exception) -> None:
    """A second try of what cannot succeed only delays the message."""
    assert not is_transient(error)
    with pytest.raises(dg.Failure) as failed, guarded(DATA):
        raise error
    assert not failed.value.allow_retries
