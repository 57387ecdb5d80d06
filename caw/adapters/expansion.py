"""The store of expanded transcripts, derived from the raw store by the seeds of `transcript_seeds.py`.

When one of these changes, it is derived again from the start.

A batch is expanded when its file under `transcripts` exists: it is renamed into place after the records' file.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from caw.adapters.transcript_seeds import Rules, load_rules
from caw.adapters.transcripts import Expansion, expand, expand_batch
from caw.host import atomic
from caw.limits import MIB
from caw.raw_store.objects import Objects
from caw.raw_store.store import GENESIS, LINE_SCHEMA, RawStore
from caw.raw_store.tables import COMPRESSION, slices

FEED = "chat_transcripts"
ROWS_AT_ONCE = 64  # read at once: a transcript may take 1 MiB
BYTES_AT_ONCE = 2 * MIB  # of transcripts expanded at once: their records may take fifty times that
VERSION = 2  # of what expansion makes: after another one everything is expanded again


def expander(seeds: Path) -> Callable[[str], Expansion]:
    """A function that expands one transcript by these seeds; raises ValueError as `expand_pending`."""
    rules = load_rules(seeds)
    return lambda document: expand(document, rules)


def expand_pending(store: RawStore, seeds: Path) -> Counter[str]:
    """Expand every committed batch of transcripts that is not expanded yet.

    Returns:
        How often each tool was called that the tool map does not know, in the batches expanded now.

    Raises:
        ValueError: a row of the tool map or the markers is wrong; the message names it.
    """
    rules = load_rules(seeds)
    root = store.data_dir / "expanded"
    _forget_other_rules(root, f"{VERSION}:{rules.fingerprint}")
    unknown_tools: Counter[str] = Counter()
    batch_ids = [GENESIS, *store.batch_ids()]
    parts = store.parts(FEED)
    for expanded in [path for path in root.glob("*/*.parquet") if path.stem not in batch_ids]:
        expanded.unlink()  # of a batch that was compacted into another
    for batch_id in batch_ids:
        if batch_id in parts and not _path(root, "transcripts", batch_id).exists():
            unknown_tools += _expand(store.objects, parts[batch_id], root, batch_id, rules)
    return unknown_tools


def _expand(objects: Objects, parts: Sequence[str], root: Path, batch_id: str, rules: Rules) -> Counter[str]:
    unknown_tools: Counter[str] = Counter()
    # Blocks end from the inside out: the records are renamed first, and the transcripts' file says that all is there.
    with (
        atomic.replacing(_path(root, "transcripts", batch_id)) as transcripts_draft,
        atomic.replacing(_path(root, "records", batch_id)) as records_draft,
        ExitStack() as files,
    ):
        writers: dict[Path, pq.ParquetWriter] = {}
        for lines in chain([LINE_SCHEMA.empty_table()], _slices(objects, parts)):  # the empty one gives the schema
            transcripts, records, unknown = expand_batch(lines, rules)
            unknown_tools.update({word: times for (field, word), times in unknown.items() if field == "tool"})
            for draft, table in ((records_draft, records), (transcripts_draft, transcripts)):
                if draft not in writers:
                    writers[draft] = files.enter_context(pq.ParquetWriter(draft, table.schema, **COMPRESSION))
                if table.num_rows:
                    writers[draft].write_table(table)
    return unknown_tools


def _slices(objects: Objects, parts: Sequence[str]) -> Iterator[pa.Table]:
    for part in parts:
        for batch in slices(objects, part, ROWS_AT_ONCE):
            lengths = pc.fill_null(pc.binary_length(batch.column("raw_text")), 0).to_pylist()
            start = held = 0
            for row, length in enumerate(lengths):
                held += length
                if held >= BYTES_AT_ONCE or row + 1 == len(lengths):
                    yield pa.Table.from_batches([batch.slice(start, row + 1 - start)])
                    start, held = row + 1, 0


def _path(root: Path, name: str, batch_id: str) -> Path:
    return root / name / f"{batch_id}.parquet"


def _forget_other_rules(root: Path, fingerprint: str) -> None:
    """Remove what other rules expanded; the note of the rules comes last, so that a crash repeats the removal."""
    note = root / "fingerprint"
    if not note.exists() or note.read_text() != fingerprint:
        for name in ("transcripts", "records"):
            shutil.rmtree(root / name, ignore_errors=True)
        atomic.write(note, fingerprint)
    for leftover in [*root.glob(f"*/{atomic.DRAFT}"), *root.glob("*/*.draft")]:  # the latter of versions before this
        leftover.unlink()
