"""Files that are made to take memory: a few packed bytes, or one line, that stand for far more than a machine has."""

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

PIECE = 1_000_000
KEPT_TEXT = 900_000  # bytes of one valid text: below the limit of a line


@dataclass(frozen=True)
class Hostile:
    """A file to land, and what must become of it.

    Attributes:
        name: its name below a feed's folder.
        write: writes it, so that it stands for about so many bytes.
        status: the ledger's.
        words: what the ledger's error must say; nothing for a file that loads.
        rejections: what is wrong with its lines, if they are few.
    """

    name: str
    write: Callable[[Path, int], None]
    status: str = "loaded"
    words: str = ""
    rejections: tuple[str | None, ...] | None = None


def _sparse(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)


def _pieces(start: bytes, piece: bytes, end: bytes = b"") -> Callable[[Path, int], None]:
    """Writes a start, a piece as often as it takes, and an end."""

    def write(path: Path, size: int) -> None:
        with path.open("wb") as file:
            file.writelines(_content(start, piece, end, size))

    return write


def _packed(start: bytes, piece: bytes, end: bytes = b"") -> Callable[[Path, int], None]:
    """The same, packed as its name says."""

    def write(path: Path, size: int) -> None:
        if path.name.endswith(".gz"):
            with gzip.open(path, "wb", 6) as file:
                file.writelines(_content(start, piece, end, size))
        else:
            packer = zstandard.ZstdCompressor(
                compression_params=zstandard.ZstdCompressionParameters(compression_level=3, window_log=27)
            )
            with path.open("wb") as target, packer.stream_writer(target) as stream:
                for part in _content(start, piece, end, size):
                    stream.write(part)

    return write


def _content(start: bytes, piece: bytes, end: bytes, size: int) -> Iterator[bytes]:
    yield start
    for _ in range(size // len(piece)):
        yield piece
    yield end


def _large_page(path: Path, size: int) -> None:
    table = pa.table({"order_id": pa.array(["x" * size], pa.large_string())})
    pq.write_table(table, path, compression="zstd", use_dictionary=False)


def _large_row(path: Path, size: int) -> None:
    """One row whose list names the one text of a dictionary again and again."""
    texts = pa.array(["x" * KEPT_TEXT]).take(pa.array([0] * (size // KEPT_TEXT)))
    table = pa.table({"tags": pa.ListArray.from_arrays(pa.array([0, len(texts)], pa.int32()), texts)})
    pq.write_table(table, path, compression="zstd", use_dictionary=True)


def _repeated_text(path: Path, size: int) -> None:
    """Rows that all name the one text of a dictionary; each alone is valid."""
    indices = pa.array([0] * (size // KEPT_TEXT), pa.int32())
    table = pa.table({"order_id": pa.DictionaryArray.from_arrays(indices, pa.array(["x" * KEPT_TEXT]))})
    pq.write_table(table, path, compression="zstd")


def _nested(path: Path, _: int) -> None:
    depth = 100_000
    opening = b'{"a":' * depth + b"1" + b"}" * depth
    path.write_bytes(b"\n".join([b"[" * depth + b"]" * depth, opening, b'{"a":[' * depth, b"{}"]))


def _wide(path: Path, _: int) -> None:
    path.write_bytes(b",".join(b"c%d" % number for number in range(10_000)) + b"\n" + b"1," * 9_999 + b"1\n")


def _dense_transcripts(path: Path, size: int) -> None:
    """Transcripts just below the limit of a line, of messages as short as they can be."""
    messages = ", ".join(['{"role": "user", "content": "x"}'] * (KEPT_TEXT // 36))
    lines = (
        f'{{"id": "t{number}", "start_time": "2025-01-01T00:00:00Z", "messages": [{messages}]}}\n'
        for number in range(size // KEPT_TEXT)
    )
    with path.open("w", encoding="utf-8") as file:
        file.writelines(lines)


TRANSCRIPTS = Hostile("dense.jsonl", _dense_transcripts)
"""Expanded, they take fifty times their text."""

LINES = (
    Hostile("line.jsonl", _sparse, rejections=("too_large",)),
    Hostile("text.jsonl", _pieces(b'{"order_id":"', b"x" * PIECE, b'"}\n{}'), rejections=("too_large", None)),
    Hostile("packed.jsonl.gz", _packed(b"", b"x" * PIECE), rejections=("too_large",)),
    Hostile("packed.jsonl.zst", _packed(b"", b"x" * PIECE), rejections=("too_large",)),
    Hostile("nested.jsonl", _nested, rejections=("not_json", "not_json", "not_json", None)),
    Hostile("header.csv", _pieces(b"", b"x," * (PIECE // 2)), "failed", "limit"),
    Hostile("row.csv", _pieces(b"order_id\n", b"x" * PIECE), "failed", "limit"),
    Hostile("cells.csv", _pieces(b"order_id\n", b"xy," * (PIECE // 3)), "failed", "limit"),
    Hostile("quote.csv", _pieces(b'order_id,total\n1,"', b"x" * (PIECE - 1) + b"\n"), "failed", "never closed"),
    Hostile("wide.csv", _wide, "failed", "10000 columns"),
    Hostile("sparse.json", _sparse, "failed", "limit"),
    Hostile("page.parquet", _large_page, "failed", "memory"),
    Hostile("row.parquet", _large_row, "failed", "memory"),
)
"""Of any size; each is one line or one row."""

MANY_LINES = (
    Hostile("short.jsonl.gz", _packed(b"", b"{}\n" * (PIECE // 4))),
    Hostile("blank.jsonl.gz", _packed(b"", b"\n" * PIECE)),
)
"""Lines so short that what is kept next to them weighs more."""

DOCUMENTS = (
    Hostile("numbers.json", _pieces(b'[{"order_id":[1', b",1" * (PIECE // 2), b"]}]"), rejections=("too_large",)),
    Hostile("objects.json", _pieces(b"[{}", b",{}" * (PIECE // 4), b"]")),
)
"""Documents within the limit of 64 MiB that take many times their size when they are parsed."""

BOMBS = (
    Hostile("bomb.jsonl.gz", _packed(b"", b"{}\n" * (PIECE // 4)), "failed", "unpacks to more than"),
    Hostile("bomb.jsonl.zst", _packed(b"", b"{}\n" * (PIECE // 4)), "failed", "unpacks to more than"),
    Hostile("bomb.parquet", _repeated_text, "failed", "unpacks to more than"),
)
"""Packed files that unpack beyond what they may."""
