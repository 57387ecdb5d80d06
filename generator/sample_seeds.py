"""The sample's seeds: the shipped ones, with policies that also hold somebody out, so that its story tells every gate,
and an experiment on one of them.

Run as `python -P -m generator.sample_seeds FOLDER`; a refresh takes them by CAW_SEEDS_DIR.
"""

import csv
import io
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from caw.feeds.declared import SEEDS_DIR
from generator.tales import EMAIL_POLICY, SMS_POLICY

POLICIES = "retargeting_policies.csv"
SAMPLE_HOLDOUT_PERCENT = {EMAIL_POLICY: 15, SMS_POLICY: 3}
"""Small shares that reach one shopper of the story each: tara-transcript by e-mail, sol-one-left by sms."""

EXPERIMENTS = "retargeting_experiments.csv"
SAMPLE_EXPERIMENT = (
    f"follow_up_by_email,{EMAIL_POLICY},2026-06-01T00:00Z,2031-01-01T00:00Z,"
    f"{SAMPLE_HOLDOUT_PERCENT[EMAIL_POLICY]},72,0.05"
)
"""It goes on whenever the sample is taken to end, and enrols shoppers of the story and of the filler in both arms."""


def write_sample_seeds(folder: Path) -> Path:
    """Write every CSV file of the sample's seeds; returns the folder. Their types and tests stay in seeds/_seeds.yml.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in SEEDS_DIR.glob("*.csv"):
        if path.name == POLICIES:
            text = with_holdout(path.read_text(encoding="utf-8"), SAMPLE_HOLDOUT_PERCENT)
            (folder / path.name).write_text(text, encoding="utf-8")
        elif path.name == EXPERIMENTS:
            text = f"{path.read_text(encoding='utf-8')}{SAMPLE_EXPERIMENT}\n"
            (folder / path.name).write_text(text, encoding="utf-8")
        else:
            shutil.copyfile(path, folder / path.name)
    return folder


def with_holdout(policies: str, percents: Mapping[str, int]) -> str:
    """The policies' CSV text with these policies' holdout_percent."""
    rows = list(csv.DictReader(io.StringIO(policies)))
    written = io.StringIO()
    writer = csv.DictWriter(written, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(row | {"holdout_percent": percents.get(row["policy_id"], row["holdout_percent"])})
    return written.getvalue()


if __name__ == "__main__":
    write_sample_seeds(Path(sys.argv[1]))
