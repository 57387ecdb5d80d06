"""The delivery that a tick takes in: 1,000 new records of conversations, orders and sends, in files of their own."""

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from generator.logs import generate

RECORDS = 1_000
CONVERSATIONS = 150  # make more records than that; the rest is dropped
FEEDS = ("message_sends", "orders", "conversation_log")  # the last gives what the others leave of the thousand
FIRST_SEED = 1_000  # of deliveries; histories have the generator's default


def land(landing: Path, number: int, until: datetime, records: int = RECORDS) -> int:
    """Land the delivery of this number (from 1) and return how many records it has.

    Args:
        landing: the landing zone.
        number: of the delivery; each has records of its own.
        until: with an offset; the records lie in the day before it.
        records: how many at most.
    """
    with TemporaryDirectory(dir=landing.parent) as scratch:
        made = Path(scratch, "landing")
        generate(made, CONVERSATIONS, 1, FIRST_SEED + number, until)
        left = records
        for feed in FEEDS:
            for path in sorted(made.glob(f"*/{feed}/**/*.jsonl")):
                lines = path.read_bytes().splitlines(keepends=True)[:left]
                left -= len(lines)
                if lines:
                    _land(landing / path.relative_to(made), b"".join(lines))
    return records - left


def remove_deliveries(landing: Path) -> None:
    """Take all deliveries out of a landing zone, so that it holds the history alone."""
    for path in landing.glob(f"*/*/**/*-seed{str(FIRST_SEED)[0]}???.jsonl"):
        path.unlink()


def _land(place: Path, content: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".{place.name}.part")
    draft.write_bytes(content)
    draft.replace(place)
