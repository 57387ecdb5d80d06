"""`.json` documents: what is a record, and when nothing of the file may load."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from caw.feeds.declared import feeds
from caw.formats import reader_for
from caw.formats.lines import FileToRead, UnreadableFile
from caw.limits import DEFAULT_LIMITS, Limits

TAU2 = Path(__file__).resolve().parents[3] / "shared" / "data" / "tau2_retail"

Row = tuple[int, str, str | None, str | None]


def read(tmp_path: Path, content: str | bytes, feed: str = "orders", limits: Limits = DEFAULT_LIMITS) -> list[Row]:
    path = tmp_path / "f.JSON"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    reader = reader_for(path.name)
    assert reader is not None
    return [
        row
        for found in (lines.validate() for lines in reader(FileToRead.at(path), feeds()[feed], limits))
        for row in zip(
            *(column.to_pylist() for column in (found.line_number, found.raw_text, found.document, found.rejection)),
            strict=True,
        )
    ]


def test_a_list_is_its_records_and_an_object_is_one(tmp_path: Path) -> None:
    content = '\ufeff[\n {"total": 1.10, "text": "é\\u0041"},\r\n {"total": 1e1, "a":1, "a":2}, null, 5, [] ]\n'
    assert read(tmp_path, content) == [
        (1, '{"total":1.10,"text":"éA"}', None, None),
        (2, '{"total":1e1,"a":2}', '{"total":10.0,"a":2}', None),
        (3, "null", None, "not_an_object"),
        (4, "5", None, "not_an_object"),
        (5, "[]", None, "not_an_object"),
    ]
    assert read(tmp_path, '{"a":{"b":1}}') == [(1, '{"a":{"b":1}}', None, None)]
    assert read(tmp_path, '"x"')[0][3] == "not_an_object"
    assert read(tmp_path, "[]") == []


def test_values_stand_one_after_the_other_with_or_without_line_breaks(tmp_path: Path) -> None:
    """BigQuery, Athena and Firehose name files of lines, or of objects without any line break, `.json`."""
    assert [row[:2] for row in read(tmp_path, '{"a":1}{"a": "}{"}\n\n[{"a":3}, 4]\r\n5 "x"true')] == [
        (1, '{"a":1}'),
        (2, '{"a":"}{"}'),
        (3, '{"a":3}'),
        (4, "4"),
        (5, "5"),
        (6, '"x"'),
        (7, "true"),
    ]


@pytest.mark.parametrize("ending", [".json.gz", ".JSON.ZST"])
def test_a_document_may_be_packed_and_its_limit_is_of_what_it_unpacks_to(tmp_path: Path, ending: str) -> None:
    content = b'[{"a":1},\n {"a":2}]' + b" " * 100
    packed = gzip.compress(content) if ending.endswith("gz") else zstandard.compress(content)
    path = tmp_path / f"f{ending}"
    path.write_bytes(packed)
    reader = reader_for(path.name)
    assert reader is not None
    chunks = list(reader(FileToRead.at(path), feeds()["orders"], DEFAULT_LIMITS))
    assert [chunk.validate().raw_text.to_pylist() for chunk in chunks] == [['{"a":1}', '{"a":2}']]
    with pytest.raises(UnreadableFile, match="limit"):
        list(reader(FileToRead.at(path), feeds()["orders"], replace(DEFAULT_LIMITS, document=50)))


@pytest.mark.parametrize("name", ["simulations", "transcripts", "conversations"])
def test_a_transcript_document_may_wrap_its_list(tmp_path: Path, name: str) -> None:
    wrapped = f'{{"info":{{}},"{name}":[{{"id":1}},{{"id":2}}]}}'
    assert [row[1] for row in read(tmp_path, wrapped, "chat_transcripts")] == ['{"id":1}', '{"id":2}']
    assert len(read(tmp_path, wrapped, "orders")) == 1, "in other feeds it is one record"
    single = f'{{"id":1,"messages":[],"{name}":[]}}'
    assert len(read(tmp_path, single, "chat_transcripts")) == 1, "what has messages is a transcript itself"
    assert len(read(tmp_path, f'{{"{name}":5}}', "chat_transcripts")) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" ",
        b"[{}",
        b'[{"a":NaN}]',
        b'["\\ud800"]',
        b'["\xff"]',
        b"{},{}",
        b"{} x",
        b"{}\n{",
        b"1 02",
        b"[1] }",
        b"[" * 100_000,
        b"\xff\xfe[\0]\0",
    ],
)
def test_a_document_that_does_not_parse_is_unreadable(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UnreadableFile):
        read(tmp_path, content)


def test_what_many_records_name_does_not_fill_the_disk(tmp_path: Path) -> None:
    """A resource of a megabyte is in each of a hundred thousand records: 64 MiB become hundreds of GB."""
    events = [{"id": n, "relationships": {"metric": {"data": {"type": "metric", "id": "m"}}}} for n in range(9)]
    metric = {"type": "metric", "id": "m", "attributes": {"name": "x" * 1000}}
    content = json.dumps({"data": events, "included": [metric]})
    assert len(read(tmp_path, content, "klaviyo_events", replace(DEFAULT_LIMITS, included=12_000))) == 9
    with pytest.raises(UnreadableFile, match="split it"):
        read(tmp_path, content, "klaviyo_events", replace(DEFAULT_LIMITS, included=8_000))


def test_sizes(tmp_path: Path) -> None:
    limits = replace(DEFAULT_LIMITS, line=20, document=60, kept_of_too_large=5, chunk=10)
    rows = read(tmp_path, '[{"a":"xxxxxxxxxxxxxxxxxxxx"}, {"a":1}]', limits=limits)
    assert rows[0][1].startswith('{"a": [28 bytes, sha256 '.replace("a: ", "a:"))
    assert [row[3] for row in rows] == ["too_large", None]
    with pytest.raises(UnreadableFile, match="limit"):
        read(tmp_path, "[" + " " * 59 + "]", limits=limits)


@pytest.mark.skipif(not TAU2.is_dir(), reason="the shared real data is not here")
def test_real_simulations_are_forty_transcripts_a_file() -> None:
    for path in sorted(TAU2.glob("*_1trials.json")):
        reader = reader_for(path.name)
        assert reader is not None
        chunks = list(reader(FileToRead.at(path), feeds()["chat_transcripts"], DEFAULT_LIMITS))
        assert sum(lines.total for lines in chunks) == 40
        assert (
            sum(len(found.rejection) - found.rejection.null_count for found in (lines.validate() for lines in chunks))
            == 0
        )
