"""What tables on Spark are added to by: the statements that its macros write."""

import re
from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

import jinja2
import pytest

from caw.feeds.declared import DBT_PROJECT_DIR

MACRO = re.compile(r"{%-? macro .*?endmacro -?%}", re.DOTALL)
MATERIALIZATION = re.compile(r"{% materialization [^%]*%}(.*?){% endmaterialization %}", re.DOTALL)
SOURCE = (DBT_PROJECT_DIR / "macros/dialect/spark_tables.sql").read_text(encoding="utf-8")


class Returned(Exception):
    """What a macro returns."""


class Refused(Exception):
    """A compiler's error, as dbt has it."""


class Relation(SimpleNamespace):
    def __str__(self) -> str:
        return f"{self.schema}.{self.identifier}"


def give(value: Any) -> None:
    raise Returned(value)


def refuse(sentence: str) -> None:
    raise Refused(sentence)


def template(texts: Iterable[str], context: Mapping[str, object]) -> jinja2.Template:
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)
    return environment.from_string("\n".join(texts), globals=dict(context))


def called(macro: str, *given: object, config: Mapping[str, object] | None = None, schema: str = "marts") -> Any:
    """What a macro of the dialect's file of tables returns or writes, for a model of this config and schema."""
    exceptions = SimpleNamespace(raise_compiler_error=refuse)
    model = Relation(schema=schema, identifier="talks")
    context = {"config": dict(config or {}), "this": model, "return": give, "exceptions": exceptions}
    module = template(MACRO.findall(SOURCE), context).make_module()
    try:
        return " ".join(str(getattr(module, macro)(*given)).split())
    except Returned as returned:
        return returned.args[0]


@pytest.mark.parametrize(("strategy", "sign"), [("delete+insert", "="), (None, "="), ("rebuild", "<=>")])
def test_a_key_that_is_null_replaces_none_as_on_duckdb(strategy: str | None, sign: str) -> None:
    """A row without a key that goes on Spark, and stays on DuckDB, whose `in` and `=` no null fulfils."""
    written = called("spark_staying", "select * from gone", ["a", "b"], [3], config={"incremental_strategy": strategy})
    assert f"and gone.a {sign} before.a and gone.b {sign} before.b where" in written


@pytest.mark.parametrize("name", ["predicates", "incremental_predicates"])
def test_predicates_are_refused(name: str) -> None:
    """A condition of the team's that DuckDB heeds and Spark passes over, so that other rows go."""
    with pytest.raises(Refused, match=name):
        called("spark_bucket_key", config={"unique_key": "a", name: ["a > 1"]})
    assert called("spark_bucket_key", config={"unique_key": "a", name: []}) == ["a"]


def test_models_of_one_name_in_two_schemas_have_views_of_their_own() -> None:
    """The new rows of one model in the table of another, which is built at the same time."""
    assert called("spark_view_name", "new_rows") == "new_rows_of_marts__talks"
    assert called("spark_view_name", "new_rows", schema="own") == "new_rows_of_own__talks"


def test_new_rows_that_a_failed_statement_left_go_first() -> None:
    """A model that fails again and again in one session, as its view is there."""
    statements: list[str] = []

    def statement(_: str, caller: Callable[[], str]) -> str:
        statements.append(caller())
        return ""

    caw = {"spark_bucket_key": None, "spark_view_name": "new_rows", "spark_in_buckets": "select 1"}
    context = {
        "caw": {name: lambda *_, given=given: given for name, given in caw.items()},
        "this": Relation(schema="marts", identifier="talks", incorporate=lambda type: type),
        **{name: lambda *_: "there" for name in ("load_cached_relation", "run_hooks", "persist_constraints", "return")},
        **{"should_full_refresh": lambda: False, "statement": statement, "run_query": statements.append},
    }
    template(MATERIALIZATION.findall(SOURCE), context).render()
    assert statements == [
        "drop view if exists new_rows",
        "cache table new_rows as select 1",
        "insert into marts.talks by name select * from new_rows",
        "drop view new_rows",
    ]
