"""The file that caw reads a publication from: the one for tools, or views of a build where a catalog alone has it.

The views are for caw itself (catalog_only.py), and away from `published/`: whoever finds a file there mounts and copies
it. What does not belong here: writing either of them.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import duckdb

from caw.engine import CARRIED, PUBLISHED_VIEWS, published_prefix
from caw.publication.files import FILE_NAME, PAST, instant_name
from caw.publication.last_run import LastRun, read_last_run
from caw.publication.tables import SCHEMAS
from caw.settings import Settings, SettingsError


def published_file(settings: Settings) -> Path | None:
    """The DuckDB file that shows the last publication; None where nothing is published.

    Where both are there, a run died as it changed from the one to the other, and the next one removes one of them.

    Raises:
        SettingsError: there is no file for tools, and this user may not look for the views.
    """
    file, views = settings.published / FILE_NAME, settings.data_dir / PUBLISHED_VIEWS
    try:
        return next((one for one in (file, views) if one.is_file()), None)
    except PermissionError as refused:
        raise SettingsError(
            f"In {settings.data_dir} nothing is published that this user may read: ask the catalog, if it alone has "
            "the tables (CAW_SPARK_COPY), or run this as the user who runs `caw run`."
        ) from refused


def published_tables(settings: Settings) -> Path:
    """As `published_file`.

    Raises:
        SettingsError: nothing is published, or nothing that this user may read.
    """
    file = published_file(settings)
    if file is None:
        raise SettingsError(f"Nothing is published in {settings.data_dir}: run `caw run` first, or set --data-dir.")
    return file


def published_marts(settings: Settings) -> Path:
    """The file that tools open.

    Raises:
        SettingsError: as for `published_tables`, or a catalog alone has what is published.
    """
    file = published_tables(settings)
    if is_of_views(file):
        raise SettingsError(
            f"What is published of {settings.data_dir} is in {in_catalog_alone(file)}: have tools read it there, or "
            "unset CAW_SPARK_COPY and run again."
        )
    return file


def last_publication(settings: Settings) -> LastRun | None:
    """The run that published last; None where nothing is published, or nothing that can be read."""
    with suppress(OSError, duckdb.Error):
        file = published_file(settings)
        return None if file is None else read_last_run(file)
    return None


def publication_of(settings: Settings, run_id: str, as_of: datetime) -> Path | None:
    """The file that a run at this instant has published; as `published_file` where it is none of the past."""
    past = settings.published / PAST / instant_name(as_of) / FILE_NAME
    shown = read_last_run(past) if past.is_file() else None
    return past if shown is not None and shown.run_id == run_id else published_file(settings)


def is_of_views(file: Path) -> bool:
    """Whether it is the file of views."""
    return file.parts[-len(PUBLISHED_VIEWS.parts) :] == PUBLISHED_VIEWS.parts


def folders_of_rows(file: Path) -> Sequence[Path]:
    """The folders of builds that have rows of published schemas, which views name; none of a file with its own rows."""
    if not is_of_views(file):
        return []
    patterns = [f"*/{place}{schema}" for schema in SCHEMAS for place in ("", f"{CARRIED}/")]
    return [folder for pattern in patterns for folder in file.parent.glob(pattern)]


def folder_of(file: Path) -> Path:
    """The folder of the publication that a file shows, in which its report is."""
    return file.parents[1] / "published" if is_of_views(file) else file.parent


def in_catalog_alone(file: Path) -> str | None:
    """The place in which others read what the file of views shows, in words; None of a file for tools."""
    if not is_of_views(file):
        return None
    return f"the catalog alone, in {published_prefix(file.parents[1]) or ''}events and four other schemas"
