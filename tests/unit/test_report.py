"""The report page: what it shows of declared rows, what it never shows, and what it does with hostile ones."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from caw.host.permissions import READERS
from caw.report import charts, formats
from caw.report.page import page
from caw.report.rows import HIDDEN, MOST_ROWS, Shown, Subject, shown_tiles
from caw.report.tiles import COLUMNS, Tile, TileError, read_tiles
from caw.report.write import Page, folder_name, page_of, write_all
from tests.support.html_page import elements, foreign

MARKUP = "<script>alert(1)</script><img src=x onerror='a'>\"&"
SUBJECT = Subject(
    "acme",
    3,
    date(2026, 1, 5),
    "Europe/Berlin",
    datetime(2026, 6, 30, 12, tzinfo=UTC),
    date(2026, 6, 2),
    date(2026, 6, 29),
    0,
)
QUIET = Subject("quiet", 0, None, "UTC", SUBJECT.as_of, SUBJECT.from_date, SUBJECT.to_date, 0)


def tile(kind: str, sql: str = "select 1", **others: Any) -> Tile:
    return Tile(f"a_{kind}", kind, "A title", sql, **others)


def made(kind: str, columns: str, rows: Sequence[tuple[Any, ...]], **others: Any) -> tuple[str, Sequence[str]]:
    return page(SUBJECT, [Shown(tile(kind, **others), columns.split(), rows)], "1.0")


def asked(sql: str, kind: str = "table", subject: Subject = SUBJECT) -> Shown:
    with duckdb.connect() as connection:
        return shown_tiles(connection, [tile(kind, sql)], subject)[0]


HOSTILE = {
    "numbers": ("label value previous format unit", (MARKUP, 1, 2, "money", MARKUP)),
    "bars": ("label value of", (MARKUP, 0.5, 2)),
    "waterfall": ("part label change remaining", (MARKUP, MARKUP, 4, 4)),
    "table": ("product tag", (MARKUP, MARKUP)),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_markup_of_the_data_is_shown_as_text(kind: str) -> None:
    """A product's title, a skill, a tag or a channel that a shopper or a shop wrote, and that a browser would run."""
    columns, row = HOSTILE[kind]
    html, faults = made(kind, columns, [row], formats={"value": "percent"})
    assert faults == [] and foreign(html) == set()
    assert any(MARKUP in words for words in elements(html).words)


def test_markup_in_the_name_of_a_source_and_in_what_failed_is_shown_as_text() -> None:
    subject = Subject(MARKUP, 1, None, MARKUP, SUBJECT.as_of, SUBJECT.from_date, SUBJECT.to_date, 0)
    html, _ = page(subject, [Shown(tile("table"), fault=MARKUP)], MARKUP)
    assert foreign(html) == set()


def test_the_page_has_no_script_and_no_address_and_lets_a_browser_load_nothing() -> None:
    html, _ = made("bars", "label value", [("web_chat", 3)])
    assert "default-src 'none'" in html
    assert not re.search(r"https?:|//\w|url\(|@import|src=|href=", html)


def test_a_number_has_the_one_before_and_what_changed() -> None:
    """Hand-worked: 30 of 40 is 75 %, 6 points more than 69 %; 150 is half as much again as 100."""
    rows = [
        ("Conversations", 150, 100, "integer", None),
        ("Rate", 0.75, 0.69, "percent", None),
        ("Revenue", Decimal("1234.50"), Decimal("2469.00"), "money", "EUR"),
        ("Orders", 9, 2, "integer", None),
        ("None", None, 0.5, "percent", None),
        ("First", 5, 0, "integer", None),
    ]
    words = " | ".join(elements(made("numbers", "label value previous format unit", rows)[0]).words)
    for expected in (
        "150 | +50.0% · before 100",
        "75.0% | +6.0 points · before 69.0%",
        "1,234 EUR | −50.0% · before 2,469",
    ):
        assert expected in words.replace("\n", " ")
    assert "4.5 times" in words and f"{formats.NOTHING} | before 50.0%" in words and "5 | none before" in words


def test_days_are_stacked_from_below_and_named() -> None:
    """Of a top of 8 and 190 pixels, 4 resolved are 95 high, and 2 escalated above them 47.5."""
    html, faults = made("days", "date resolved escalated", [(date(2026, 6, 2), 4, 2), (date(2026, 6, 3), 0, 0)])
    assert faults == []
    assert 'y="103.0" height="95.0"' in html and 'y="55.5" height="47.5"' in html
    assert "<title>2 Jun: 6 (4 resolved, 2 escalated)</title>" in html and "<title>3 Jun: 0 (none)</title>" in html


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 4), (1, 4), (4, 4), (5, 8), (26, 40), (81, 200), (1_000_001, 2_000_000)]
)
def test_an_axis_ends_at_or_above_the_highest_value_in_round_steps(highest: int, top: int) -> None:
    assert charts.nice_top(highest) == top


