"""The data dictionary says what the property files say."""

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

from caw.publication import LAST_RUN_COMMENTS
from tests.dbt.contract_tables import TABLES

WRITER = Path(__file__).resolve().parents[2] / "docs" / "make_data_dictionary.py"
POINTS_BACK = re.compile(
    r"(?:That|Those|These|This|Its|Their|It|They|(?:Of|In|From) (?:that|these|those|them)|How many (?:there|they)"
    r"|(?:When|Whether) (?:it|that|they))\b"
)


def written() -> str:
    """The whole document."""
    return str(runpy.run_path(str(WRITER))["data_dictionary"]())


def columns_of(chapter: str) -> str:
    """The names in the first column of a chapter's table."""
    return " ".join(line.split("`")[1] for line in chapter.splitlines() if line.startswith("| `"))


def tables_in(text: str) -> Iterator[tuple[str, str]]:
    """Each published table that has a chapter, with its columns."""
    for chapter in text.partition("\n## Seeds\n")[0].split("\n### ")[1:]:
        yield chapter.partition("\n")[0], columns_of(chapter)


def test_the_data_dictionary_is_up_to_date() -> None:
    """Prevents a description that was changed in the yml and not in the document; run docs/make_data_dictionary.py."""
    writer = runpy.run_path(str(WRITER))
    assert writer["DICTIONARY"].read_text(encoding="utf-8") == writer["data_dictionary"]()


def test_every_published_table_is_in_the_data_dictionary_under_the_name_that_a_query_needs() -> None:
    """Prevents a table of no property file, and the name of a model for a table whose name is another."""
    assert dict(tables_in(written())) == {**TABLES, "health.last_run": " ".join(LAST_RUN_COMMENTS)}


def pointing_back(text: str) -> dict[str, list[str]]:
    """Table -> rows of columns whose descriptions begin with what another row said."""
    chapters = (chapter.splitlines() for chapter in text.partition("\n## Seeds\n")[0].split("\n### ")[1:])
    rows = {lines[0]: [line for line in lines if line.startswith("| `")] for lines in chapters}
    found = {table: [row for row in of if POINTS_BACK.match(row.split(" | ", 2)[2])] for table, of in rows.items()}
    return {table: of for table, of in found.items() if of}


def test_a_column_is_described_without_the_one_before_it() -> None:
    """BI tools show a column's comment alone: "Of these, refused" and "Its upper bound" say nothing there."""
    assert pointing_back(written()) == {}
    row = "| `lift_high` | double | Its upper bound. |"
    assert pointing_back(f"\n### a.b\n\n{row}\n| `c` | double | Items. |\n\n## Seeds\n") == {"a.b": [row]}


def test_every_seed_is_in_the_data_dictionary() -> None:
    """Prevents a seed that no property file describes."""
    text = written()
    for seed in WRITER.parents[1].glob("seeds/*.csv"):
        assert f"\n### seeds/{seed.name}\n" in text
