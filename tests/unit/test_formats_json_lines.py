"""JSON Lines, plain and packed: numbering, blanks, sizes, bad bytes, and files that cannot be read whole."""

import gzip
import hashlib
import io
import random
import zlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from caw.feeds.declared import feeds
from caw.formats import json_lines, reader_for
from caw.formats.lines import FileToRead, Lines, UnreadableFile
from caw.limits import DEFAULT_LIMITS, Limits

ADVERSARIAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "adversarial"
LOG = feeds()["conversation_log"]

Read = tuple[list[tuple[int, str, str | None, str | None]], int]


def collect(chunks: Iterable[Lines]) -> Read:
    """([(number, raw text, document, problem)], blank lines) of all chunks; the arrays must be of one length."""
    rows: list[tuple[int, str, str | None, str | None]] = []
    blank = 0
    for lines in chunks:
        found = lines.validate()
        columns = (found.line_number, found.raw_text, found.document, found.rejection)
        rows.extend(zip(*(column.to_pylist() for column in columns), strict=True))
        blank += found.blank
    return rows, blank


def read(tmp_path: Path, content: bytes, name: str = "f.jsonl", limits: Limits = DEFAULT_LIMITS) -> Read:
    path = tmp_path / name
    path.write_bytes(content)
    reader = reader_for(name)
    assert reader is not None
    return collect(reader(FileToRead.at(path), LOG, limits))


def small(line: int = 20, chunk: int = 7, kept: int = 5) -> Limits:
    return replace(DEFAULT_LIMITS, line=line, chunk=chunk, kept_of_too_large=kept)


def test_names_find_their_reader_in_any_letter_case() -> None:
    assert reader_for("A.JSONL.GZ") is json_lines.read
    assert reader_for("a.b.ndjson") is json_lines.read
    assert reader_for("a.json") is not json_lines.read
    assert reader_for("a.gz") is None
    assert reader_for("jsonl") is None


def test_line_ends_bom_and_blank_lines(tmp_path: Path) -> None:
    content = b'\xef\xbb\xbf{"a":1}\r\n\n \t\r\n{"a":2}\n\r\n{"a":"x\ry"}'
    rows, blank = read(tmp_path, content)
    assert rows[0] == (1, '{"a":1}', None, None)
    assert rows[1] == (4, '{"a":2}', None, None)
    assert rows[2] == (6, '{"a":"x\ry"}', None, "not_json"), "a CR inside a line is part of it"
    assert blank == 3


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_has_no_lines(tmp_path: Path, content: bytes) -> None:
    assert read(tmp_path, content) == ([], 0)


def test_a_file_of_nothing_but_line_ends_is_blank(tmp_path: Path) -> None:
    assert read(tmp_path, b"\n\r\n\n") == ([], 3)
    assert read(tmp_path, b" ") == ([], 1)
    assert read(tmp_path, b"\n\xef\xbb\xbf{}")[0][0][3] == "not_json", "a BOM is one at the start only"


def test_each_line_gets_its_own_verdict(tmp_path: Path) -> None:
    lines = [b'{"a":1}', b'{"a":"\xff\xc3("}', b"[1]", b"{", b'{"a":1,"a":2}', b'{"quantity":1e1}', "é".encode()]
    rows, _ = read(tmp_path, b"\n".join(lines))
    assert rows == [
        (1, '{"a":1}', None, None),
        (2, '{"a":"\\xff\\xc3("}', None, "not_utf8"),
        (3, "[1]", None, "not_an_object"),
        (4, "{", None, "not_json"),
        (5, '{"a":1,"a":2}', '{"a":2}', None),
        (6, '{"quantity":1e1}', '{"quantity":10.0}', None),
        (7, "é", None, "not_json"),
    ]


def test_a_line_is_too_large_by_bytes_without_its_line_end(tmp_path: Path) -> None:
    fits, over = b"x" * 20, "é".encode() * 11
    rows, blank = read(tmp_path, fits + b"\r\n" + over + b"\n" + b" " * 30 + b"\n{}", limits=small(chunk=1000))
    digest = hashlib.sha256(over).hexdigest()
    assert rows[0][3] == "not_json"
    assert rows[1] == (2, f"éé [22 bytes, sha256 {digest}]", None, "too_large"), "cut back to whole characters"
    assert rows[2][:2] == (4, "{}")
    assert blank == 1, "white space is blank, however much"


