"""The engines that dbt's models run on (spec §14): one object each, and what a run asks of it.

A run knows its engine by this object alone: which target of `profiles.yml` it is, what stands around a build in this
process, and what a publication is made of. What does not belong here: how each says a thing in SQL, which is
`dbt_project/macros/dialect`, and which engine a data dir is of (caw/engine.py).
"""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from caw.engine import DUCKDB
from caw.publication.last_run import LastRun
from caw.settings import Settings

Name = tuple[str, str]  # schema and table


@dataclass(frozen=True)
class CatalogRun:
    """A run that publishes in a catalog.

    Attributes:
        last_run: what `health.last_run` says of it.
        by_clock: its as_of is the clock's, and so the latest whatever is published.
        forgets: somebody was forgotten: what was published before goes, and this is the latest.
    """

    last_run: LastRun
    by_clock: bool
    forgets: bool


class Engine(Protocol):
    """An engine as a run uses it.

    Attributes:
        name: as in `caw.engine.ENGINES`; sqlglot calls its SQL so, too.
        target: of profiles.yml.
        adapter: dbt's package for it.
        reads_seeds: whether it reads the files of seeds itself: they must lie in the data dir, which its workers reach.
        has_catalog: whether dbt finds its tables outside of a build, too.
        has_views: whether a view is one; where not, a model that asks for a view is a table.
    """

    name: str
    target: str
    adapter: str
    reads_seeds: bool
    has_catalog: bool
    has_views: bool

    def check(self, settings: Settings) -> None:
        """Whether it can run here; raises SettingsError with a sentence that says what to do."""

    def building(self, settings: Settings, names: Collection[Name]) -> AbstractContextManager[None]:
        """The block in which dbt builds in this process; after it, `warehouse.duckdb` shows what was built.

        Args:
            settings: whose data dir; the caller holds its lock.
            names: the relations of the whole project.
        """

    def prepare_history(self, settings: Settings, as_of: datetime, by_clock: bool) -> datetime | None:
        """Have segment history where the models look for it, as the last completed run left it and this one needs it.

        Args:
            settings: whose data dir.
            as_of: the run's instant.
            by_clock: whether that is the clock's, to which what a clock that was ahead wrote is set back.

        Returns:
            The latest instant that was set back; None where there was none.
        """

    def publish_in_catalog(self, settings: Settings, manifest: Mapping[str, Any], run: CatalogRun) -> LastRun | None:
        """Have readers of the engine's own catalog see the published tables, if these settings ask for that.

        Args:
            settings: whose warehouse, which is built and tested.
            manifest: dbt's, as Dagster reads it.
            run: what for.

        Returns:
            The run that readers see there still, where this one is of an instant before it; None where they see this
            one, or there is no such catalog.
        """

    def publishable(self, settings: Settings, manifest: Mapping[str, Any]) -> AbstractContextManager[Path]:
        """A DuckDB file that has the published schemas as tables, with their types, constraints and comments.

        Args:
            settings: whose warehouse, which is built and tested.
            manifest: dbt's, as Dagster reads it.
        """


def engine_of(settings: Settings) -> Engine:
    """The engine that these settings name."""
    return engine_named(settings.engine)


def engine_named(name: str = DUCKDB) -> Engine:
    """An engine by its name; only its own module is loaded."""
    engine: Engine = import_module(f"caw_dagster.engines.on_{name}").ENGINE
    return engine
