"""The dashboard for Superset: the files of `dashboards/superset/`, zipped with an address of the marts (spec §9.2).

The descriptions of a table's columns are added from its property file. What does not belong here: the command line, and
what the dashboard shows.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import yaml
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from caw.export.keys import published_models
from caw.feeds.declared import PROJECT_ROOT
from caw.host import atomic
from caw.host.yaml_files import read_yaml

DASHBOARD = PROJECT_ROOT / "dashboards" / "superset"
TOP = "customer_agent"  # Superset leaves the name of the zip's one folder aside
ESCAPE = re.compile("%[0-9A-Fa-f]{2}")  # SQLAlchemy 2.1 decodes it in a path, 1.4 (Superset's) and 2.0 do not


def uri_of(marts: Path) -> str | None:
    """The address of a published file, as SQLAlchemy with duckdb-engine reads it; None for a path that none names."""
    path = str(marts.resolve())
    uri = f"duckdb:///{path}"
    return uri if "?" not in path and is_marts_uri(uri) else None


def is_marts_uri(uri: str) -> bool:
    """Whether an address is that of a DuckDB file by its absolute path, the same one for every SQLAlchemy; a relative
    one begins in Superset's folder. A `?` ends the path: settings of DuckDB follow it.
    """
    path, mark, _ = uri.partition("?")
    try:
        url = make_url(uri)
    except (ArgumentError, ValueError):  # ValueError: of a port
        return False
    is_file = url.drivername == "duckdb" and not url.host and (url.database or "").startswith("/")
    return is_file and not ESCAPE.search(path) and bool(mark) == bool(url.query)


def write_dashboard(file: Path, uri: str) -> None:
    """Write the zip that `superset import-dashboards` takes: the same bytes for the same address.

    Args:
        file: where; none that is there is replaced.
        uri: the address of the published file on Superset's machine.

    Raises:
        FileExistsError: there is such a file.
        OSError: it cannot be written.
    """
    described = {table: model["columns"] for table, model in published_models()}
    with atomic.replacing(file, once=True) as draft, ZipFile(draft, "w") as bundle:
        for path in sorted(DASHBOARD.rglob("*.yaml")):
            inside = path.relative_to(DASHBOARD)
            asset = _filled(inside.parts[0], read_yaml(path), uri, described)
            text = yaml.safe_dump(asset, sort_keys=False, allow_unicode=True)
            bundle.writestr(
                ZipInfo(f"{TOP}/{inside.as_posix()}"), text, ZIP_DEFLATED
            )  # of 1980, whenever it is written


def _filled(
    kind: str, asset: dict[str, Any], uri: str, described: Mapping[str, list[dict[str, str]]]
) -> dict[str, Any]:
    if kind == "databases":
        return {**asset, "sqlalchemy_uri": uri}
    if kind == "datasets" and "sql" not in asset:
        said = {one["name"]: one["description"] for one in described[f"{asset['schema']}.{asset['table_name']}"]}
        return {**asset, "columns": [{**one, "description": said[one["column_name"]]} for one in asset["columns"]]}
    return asset
