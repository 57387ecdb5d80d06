"""The sample logs, refreshed once by `caw run` as `make run` does it, for every test that reads the result."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from caw.feeds.declared import SEEDS_DIR
from generator.sample_seeds import write_sample_seeds
from tests.support.warm_caw import keep_parsed, lay_parsed, warm_caw

RUN = "run.json"
AS_OF = "2026-06-30T12:00:00Z"  # where the sample's story ends
ACCOUNTS = ("acme_us", "acme_eu", "acme_klaviyo", "acme_helpdesk")  # two of a team's own feeds, two of vendors' alone


@dataclass(frozen=True)
class SampleRun:
    """A landing zone, a data dir and the seeds of the sample; `said` is what the first run printed."""

    landing: Path
    data_dir: Path
    seeds: Path
    said: str = ""

    def caw(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command on it, in a process of its own."""
        environment = {"CAW_LANDING_DIR": str(self.landing), "CAW_DATA_DIR": str(self.data_dir)}
        if self.seeds == SEEDS_DIR:
            lay_parsed(self.data_dir)
        else:
            environment["CAW_SEEDS_DIR"] = str(self.seeds)
        ended = warm_caw().command(arguments, environment, self.data_dir.parent)
        if self.seeds == SEEDS_DIR:
            keep_parsed(self.data_dir)
        return subprocess.CompletedProcess(arguments, ended.code, ended.out, ended.err)

    def copied(self, folder: Path) -> "SampleRun":
        """A copy of its landing zone and data dir, to change."""
        landing = Path(shutil.copytree(self.landing, folder / "landing"))
        return SampleRun(landing, Path(shutil.copytree(self.data_dir, folder / "data")), self.seeds)


def refreshed_sample(folder: Path) -> None:
    """The sample landed in a folder of its own, and refreshed at AS_OF.

    Raises:
        AssertionError: the run failed.
    """
    landing = Path(shutil.copytree(SEEDS_DIR / "sample", folder / "landing"))
    made = SampleRun(landing, folder / "data", write_sample_seeds(folder / "seeds"))
    ran = made.caw("run", "--as-of", AS_OF)
    assert ran.returncode == 0, ran.stderr
    (folder / RUN).write_text(
        json.dumps({"landing": str(made.landing), "seeds": str(made.seeds), "said": ran.stdout}), encoding="utf-8"
    )


def sample_in(folder: Path) -> SampleRun:
    """What `refreshed_sample` made in this folder, or in one that it is a copy of; landing zone and seeds stay where they
    were read."""
    run = json.loads((folder / RUN).read_text(encoding="utf-8"))
    return SampleRun(Path(run["landing"]), folder / "data", Path(run["seeds"]), run["said"])
