"""The file formats of the landing zone (spec §1.3), by the end of a file's name."""

from collections.abc import Mapping

from caw.formats import csv_table, json_document, json_lines, parquet_table
from caw.formats.lines import Reader

PACKINGS = ("", ".gz", ".zst")
_TEXTS: Mapping[str, Reader] = {
    ".jsonl": json_lines.read,
    ".ndjson": json_lines.read,
    ".json": json_document.read,
    ".csv": csv_table.read,
}
REGISTRY: Mapping[str, Reader] = {
    **{ending + packing: read for ending, read in _TEXTS.items() for packing in PACKINGS},
    ".parquet": parquet_table.read,
}
ENDINGS = "jsonl, ndjson, json and csv, each also with .gz or .zst, and parquet"  # for people


def reader_for(name: str) -> Reader | None:
    """The reader of a file of this name, or None for an unknown format; letter case does not matter."""
    lowered = name.lower()
    return next((reader for suffix, reader in REGISTRY.items() if lowered.endswith(suffix)), None)
