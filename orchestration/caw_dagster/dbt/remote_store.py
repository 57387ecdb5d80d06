"""dbt-duckdb's plugin for caw's own builds: DuckDB reads a raw store that is not on this machine through fsspec.

A raw store in the data dir, or at a path, needs nothing of it.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from caw.raw_store.remote import RemoteObjects, objects_at


class Plugin(BasePlugin):
    """Gives connections the file system on which the raw store lies."""

    def initialize(self, plugin_config: Mapping[str, Any]) -> None:
        """Nothing is configured but by CAW_RAW_STORE."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Register the file system."""
        place = os.environ.get("CAW_RAW_STORE")
        objects = objects_at(place, Path()) if place else None
        if isinstance(objects, RemoteObjects):
            conn.register_filesystem(objects.files)
