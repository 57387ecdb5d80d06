"""How long an id may be before the models shorten it (spec §2.0.2): the less, the more the raw store has.

Rows of other records carry ids: a few thousand cannot make much of them, whatever their length. What is counted never
becomes less: a line stays where it is redacted, compacted with others or given way to.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from caw.feeds.keys import LONGEST_ID
from caw.raw_store.objects import Objects
from caw.raw_store.tables import read_table

FEW_LINES = 5_000  # of a raw store, with the records that are made of its lines
LONGEST_OF_FEW = 32 * 1024  # characters


def longest_id(objects: Objects, ledgers: Sequence[str], data_dir: Path) -> int:
    """The characters of the longest id that is kept whole.

    Args:
        objects: the raw store's.
        ledgers: the names of all of them; what was compacted, which has most lines, comes first.
        data_dir: has the records that were made of its lines.
    """
    found = 0
    for rows in _counted(objects, ledgers, data_dir):
        found += rows
        if found > FEW_LINES:  # of a large store hardly any file is read
            return LONGEST_ID
    return LONGEST_OF_FEW


def _counted(objects: Objects, ledgers: Sequence[str], data_dir: Path) -> Iterator[int]:
    for name in ledgers:
        yield pc.sum(read_table(objects, name, ["lines"])["lines"]).as_py() or 0
    for records in (data_dir / "expanded" / "records").glob("*/*/*.parquet"):
        yield pq.read_metadata(records).num_rows
