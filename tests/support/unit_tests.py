"""The unit tests that stand beside the dbt project's models."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from caw.feeds.declared import DBT_PROJECT_DIR

FILES = sorted(DBT_PROJECT_DIR.glob("models/**/_*__unit_tests*.yml"))


def declared() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(file, unit test) of every unit test beside the models."""
    for path in FILES:
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["unit_tests"]:
            yield path.name, test


NAMES = [f"{test['model']}.{test['name']}" for _, test in declared()]