@pytest.mark.parametrize("end", [b"\r\n{}", b"\n{}", b"\r", b""])
def test_a_line_longer_than_memory_is_hashed_as_it_passes(tmp_path: Path, end: bytes) -> None:
    """The file is read in pieces smaller than the line: none of it may be held but its beginning."""
    giant = b"ab\xff" + b"c" * 100
    whole = giant + b"\r" if end == b"\r" else giant  # no LF follows this CR, which is then part of the line
    rows, _ = read(tmp_path, giant + end, limits=small())
    assert rows[0] == (
        1,
        f"ab\\xffcc [{len(whole)} bytes, sha256 {hashlib.sha256(whole).hexdigest()}]",
        None,
        "too_large",
    )
    assert [row[:2] for row in rows[1:]] == ([(2, "{}")] if b"{" in end else [])


def test_a_blank_line_longer_than_memory_is_blank(tmp_path: Path) -> None:
    assert read(tmp_path, b" " * 500 + b"\n{}", limits=small()) == ([(2, "{}", None, None)], 1)


def test_a_huge_line_does_not_grow_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(64):
            file.write(b"x" * 2**20)
    rows, _ = collect(json_lines.read(FileToRead.at(path), LOG, replace(DEFAULT_LIMITS, chunk=2**20)))
    assert rows[0][3] == "too_large"
    assert rows[0][1].startswith("x" * 2**16 + f" [{64 * 2**20} bytes, sha256 ")
    assert len(rows[0][1]) < 2**16 + 200


def test_chunks_of_any_size_give_the_same_lines(tmp_path: Path) -> None:
    dice = random.Random(3)
    pool = [b'{"a":1}', b"", b" ", b'{"b":"\xc3\xa9"}', b"\xff", b"x" * 25, b'{"a":1,"a":2}', b"\r", b"{}\r"]
    for _ in range(30):
        content = b"".join(dice.choice(pool) + dice.choice([b"\n", b"\r\n"]) for _ in range(dice.randrange(12)))
        content = dice.choice([b"", b"\xef\xbb\xbf"]) + content + dice.choice(pool)
        expected = read(tmp_path, content, limits=small(chunk=10_000))
        for chunk in (1, 2, 3, 5, 19, 64):
            assert read(tmp_path, content, limits=small(chunk=chunk)) == expected, content
        assert read(tmp_path, gzip.compress(content), "f.ndjson.gz", small(chunk=4)) == expected
        assert read(tmp_path, zstandard.compress(content), "f.ndjson.zst", small(chunk=4)) == expected


LINES = b"".join(b'{"a":%d}\n' % number for number in range(50_000))


def test_packed_files_may_have_several_members(tmp_path: Path) -> None:
    half = len(LINES) // 2
    for name, pack in (("f.jsonl.gz", gzip.compress), ("f.jsonl.zst", zstandard.compress)):
        rows, _ = read(tmp_path, pack(LINES[:half]) + pack(LINES[half:]), name)
        assert [row[1] for row in rows] == LINES.decode().split()
    assert read(tmp_path, gzip.compress(b"{}") + b"\0" * 512, "f.jsonl.gz")[0] == [(1, "{}", None, None)]


def _streamed_zstd(content: bytes) -> bytes:
    """As stream writers leave it: no size in the header."""
    target = io.BytesIO()
    with zstandard.ZstdCompressor().stream_writer(target, closefd=False) as writer:
        writer.write(content)
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "packed"), [("f.jsonl.gz", gzip.compress(LINES)), ("f.jsonl.zst", _streamed_zstd(LINES))]
)
def test_a_damaged_packed_file_is_unreadable(tmp_path: Path, name: str, packed: bytes) -> None:
    assert len(read(tmp_path, packed, name)[0]) == 50_000
    middle = len(packed) // 2
    flipped = packed[:middle] + bytes([packed[middle] ^ 0xFF]) + packed[middle + 1 :]
    for broken in (b"", packed[:1], packed[:middle], packed[:-1], packed + b"trailing", b"{}\n", packed + packed[:9]):
        with pytest.raises(UnreadableFile):
            read(tmp_path, broken, name)
    if name.endswith("gz"):  # zstd's checksum is optional, gzip's is not
        with pytest.raises(UnreadableFile, match="corrupt"):
            read(tmp_path, flipped, name)


