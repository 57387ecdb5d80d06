"""Models built on Spark, and how it would build each again on their rows: `python -m tests.support.spark_plans`.

    DATA_DIR FOUND

FOUND gets, as JSON, the plan of each model's statement by its name.
"""

import json
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from caw.settings import Settings
from caw_dagster.engines.on_spark import OnSpark
from tests.support.spark_build import build


class OnPlanned(OnSpark):
    """Spark, asked for plans after dbt has built."""

    def __init__(self, found: Path) -> None:
        self.found = found

    @contextmanager
    def building(self, settings: Settings, names: Collection[tuple[str, str]]) -> Iterator[None]:
        """The statements are those that dbt has compiled."""
        with super().building(settings, names):
            yield
            session = import_module("pyspark.sql").SparkSession.getActiveSession()
            session.conf.set("spark.sql.maxPlanStringLength", str(10**9))  # a run prints none
            models = (settings.data_dir / "target").glob("**/compiled/*/models/**/*.sql")
            plans = {
                path.stem: session.sql(f"explain formatted {path.read_text(encoding='utf-8')}").first()[0]
                for path in models
                if path.is_file()
            }
            self.found.write_text(json.dumps(plans), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(build(Path(sys.argv[1]).resolve(), OnPlanned(Path(sys.argv[2]).resolve())))
