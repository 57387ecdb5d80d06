"""Lines in the width of a terminal."""

from caw.host.printable import wrapped


def test_a_long_sentence_goes_on_a_little_indented() -> None:
    assert wrapped("  one two three four five", 22) == "  one two three four\n    five"


def test_the_last_column_of_a_table_stays_a_column() -> None:
    assert wrapped("  Run    one two three four five", 24) == "  Run    one two three\n         four five"


def test_a_last_column_that_would_be_too_narrow_begins_on_the_next_line() -> None:
    """Half of a sentence at the end of a row, and the rest below it."""
    row = "  escalated  9  26 November  stale    It has fired"
    assert wrapped(row, 46) == "  escalated  9  26 November  stale\n    It has fired"
    assert wrapped(f"{row}, but not in the last 24 hours", 46) == (
        "  escalated  9  26 November  stale\n    It has fired, but not in the last 24 hours"
    )
    assert wrapped(f"{row}, but neither today nor yesterday, nor before", 46) == (
        "  escalated  9  26 November  stale\n    It has fired, but neither today nor\n      yesterday, nor before"
    )


def test_a_row_whose_first_columns_are_blank_begins_where_there_is_room() -> None:
    """A traceback in a narrow terminal: such a row of `caw explain` begins beyond its width."""
    row = " " * 41 + "prod-00028 is out of stock"
    assert wrapped(row, 24) == "              prod-00028\n                is out\n                of stock"
    assert wrapped(f"{row}  order 7", 20).split() == [*row.split(), "order", "7"]


def test_short_lines_long_paths_and_pipes_are_left_alone() -> None:
    path = "/a/" + "b" * 60
    assert wrapped(f"short\n{path}", 30) == f"short\n{path}"
    assert wrapped("word " * 40, None) == "word " * 40
