"""The key of each published table: the grain that its property file declares, where no column of it may be null."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from caw.feeds.declared import DBT_PROJECT_DIR
from caw.host.yaml_files import read_yaml
from caw.publication.tables import SCHEMAS


def keys(project: Path = DBT_PROJECT_DIR) -> dict[str, tuple[str, ...]]:
    """The key's columns by `schema.table`; tables whose grain is an expression or may be null have none."""
    found = {}
    for table, model in published_models(project):
        for grain in _grains(model):
            if set(grain) <= _required(model):
                found[table] = tuple(grain)
    return found


def published_models(project: Path = DBT_PROJECT_DIR) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each published table, as `schema.table`, with what its property file says of it."""
    for schema in SCHEMAS:
        for path in sorted((project / "models" / schema).glob("**/*__models.yml")):
            for model in (read_yaml(path) or {}).get("models", []):
                yield f"{schema}.{model.get('config', {}).get('alias', model['name'])}", model


def _grains(model: dict[str, Any]) -> Iterator[list[str]]:
    for test in model.get("data_tests", []):
        if isinstance(test, dict) and "valid_rows" in test:
            yield test["valid_rows"]["arguments"]["grain"]


def _required(model: dict[str, Any]) -> set[str]:
    return {
        column["name"]
        for column in model.get("columns", [])
        if any(one["type"] == "not_null" for one in column.get("constraints", []))
    }
