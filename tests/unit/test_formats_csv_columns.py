"""Columns of CSV: their separator and their names, the fields that they are, and those that a file lacks."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from caw.feeds.declared import feeds
from caw.feeds.seeds import FieldAlias
from caw.formats import reader_for
from caw.formats.columns import without_quoted_columns
from caw.formats.lines import FileToRead, UnreadableFile
from caw.limits import DEFAULT_LIMITS
from tests.support.csv_rows import read


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


def test_an_error_loses_the_name_of_a_column_that_names_somebody() -> None:
    """The first line of a file without a header is somebody's data, and its nearest column is an id of theirs."""
    lacks = "there is no column for the required field order_id"
    errors = [
        f'{lacks}; the nearest column is "zoe\nvip"',
        f'{lacks}; the nearest column is "Order Nr"',
        "broken",
        None,
    ]
    ledger = pa.table({"file_path": ["a.csv", "b.csv", "c.gz", "d.jsonl"], "error": errors})
    left = without_quoted_columns(ledger, lambda name: "zoe" in name)
    assert left["error"].to_pylist() == [lacks, *errors[1:]]
    assert without_quoted_columns(left, lambda name: "zoe" in name) is left
    assert without_quoted_columns(ledger.drop_columns(["error"]), lambda _: True).column_names == ["file_path"]
