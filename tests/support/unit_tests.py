"""The unit tests next to the dbt project's models, and the data dir on which they run."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from caw.adapters.expansion import expand_pending
from caw.feeds.declared import DBT_PROJECT_DIR, SEEDS_DIR
from caw.raw_store.store import RawStore

AS_OF = datetime(2026, 6, 30, 12, tzinfo=UTC)
FILES = sorted(DBT_PROJECT_DIR.glob("models/**/_*__unit_tests*.yml"))


def declared() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(file, unit test) of every unit test next to the models."""
    for path in FILES:
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["unit_tests"]:
            yield path.name, test


NAMES = [f"{test['model']}.{test['name']}" for _, test in declared()]


def empty_data_dir(folder: Path) -> Path:
    """A data dir whose raw store has no line, as at the first run on an empty landing zone."""
    store = RawStore(folder)
    store.prepare()
    store.write_run_context("unit-tests", AS_OF, "-")
    expand_pending(store, SEEDS_DIR)
    return folder
