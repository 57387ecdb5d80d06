"""DuckDB, embedded: dbt writes warehouse.duckdb in place, adding to it where it can."""

import contextlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from caw.engine import CATALOG, CATALOG_PREFIX, DUCKDB, published_prefix
from caw.publication.catalog_only import check_is_published
from caw.publication.last_run import LastRun
from caw.raw_store.segment_history import ready_history, warehouse_from_history
from caw.settings import Settings, SettingsError
from caw_dagster.engines import CatalogRun


class OnDuckdb:
    """The default engine."""

    name = DUCKDB
    target = "run"
    adapter = "dbt-duckdb"
    reads_seeds = False
    has_catalog = True
    has_views = True

    def check(self, settings: Settings) -> None:
        """It comes with caw; but in a catalog of Spark's no request to be forgotten would be carried out any more."""
        if (known := published_prefix(settings.data_dir)) is not None:
            raise SettingsError(
                f"This data dir has published in a catalog of Spark's, with {CATALOG_PREFIX}={known}, which runs on "
                f"another engine do not reach: drop the schemas there whose names begin with {known}, which nobody "
                f"else will, and remove {settings.data_dir / CATALOG}."
            )
        check_is_published(in_catalog=False)

    @contextmanager
    def building(self, settings: Settings, names: Collection[tuple[str, str]]) -> Iterator[None]:
        """dbt opens the file itself, which the adapter would keep open for the life of the process."""
        connections = import_module("dbt.adapters.duckdb.connections").DuckDBConnectionManager  # loads dbt
        try:
            yield
        finally:
            with contextlib.suppress(Exception):  # there is no environment if dbt stopped before it opened one
                connections.env().close()
            connections.close_all_connections()

    def prepare_history(self, settings: Settings, as_of: datetime, by_clock: bool) -> datetime | None:
        """A new warehouse starts from the copy that the raw store keeps; an older one has it."""
        if not settings.warehouse.exists():
            warehouse_from_history(settings.store(), settings.warehouse)
        return ready_history(settings.warehouse, as_of, by_clock)

    def publish_in_catalog(self, settings: Settings, manifest: Mapping[str, Any], run: CatalogRun) -> LastRun | None:
        """Its catalog is the published file's."""
        return None

    @contextmanager
    def publishable(self, settings: Settings, manifest: Mapping[str, Any]) -> Iterator[Path]:
        """The warehouse itself."""
        yield settings.warehouse


ENGINE = OnDuckdb()
