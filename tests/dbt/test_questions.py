"""The queries of docs/questions.yml on the built sample."""

import os
import runpy
from pathlib import Path

from tests.support.built_sample import warehouse
from tests.support.pipeline import Pipeline

WRITER = Path(__file__).resolve().parents[2] / "docs" / "make_questions.py"


def test_every_query_answers_as_the_page_says(sample: Pipeline) -> None:
    """Prevents a query that no longer runs, and an answer in the page that the marts do not give."""
    writer = runpy.run_path(str(WRITER))
    with warehouse(sample.data_dir) as connection:
        page = writer["questions_page"](connection)
    if os.environ.get("CAW_UPDATE_SNAPSHOTS"):
        writer["PAGE"].write_text(page, encoding="utf-8")
    assert writer["PAGE"].read_text(encoding="utf-8") == page


def test_every_answer_has_rows_and_at_most_five_questions_have_none(sample: Pipeline) -> None:
    """Prevents a filter that the sample never meets, whose query would be right by having nothing to show."""
    questions = [one for chapter in runpy.run_path(str(WRITER))["chapters"]() for one in chapter["questions"]]
    asked = [one["sql"] for one in questions if "sql" in one]
    assert all(("sql" in one) != ("why_not" in one) for one in questions)
    assert len(questions) >= 51
    assert len(questions) - len(asked) <= 5
    with warehouse(sample.data_dir) as connection:
        assert [sql for sql in asked if not connection.execute(sql).fetchall()] == []
