"""Files that an older version of caw failed for a reason that is none any more: they are read again once.

What does not belong here: files that fail today, which are tried again when their content changes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from caw.raw_store.objects import Objects
from caw.raw_store.tables import put_table, read_table, read_tables

# Beginnings of errors of versions before 2026-11-28: files that failed with them are read again once, automatically.
OUTDATED_ERRORS = (
    "reading it takes more than ",  # of any Parquet file, on machines of many processors
    "no <source>/<feed>/ folder and file format",  # .json.gz, .csv.gz and their like too; for others the words help now
    "the document does not parse: something stands beside",  # values one after the other
    "the header names a column twice",
    "the file has a column twice",
)


def outdated_versions(objects: Objects, ledgers: Sequence[str]) -> set[tuple[str, str]]:
    """(file_path, content_sha256) of the failures in these ledgers that would be none today."""
    rows = read_tables(objects, ledgers, ["file_path", "content_sha256", "error"]).to_pylist()
    return {_version(row) for row in rows if _is_outdated(row)}


def drop_replaced(objects: Objects, ledgers: Sequence[str], schema: pa.Schema) -> None:
    """Remove such failures from the ledgers where the file was read again since: a version has one row."""
    if not outdated_versions(objects, ledgers):
        return
    rows = {name: read_table(objects, name).to_pylist() for name in ledgers}
    others = {_version(row) for table in rows.values() for row in table if not _is_outdated(row)}
    for name, table in rows.items():
        kept = [row for row in table if not (_is_outdated(row) and _version(row) in others)]
        if len(kept) < len(table):
            put_table(objects, name, pa.Table.from_pylist(kept, schema), replaces=True)


def _is_outdated(row: Mapping[str, Any]) -> bool:
    return str(row["error"] or "").startswith(OUTDATED_ERRORS)


def _version(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["file_path"], row["content_sha256"]
