"""After any sequence of runs, what is published equals a publication of the same warehouse from nothing."""

from pathlib import Path

import dagster as dg

from tests.orchestration.conftest import Warehouse
from tests.support.publishing import assert_as_from_nothing

RUNS = (
    {"as_of": "2025-08-01"},
    {"as_of": "2025-08-02"},
    {"as_of": "2025-07-01"},  # goes next to the latest
    {"as_of": "2025-08-03", "full_refresh": True},
    {"as_of": "2025-08-04"},
)


def test_every_run_publishes_what_its_warehouse_holds(
    warehouse: Warehouse, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    """A row that one publication overlooks would be missing from every one after it."""
    for number, options in enumerate(RUNS):
        warehouse.land(f"{number}.jsonl", f'{{"text": "hello {number}"}}', "{bad")
        assert warehouse.run(instance, **options).success
        past = options["as_of"] == "2025-07-01"
        folder = warehouse.settings.published / ("as_of/2025-07-01T000000Z" if past else "")
        assert_as_from_nothing(folder, warehouse.settings.warehouse, tmp_path / "scratch")
