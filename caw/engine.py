"""Which engine the models of a data dir run on (spec §14.3).

A data dir remembers the engine of its tables, so that those of two engines never stand side by side. What does not
belong here: how an engine runs (caw_dagster/engines).
"""

from pathlib import Path

from caw.host import atomic

DUCKDB, SPARK = ENGINES = ("duckdb", "spark")
MEMORY = Path("state", "engine")
WAREHOUSE = "warehouse.duckdb"


def remembered(data_dir: Path) -> str | None:
    """The engine of a data dir's tables; None where nothing is built yet."""
    try:
        return (data_dir / MEMORY).read_text(encoding="utf-8").strip()
    except OSError:  # none is noted, or this is no folder, which `check_folders` says
        return DUCKDB if (data_dir / WAREHOUSE).exists() else None  # built before there was another one


def remember(data_dir: Path, engine: str) -> None:
    """Note the engine, by one rename; the caller holds the data dir's lock."""
    if remembered(data_dir) != engine:
        atomic.write(data_dir / MEMORY, engine)


def how_to_change(data_dir: Path, before: str, engine: str) -> str:
    """The sentence that refuses an engine for a data dir of another one."""
    return (
        f"The data dir {data_dir} was built on {before}: to change over to {engine}, remove its {WAREHOUSE} and its "
        f"{MEMORY} and run again, which builds every table from the raw store and keeps segment history; or leave out "
        f"--engine and CAW_ENGINE, to stay with {before}."
    )
