"""The sizes that keep one file, and one line, from taking the machine. Each has its reason beside it."""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True)
class Limits:
    """Upper bounds on what a reader takes in; all in bytes unless the comment says otherwise."""

    line: int = MIB  # contract 2.1: a longer line is `too_large`
    kept_of_too_large: int = 64 * KIB  # contract 2.1: what the rejects show of it
    document: int = 64 * MIB  # contract 2.1: a `.json` file is parsed whole, in memory
    unpacked: int = 64 * GIB  # a compressed file that unpacks beyond this is a bomb, or a mistake
    chunk: int = 4 * MIB  # what a reader cuts off at once: enough for vectorised work, and several are judged at a time
    lines: int = 128 * KIB  # lines judged at once: each takes some 100 bytes beside its text, however short that is
    row: int = 32 * MIB  # a CSV row beyond this is a quote that is never closed, or no row; it is parsed in memory
    parquet: int = 256 * MIB  # memory of the process that reads a Parquet file; pages and dictionaries are held whole
    columns: int = 2_000  # a CSV or Parquet file with more columns is no feed
    depth: int = 500  # nesting beyond this is no record of any feed, and stack for every JSON engine


DEFAULT_LIMITS = Limits()
