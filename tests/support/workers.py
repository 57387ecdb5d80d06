"""What a worker does, and the lines of a raw store whoever took them in."""

import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from caw.host.locks import Holder
from caw.ingest.ingestion import Intake
from caw.ingest.worker import ingest_sources
from caw.raw_store.objects import Objects
from caw.raw_store.remote import RemoteObjects
from caw.raw_store.tables import read_table
from caw.settings import Settings

NOW = datetime(2026, 7, 1, tzinfo=UTC)
SOURCES = ("acme", "brand")
DIED = 9


def work(landing: str, data_dir: str, *sources: str) -> None:
    """Take in these sources."""
    place = os.environ.get("CAW_RAW_STORE") or None
    settings = Settings(Path(landing), Path(data_dir), "1GB", 1, 1 << 30, raw_store=place)
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    intake = Intake(settings.landing_dir, settings.data_dir, NOW, threads=1, sources=sources)
    ingest_sources(intake, settings, Holder("worker", 1, "now"), lambda _: None)


def land(landing: Path, day: int) -> None:
    """A day's files of both accounts: tables that end within a row, logs, transcripts."""
    at = f"2026-06-{day:02}T10:00:00Z"
    for source in SOURCES:
        files = {
            f"orders/{day}.csv": f"order_id,placed_at\n{day},{at}\n",
            "orders/grow.csv": "order_id,placed_at\n" + "".join(f"g{one},{at}\n" for one in range(day)) + "half,2026-0",
            f"conversation_log/{day}.jsonl": f'{{"record_id": "r", "conversation_id": "c{day}", "occurred_at": "{at}", '
            '"record_type": "message", "actor": "customer"}\nno json\n\n',
            f"chat_transcripts/{day}.jsonl": f'{{"id": "t{day}", "start_time": "{at}", '
            '"messages": [{"role": "user", "content": "hi"}]}\n',
        }
        for name, text in files.items():
            path = landing / source / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


def taken_in(objects: Objects) -> Counter[str]:
    """Every line and every ledger row, without its batch's id, and how often it is there."""
    found: Counter[str] = Counter()
    for name in objects.list():
        if name.endswith(".parquet"):
            for row in read_table(objects, name).to_pylist():
                row["batch_id"] = None
                if "given_way_in" in row:
                    row["given_way_in"] = row["given_way_in"] is not None
                found[f"{name.partition('/')[0]} {row}"] += 1
    return found


def batches_agree(objects: Objects) -> bool:
    """Whether every line says the batch whose part it is in, and that batch is committed."""
    committed = {name.removeprefix("batches/").removesuffix(".parquet") for name in objects.list("batches/")}
    parts = {name: name.split("/")[1].removeprefix("batch=") for name in objects.list() if "/batch=" in name}
    return all(
        batch in committed and set(read_table(objects, name)["batch_id"].to_pylist()) <= {batch}
        for name, batch in parts.items()
    )


def work_until(landing: str, data_dir: str, source: str, number: str) -> None:
    """Take in this source, and die before this put into a store elsewhere, counted from 1; 0 for none."""
    left = [int(number)]
    put_once = RemoteObjects.put_once

    def dying(objects: RemoteObjects, name: str, replaces: bool = False) -> Any:
        left[0] -= 1
        if left[0] == 0:
            os._exit(DIED)
        return put_once(objects, name, replaces)

    with patch.object(RemoteObjects, "put_once", dying):
        work(landing, data_dir, source)
