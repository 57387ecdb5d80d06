"""A publication that an engine's catalog has alone: no rows in `published/`, and views of the build for caw itself.

The catalog has been switched before. Then the file of views is replaced by one rename, and the files of earlier
publications go; a run that dies in between leaves the older file, from which the next one knows that it has to publish.
What does not belong here: who reads the views (place.py), and which build they keep (the engine's).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from caw.engine import CATALOG_PREFIX, PUBLISHED_VIEWS
from caw.host import atomic
from caw.host.permissions import Readers
from caw.publication import stepwise
from caw.publication.files import (
    FILE_NAME,
    PARQUET,
    PAST,
    ahead_of,
    forget_request,
    forgetting_is_due,
    remove,
    remove_drafts,
)
from caw.publication.last_run import LastRun
from caw.publication.parquet import CURRENT
from caw.publication.tables import STORAGE_VERSION, text, views_of
from caw.settings import Settings, SettingsError

COPY = "CAW_SPARK_COPY"
SWITCH = {"1": True, "on": True, "0": False, "off": False}


@dataclass(frozen=True)
class InCatalog:
    """The result of such a publication: the file of views, rows by `schema.table`, and `ahead` as of `Published`."""

    path: Path
    rows: dict[str, int]
    ahead: datetime | None = None


def files_are_published(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a run publishes files, also where a catalog has the tables.

    Raises:
        SettingsError: the setting is neither on nor off.
    """
    value = environment.get(COPY) or "1"
    if value not in SWITCH:
        raise SettingsError(f"{COPY}={value!r} is not one of {', '.join(SWITCH)}: set it to one, or leave it unset.")
    return SWITCH[value]


def check_is_published(in_catalog: bool) -> None:
    """Whether a run publishes its tables somewhere; raises SettingsError.

    Args:
        in_catalog: whether it does so in a catalog.
    """
    if not files_are_published() and not in_catalog:
        raise SettingsError(
            f"{COPY}={os.environ[COPY]} leaves out the files where a catalog of Spark's has the tables, and this run "
            f"would publish nowhere: leave it unset, or set {CATALOG_PREFIX} (docs/engines.md)."
        )


def publish_views(
    settings: Settings,
    last_run: LastRun,
    options: Mapping[str, str],
    readers: Readers,
    latest: LastRun | None = None,
) -> InCatalog:
    """Have caw itself read the tables of the build, and remove what else is published.

    Args:
        settings: whose warehouse shows the build; the caller holds the data dir's lock.
        last_run: what `health.last_run` says of this run, which is no run of the past.
        options: DuckDB's settings for the work.
        readers: who may read the pages of the report, which lie among published files.
        latest: the run that published last.

    Raises:
        OSError, duckdb.Error: readers see what they saw, or the next publication removes what was left.
    """
    published, file = settings.published, settings.data_dir / PUBLISHED_VIEWS
    published.mkdir(parents=True, exist_ok=True)
    readers.open_folder(published)
    with atomic.replacing(file) as draft:
        rows = _written(draft, settings.warehouse, last_run, options)
    remove_drafts(published)
    for gone in (FILE_NAME, f"{PARQUET}/{CURRENT}", PARQUET):
        remove(published / gone)
    if forgetting_is_due(published):
        remove(published / PAST)
        forget_request(published)
    return InCatalog(file, rows, ahead_of(last_run, latest))


def _written(draft: Path, warehouse: Path, last_run: LastRun, options: Mapping[str, str]) -> dict[str, int]:
    """Fill the draft with the warehouse's views of published schemas; their rows."""
    with duckdb.connect(config=dict(options)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {text(warehouse)} as warehouse (read_only)")
        connection.execute(f"attach {text(draft)} as marts (storage_version '{STORAGE_VERSION}')")
        stepwise.write(connection, last_run)
        rows: dict[str, int] = {}
        for label, view in views_of(connection, "marts").items():
            [(rows[label],)] = connection.execute(f"select count(*) from marts.{view.path}").fetchall()
        connection.execute("checkpoint marts")
        connection.execute("use memory")
        connection.execute("detach marts")
    return rows