def test_a_waterfall_begins_with_all_and_each_stage_takes_from_what_is_left() -> None:
    rows = [("p", "Triggered", 10, 10), ("p", "no_consent", -4, 6), ("p", "Eligible", 6, 6)]
    html, _ = made("waterfall", "part label change remaining", rows)
    lost = f'x="60.00%" width="40.00%" height="{charts.BAR_HEIGHT}" fill="{charts.COLOURS["lost"]}"'
    left = f'x="0.00%" width="60.00%" height="{charts.BAR_HEIGHT}" fill="{charts.COLOURS["count"]}"'
    assert lost in html and left in html and "no consent" in html


@pytest.mark.parametrize("rows", [[], [(date(2026, 6, 2), 0)]])
def test_a_tile_without_anything_says_so(rows: list[tuple[Any, ...]]) -> None:
    assert "Nothing in these days." in made("days", "date resolved", rows)[0]


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("select 1; select 2", "not one SELECT"),
        ("create table t as select 1", "not one SELECT"),
        ("selec 1", "syntax error"),
        ("select * from nowhere.at_all", "nowhere"),
        ("select $secret", "$secret"),
        ("select 'p-1' as profile_id", "it would show profile_id"),
        ("select cast('ada@example.com' as integer) as n", "its SQL failed (ConversionException)"),
    ],
)
def test_a_tile_that_fails_says_why_in_its_place_and_quotes_no_value(sql: str, why: str) -> None:
    """One wrong tile that takes the page away from everybody, or a person's address in an error message."""
    shown = asked(sql)
    html, faults = page(SUBJECT, [shown, Shown(tile("table"), ["product"], [("Lamp",)])], "1.0")
    assert shown.fault is not None and why in shown.fault and "ada@" not in shown.fault
    assert "This tile could not be made" in html and "Lamp" in html and len(faults) == 1


def test_rows_that_are_not_of_the_kind_fail_the_tile_alone() -> None:
    html, faults = made("bars", "label value", [("web_chat", "many")])
    assert "This tile could not be made" in html
    assert faults == ["a_bars: its rows are not those of kind bars (ValueError)"]
    assert asked("select 1 as label", "bars").fault == "its SQL gives no column value"


def test_a_tile_gets_the_source_and_the_days_that_it_names() -> None:
    sql = "select $source as s, $to_date - $from_date as days"
    assert asked(sql).rows == [("acme", 27)] and asked("select $source as s").rows == [("acme",)]


def test_a_source_without_conversations_has_the_diagnosis() -> None:
    diagnosis = "select 'conversation_started' as event, 'No log has landed.' as diagnosis"
    tiles = [tile("bars", "select 'x' as label, 1 as value"), tile("table", diagnosis, needs_conversations=False)]
    with duckdb.connect() as connection:
        html, faults = page(QUIET, shown_tiles(connection, tiles, QUIET), "1.0")
    assert faults == [] and "No conversations yet.</strong> No log has landed." in html and "a_bars" not in html


def test_the_declared_tiles_name_their_columns_and_nobody() -> None:
    tiles = read_tiles()
    assert len(tiles) > len(COLUMNS)
    for one in tiles:
        assert not HIDDEN.intersection(re.findall(r"\w+", one.sql)), one.id
        assert one.colour in charts.COLOURS, one.id


@pytest.mark.parametrize(
    "line",
    [
        "{id: a, kind: bars, title: A}",
        "{id: a, kind: pie, title: A, sql: s}",
        "{id: a, kind: bars, title: A, sql: s, x: 1}",
    ],
)
def test_a_wrong_declaration_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "tiles.yml"
    file.write_text(f"tiles:\n  - {line}\n", encoding="utf-8")
    with pytest.raises(TileError, match=r"^a: "):
        read_tiles(file)


def test_pages_of_gone_sources_go_and_names_stay_in_the_folder(tmp_path: Path) -> None:
    readers = READERS["group"]
    write_all([Page("gone", "old"), Page("..", "up"), Page("a/b", "one")], tmp_path, readers)
    write_all([Page("a/b", "two"), Page("..", "up")], tmp_path, readers)
    assert {one.name for one in (tmp_path / "report").iterdir()} == {"a%2Fb", "%2E%2E"}
    assert page_of(tmp_path, "a/b").read_text(encoding="utf-8") == "two"
    assert page_of(tmp_path, "a/b").stat().st_mode & 0o777 == 0o640
    assert len({folder_name("ü" * 300), folder_name("ü" * 301)}) == 2
    assert len(folder_name("/" * 255).encode()) <= 255


