"""The sample logs, refreshed once by `caw run` as `make run` does it, for every test that reads the result."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from orchestration.generate.sample_seeds import write_sample_seeds
from orchestration.ingest.feeds import SEEDS_DIR
from tests.support.patience import PATIENCE_SECONDS

ROOT = SEEDS_DIR.parent
AS_OF = "2026-06-30T12:00:00Z"  # where the sample's story ends
FOREIGN_SETTINGS = ("CAW_", "DAGSTER_", "DBT_")


@dataclass(frozen=True)
class SampleRun:
    """A landing zone, a data dir and the seeds of the sample; `said` is what the first run printed."""

    landing: Path
    data_dir: Path
    seeds: Path
    said: str = ""

    def caw(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command on it, in a process of its own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN_SETTINGS)}
        environment = {
            "CAW_LANDING_DIR": str(self.landing),
            "CAW_DATA_DIR": str(self.data_dir),
            "CAW_SEEDS_DIR": str(self.seeds),
            "PYTHONPATH": str(ROOT),
            "PYTHONUTF8": "1",
        }
        return subprocess.run(
            [sys.executable, "-m", "orchestration.cli", *arguments],
            env=kept | environment,
            cwd=self.data_dir.parent,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )

    def copied(self, folder: Path) -> "SampleRun":
        """A copy of its landing zone and data dir, to change."""
        landing = Path(shutil.copytree(self.landing, folder / "landing"))
        return SampleRun(landing, Path(shutil.copytree(self.data_dir, folder / "data")), self.seeds)


def refreshed_sample(folder: Path) -> SampleRun:
    """The sample landed in a folder of its own, and refreshed at AS_OF.

    Raises:
        AssertionError: the run failed.
    """
    landing = Path(shutil.copytree(SEEDS_DIR / "sample", folder / "landing"))
    made = SampleRun(landing, folder / "data", write_sample_seeds(folder / "seeds"))
    ran = made.caw("run", "--as-of", AS_OF)
    assert ran.returncode == 0, ran.stderr
    return SampleRun(made.landing, made.data_dir, made.seeds, ran.stdout)
