"""No model asks the engine what time it is: the same logs at the same as_of give the same rows."""

import re

import pytest

from caw.feeds.declared import DBT_PROJECT_DIR
from tests.support.pipeline import Pipeline

CALLED = ("now", "today", "get_current_timestamp", "get_current_time", "transaction_timestamp", "clock_timestamp")
CALLED += ("getdate", "sysdate", "systimestamp", "utc_timestamp", "unix_timestamp", "random", "uuid", "gen_random_uuid")
BARE = ("current_timestamp", "current_date", "current_time", "localtimestamp", "localtime")
CLOCK = re.compile(rf"\b(?:(?:{'|'.join(CALLED)})\s*\(|(?:{'|'.join(BARE)})\b)", re.IGNORECASE)
DBT_S_CLOCK = re.compile(r"\b(?:run_started_at|modules\.datetime|invocation_id)\b")
COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/|\{#.*?#\}", re.DOTALL)
LITERAL = re.compile(r"'(?:[^']|'')*'")


def asked(text: str) -> list[str]:
    """What a text asks of a clock, outside comments and literals."""
    return CLOCK.findall(LITERAL.sub("''", COMMENT.sub(" ", text)))


@pytest.mark.parametrize(
    "text",
    ["select now()", "where at > CURRENT_DATE - 7", "select current_timestamp", "today ( )", "get_current_timestamp()"],
)
def test_the_search_finds_a_clock(text: str) -> None:
    assert asked(text)


@pytest.mark.parametrize("text", ["-- now()", "{# today() #}", "'current_date'", "select known_now, today_s from t"])
def test_the_search_finds_no_clock_where_there_is_none(text: str) -> None:
    assert not asked(text)


def test_no_compiled_model_asks_the_engine_s_clock(sample: Pipeline) -> None:
    compiled = sorted((sample.data_dir / "target" / "compiled").rglob("models/**/*.sql"))
    assert len(compiled) > 50
    assert {path.name: found for path in compiled if (found := asked(path.read_text(encoding="utf-8")))} == {}


def test_no_model_macro_or_test_asks_a_clock() -> None:
    """Also what no model happens to use now, and dbt's own clock."""
    for folder in ("models", "macros", "tests"):
        for path in sorted((DBT_PROJECT_DIR / folder).rglob("*.sql")):
            text = COMMENT.sub(" ", path.read_text(encoding="utf-8"))
            assert not CLOCK.findall(text) + DBT_S_CLOCK.findall(text), path.name
