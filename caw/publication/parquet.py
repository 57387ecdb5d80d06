"""The marts as Parquet: `parquet/<version>/<schema>/<table>.parquet`, and the link `parquet/current` to one version.

A version is complete before it gets its name and never changes after; the link is replaced by one rename. A table that
did not change is a hard link to the file of the version before. Versions are named by the instant of publication, so
where links cannot be made or followed, the last one by name is the current one.
"""

import errno
import hashlib
import os
import shutil
import uuid
from collections.abc import Mapping
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import duckdb

from caw.host.atomic import sync
from caw.publication.files import DRAFT, instant_name
from caw.publication.last_run import LastRun, read_last_run, write_last_run
from caw.publication.tables import LAST_RUN, tables_of, text, views_of

CURRENT = "current"
VIEW_DIGEST = "view_sha256"  # in the metadata of a file that was written from a view: whether the view is the same
# Distinct values of a column in a row group beyond which it gets no dictionary. By default DuckDB collects ids and
# times for long before it gives them up: a tenth of the writing's time, for one hundredth of the bytes.
DICTIONARY_SIZE = 2_000
COMPRESSION = (
    "compression zstd, compression_level 1"  # two fifths fewer bytes than DuckDB's own choice, in the same time
)
SMALL_ROW_GROUP = 2048  # rows: the least that DuckDB has
EVENT_ID = "event_id"  # md5 in hex, of a table of events
KEPT_VERSIONS = 3  # a reader that began two publications ago can finish
NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK})


def unchanged_files(
    connection: duckdb.DuckDBPyConnection, versions: Path, before: LastRun | None, changed: frozenset[str]
) -> Mapping[str, Path]:
    """The current version's files of relations that did not change, by label.

    Args:
        connection: has the warehouse attached.
        versions: the folder of versions.
        before: the run whose DuckDB file was compared with; None for none. A version of another run gives nothing.
        changed: the relations that differ from that file.
    """
    current = versions / CURRENT
    if before is None or not current.exists():
        return {}
    with suppress(duckdb.Error):
        if read_last_run(current / "health" / "last_run.parquet") == before:
            views = _view_digests(connection)
            files = {f"{file.parent.name}.{file.stem}": file.resolve() for file in current.glob("*/*.parquet")}
            return {
                label: file
                for label, file in files.items()
                if label not in changed and _digest_in(connection, file) == views.get(label)
            }
    return {}


def write(
    connection: duckdb.DuckDBPyConnection, versions: Path, last_run: LastRun, unchanged: Mapping[str, Path]
) -> Path:
    """Write what the attached `warehouse` publishes, views too, to a draft of a version.

    Args:
        connection: has the warehouse attached, and not the published file: a client may hold that one open for writing.
        versions: the folder of versions.
        last_run: what `health.last_run` says of this run.
        unchanged: files to link to, by label.

    Returns:
        The draft's folder, complete and on disk.
    """
    draft = versions / f"{DRAFT}{uuid.uuid4().hex}"
    views = _view_digests(connection)
    write_last_run(connection, "memory.last_run", last_run)
    relations = {**tables_of(connection, "warehouse"), **views_of(connection, "warehouse")}
    paths = {label: f"warehouse.{relation.path}" for label, relation in relations.items()}
    for label, path in {**paths, LAST_RUN: "memory.last_run"}.items():
        schema, _, name = label.partition(".")
        file = draft / schema / f"{name}.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        if label in unchanged:
            _link(unchanged[label], file)
        else:
            kept = f", kv_metadata {{{VIEW_DIGEST}: {text(views[label])}}}" if label in views else ""
            options = f"format parquet, {COMPRESSION}, dictionary_size_limit {DICTIONARY_SIZE}{kept}"
            _copy(connection, path, file, options)
            sync(file)
    for folder in (*draft.iterdir(), draft):
        sync(folder)
    return draft


def _copy(connection: duckdb.DuckDBPyConnection, path: str, file: Path, options: str) -> None:
    """Copy a relation to a file; where memory is short, few rows at a time.

    A row group is written from memory, and JSON is made of 2,048 rows together, several times as large.
    """
    try:
        connection.execute(f"copy (from {path}) to {text(file)} ({options})")
    except duckdb.OutOfMemoryException:
        parts = _parts(connection, path)
        connection.execute(f"copy ({parts}) to {text(file)} ({options}, row_group_size {SMALL_ROW_GROUP})")


def _parts(connection: duckdb.DuckDBPyConnection, path: str) -> str:
    """A query of a relation's rows; of one of events, a part after the other, by the first digit of their ids."""
    columns = {row[0] for row in connection.execute(f"describe from {path}").fetchall()}
    if EVENT_ID not in columns:
        return f"from {path}"
    digits = "0123456789abcdef"
    bounds = [
        f"{EVENT_ID} < '1'",
        *(f"{EVENT_ID} >= '{low}' and {EVENT_ID} < '{up}'" for low, up in pairwise(digits[1:])),
    ]
    return " union all ".join(f"(from {path} where {bound})" for bound in [*bounds, f"{EVENT_ID} >= 'f'"])


def switch(versions: Path, draft: Path, last_run: LastRun) -> Path:
    """Rename the draft to its version and point `current` to it; the version's folder (no file: not atomic.py's)."""
    version = versions / f"{instant_name(last_run.published_at)}-{last_run.run_id[:8]}"
    draft.rename(version)
    _remove_copied_link(versions)
    link = versions / f"{DRAFT}{uuid.uuid4().hex}"
    try:
        link.symlink_to(version.name, target_is_directory=True)
        link.replace(versions / CURRENT)
    except OSError as refused:
        if refused.errno not in NO_LINKS:
            raise
    sync(versions)
    return version


def _remove_copied_link(versions: Path) -> None:
    """A data dir that was copied with links followed has a folder where the link should be."""
    current = versions / CURRENT
    if current.is_dir() and not current.is_symlink():
        aside = versions / f"{DRAFT}{uuid.uuid4().hex}"
        current.rename(aside)
        shutil.rmtree(aside)


def remove_old(versions: Path, version: Path) -> None:
    """Remove all versions but this one and the few before it.

    Those that a clock which was ahead has named go, too: whoever takes the last name would be given them.
    """
    names = sorted(folder.name for folder in versions.iterdir() if folder.is_dir() and not folder.is_symlink())
    before = [name for name in names if name < version.name]
    after = [name for name in names if name > version.name]
    for name in [*before[: -(KEPT_VERSIONS - 1)], *after]:
        shutil.rmtree(versions / name)


def _view_digests(connection: duckdb.DuckDBPyConnection) -> Mapping[str, str]:
    """A hash of each view's SQL in the warehouse, by label. The copy's SQL gains brackets whenever it is read."""
    views = views_of(connection, "warehouse")
    return {label: hashlib.sha256(str(view.sql).encode()).hexdigest() for label, view in views.items()}


def _digest_in(connection: duckdb.DuckDBPyConnection, file: Path) -> str | None:
    """The hash that a file written from a view carries; None for a table's."""
    found = connection.execute(
        "select decode(value) from parquet_kv_metadata(?) where decode(key) = ?", [str(file), VIEW_DIGEST]
    ).fetchone()
    return None if found is None else str(found[0])


def _link(old: Path, new: Path) -> None:
    try:
        os.link(old, new)
    except OSError as refused:
        if refused.errno not in NO_LINKS:
            raise
        shutil.copyfile(old, new)
        sync(new)
