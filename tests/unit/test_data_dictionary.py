"""The data dictionary says what the property files say."""

import runpy
from collections.abc import Iterator
from pathlib import Path

from caw.publication import LAST_RUN_COMMENTS
from tests.dbt.contract_tables import TABLES

WRITER = Path(__file__).resolve().parents[2] / "docs" / "make_data_dictionary.py"


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


def test_every_seed_is_in_the_data_dictionary() -> None:
    """Prevents a seed that no property file describes."""
    text = written()
    for seed in WRITER.parents[1].glob("seeds/*.csv"):
        assert f"\n### seeds/{seed.name}\n" in text
