"""Readers under drawn bytes: no file stops a run, no line is lost, and documents say what a plain parser says."""

import io
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caw.feeds.declared import feeds
from caw.formats import json_document, reader_for
from caw.formats.lines import FileToRead, UnreadableFile
from caw.formats.strict_json import NotJson, dump, parse
from caw.limits import Limits

pytestmark = pytest.mark.sliced
SMALL = Limits(line=200, chunk=64, lines=5, row=400, document=4000, kept_of_too_large=40)
REJECTIONS = {None, "too_large", "not_utf8", "not_json", "not_an_object"}
SOAK = "CAW_SOAK" in os.environ  # other examples each time, and more of them
bounded = settings(
    max_examples=3000 if SOAK else 150,
    derandomize=not SOAK,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

BITS = st.sampled_from(
    [b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\n", b"\r\n", b" ", b"\t", b"\xef\xbb\xbf", b"\xff", b"\0",
     b"null", b"NaN", b"-0", b"1e999", b"0.1", b'"a"', b'{"order_id":"1"}', b'{"a":1,"a":2}', b'"\\ud800"', b"\\u00e9",
     "é🙂\u2028".encode(), b"x" * 150, b'"items":[{}]', b"'; drop table x; --", b"{{ 1 }}"]
)  # fmt: skip
BYTES = st.lists(BITS | st.binary(max_size=6), max_size=30).map(b"".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=30,
)
NAMES = ["f.jsonl", "f.json", "f.csv", "f.jsonl.gz", "f.jsonl.zst", "f.json.gz", "f.csv.zst"]

Row = tuple[int, str, str | None, str | None]


def read(
    folder: Path, name: str, content: bytes, feed: str = "orders", limits: Limits = SMALL
) -> tuple[list[Row], int]:
    """The rows of a file, (number, text, document, problem), and how many lines it has in all."""
    path = folder / name
    path.write_bytes(content)
    reader = reader_for(name)
    assert reader is not None
    rows: list[Row] = []
    total = 0
    for lines in reader(FileToRead.at(path), feeds()[feed], limits):
        found = lines.validate()
        columns = (found.line_number, found.raw_text, found.document, found.rejection)
        rows += zip(*(column.to_pylist() for column in columns), strict=True)
        total += lines.total
    return rows, total


def assert_valid(rows: list[Row], total: int) -> None:
    """Numbers rise and stay within the file, and each line is an object or has one of the rejections."""
    numbers = [number for number, *_ in rows]
    assert numbers == sorted(set(numbers)) and all(1 <= number <= total for number in numbers)
    for _, text, document, rejection in rows:
        assert rejection in REJECTIONS
        text.encode("utf-8")
        if rejection is None:
            assert isinstance(json.loads(document or text), dict)


@bounded
@given(content=BYTES)
def test_every_line_of_any_bytes_is_numbered_and_validated(tmp_path: Path, content: bytes) -> None:
    """A line is lost or counted twice where pieces meet, or some bytes end the reader."""
    rows, total = read(tmp_path, "f.jsonl", content)
    assert_valid(rows, total)
    text = content.removeprefix(b"\xef\xbb\xbf")
    lines = text.split(b"\n")[:-1] + ([text.split(b"\n")[-1]] if not text.endswith(b"\n") and text else [])
    assert total == len(lines)
    assert [number for number, *_ in rows] == [at for at, line in enumerate(lines, 1) if line.strip(b" \t\r\n")]


@bounded
@pytest.mark.parametrize("name", NAMES)
@given(content=BYTES)
def test_any_bytes_are_read_or_refused_as_a_whole(tmp_path: Path, name: str, content: bytes) -> None:
    """Some file ends a run with an error that nobody expected."""
    try:
        assert_valid(*read(tmp_path, name, content))
    except UnreadableFile as reason:
        assert str(reason)


@bounded
@given(values=st.lists(JSON, max_size=6), wrapped=st.booleans(), cut=st.integers(0, 400), most=st.sampled_from([0, 40]))
def test_a_document_cut_into_elements_says_what_a_plain_parser_says(
    tmp_path: Path, values: list[Any], wrapped: bool, cut: int, most: int, monkeypatch_session: pytest.MonkeyPatch
) -> None:
    """An element is cut at the wrong place, or a broken document passes because no part of it is parsed whole."""
    monkeypatch_session.setattr(json_document, "MOST_PARSED", most)  # small ones, too, are measured without parsing
    document: Any = {"info": 1, "conversations": values} if wrapped else values
    content = json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")
    content = content[:cut] + content[cut + 1 :] if cut % 3 == 0 else content
    limits = Limits(line=60, kept_of_too_large=10)
    try:
        plain = parse(content.decode("utf-8"))
        records = (
            plain["conversations"]
            if isinstance(plain, dict) and isinstance(plain.get("conversations"), list)
            else plain
        )
        expected = [dump(record) for record in (records if isinstance(records, list) else [records])]
    except (NotJson, UnicodeDecodeError):
        with pytest.raises(UnreadableFile):
            read(tmp_path, "f.json", content, "chat_transcripts", limits)
        return
    rows, _ = read(tmp_path, "f.json", content, "chat_transcripts", limits)
    assert len(rows) == len(expected)
    for (_, text, _, rejection), record in zip(rows, expected, strict=True):
        assert text == record if rejection != "too_large" else len(record.encode()) > 60 or "\\" in text or most == 0


@settings(bounded, max_examples=500 if SOAK else 40)
@given(places=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=4)), min_size=1, max_size=4))
def test_a_damaged_parquet_file_ends_no_run(tmp_path: Path, places: list[tuple[float, bytes]]) -> None:
    """The library trusts what is in a file, and damage in the right place ends its process."""
    whole = bytearray(PARQUET)
    for share, wrong in places:
        at = int(share * (len(whole) - 4))
        whole[at : at + len(wrong)] = wrong
    try:
        rows, total = read(tmp_path, "f.parquet", bytes(whole))
    except UnreadableFile as reason:
        assert str(reason)
    else:
        assert_valid(rows, total)


@pytest.fixture(scope="session")
def monkeypatch_session() -> Any:
    """Undone when all is done: a drawn test may not have one for each example."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def _parquet() -> bytes:
    file = io.BytesIO()
    columns = {"order_id": [f"o{number}" for number in range(50)], "total": list(range(50)), "items": [[1, 2]] * 50}
    pq.write_table(pa.table(columns), file, compression="snappy")
    return file.getvalue()


PARQUET = _parquet()
