"""Publishes the marts as one DuckDB file and as a folder of Parquet, each by one rename.

BI tools open `published/marts.duckdb`; tools that read files follow `published/parquet/current`. Both are written under
names that start with a dot, from the same tables of the same run, and are complete on disk before they are renamed:
first the file, which most people wait for, then Parquet. A publication starts from a copy of the previous one and
applies the differences (stepwise.py); the first one, and the one after `forget_published`, starts from nothing. What
does not belong here: Dagster's part, which is assets/publication.py.
"""

import contextlib
import shutil
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from caw.host import atomic
from caw.host.permissions import DEFAULT_READERS, READERS, Readers
from caw.publication import parquet, stepwise
from caw.publication.files import (
    FILE_NAME,
    PARQUET,
    ahead_of,
    forget_request,
    forgetting_is_due,
    instant_name,
    publication_folder,
    remove_all_but,
    remove_drafts,
    request_forgetting,
)
from caw.publication.last_run import LAST_RUN_COMMENTS, LastRun, published_as_of, read_last_run
from caw.publication.tables import SCHEMAS, STORAGE_VERSION, text

__all__ = [
    "FILE_NAME",
    "LAST_RUN_COMMENTS",
    "PARQUET",
    "SCHEMAS",
    "LastRun",
    "Published",
    "forget_published",
    "instant_name",
    "publish",
    "published_as_of",
    "read_last_run",
]

# Beyond this share of free pages the file is written from scratch: DuckDB reuses them, but never shrinks a file.
FREE_SHARE = 0.4


@dataclass(frozen=True)
class Published:
    """The result of a publication: the file and the Parquet folder, and the rows by `schema.table`.

    `ahead` is the as_of that was published until now, where the clock that gave it was ahead of this run's.
    """

    path: Path
    parquet: Path
    rows: dict[str, int]
    bytes: int
    changed: frozenset[str] = field(default_factory=frozenset)  # tables that differ from the publication before
    ahead: datetime | None = None


def publish(
    warehouse: Path,
    published: Path,
    last_run: LastRun,
    options: Mapping[str, str] | None = None,
    by_clock: bool = False,
    readers: Readers = READERS[DEFAULT_READERS],
    latest: LastRun | None = None,
) -> Published:
    """Write the warehouse's published schemas to a new file and rename it into place, then to new Parquet.

    Args:
        warehouse: the built and tested warehouse; the caller holds the data dir's lock.
        published: the folder of published files.
        last_run: what `health.last_run` says of this run.
        options: DuckDB's settings for the work, as memory_limit, threads and temp_directory.
        by_clock: the run's as_of is the clock's and was not given, so that it is the latest whatever is published now.
        readers: who may read what is published.
        latest: the run that published last, where that is not the file's.

    Raises:
        OSError, duckdb.Error: nothing has changed for the readers, or the file alone is the new one; then the next
            publication makes both agree.
    """
    published.mkdir(parents=True, exist_ok=True)
    remove_drafts(published)
    from_nothing = forgetting_is_due(published)
    # A name of its own each time: DuckDB writes a log next to the draft, and this process may still know an earlier
    # one.
    draft = published / f".{FILE_NAME}.{uuid.uuid4().hex}.tmp"
    try:
        before = None if from_nothing else _last_publication(published / FILE_NAME, draft)
        latest = None if from_nothing else latest or before
        folder = publication_folder(published, latest, last_run.as_of, by_clock)
        versions = folder / PARQUET
        versions.mkdir(parents=True, exist_ok=True)
        work = _Work(warehouse, draft, last_run, options or {})
        base = before if folder == published else None
        rows, changed = _written(work, base)
        size = draft.stat().st_size
        for opened in (published, *([] if folder == published else [folder.parent, folder]), versions):
            readers.open_folder(opened)
        readers.admit(draft)
        atomic.rename(draft, folder / FILE_NAME)
        with _warehouse_open(work) as connection:
            kept = parquet.unchanged_files(connection, versions, base, changed)
            files = parquet.write(connection, versions, last_run, kept)
        readers.admit(files)
        version = parquet.switch(versions, files, last_run)
    finally:
        remove_drafts(published)
    if from_nothing:
        remove_all_but(published, version)
        forget_request(published)
    else:
        parquet.remove_old(versions, version)
    ahead = ahead_of(last_run, latest) if folder == published else None
    return Published(folder / FILE_NAME, version, rows, size, changed, ahead)


def forget_published(published: Path) -> None:
    """Let the next publication start from nothing, become the latest whatever its as_of, and remove every older one.

    For data that must be gone: the request is kept on disk until all of it is done, so that a run that dies in between
    leaves it to the next one. Until then readers keep the published file.
    """
    request_forgetting(published)


def _last_publication(latest: Path, draft: Path) -> LastRun | None:
    """Copy the latest file to the draft; its run, or None if the publication cannot start from it.

    Only the copy is opened: a client that holds the file itself open for writing would stop the publication.
    """
    if not latest.is_file():
        return None
    shutil.copyfile(latest, draft)
    with contextlib.suppress(duckdb.Error):
        return read_last_run(draft)
    return None


@dataclass(frozen=True)
class _Work:
    """One publication's warehouse, draft, run and options."""

    warehouse: Path
    draft: Path
    last_run: LastRun
    options: Mapping[str, str]


def _written(work: _Work, before: LastRun | None) -> tuple[dict[str, int], frozenset[str]]:
    """Fill the draft of the file; rows by table, and the relations that changed."""
    if before is not None:
        with contextlib.suppress(duckdb.Error):  # the copy is damaged; the warehouse is not
            return _filled(work)
    work.draft.unlink(missing_ok=True)
    return _filled(work)


def _filled(work: _Work) -> tuple[dict[str, int], frozenset[str]]:
    with _warehouse_open(work) as connection:
        _attach_draft(connection, work.draft)
        rows, changed = stepwise.write(connection, work.last_run)
        connection.execute("checkpoint marts")
        connection.execute("use memory")
        connection.execute("detach marts")
    return rows, changed


@contextlib.contextmanager
def _warehouse_open(work: _Work) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config=dict(work.options)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {text(work.warehouse)} as warehouse (read_only)")
        yield connection


def _attach_draft(connection: duckdb.DuckDBPyConnection, draft: Path) -> None:
    """Attach the draft as `marts`; one with too many free pages is replaced by an empty one."""
    attach = f"attach {text(draft)} as marts (storage_version '{STORAGE_VERSION}')"
    connection.execute(attach)
    if _free_share(connection) > FREE_SHARE:
        connection.execute("detach marts")
        draft.unlink()
        connection.execute(attach)


def _free_share(connection: duckdb.DuckDBPyConnection) -> float:
    """The share of the draft's pages that are free."""
    found = connection.execute(
        "select free_blocks / greatest(total_blocks, 1) from pragma_database_size() where database_name = 'marts'"
    ).fetchone()
    return float(found[0]) if found else 0.0
