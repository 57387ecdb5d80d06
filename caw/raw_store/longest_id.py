"""The length beyond which the models shorten an id (spec §2.0.2): it is less in a raw store that has more.

Rows of other records carry ids: a few thousand cannot make much of them, whatever their length. What is counted never
becomes less: a line stays where it is redacted, compacted with others or given way to.
"""

from collections.abc import Iterator, Mapping
from itertools import chain, zip_longest
from pathlib import Path

import pyarrow.parquet as pq

from caw.feeds.declared import feeds
from caw.feeds.keys import LONGEST_ID
from caw.raw_store.objects import Objects
from caw.raw_store.tables import read_table

FEW_LINES = 5_000  # of a raw store; where a line makes records, these count instead
LONGEST_OF_FEW = 32 * 1024  # characters


def longest_id(objects: Objects, ledgers: Mapping[str, str], data_dir: Path) -> int:
    """The characters of the longest id that is kept whole.

    Args:
        objects: the raw store's.
        ledgers: their names by the batch; what was compacted, which has most lines, comes first.
        data_dir: has the records that were made of its lines.
    """
    found = 0
    taken_in, made = _lines(objects, ledgers), _records(ledgers, data_dir)
    # in turns: whichever of the two a store has many of, few files of the other are read
    for rows in chain.from_iterable(zip_longest(taken_in, made, fillvalue=0)):
        found += rows
        if found > FEW_LINES:  # of a large store hardly any file is read
            return LONGEST_ID
    return LONGEST_OF_FEW


def _lines(objects: Objects, ledgers: Mapping[str, str]) -> Iterator[int]:
    """Of each batch, without those of which records are made."""
    expanded = {name for name, feed in feeds().items() if feed.is_expanded}
    for name in ledgers.values():
        files = read_table(objects, name, ["feed", "lines"])
        rows = zip(files["feed"].to_pylist(), files["lines"].to_pylist(), strict=True)
        yield sum(lines for feed, lines in rows if feed not in expanded)


def _records(ledgers: Mapping[str, str], data_dir: Path) -> Iterator[int]:
    """Those that were made of the lines of a batch and feed."""
    for records in (data_dir / "expanded" / "records").glob("*/*/*.parquet"):
        if records.stem in ledgers:
            yield pq.read_metadata(records).num_rows
