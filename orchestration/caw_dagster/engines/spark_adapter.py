"""The session that dbt's adapter for Spark runs its statements in: the one that caw has opened, as caw has set it.

The adapter asks pyspark for a session before each statement, and gives it settings of its own with that; since 1.11 one
of them takes ANSI off, so that numbers overflow and casts fail in silence.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

ADAPTER = "dbt.adapters.spark.session"  # the module that asks for `SparkSession`


class Opened:
    """A stand-in for pyspark's `SparkSession` and its builder: it leads to one session, left as it is."""

    def __init__(self, session: Any) -> None:
        self._session, self.builder = session, self

    def enableHiveSupport(self) -> "Opened":  # noqa: N802 - pyspark's name
        """A builder's call, which changes nothing."""
        return self

    def config(self, name: str, value: str) -> "Opened":
        """A builder's call, which changes nothing."""
        return self

    def getOrCreate(self) -> Any:  # noqa: N802 - pyspark's name
        """The session."""
        return self._session


@contextmanager
def given_to_dbt(session: Any) -> Iterator[None]:
    """The block in which dbt's adapter runs its statements in this session."""
    adapter = import_module(ADAPTER)
    before = adapter.SparkSession
    adapter.SparkSession = Opened(session)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        adapter.SparkSession = before  # type: ignore[attr-defined]
