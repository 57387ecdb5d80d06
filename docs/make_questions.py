"""Makes docs/questions.md: each question of docs/questions.yml with its query and what a warehouse answers.

The page shows the answers of the sample that the tests build; this writes it again:

    CAW_UPDATE_SNAPSHOTS=1 python -m pytest tests/dbt/test_questions.py
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import yaml

PAGE = Path(__file__).with_name("questions.md")
QUESTIONS = Path(__file__).with_name("questions.yml")
Marts = Mapping[datetime | None, duckdb.DuckDBPyConnection]

OPENING = """\
# Questions and their queries

What teams ask, with one query each on the published file `published/marts.duckdb` and what it answers for the sample's
account `acme_us` at 2026-06-30 12:00 UTC. Put your own source in its place. Long answers show their first rows.
Columns and their meaning are in [the data dictionary](data_dictionary.md). Weeks and months of instants are those of
the session's time zone: `set TimeZone = 'UTC'` first.

Made from [questions.yml](questions.yml); a test runs every query and holds this page to the answers.
"""


def chapters() -> Sequence[Mapping[str, Any]]:
    """The chapters of questions.yml, each with its `questions`: `ask`, and `sql` or `why_not`, perhaps a `note`, and an
    `as_of` in the past (UTC) where the latest marts do not answer it.
    """
    return list(yaml.safe_load(QUESTIONS.read_text(encoding="utf-8")))


def questions_page(marts: Marts) -> str:
    """The page as Markdown, with the answers of these marts.

    Args:
        marts: of the latest run, by None, and of the runs that questions ask about, by their as_of.

    Raises:
        duckdb.Error: a query does not run.
    """
    return "\n".join([OPENING, *_blocks(marts)])


def _blocks(marts: Marts) -> Iterator[str]:
    number = 0
    for chapter in chapters():
        yield f"## {chapter['chapter']}\n"
        for question in chapter["questions"]:
            number += 1
            yield f"### {number}. {question['ask']}\n"
            if "why_not" in question:
                yield f"Not answered: {question['why_not']}\n"
                continue
            if "note" in question:
                yield f"{question['note']}\n"
            if "as_of" in question:
                yield _of_the_past(question["as_of"])
            yield f"```sql\n{question['sql'].strip()}\n```\n"
            yield _answer(marts[question.get("as_of")].execute(question["sql"]))


def _of_the_past(as_of: datetime) -> str:
    return (
        f"After `caw run --as-of {as_of:%Y-%m-%dT%H:%M:%SZ}`, which leaves the latest tables as they are, ask "
        f"`published/as_of/{as_of:%Y-%m-%dT%H%M%SZ}/marts.duckdb`:\n"
    )


def _answer(result: duckdb.DuckDBPyConnection) -> str:
    names = [column[0] for column in result.description or []]
    rows = [names, ["---"] * len(names), *([_cell(value) for value in row] for row in result.fetchall())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC) if value.tzinfo else value:%Y-%m-%d %H:%M}"
    return " ".join(str(value).split()).replace("|", "\\|")
