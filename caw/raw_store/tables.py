"""Tables as objects of the raw store, and as files of the data dir: Parquet, whole or by slices.

What does not belong here: the schemas and the names (store.py).
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from caw.host import atomic
from caw.raw_store.objects import Objects

COMPRESSION = {"compression": "zstd", "compression_level": 1}  # a third of snappy's size at the same reading speed
ROWS_AT_ONCE = 64 * 1024  # as pyarrow's own


def read_table(objects: Objects, name: str, columns: Sequence[str] | None = None) -> pa.Table:
    """A table, or some of its columns; raises FileNotFoundError."""
    with objects.read(name) as stream:
        return pq.ParquetFile(stream).read(columns)


def read_tables(objects: Objects, names: Iterable[str], columns: Sequence[str]) -> pa.Table:
    """Some columns of several tables of one schema, of one at least, one below the other."""
    return pa.concat_tables(read_table(objects, name, columns) for name in names)


def read_schema(objects: Objects, name: str) -> pa.Schema:
    """A table's columns; raises FileNotFoundError."""
    with objects.read(name) as stream:
        return pq.ParquetFile(stream).schema_arrow


def slices(objects: Objects, name: str, rows: int = ROWS_AT_ONCE) -> Iterator[pa.RecordBatch]:
    """A table by slices of at most so many rows."""
    with objects.read(name) as stream:
        yield from pq.ParquetFile(stream).iter_batches(rows)


def put_table(objects: Objects, name: str, table: pa.Table, replaces: bool = False) -> None:
    """Put a table that fits into memory; raises as `put_once`."""
    with objects.put_once(name, replaces) as stream:
        pq.write_table(table, stream, **COMPRESSION)


def write_whole(table: pa.Table, path: Path) -> None:
    """Write a Parquet file of the data dir, not of the raw store: complete or not at all (caw/host/atomic.py)."""
    with atomic.replacing(path) as draft, draft.open("wb") as stream:
        pq.write_table(table, stream, **COMPRESSION)
