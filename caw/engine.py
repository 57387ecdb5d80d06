"""The engine that the models of a data dir run on (spec §14.3).

A data dir remembers the engine of its tables, so that those of two engines never stand side by side. What does not
belong here: how an engine runs (caw_dagster/engines).
"""

from contextlib import suppress
from pathlib import Path

from caw.host import atomic

DUCKDB, SPARK = ENGINES = ("duckdb", "spark")
MEMORY = Path("state", "engine")
CATALOG = Path("state", "catalog")  # what the schemas' names begin with that Spark's catalog has of this data dir
CATALOG_PREFIX = "CAW_SPARK_SCHEMA_PREFIX"  # the setting that it was
WAREHOUSE = Path("warehouse.duckdb")
SPARK_TABLES = Path("spark")  # one folder a build, in it one a schema, in that one a table
CARRIED = "carried"  # below a build's folder: <schema>/<table>, until the build makes the table itself
PUBLISHED_VIEWS = SPARK_TABLES / "published.duckdb"  # of the tables of the last publication without files
MIRROR = Path("mirror")  # a copy of a raw store that lies elsewhere (raw_store/mirror.py)


def remembered(data_dir: Path) -> str | None:
    """The engine of a data dir's tables; None where nothing is built yet."""
    try:
        return (data_dir / MEMORY).read_text(encoding="utf-8").strip()
    except OSError:  # lost with the state, or from before there was a choice
        if (data_dir / SPARK_TABLES).is_dir():
            return SPARK
        return DUCKDB if (data_dir / WAREHOUSE).is_file() else None


def remember(data_dir: Path, engine: str) -> None:
    """Note the engine, by one rename; the caller holds the data dir's lock."""
    if not (data_dir / MEMORY).exists():
        atomic.write(data_dir / MEMORY, engine)


def published_prefix(data_dir: Path) -> str | None:
    """The beginning of the names of a catalog's schemas of this data dir; None where it has published in none."""
    with suppress(FileNotFoundError):
        return (data_dir / CATALOG).read_text(encoding="ascii")
    return None


def how_to_change(data_dir: Path, before: str, engine: str) -> str:
    """The sentence that refuses an engine for a data dir of another one."""
    built = [str(path) for path in (WAREHOUSE, SPARK_TABLES, MIRROR, MEMORY) if (data_dir / path).exists()]
    return (
        f"The data dir {data_dir} was built on {before}: to change over to {engine}, remove {', '.join(built)} there "
        "and run again, which builds every table from the raw store and keeps segment history; or leave out --engine "
        f"and CAW_ENGINE, to stay with {before}.{_published(data_dir)}"
    )


def _published(data_dir: Path) -> str:
    """A sentence on what else must go: no data dir shows it, and the next request to be forgotten would miss it."""
    prefix = published_prefix(data_dir)
    if prefix is None:
        return ""
    return (
        f" To change over, first drop the schemas of the catalog whose names begin with {prefix}, in which it has "
        f"published, and remove {CATALOG}, too."
    )
