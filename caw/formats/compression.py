"""A file's bytes in pieces of bounded size, unpacked where its name says that it is packed.

A few packed bytes may unpack to gigabytes: neither a piece nor the whole may grow beyond its limit.
"""

import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import zstandard

from caw.formats.lines import FileToRead, UnreadableFile
from caw.limits import KIB, Limits

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

GZIP_FORMAT = 16 + zlib.MAX_WBITS  # zlib's number for: a gzip header, any window
GZIP_INPUT = 256 * KIB
WINDOW_TOO_LARGE = "requires too much memory"  # in zstd's own words
WIDE_WINDOW = "its zstd window is over 128 MiB, which is the limit; pack it with a smaller one (zstd --long=27 or less)"
ZSTD_INPUT = KIB  # a block of 128 KiB takes 4 packed bytes at least: no piece unpacks to more than 32 MiB


def pieces_of(file: FileToRead, limits: Limits) -> Iterator[bytes]:
    """A file's content, unpacked, in pieces of about `limits.chunk` bytes.

    Raises:
        UnreadableFile: a packed file is truncated, corrupt, followed by something else, or unpacks beyond
            `limits.unpacked` bytes (spec §2.1.4).
        OSError: the file cannot be opened or read.
    """
    name = file.name.lower()
    if name.endswith(".gz"):
        return _gather(_within(_gzip(file.path, limits.chunk), limits.unpacked), limits.chunk)
    if name.endswith(".zst"):
        return _gather(_within(_zstd(file.path), limits.unpacked), limits.chunk)
    return _raw(file.path, limits.chunk)


class Unpacked(io.RawIOBase):
    """Pieces as a stream of bytes, for what reads streams."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces
        self.rest = memoryview(b"")

    def readable(self) -> bool:
        """It is for reading alone."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill the buffer, or a part of it; 0 at the end."""
        while not self.rest:
            piece = next(self.pieces, None)
            if piece is None:
                return 0
            self.rest = memoryview(piece)
        target = memoryview(buffer).cast("B")
        taken = min(len(target), len(self.rest))
        target[:taken] = self.rest[:taken]
        self.rest = self.rest[taken:]
        return taken


def _raw(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while piece := file.read(size):
            yield piece


def _gzip(path: Path, size: int) -> Iterator[bytes]:
    """Unpack members one after the other; zero bytes after the last one are padding, as for gzip itself."""
    member = zlib.decompressobj(GZIP_FORMAT)
    inside = False  # a member has begun
    complete = False  # a member has ended
    for packed in _raw(path, GZIP_INPUT):
        while packed:
            if complete and not inside:
                packed = packed.lstrip(b"\0")
                if not packed:
                    break
            inside = True
            yield _unpack(member, packed, size, complete)
            packed = member.unconsumed_tail
            if member.eof:
                packed, complete, inside = member.unused_data, True, False
                member = zlib.decompressobj(GZIP_FORMAT)
    # A full output may have left something inside although all input was taken.
    while inside and not member.eof and (piece := _unpack(member, b"", size, complete)):
        yield piece
    complete, inside = complete or member.eof, inside and not member.eof
    if inside or not complete:
        raise UnreadableFile("the gzip data ends too early: the file is truncated")


def _unpack(member: "zlib._Decompress", packed: bytes, size: int, complete: bool) -> bytes:
    try:
        return member.decompress(packed, size)
    except zlib.error:
        raise UnreadableFile(_damage("gzip", complete)) from None


def _zstd(path: Path) -> Iterator[bytes]:
    """Unpack frames one after the other."""
    context = zstandard.ZstdDecompressor()  # refuses windows over 128 MiB, as zstd itself does by default
    frame = context.decompressobj()
    inside = complete = False
    for packed in _raw(path, ZSTD_INPUT):
        while packed:
            inside = True
            try:
                piece = frame.decompress(packed)
            except zstandard.ZstdError as error:
                wide = WINDOW_TOO_LARGE in str(error)
                raise UnreadableFile(WIDE_WINDOW if wide else _damage("zstd", complete)) from None
            yield piece
            packed = b""
            if frame.eof:
                packed, complete, inside = frame.unused_data, True, False
                frame = context.decompressobj()
    if inside or not complete:
        raise UnreadableFile("the zstd data ends too early: the file is truncated")


def _damage(kind: str, complete: bool) -> str:
    if complete:
        return f"something that is no {kind} data follows the {kind} data, or it is corrupt"
    return f"the {kind} data is corrupt"


def _within(pieces: Iterator[bytes], most: int) -> Iterator[bytes]:
    """The same pieces, as long as they are no more than `most` bytes in all."""
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > most:
            raise UnreadableFile(f"the file unpacks to more than {most} bytes, which is the limit")
        yield piece


def _gather(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Join small pieces to pieces of `size` bytes or a little more."""
    held: list[bytes] = []
    length = 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length >= size:
            yield b"".join(held)
            held, length = [], 0
    if held:
        yield b"".join(held)
