"""The sample of `make run` and `make ui`: the logs of seeds/sample, later by as much as it takes to end now.

Run as `python -P -m generator.sample_landing DATA_DIR`; they land in DATA_DIR/sample_landing, once.
"""

import csv
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from caw.adapters.registry import ADAPTERS
from caw.feeds.declared import SEEDS_DIR
from caw.raw_store.format import format_of
from caw.raw_store.store import RawStore
from generator.shifted import shifted
from generator.story_time import SAMPLE_AS_OF

SAMPLE = SEEDS_DIR / "sample"
LANDING = "sample_landing"
ENDS = ".ends"  # in the landing zone, which ignores it: the instant, in ISO 8601, at which the logs end
OLD = timedelta(days=1)
UTC_ZONE = ZoneInfo("UTC")
EXIT_REFUSED = 2


class SampleError(Exception):
    """The sample cannot land in this data dir; the message says what to do."""


def land_sample(data_dir: Path, now: datetime) -> tuple[Path, datetime]:
    """The data dir's sample landing zone and the instant at which its logs end, landed at `now` if there is none yet.

    What has landed stays as it is: the same ids at other instants would be refused as conflicting duplicates.

    Raises:
        SampleError: the data dir holds other logs, such as an older version's sample.
        OSError: the data dir cannot be written.
    """
    landing = data_dir / LANDING
    if landing.is_dir():
        return landing, datetime.fromisoformat((landing / ENDS).read_text(encoding="ascii"))
    if format_of(RawStore(data_dir).objects) is not None:
        raise SampleError(
            f"{data_dir} holds other logs than the sample in {landing}: remove it, or set CAW_DATA_DIR to a new folder."
        )
    until = now.replace(second=0, microsecond=0)
    data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data_dir) as folder:
        draft = Path(folder) / LANDING
        write_shifted_sample(draft, until)
        draft.rename(landing)
    return landing, until


def write_shifted_sample(directory: Path, until: datetime) -> None:
    """Write the files of seeds/sample into a directory, under their own names, with logs that end at `until`.

    Raises:
        ValueError: `until` is not a whole minute.
        OSError: the directory cannot be written.
    """
    for path in sorted(path for path in SAMPLE.rglob("*") if path.is_file()):
        place = path.relative_to(SAMPLE)
        target = directory / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(shifted(path.name, path.read_bytes(), until - SAMPLE_AS_OF, zone_of(*place.parts[:2])))
    (directory / ENDS).write_text(until.isoformat(), encoding="ascii")


def zone_of(source: str, feed: str) -> ZoneInfo:
    """The zone of a feed's instants without an offset: UTC of a vendor's (spec §2.3.6), else the source's."""
    if feed in ADAPTERS and ADAPTERS[feed].vendor:
        return UTC_ZONE
    return _zones()[source]


@cache
def _zones() -> dict[str, ZoneInfo]:
    """The time zone of each source, from the shipped seed."""
    with (SEEDS_DIR / "sources.csv").open(encoding="utf-8", newline="") as file:
        return {row["source"]: ZoneInfo(row["timezone"]) for row in csv.DictReader(file)}


def described(landing: Path, until: datetime, now: datetime) -> str:
    """A line for people: where the sample's logs are, when they end, and how to have them end now."""
    line = f"The sample logs in {landing} end at {until:%Y-%m-%dT%H:%MZ}."
    if now - until < OLD:
        return line
    return f"{line} They are days old by now: remove {landing.parent} to have them end now."


if __name__ == "__main__":
    try:
        print(described(*land_sample(Path(sys.argv[1]), datetime.now(UTC)), datetime.now(UTC)))
    except (SampleError, OSError) as refused:
        print(f"make: {refused}", file=sys.stderr)
        sys.exit(EXIT_REFUSED)
