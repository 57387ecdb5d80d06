"""What a worker does, as a function of a process of its own, and the lines of a raw store whoever took them in."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq

from caw.host.locks import Holder
from caw.ingest.ingestion import Intake
from caw.ingest.worker import ingest_sources
from caw.settings import Settings

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def work(landing: str, data_dir: str, *sources: str) -> None:
    """Take in these sources."""
    settings = Settings(Path(landing), Path(data_dir), "1GB", 1, 1 << 30)
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    intake = Intake(settings.landing_dir, settings.data_dir, NOW, threads=1, sources=sources)
    ingest_sources(intake, settings, Holder("worker", 1, "now"), lambda _: None)


def taken_in(data_dir: Path) -> Counter[str]:
    """Every line and every ledger row, without its batch's id, and how often it is there."""
    found: Counter[str] = Counter()
    for path in (data_dir / "raw").rglob("*.parquet"):
        kind = path.relative_to(data_dir).parts[1]
        rows = pq.read_table(path, partitioning=None).to_pylist()
        for row in rows:
            row["batch_id"] = None
            if "given_way_in" in row:
                row["given_way_in"] = row["given_way_in"] is not None
        found.update(f"{kind} {row}" for row in rows)
    return found


def batch_folders_agree(data_dir: Path) -> bool:
    """Whether every line says the batch whose folder it is in, and that batch is committed."""
    committed = {path.stem for path in (data_dir / "raw" / "batches").glob("*.parquet")}
    return all(
        path.parent.name.removeprefix("batch=") in committed
        and set(pq.read_table(path, partitioning=None)["batch_id"].to_pylist())
        <= {path.parent.name.removeprefix("batch=")}
        for path in (data_dir / "raw").glob("*/batch=*/*.parquet")
    )
