"""The session that dbt's adapter for Spark runs its statements in: the one that caw has opened, as caw has set it.

The adapter asks pyspark for a session before each statement, and gives it settings of its own with that; since 1.11 one
of them takes ANSI off, so that numbers overflow and casts fail in silence.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from itertools import count
from typing import Any

from caw_dagster.engines.spark_steps import Steps, in_steps

ADAPTER = "dbt.adapters.spark.session"  # the module that asks for `SparkSession`
REFUSED = "AnalysisException"  # pyspark's, of a session here and of one elsewhere
KEPT = "raw.step"  # begins the names of tables that last as long as a statement; readers are not shown this schema
CACHES = re.compile(r"\s*(?:/\*.*?\*/)?\s*cache table (\S+) as\b", re.DOTALL)  # until it is dropped
DROPS = re.compile(r"\s*(?:/\*.*?\*/)?\s*drop view (?:if exists )?(\S+)\s*", re.DOTALL)


class Opened:
    """A replacement of pyspark's `SparkSession`, of its builder and of a session: it leads to one, left as it is."""

    def __init__(self, session: Any) -> None:
        self._session, self.builder, self._numbers = session, self, count()
        self._cached: dict[str, None] = {}  # views whose rows are cached, in the order in which they were made

    def enableHiveSupport(self) -> "Opened":  # noqa: N802 - pyspark's name
        """A builder's call, which changes nothing."""
        return self

    def config(self, name: str, value: str) -> "Opened":
        """A builder's call, which changes nothing."""
        return self

    def getOrCreate(self) -> "Opened":  # noqa: N802 - pyspark's name
        """A builder's call; the session's come to this object, too."""
        return self

    def sql(self, statement: str) -> Any:
        """Run a statement, in steps where that is less to plan; its `pyspark.sql.DataFrame`."""
        if caches := CACHES.match(statement):
            self._cached[caches[1]] = None
        found = self._in_steps(statement)
        if drops := DROPS.fullmatch(statement):
            self._cached.pop(drops[1], None)
        return found

    def uncache(self) -> None:
        """Drop the views whose rows are cached: the cache is the server's, where they would outlast the session."""
        while self._cached:
            view, _ = self._cached.popitem()
            with suppress(Exception):  # whatever ended the run is the error to show
                self._session.sql(f"drop view if exists {view}")

    def _in_steps(self, statement: str) -> Any:
        steps = in_steps(statement, f"{KEPT}_{next(self._numbers)}_")
        try:
            return self._session.sql(steps.statement if self._made(steps) else statement)
        finally:
            for table in steps.kept:
                with suppress(Exception):  # the statement's error is the one to show; nothing reads the table
                    self._session.sql(f"drop table if exists {table}")

    def _made(self, steps: Steps) -> bool:
        """Whether the steps' tables are there: a query may have columns without a type, or two of one name."""
        try:
            for table, query in steps.kept.items():
                self._session.sql(f"create table {table} using parquet as {query}")
        except Exception as error:
            if all(kind.__name__ != REFUSED for kind in type(error).__mro__):
                raise
            return False
        return True


@contextmanager
def given_to_dbt(session: Any) -> Iterator[None]:
    """The block in which dbt's adapter runs its statements in this session; what they have cached ends with it."""
    adapter = import_module(ADAPTER)
    before, opened = adapter.SparkSession, Opened(session)
    adapter.SparkSession = opened  # type: ignore[attr-defined]
    try:
        yield
    finally:
        adapter.SparkSession = before  # type: ignore[attr-defined]
        opened.uncache()
