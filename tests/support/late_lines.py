"""Lines that land after Ann has been forgotten, and what is left of them."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from caw.adapters.registry import expander
from caw.erasure.forgotten import (
    FollowUp,
    Forgotten,
)
from caw.erasure.identifiers import Identifier
from caw.erasure.keyring import KEY, Keyring
from caw.erasure.late_deliveries import redact_late_deliveries
from caw.erasure.seed_words import load_words
from caw.feeds.declared import SEEDS_DIR
from caw.raw_store.objects import LocalObjects
from caw.raw_store.schemas import LINE_SCHEMA

KEYRING = Keyring(b"k" * 32)
ANN = {Identifier("email", "ann@x.example"), Identifier("profile_id", "p1"), Identifier("external_id", "customer")}
TAIL = f" [2000000 bytes, sha256 {'0a' * 32}]"


def landed(folder: Path, feed: str, texts: Sequence[Any], rejection: str | None = None) -> Path:
    """A part of a batch."""
    rows = [
        {"batch_id": "00000002", "ingested_at": datetime(2026, 3, 10, tzinfo=UTC), "source": "acme", "file_path": "f",
         "line_number": number, "raw_text": text if isinstance(text, str) else json.dumps(text), "problem": rejection,
         "is_erased": False}
        for number, text in enumerate(texts, 1)
    ]  # fmt: skip
    path = folder / f"{feed}.parquet"
    pq.write_table(pa.Table.from_pylist(rows, LINE_SCHEMA), path)
    return path


def forgotten_ann(folder: Path) -> Forgotten:
    """What is remembered of her."""
    (folder / KEY).write_bytes(KEYRING.key)
    return Forgotten(LocalObjects(folder), KEYRING, {"acme": KEYRING.hashes("acme", ANN)})


def delivered(
    folder: Path, feed: str, *texts: Any, rejection: str | None = None
) -> tuple[list[dict[str, Any]], list[FollowUp]]:
    """The rows of a batch of one feed after it was redacted, and what is to be followed up."""
    path = landed(folder, feed, texts, rejection)
    _, found = redact_late_deliveries(
        LocalObjects(folder), {feed: [path.name]}, forgotten_ann(folder), load_words(SEEDS_DIR), expander(SEEDS_DIR)
    )
    return pq.read_table(path).to_pylist(), list(found)


def together(folder: Path, lines: Mapping[str, Sequence[Any]]) -> tuple[dict[str, list[dict[str, Any]]], Forgotten]:
    """The rows of a batch of several feeds after it was redacted, and what is remembered then."""
    paths = {feed: landed(folder, feed, texts) for feed, texts in lines.items()}
    forgotten, parts = forgotten_ann(folder), {feed: [path.name] for feed, path in paths.items()}
    redact_late_deliveries(LocalObjects(folder), parts, forgotten, load_words(SEEDS_DIR), expander(SEEDS_DIR))
    return {feed: pq.read_table(path).to_pylist() for feed, path in paths.items()}, forgotten
