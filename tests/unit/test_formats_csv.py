"""CSV: a row counts as the JSON object of its columns, cells being JSON only where that is due."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from caw.feeds.declared import Feed, feeds
from caw.feeds.seeds import FieldAlias
from caw.formats import reader_for
from caw.formats.lines import FileToRead, UnreadableFile
from caw.limits import DEFAULT_LIMITS, Limits

FIVETRAN = Path(__file__).resolve().parents[3] / "shared" / "data" / "fivetran_klaviyo"

Row = tuple[int, str, str | None, str | None]


def loose(feed: str) -> Feed:
    """A feed that a file may leave columns out of."""
    return replace(feeds()[feed], required=())


def read(
    tmp_path: Path, content: str | bytes, feed: str = "orders", limits: Limits = DEFAULT_LIMITS
) -> tuple[list[Row], int]:
    path = tmp_path / "f.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    reader = reader_for(path.name)
    assert reader is not None
    rows: list[Row] = []
    blank = 0
    for lines in reader(FileToRead.at(path), loose(feed), limits):
        found = lines.validate()
        columns = (found.line_number, found.raw_text, found.document, found.rejection)
        rows.extend(zip(*(column.to_pylist() for column in columns), strict=True))
        blank += found.blank
    return rows, blank


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


def rows_of(tmp_path: Path, content: str, feed: str = "orders") -> list[object]:
    rows, _ = read(tmp_path, content, feed)
    assert all(row[3] is None for row in rows)
    return [json.loads(row[1]) for row in rows]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_that_the_header_shows_most_often_outside_quotes(tmp_path: Path, mark: str) -> None:
    """Excel writes semicolons wherever the decimal comma is at home."""
    content = f'order_id{mark}"a,b,c;;;;"{mark}total\r\n1{mark}"x{mark}y"{mark}2.5\r\n'
    assert rows_of(tmp_path, content) == [{"order_id": "1", "a,b,c;;;;": f"x{mark}y", "total": 2.5}]


def test_of_separators_that_stand_as_often_the_first_counts_and_none_is_a_comma(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "order_id,a;b\n1,2\n") == [{"order_id": "1", "a;b": "2"}]
    assert rows_of(tmp_path, "order_id\na;b|c\n") == [{"order_id": "a;b|c"}]


def test_the_line_that_tells_excel_the_separator_is_passed_over(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "\ufeffsep=;\r\norder_id;total\r\n1;2,5\r\n") == [{"order_id": "1", "total": "2,5"}]


def test_a_header_may_come_after_blank_lines_and_hold_line_breaks_in_quotes(tmp_path: Path) -> None:
    assert rows_of(tmp_path, '\n \n"order;\nnote";order_id\nx;1\n') == [{"order;\nnote": "x", "order_id": "1"}]


def test_names_of_columns_are_trimmed_without_case_and_with_underscores(tmp_path: Path) -> None:
    content = "  Order ID ,PLACED AT,\u00a0Total\u00a0,My Own\n1,2026-01-01,5,x\n"
    assert rows_of(tmp_path, content) == [{"order_id": "1", "placed_at": "2026-01-01", "total": 5, "my_own": "x"}]


def test_of_two_columns_of_one_name_the_first_with_a_value_holds(tmp_path: Path) -> None:
    content = "order_id,Total,total,note,Note\n1,,2,,b\n2,1,2,a,b\n3,,,, \n"
    assert rows_of(tmp_path, content) == [
        {"order_id": "1", "total": 2, "note": "b"},
        {"order_id": "2", "total": 1, "note": "a"},
        {"order_id": "3", "note": " "},
    ]


def test_a_column_with_a_point_is_a_member_and_profile_columns_are_fields_of_the_profile(tmp_path: Path) -> None:
    """The object's own column goes first, then `profile.x`, then `profile_x`, member by member."""
    header = "order_id,profile_email,profile.email,profile,profile.phone_number,profile_id,profile_city,meta.a.b\n"
    rows = rows_of(
        tmp_path,
        header + 'a,f@x.io,d@x.io,"{""email"":""o@x.io"",""external_id"":7}",+1,p1,Rome,deep\n'
        'b,f@x.io,d@x.io,"{""email"":"" ""}",,p1,,\n'
        "c,f@x.io,,,,,,\n"
        "d,f@x.io,d@x.io,broken,,,,\n"
        "e,,,,,,,\n",
    )
    assert rows == [
        {
            "order_id": "a",
            "profile": {"email": "o@x.io", "external_id": 7, "phone_number": "+1", "profile_id": "p1"},
            "profile_city": "Rome",
            "meta": {"a": {"b": "deep"}},
        },
        {"order_id": "b", "profile": {"email": "d@x.io", "profile_id": "p1"}},
        {"order_id": "c", "profile": {"email": "f@x.io"}},
        {"order_id": "d", "profile": "broken"},
        {"order_id": "e"},
    ]


def test_where_the_feed_has_no_profile_its_columns_are_the_feeds_own(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "profile_id,email\np1,a@x.io\n", "profiles") == [{"profile_id": "p1", "email": "a@x.io"}]


def test_there_are_no_columns_for_parts_of_lists(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "order_id,items.0.sku\n1,a\n") == [{"order_id": "1", "items.0.sku": "a"}]


