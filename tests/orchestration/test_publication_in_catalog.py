"""A run publishes in its engine's catalog before the files, so that what forgets has ended in both (spec §14.4)."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import duckdb
import pytest

from caw.publication import FILE_NAME, read_last_run
from caw.publication.files import forgetting_is_due, request_forgetting
from caw.settings import Settings, read_settings
from caw_dagster.assets.publication import publication_asset
from caw_dagster.dbt.state import Built, write_built
from caw_dagster.engines import CatalogRun
from caw_dagster.resources import RunContext

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)


class WithCatalog:
    """An engine whose catalog fails at first."""

    def __init__(self) -> None:
        self.fails, self.runs = True, list[CatalogRun]()

    def publishable(self, settings: Settings, manifest: Mapping[str, Any]) -> AbstractContextManager[Path]:
        return nullcontext(settings.warehouse)

    def publish_in_catalog(self, settings: Settings, manifest: Mapping[str, Any], run: CatalogRun) -> None:
        if self.fails:
            raise PermissionError("of the metastore")
        self.runs.append(run)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a data dir with a warehouse that is built and tested."""
    read = read_settings({"CAW_DATA_DIR": str(tmp_path), "CAW_LANDING_DIR": str(tmp_path)})
    read.state_dir.mkdir()
    duckdb.connect(str(read.warehouse)).close()
    write_built(read.state_dir, Built("fingerprint", True, "run", NOON.isoformat()))
    return read


def published(engine: WithCatalog, settings: Settings) -> bool:
    """Whether the asset could be made."""
    project: Any = SimpleNamespace(engine=engine, manifest={})
    asset = publication_asset(project, SimpleNamespace(keys=[]))  # type: ignore[arg-type]
    context = RunContext(settings, "run", NOON, by_clock=False, full_refresh=False)
    return dg.materialize([asset], resources={"run_context": context}, raise_on_error=False).success


def test_what_a_catalog_could_not_forget_the_next_run_forgets(settings: Settings) -> None:
    """A run that ends well, or a request that counts as done, while somebody who was forgotten is in the catalog."""
    engine = WithCatalog()
    request_forgetting(settings.published)
    assert not published(engine, settings)
    assert forgetting_is_due(settings.published)
    assert not (settings.published / FILE_NAME).exists()
    engine.fails = False
    assert published(engine, settings)
    assert published(engine, settings)
    assert [(run.forgets, run.by_clock, run.last_run.as_of) for run in engine.runs] == [
        (True, False, NOON),
        (False, False, NOON),
    ]
    assert not forgetting_is_due(settings.published)
    assert read_last_run(settings.published / FILE_NAME) == engine.runs[1].last_run
