"""This project, from landing zone to event tables: ingestion, then what dbt builds for them; no marts, no tests."""

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from bench.counts import EVENT_TABLES, write_counts
from caw.ingest.ingestion import ingest
from caw.raw_store.store import RawStore
from caw.settings import check_folders, read_settings
from caw_dagster.dbt.build import dbt_build
from caw_dagster.dbt.project import load_project
from caw_dagster.instance.folders import environment


def main(landing: Path, work: Path) -> None:
    """Ingest and build in work/data."""
    settings = read_settings(landing=str(landing), data_dir=str(work / "data"))
    check_folders(settings)
    os.environ.update(environment(settings))
    now = datetime.now(UTC)
    ingest(settings.landing_dir, settings.data_dir, now, threads=settings.threads)
    project = load_project(settings)
    RawStore(settings.data_dir).write_run_context("bench", now, project.parsing_fingerprint)
    selection = ["--select", *(f"+{name}" for name in EVENT_TABLES), "--exclude-resource-type", "test"]
    build = dbt_build(project, settings, False, selection, lambda _: None)
    if not build.succeeded:
        raise SystemExit("\n".join([*build.failures, str(build.error or "")]))
    write_counts(work, event_counts(settings.warehouse))


def event_counts(database: Path, tables: Sequence[str] = EVENT_TABLES) -> dict[str, int]:
    """Rows of the event tables in a warehouse or a published file."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return {name: connection.sql(f"select count(*) from events.{name}").fetchall()[0][0] for name in tables}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