def test_ids_that_a_spreadsheet_made_floats_of_are_whole_again(tmp_path: Path) -> None:
    content = "order_id,profile_id,profile_phone_number,note,total\n1001.0,5.00,15550001234.0,7.0,1.0\n007,1.5,,,\n"
    assert [row[1] for row in read(tmp_path, content)[0]] == [
        '{"order_id":"1001","profile":{"profile_id":"5","phone_number":"15550001234.0"},"note":"7.0","total":1.0}',
        '{"order_id":"007","profile":{"profile_id":"1.5"}}',
    ]


def read_in(tmp_path: Path, content: str, feed: str, **landed: object) -> list[str]:
    """The rows of a CSV file, with what its place says."""
    path = tmp_path / "f.csv"
    path.write_text(content)
    reader = reader_for(path.name)
    assert reader is not None
    file = FileToRead(path, path.name, **landed)  # type: ignore[arg-type]
    return [
        text for lines in reader(file, feeds()[feed], DEFAULT_LIMITS) for text in lines.validate().raw_text.to_pylist()
    ]


def test_ids_of_vendors_rows_are_whole_again_and_names_keep_their_capitals(tmp_path: Path) -> None:
    """Klaviyo's order 1001.0 and Shopify's 1001 are two orders; a transcript whose column is `chatid` has no id."""
    content = "id,property_event_id,propertyProductIDs,Property Products,a.sku,property_value,_airbyte_data\n1.0,1001.0,77.0,5.0,2.0,80.0,3.0\n"
    assert read(tmp_path, content, "klaviyo_events")[0][0][1] == (
        '{"id":"1","property_event_id":"1001","propertyproductids":"77","property_products":"5","a":{"sku":"2"},'
        '"property_value":"80.0","_airbyte_data":"3.0"}'
    )
    content = 'ChatId,CREATEDAT,conversation_id,messages\n7.0,1782806400.0,9.0,"[]"\n'
    assert read(tmp_path, content, "chat_transcripts")[0][0][1] == (
        '{"chatId":"7","createdAt":"1782806400.0","conversation_id":"9","messages":[]}'
    )


def test_folders_give_the_fields_that_no_column_gives(tmp_path: Path) -> None:
    folders = {
        "placed_at": "outer",
        "Placed At": "2026-01-01T00:00:00Z",
        "total": "5",
        "profile.email": "a@x.io",
        "note": "",
        "currency": "EUR",
    }
    assert read_in(tmp_path, "order_id,total,profile_email\n1,,\n2\n", "orders", folders=folders) == [
        '{"order_id":"1","placed_at":"2026-01-01T00:00:00Z","currency":"EUR"}',
        '{"order_id":"2","placed_at":"2026-01-01T00:00:00Z","currency":"EUR"}',
    ]


@pytest.mark.parametrize(
    ("feed", "header", "words"),
    [
        ("orders", "id,Order Nr,created at", 'order_id; the nearest column is "Order Nr"'),
        ("orders", "order_id,created at,total", 'placed_at; the nearest column is "created at"'),
        ("message_sends", "message_id,profile_id,chanel,sent_at", 'channel; the nearest column is "chanel"'),
        ("erasures", "request_id,requested_at,mail", "one of profile_id, email, phone_number"),
        ("orders", "ana@example.com,2026-06-30", "required field order_id"),
    ],
)
def test_a_file_without_a_column_for_a_required_field_fails_in_one_sentence(
    tmp_path: Path, feed: str, header: str, words: str
) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read_in(tmp_path, f"{header}\n1,2,3\n", feed)
    assert words in str(caught.value)
    assert "ana@" not in str(caught.value), "the first row of a file without a header is data"


def test_whoever_may_not_be_written_to_is_refused_row_by_row(tmp_path: Path) -> None:
    assert read_in(tmp_path, "profile_id,statsu\np1,no\n", "consents") == ['{"profile_id":"p1","statsu":"no"}']
    assert read_in(tmp_path, "customer\np1\n", "suppressions") == ['{"customer":"p1"}']


def test_one_naming_column_is_enough_for_an_erasure(tmp_path: Path) -> None:
    assert read_in(tmp_path, "request_id,requested_at,phone\n1,2026-01-01,15550001234.0\n", "erasures") == [
        '{"request_id":"1","requested_at":"2026-01-01","phone":"15550001234.0"}'
    ]


def test_an_alias_counts_as_a_column_for_its_field_and_keeps_its_own_name(tmp_path: Path) -> None:
    aliases = (
        FieldAlias("acme", "orders", "Number", "order_id"),
        FieldAlias("*", "orders", "ordered_on", "placed_at"),
        FieldAlias("*", "orders", "lines", "items"),
    )
    content = 'NUMBER,Ordered On,lines\n12.0,2026-01-01,"[{""sku"":""a""}]"\n'
    assert read_in(tmp_path, content, "orders", source="acme", aliases=aliases) == [
        '{"Number":"12","ordered_on":"2026-01-01","lines":[{"sku":"a"}]}'
    ]
    with pytest.raises(UnreadableFile, match="order_id"):
        read_in(tmp_path, content, "orders", source="other", aliases=aliases)


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
