"""Paths of publications, and their removal: drafts of dead runs at once, everything older when a person is forgotten.

What does not belong here: writing them.
"""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from caw.host.atomic import sync
from caw.publication.last_run import LastRun

FILE_NAME = "marts.duckdb"
PARQUET = "parquet"
PAST = "as_of"  # the folder of runs at an earlier instant than the latest
DRAFT = ".draft-"  # a Parquet version that is being written
FORGET = ".forget"  # asks for a publication from nothing (forget_published)


def publication_folder(published: Path, latest: LastRun | None, as_of: datetime, by_clock: bool = False) -> Path:
    """The folder that a run at this instant publishes into: the latest's, unless that is later (spec §5.3).

    A run whose instant is the clock's is never of the past: the clock was ahead before.
    """
    if latest is None or by_clock or as_of >= latest.as_of:
        return published
    return published / PAST / instant_name(as_of)


def ahead_of(last_run: LastRun, latest: LastRun | None) -> datetime | None:
    """The as_of that was published until now, where the clock that gave it was ahead of this run, the latest."""
    return None if latest is None or latest.as_of <= last_run.as_of else latest.as_of


def instant_name(instant: datetime) -> str:
    """An instant as a folder's name: no colon, seconds and, if there are any, microseconds."""
    text = instant.astimezone(UTC).strftime("%Y-%m-%dT%H%M%S")
    return f"{text}.{instant.microsecond:06d}Z" if instant.microsecond else f"{text}Z"


def remove_drafts(published: Path) -> None:
    """Remove the drafts of publications that died."""
    for folder in (published, *published.glob(f"{PAST}/*")):
        for draft in folder.glob(f".{FILE_NAME}.*"):
            draft.unlink(missing_ok=True)
        for draft in (folder / PARQUET).glob(f"{DRAFT}*"):
            remove(draft)


def remove_all_but(published: Path, written: Path) -> None:
    """Remove every published file but the latest DuckDB file and this Parquet version."""
    remove(published / PAST)
    for other in (published / PARQUET).iterdir():
        if not other.is_symlink() and other != written:
            remove(other)


def request_forgetting(published: Path) -> None:
    """Leave a marker that all that is published must be removed; it survives a crash."""
    published.mkdir(parents=True, exist_ok=True)
    (published / FORGET).touch()
    sync(published)


def forgetting_is_due(published: Path) -> bool:
    """Whether there is such a marker."""
    return (published / FORGET).exists()


def forget_request(published: Path) -> None:
    """Remove the marker: it is done."""
    sync(published)
    (published / FORGET).unlink()


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
