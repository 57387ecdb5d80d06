"""A landing zone of a few files, taken in by a run at one instant."""

from datetime import UTC, datetime
from pathlib import Path

from caw.feeds.declared import SEEDS_DIR
from caw.ingest.commit import BatchResult
from caw.ingest.ingestion import ingest

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


def put(landing: Path, path: str, text: str) -> None:
    """Write a file of the landing zone."""
    (landing / path).parent.mkdir(parents=True, exist_ok=True)
    (landing / path).write_text(text)


def run(landing: Path, data_dir: Path, seeds: Path = SEEDS_DIR) -> BatchResult:
    """Take in what is new."""
    return ingest(landing, data_dir, NOW, seeds=seeds)