def test_a_packed_file_that_unpacks_beyond_the_limit_is_unreadable(tmp_path: Path) -> None:
    bomb = b"\n" * 50_000_000
    limits = replace(DEFAULT_LIMITS, unpacked=1_000_000)
    for name, packed in (
        ("f.jsonl.gz", zlib.compress(bomb, 9, wbits=31)),
        ("f.jsonl.zst", zstandard.compress(bomb, 19)),
    ):
        with pytest.raises(UnreadableFile, match="limit"):
            read(tmp_path, packed, name, limits)


def test_outside_trouble_stays_an_os_error(tmp_path: Path) -> None:
    """Such a file is tried again at the next run (spec §1.11); it is not the file's fault."""
    with pytest.raises(FileNotFoundError):
        collect(json_lines.read(FileToRead.at(tmp_path / "gone.jsonl"), LOG, DEFAULT_LIMITS))


@pytest.mark.skipif(not ADVERSARIAL.is_dir(), reason="the shared adversarial data is not here")
def test_foreign_gzip_files_and_bad_utf8(tmp_path: Path) -> None:
    good = (ADVERSARIAL / "flate2_good-file.gz").read_bytes()
    multi = (ADVERSARIAL / "flate2_multi.gz").read_bytes()
    assert len(read(tmp_path, good, "f.jsonl.gz")[0]) > 0
    assert len(read(tmp_path, multi, "f.jsonl.gz")[0]) > 0
    with pytest.raises(UnreadableFile):
        read(tmp_path, (ADVERSARIAL / "issue6550.gz").read_bytes(), "f.jsonl.gz")
    content = (ADVERSARIAL / "utf8tests.bin").read_bytes()
    rows, blank = read(tmp_path, content)
    lines = content.split(b"\n")
    assert len(rows) + blank == len(lines) - content.endswith(b"\n")
    for number, text, _, rejection in rows:
        try:
            lines[number - 1].decode("utf-8")
        except UnicodeDecodeError:
            assert (rejection, text) == ("not_utf8", lines[number - 1].decode("utf-8", "backslashreplace"))
        else:
            assert rejection != "not_utf8"


@pytest.mark.parametrize(
    "content",
    [
        b'[\n  {"a":1},\n  {"a":2}\n]\n',
        b"\xef\xbb\xbf\r\n [ \r\n{}\r\n]",
        b'[{"a":1},\n{"a":2}]\n',
        b'[{"a":[1]\n}]',
        b'[ {"a":"]"},\n{}]',
        b'[{"a":"[{}]\\""\n}]',
    ],
)
def test_a_list_over_several_lines_fails_whole_with_advice(tmp_path: Path, content: bytes) -> None:
    """Its last record, which no comma follows, once was the only one that loaded."""
    with pytest.raises(UnreadableFile, match=r"a JSON list: name it \.json"):
        read(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "rejections"),
    [
        (b'[{"a":1},{"a":2}]\n{}\n', ["not_an_object", None]),
        (b'[{"a":NaN}]\n{}', ["not_json", None]),
        (b"[]\n[\n{}", ["not_an_object", "not_json", None]),
        (b"{}\n[\n", [None, "not_json"]),
        (b"[1,\n{}", ["not_json", None]),
        (b'{"a":1}{"a":2}\n', ["not_json"]),
    ],
)
def test_other_lines_are_validated_one_by_one(tmp_path: Path, content: bytes, rejections: list[str | None]) -> None:
    assert [row[3] for row in read(tmp_path, content)[0]] == rejections


def test_a_zstd_window_that_is_too_large_is_called_that(tmp_path: Path) -> None:
    """`zstd --ultra --long=31` makes valid files that cannot be unpacked within a sensible memory."""
    parameters = zstandard.ZstdCompressionParameters(compression_level=1, window_log=29, write_content_size=False)
    target = io.BytesIO()
    with zstandard.ZstdCompressor(compression_params=parameters).stream_writer(target, closefd=False) as writer:
        writer.write(b"{}\n")
    with pytest.raises(UnreadableFile, match="window"):
        read(tmp_path, target.getvalue(), "f.jsonl.zst")
