"""The history that no log can give back, kept inside the raw store: who was in which segment when, and how many.

The warehouse is where it is written; after each whole build it is copied here, and a new warehouse starts from here.
"""

from pathlib import Path

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.erasure.forgotten import Identifiers
from orchestration.ingest.raw_store import RawStore, sync_file, sync_folder, write_whole

TABLES = ("segment_membership_history", "segment_sizes")
SCHEMA = "segments"


def keep_history(store: RawStore, warehouse: Path) -> None:
    """Copy the warehouse's history into the raw store, each table by one rename."""
    folder = _folder(store)
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute("select table_name from duckdb_tables() where schema_name = $1", [SCHEMA]).fetchall()
        for table in (table for table in TABLES if (table,) in found):
            draft = folder / f".{table}.tmp"  # a name that the store removes if this dies
            connection.execute(f"copy {SCHEMA}.{table} to {_text(draft)} (format parquet, compression zstd)")
            sync_file(draft)
            draft.replace(_path(store, table))
    sync_folder(folder)


def give_history_back(store: RawStore, warehouse: Path) -> bool:
    """Start a new warehouse from the kept history; whether there was anything to do."""
    kept = [table for table in TABLES if _path(store, table).exists()]
    if warehouse.exists() or not kept:
        return False
    draft = warehouse.with_name(f".{warehouse.name}.tmp")
    draft.unlink(missing_ok=True)
    with duckdb.connect(str(draft)) as connection:
        connection.execute(f"create schema {SCHEMA}")
        for table in kept:
            connection.execute(f"create table {SCHEMA}.{table} as from read_parquet({_text(_path(store, table))})")
    draft.replace(warehouse)
    return True


def forget_members(store: RawStore, identifiers: Identifiers) -> None:
    """Delete the history of forgotten profiles (contract, section 6)."""
    path = _path(store, TABLES[0])
    if not path.exists():
        return
    table = pq.read_table(path)
    for source, found in identifiers.items():
        gone = [identifier.value for identifier in found if identifier.kind == "profile_id"]
        is_gone = pc.and_(pc.equal(table["source"], source), pc.is_in(table["profile_id"], pc.cast(gone, "string")))
        table = table.filter(pc.invert(is_gone))
    write_whole(table, path)


def _folder(store: RawStore) -> Path:
    return store.root / "history"


def _path(store: RawStore, table: str) -> Path:
    return _folder(store) / f"{table}.parquet"


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
