"""The sizes that keep one file, and one line, from taking the machine. Each comes with its reason."""

import re
from dataclasses import dataclass, replace

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB
SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*([KMGT])(i?)B", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Limits:
    """Upper bounds on what a reader takes in; all in bytes unless the comment says otherwise."""

    line: int = MIB  # spec §2.1.3: a longer line is `too_large`
    document_line: int = 16 * MIB  # the same of an object of a vendor's, or a transcript, in whatever file
    record: int = 4 * MIB  # the same of a record of our feeds in a file that is no JSON Lines, and is parsed whole
    cells: int = MIB  # of a CSV row: each takes some 60 bytes besides its text
    kept_of_too_large: int = 64 * KIB  # spec §2.1.3: what the rejects show of it
    document: int = 64 * MIB  # spec §1.4: a `.json` file is parsed whole, in memory
    included: int = GIB  # a document's records with the resources that they name: one may be in all of them
    made: int = 256 * MIB  # the records of one line of a vendor's, or a transcript: an id of it may be in all of them
    times_made: int = 64  # times its line is what they may come to at most: the shortest messages make ten times theirs
    made_always: int = 4 * MIB  # what the records of any line may come to
    unpacked: int = 4 * GIB  # a compressed file that unpacks beyond this, and beyond the next, is a bomb, or a mistake
    times_unpacked: int = 1_000  # times its size: gzip packs no text smaller, and no export comes near
    bad_lines: int = 1_000_000  # of one file that are no records: more of them are no feed, and would fill the rejects
    chunk: int = (
        4 * MIB
    )  # what a reader cuts off at once: enough for vectorised work, and several are validated at a time
    lines: int = 128 * KIB  # lines validated at once: each takes some 100 bytes besides its text, however short that is
    row: int = 32 * MIB  # a CSV row beyond this is a quote that is never closed, or no row; it is parsed in memory
    parquet: int = 256 * MIB  # what DuckDB may take to read a Parquet file; pages and dictionaries are held whole
    columns: int = 2_000  # a CSV or Parquet file with more columns is no feed
    memory: int = 1_000_000_000  # DuckDB's: lines of very many bytes have a share of it (caw/ingest/room.py)
    depth: int = 500  # nesting beyond this is no record of any feed, and stack for every JSON engine

    def for_size(self, size: int) -> "Limits":
        """The limits of a file of this size, in bytes."""
        return replace(self, unpacked=max(self.unpacked, self.times_unpacked * size))

    def made_of(self, line: int) -> int:
        """The size that records made of a line of this one may come to; both in characters."""
        return min(self.made, max(self.made_always, self.times_made * line))

    def copies_of(self, length: int) -> int:
        """The number of copies of a text of so many characters, one in each record, that is too much for any line."""
        return self.made // max(length, 1) + 1

    def for_records(self, of_vendors: bool, in_json_lines: bool) -> "Limits":
        """The limits of a file by what its records are, `of_vendors` also for transcripts, and how they are written."""
        return replace(self, line=self.document_line if of_vendors else self.line if in_json_lines else self.record)


DEFAULT_LIMITS = Limits()


def size_of(text: str) -> int | None:
    """A size in DuckDB's notation, like 1GB or 512MiB, in bytes; None where it is none."""
    found = SIZE.fullmatch(text)
    if found is None:
        return None
    number, unit, binary = found.groups()
    return int(float(number) * (1024 if binary else 1000) ** ("KMGT".index(unit.upper()) + 1))
