"""The lint of engine words finds each of them, and the project has none outside of its dialect folder."""

import re

import pytest

from caw.feeds.declared import DBT_PROJECT_DIR
from tests.support.engine_words import DIALECT, engine_words, places

PLACES = {
    "select 1 where (a, b) in (select (a, b) from c)": "tuple",
    "select * exclude (a) from b": "exclude",
    "select cast(a as varchar)": "varchar",
    "select cast(null as timestamptz)": "type",
    "select a::date": "::",
    "select a from b qualify row_number() over (order by a) = 1": "qualify",
    "select last_value(a ignore nulls) over (order by b)": "ignore nulls",
    "select count(*) filter (where a) over (order by b)": "filter",
    "select arg_max(a, b)": "arg_max",
    "select bool_or(a)": "aggregate",
    "select unnest(a)": "unnest",
    "select list_sort(a)": "lists",
    "select f(lambda x: x + 1)": "lambda",
    "select {'a': 1}": "struct",
    "select json_extract_string(a, '$')": "JSON",
    "select regexp_matches(a, 'b')": "pattern",
    "select starts_with(a, 'b')": "texts",
    "select to_hours(1)": "instants",
    "select a + interval 1 day": "interval",
    "select * from read_parquet('a')": "reading",
    "select * from a asof join b using (c)": "asof",
    "select a // 2": "//",
    "select rowid from a": "rowid",
    "select hash(a)": "hash",
    "select a, \nfrom b": "comma",
}


@pytest.mark.parametrize("sql", PLACES)
def test_a_word_of_one_engine_is_found(sql: str) -> None:
    """Prevents a lint that overlooks what it is there for."""
    found = [sentence for _, sentence in engine_words(sql)]
    assert len(found) == 1 and PLACES[sql] in found[0]


def test_comments_and_calls_of_macros_are_no_engine_words() -> None:
    """Prevents a lint that people switch off: it would report prose and our own macros."""
    sql = "{# a varchar, // and :: #} -- unnest(a)\nselect {{ list_size('a') }}, {{ unnested('a', 'b') }} from {{ ref('c') }}"
    assert list(engine_words(sql)) == []
    assert next(engine_words("select a\n\n-- a comment\n, b::date"))[0] == 4


def test_the_project_has_none() -> None:
    """Prevents a model that runs on one engine alone."""
    assert list(places()) == []


def test_what_a_team_s_models_reach_is_called_by_its_package() -> None:
    """A condition or a table of a project that has ours as its package, whose models find no macro of ours by its name alone."""
    macros = DBT_PROJECT_DIR / "macros"
    texts = {
        path: re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for path in macros.rglob("*.sql")
    }
    ours = {name for text in texts.values() for name in re.findall(r"{%-? macro (\w+)", text)}
    reached = [macros / DIALECT.name / name for name in ("spark_adapter.sql", "spark_tables.sql")]
    found = [
        (path.name, name)
        for path in [*reached, *(macros / "segments").glob("*.sql")]
        for name in re.findall(r"(?<!macro )(?<![\w.])(\w+)\(", texts[path])
        if name in ours
    ]
    assert len(ours) > 100
    assert found == []


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_each_dispatched_macro_is_there_for_each_engine_and_takes_the_same_arguments(engine: str) -> None:
    """Prevents a dispatcher without an implementation, or one whose arguments come in another order."""
    dialect = DBT_PROJECT_DIR / DIALECT
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(dialect.glob("*.sql")))
    declared = dict(re.findall(r"macro (\w+)\((.*?)\) -?%}[^%]*?\{\{ return\(adapter\.dispatch", text))
    written = dict(re.findall(rf"macro {engine}__(\w+)\((.*?)\) *-?%}}", text))
    assert declared and {name: written.get(name) for name in declared} == declared
