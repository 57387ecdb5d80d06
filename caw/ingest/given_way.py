"""Last rows of CSV files that were still being written: such a row gives way when the file goes on (spec §1.6).

What belongs here: which versions ended within a row, and which of these rows a later version of their path continues.
What does not: leaving out rows that gave way, which staging models do. Only plain `.csv` files grow like this; a packed
one that is not finished fails.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from io import FileIO
from typing import Any

from caw.limits import MIB
from caw.raw_store.objects import exists
from caw.raw_store.store import GIVEN_WAY, RawStore
from caw.raw_store.tables import read_table


@dataclass(frozen=True)
class OpenRow:
    """The last row of a file version that ended without a line break."""

    source: str
    file_path: str
    line_number: int
    content_sha256: str
    bytes: int


class GivenWay:
    """The open rows of one raw store, those that gave way included."""

    def __init__(self, store: RawStore) -> None:
        self.store = store
        self.rows: list[dict[str, Any]] = []
        self.of_paths: dict[str, list[dict[str, Any]]] = {}  # each file asks for its own
        self._add(store.open_rows())

    def may_go_on(self, file_path: str) -> bool:
        """Whether an earlier version of this path ended within a row that has not given way."""
        return any(self._open(file_path))

    def continued_by(self, file_path: str, file: FileIO) -> list[dict[str, Any]]:
        """The open rows of earlier versions that this content begins with and goes on from; raises OSError."""
        found = []
        digest, at = hashlib.sha256(), 0
        file.seek(0)
        for row in sorted(self._open(file_path), key=lambda row: int(row["bytes"])):
            while at < row["bytes"] and (piece := file.read(min(MIB, row["bytes"] - at))):
                digest.update(piece)
                at += len(piece)
            if at == row["bytes"] and digest.hexdigest() == row["content_sha256"]:
                found.append(row)
        goes_on = file.read(1) != b""
        return found if goes_on else [row for row in found if row["bytes"] < at]

    def take(self, batch_id: str, opened: Iterable[OpenRow], gave_way: Iterable[dict[str, Any]]) -> None:
        """Write down, before its commit, which rows a batch leaves open and which gave way to it."""
        added = [{"batch_id": batch_id, **vars(row), "given_way_in": None} for row in opened]
        lines = {_line(row) for row in gave_way}
        gone = [row for row in self.rows if row["given_way_in"] is None and _line(row) in lines]
        for row in gone:
            row["given_way_in"] = batch_id
        if added or gone:
            self._add(added)
            self.store.write_open_rows(self.rows)

    def _open(self, file_path: str) -> list[dict[str, Any]]:
        return [row for row in self.of_paths.get(file_path, ()) if row["given_way_in"] is None]

    def _add(self, rows: Iterable[dict[str, Any]]) -> None:
        for row in rows:
            self.rows.append(row)
            self.of_paths.setdefault(row["file_path"], []).append(row)


def _line(row: dict[str, Any]) -> tuple[str, str, int]:
    return row["batch_id"], row["file_path"], row["line_number"]


def batches_given_way(store: RawStore) -> list[str]:
    """The batch of each row that gave way, in the order in which they did."""
    if not exists(store.objects, GIVEN_WAY):
        return []
    return [str(batch) for batch in read_table(store.objects, GIVEN_WAY, ["batch_id"])["batch_id"].to_pylist()]