def test_a_page_that_cannot_be_written_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_all([Page("acme", "old")], tmp_path, READERS["group"])

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        write_all([Page("acme", "new")], tmp_path, READERS["group"])
    assert [one.name for one in (tmp_path / "report" / "acme").iterdir()] == ["index.html"]
    assert page_of(tmp_path, "acme").read_text(encoding="utf-8") == "old"


def test_the_period_is_of_whole_days() -> None:
    assert SUBJECT.days == 28 and SUBJECT.to_date - SUBJECT.from_date == timedelta(27)


def test_more_rows_than_a_page_shows_fail_the_tile() -> None:
    """A part of the rows would be read as all of them."""
    assert len(asked(f"select * from range({MOST_ROWS})").rows) == MOST_ROWS
    assert asked(f"select * from range({MOST_ROWS + 1})").fault == "its SQL gives more than 1,000 rows"


def test_days_that_are_no_dates_fail_the_tile_alone() -> None:
    """An attribute that a text does not have once stopped the page."""
    _, faults = made("days", "date resolved", [("2026-06-02", 1)])
    assert faults == ["a_days: its rows are not those of kind days (AttributeError)"]


def test_a_sentence_is_shown_whole_and_another_text_is_cut() -> None:
    """What to do stands at the end of a diagnosis."""
    row = ("w" * 300, "s" * 300, "x" * 10_000)
    html, _ = made("table", "word diagnosis long", [row], formats={"diagnosis": "sentence", "long": "sentence"})
    assert "s" * 300 in html and "w" * 120 not in html and "w" * 119 in html and "x" * 600 not in html
    assert "n" * 300 in made("table", "a", [(1,)], note="n" * 300)[0]


@pytest.mark.parametrize(
    ("given", "form", "shown"),
    [
        (0.261, "points", "+26.1 points"),
        (-0.118, "points", f"{formats.MINUS}11.8 points"),
        (-0.118, "percent", f"{formats.MINUS}11.8%"),
        (Decimal("7816.40"), "money", "7,816.40 EUR"),
        (Decimal("-5"), "money", f"{formats.MINUS}5.00 EUR"),
        (None, "points", formats.NOTHING),
    ],
)
def test_a_value_has_its_unit(given: object, form: str, shown: str) -> None:
    assert formats.value(given, form, "EUR") == shown


def test_a_table_says_at_each_cell_what_it_is_for_a_phone_and_at_instants_the_zone() -> None:
    html, _ = made("table", "event last_at", [("x", SUBJECT.as_of)], formats={"last_at": "instant"})
    assert '<th scope="col" class="instant">Last at (UTC)</th>' in html
    assert '<td data-of="Last at (UTC)" class="instant">2026-06-30 12:00</td>' in html


@pytest.mark.parametrize(("first", "is_said"), [(date(2026, 5, 5), False), (date(2026, 5, 6), True)])
def test_a_page_says_where_the_period_before_has_days_without_data(first: date, is_said: bool) -> None:
    """28 days from 2 June are compared with those from 5 May: a source that begins later has fewer."""
    html, _ = page(replace(SUBJECT, first_date=first, today=4), [], "1.0")
    assert (f"The first conversation is of {first}." in html) is is_said
    assert "Conversations of 2026-06-30 until now, left out: 4." in html


def test_the_colours_of_outcomes_differ_in_lightness() -> None:
    """In grey print, and for who confuses red and green, two outcomes would be one (CIE L*, worked out from sRGB)."""

    def lightness(colour: str) -> float:
        parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
        linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
        luminance = sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
        return float(116 * luminance ** (1 / 3) - 16)

    of = [lightness(charts.COLOURS[one]) for one in ("resolved", "escalated", "abandoned", "closed", "open")]
    assert min(later - earlier for earlier, later in pairwise(of)) > 9


def test_what_a_killed_process_left_of_a_page_goes_with_the_next_one(tmp_path: Path) -> None:
    page_of(tmp_path, "acme").parent.mkdir(parents=True)
    page_of(tmp_path, "acme").with_name(".index.html.tmp").write_text("half", encoding="utf-8")
    page_of(tmp_path, "gone").parent.mkdir(parents=True)
    page_of(tmp_path, "gone").with_name(".index.html.tmp").write_text("half", encoding="utf-8")
    write_all([Page("acme", "new")], tmp_path, READERS["group"])
    assert [path for path in (tmp_path / "report").rglob("*") if path.is_file()] == [page_of(tmp_path, "acme")]
