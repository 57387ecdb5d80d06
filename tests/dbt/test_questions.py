"""The queries of docs/questions.yml on the built sample."""

import os
import runpy
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.support.built_sample import copied, warehouse
from tests.support.pipeline import Pipeline

OF_THE_PAST = ("retargeting_eligibility",)  # the models that questions about a past instant ask
WRITER = Path(__file__).resolve().parents[2] / "docs" / "make_questions.py"


@pytest.fixture(scope="module")
def writer() -> Mapping[str, Any]:
    return runpy.run_path(str(WRITER))


@pytest.fixture(scope="module")
def questions(writer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for chapter in writer["chapters"]() for one in chapter["questions"]]


@pytest.fixture(scope="module")
def marts(
    sample: Pipeline, questions: list[Mapping[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[datetime | None, duckdb.DuckDBPyConnection]]:
    """The sample as it is (None), and as a run has it at each past instant that a question asks about."""
    built = {None: sample.data_dir}
    for as_of in {one["as_of"] for one in questions if "as_of" in one}:
        folder = tmp_path_factory.mktemp("past")
        built[as_of] = copied(sample, folder)
        Pipeline(folder, sample.project, OF_THE_PAST).build(as_of)
    with ExitStack() as opened:
        yield {as_of: opened.enter_context(warehouse(data_dir)) for as_of, data_dir in built.items()}


def test_every_query_answers_as_the_page_says(
    writer: Mapping[str, Any], marts: Mapping[datetime | None, duckdb.DuckDBPyConnection]
) -> None:
    """Prevents a query that no longer runs, and an answer in the page that the marts do not give."""
    page = writer["questions_page"](marts)
    if os.environ.get("CAW_UPDATE_SNAPSHOTS"):
        writer["PAGE"].write_text(page, encoding="utf-8")
    assert writer["PAGE"].read_text(encoding="utf-8") == page


def test_every_answer_has_rows_and_at_most_one_question_has_none(
    questions: list[Mapping[str, Any]], marts: Mapping[datetime | None, duckdb.DuckDBPyConnection]
) -> None:
    """Prevents a filter that the sample never meets, whose query would be right by having nothing to show."""
    asked = [one for one in questions if "sql" in one]
    assert all(("sql" in one) != ("why_not" in one) for one in questions)
    assert len(questions) >= 51
    assert len(questions) - len(asked) <= 1
    assert [one["sql"] for one in asked if not marts[one.get("as_of")].execute(one["sql"]).fetchall()] == []
