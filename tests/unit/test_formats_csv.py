"""CSV: a row counts as the JSON object of its columns, cells being JSON only where that is due."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from caw.feeds.declared import feeds
from caw.formats import reader_for
from caw.formats.lines import FileToRead, UnreadableFile
from caw.limits import DEFAULT_LIMITS
from tests.support.csv_rows import read

FIVETRAN = Path(__file__).resolve().parents[3] / "shared" / "data" / "fivetran_klaviyo"


def test_cells_become_json_only_where_it_is_due(tmp_path: Path) -> None:
    content = (
        "\ufefforder_id,total,placed_at,items,profile,currency,note\r\n"
        '7,1.10,2026-01-01T00:00:00Z,"[{""sku"": ""a"", ""price"": 1.50}]","{""email"":""x""}",1,true\r\n'
        '"a\nb", 5 ,1700000000.5,[broken,"plain",,"[1]"\r\n'
        "9,1e1,007,,,USD,\r\n"
    )
    rows, blank = read(tmp_path, content)
    assert [row[1] for row in rows] == [
        '{"order_id":"7","total":1.10,"placed_at":"2026-01-01T00:00:00Z","items":[{"sku":"a","price":1.50}],'
        '"profile":{"email":"x"},"currency":"1","note":"true"}',
        '{"order_id":"a\\nb","total":5,"placed_at":1700000000.5,"items":"[broken","profile":"plain","note":"[1]"}',
        '{"order_id":"9","total":1e1,"placed_at":"007","currency":"USD"}',
    ]
    assert [row[0] for row in rows] == [1, 2, 3], "line breaks inside quotes do not count, nor does the header"
    assert rows[2][2] == '{"order_id":"9","total":10.0,"placed_at":"007","currency":"USD"}'
    assert blank == 0


def test_booleans_are_true_or_false_in_any_letter_case(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, "product_id,in_stock\na, TRUE\nb,False\nc,yes\nd,1\n", "products")
    assert [json.loads(row[1]).get("in_stock") for row in rows] == [True, False, "yes", "1"]


def test_short_long_and_blank_rows(tmp_path: Path) -> None:
    rows, blank = read(tmp_path, "order_id,total\n1\n\n2,3,,\n4,5,6\n,\n  \n7,8")
    assert rows == [
        (1, '{"order_id":"1"}', None, None),
        (3, '{"order_id":"2","total":3}', None, None),
        (4, '["4","5","6"]', None, "not_an_object"),
        (5, "{}", None, None),
        (7, '{"order_id":"7","total":8}', None, None),
    ]
    assert blank == 2


def test_bad_bytes_spoil_their_row_only(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, b"order_id,currency\n1,\xff\xc3\n2,\xc3\xa9\n")
    assert rows == [
        (1, '{"order_id":"1","currency":"\\xff\\xc3"}', None, "not_utf8"),
        (2, '{"order_id":"2","currency":"é"}', None, None),
    ]


@pytest.mark.parametrize(
    "content",
    [
        b'order_id,total\n1,"never closed\n2,3\n',
        b'order_id,total\n1,"a"b\n',
        b"order_\xff,total\n1,2\n",
    ],
)
def test_what_leaves_rows_or_columns_in_doubt_is_unreadable(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UnreadableFile):
        read(tmp_path, content)


def test_columns_that_are_no_fields_may_repeat(tmp_path: Path) -> None:
    """pandas writes its index under an empty name, and people add columns for themselves."""
    rows, _ = read(tmp_path, ",,order_id\n0,0,a\n")
    assert json.loads(rows[0][1]) == {"": "0", "order_id": "a"}


def test_limits(tmp_path: Path) -> None:
    limits = replace(DEFAULT_LIMITS, line=30, columns=2, row=1000, kept_of_too_large=4)
    rows, _ = read(tmp_path, "order_id\n" + "x" * 200_000 + "\ny\n")
    assert [row[3] for row in rows] == [None, None], "a cell may be longer than the csv module's own limit"
    rows, _ = read(tmp_path, "order_id\n" + "é" * 20 + "\ny\n", limits=limits)
    assert [row[3] for row in rows] == ["too_large", None]
    with pytest.raises(UnreadableFile):
        read(tmp_path, "a,b,c\n1,2,3\n", limits=limits)
    with pytest.raises(UnreadableFile):
        read(tmp_path, "a\n" + "x" * 2000, limits=limits)


def test_files_without_rows(tmp_path: Path) -> None:
    assert read(tmp_path, "") == ([], 0)
    assert read(tmp_path, "order_id,total\n") == ([], 0)


@pytest.mark.skipif(not FIVETRAN.is_dir(), reason="the shared real data is not here")
def test_real_connector_files_are_read_whole(tmp_path: Path) -> None:
    for path in sorted(FIVETRAN.glob("*.csv")):
        rows, _ = read(tmp_path, path.read_bytes(), "profiles")
        assert rows and all(row[3] is None for row in rows), path.name
        assert all(isinstance(json.loads(row[1]), dict) for row in rows)


def test_a_packed_table_is_read_and_a_cut_one_is_not(tmp_path: Path) -> None:
    packed = gzip.compress(b"order_id;placed_at\n1;2026-01-01\n")
    path = tmp_path / "f.CSV.GZ"
    reader = reader_for(path.name)
    assert reader is not None
    path.write_bytes(packed)
    texts = [
        lines.validate().raw_text.to_pylist()
        for lines in reader(FileToRead.at(path), feeds()["orders"], DEFAULT_LIMITS)
    ]
    assert texts == [['{"order_id":"1","placed_at":"2026-01-01"}']]
    path.write_bytes(packed[:-9])
    with pytest.raises(UnreadableFile, match="truncated"):
        list(reader(FileToRead.at(path), feeds()["orders"], DEFAULT_LIMITS))


def test_a_row_knows_the_line_at_which_an_editor_shows_it(tmp_path: Path) -> None:
    """Line breaks in quotes, blank lines, the header and what Excel writes before it are lines to an editor."""
    path = tmp_path / "f.csv"
    path.write_bytes(b'sep=;\r\norder_id;"note"\r\n\r\n1;"a\r\nb"\r\n2;c\r\n\r\n3;d;e\r\n')
    reader = reader_for(path.name)
    assert reader is not None
    found = [lines.validate() for lines in reader(FileToRead.at(path), feeds()["consents"], DEFAULT_LIMITS)]
    shown = [(one.line_number.to_pylist(), one.editor_line.to_pylist()) for one in found if one.editor_line is not None]
    assert shown == [([2, 3, 5], [4, 6, 8])]
