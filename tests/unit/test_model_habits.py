"""Every dbt model reads the same way: import CTEs first, one CTE a thought, and `select * from final` at the end.

An import CTE is `name as (select * from {{ ref(…) }})`, with a `where` at most. A model that is the call of one macro has
no CTE of its own, and ends as the macro does.
"""

import re
from pathlib import Path

import pytest

MODELS = {path.stem: path for path in sorted((Path(__file__).parents[2] / "dbt_project" / "models").rglob("*.sql"))}
ENDS = "\n\nselect *\nfrom final\n"  # in sqlfmt's lines
ENDS_OTHERWISE = {
    "int_event_tags": "ephemeral: its `final` would hide that of the model it is written into",
    "int_landed_sources": "one column of one relation",
    "int_run": "columns of one relation",
    "rejected_records": "columns of one relation",
}
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
STATEMENT = re.compile(r"^\s*(?:with|select)\b", re.MULTILINE)
CTE = re.compile(
    r"^(?P<indent> {4}(?: {4})?)(?P<name>\w+) as (?:\{\{ \w+\(\) \}\} )?"
    r"\((?:(?P<line>[^\n]+)|\n(?P<lines>.*?)\n(?P=indent))\),?$",
    re.MULTILINE | re.DOTALL,
)
IMPORT = re.compile(r"select \*\s+from \{\{ (?:ref|source)\([^)]*\) \}\}(?:\s+where\b(?P<where>.*))?", re.DOTALL)
MORE_THAN_ROWS = re.compile(r"\b(?:group by|join|union)\b")


def is_one_macro(model: str) -> bool:
    """Whether nothing of a model is SQL but what macros write."""
    return STATEMENT.search(JINJA.sub("", model)) is None


def ends_well(name: str, model: str) -> bool:
    """Whether a model's last lines are `select * from final`, or it is listed with a reason why they are not."""
    return model.endswith(ENDS) or is_one_macro(model) or name in ENDS_OTHERWISE


def late_imports(model: str) -> list[str]:
    """Names of a model's import CTEs that come after one that is none."""
    late, is_first = [], True
    for cte in CTE.finditer(model):
        found = IMPORT.fullmatch((cte["line"] or cte["lines"]).strip())
        is_import = found is not None and not MORE_THAN_ROWS.search(found["where"] or "")
        if is_import and not is_first:
            late.append(cte["name"])
        is_first = is_first and is_import
    return late


@pytest.mark.parametrize("name", MODELS)
def test_a_model_imports_first_and_ends_with_final(name: str) -> None:
    """Each model read from the top in another way: what it takes is found half-way down, and what it gives nowhere."""
    model = MODELS[name].read_text(encoding="utf-8")
    assert ends_well(name, model)
    assert late_imports(model) == []


def test_every_exception_is_a_model_that_needs_one() -> None:
    """A list of exceptions that only grows."""
    texts = {name: MODELS[name].read_text(encoding="utf-8") for name in ENDS_OTHERWISE}
    assert [name for name, text in texts.items() if text.endswith(ENDS) or is_one_macro(text)] == []


def test_other_shapes_are_found() -> None:
    """A check that takes any text for a model of the house."""
    imports = '    one as (select * from {{ ref("one") }}),\n'
    counts = "    counted as (\n        select count(*) as lines\n        from one\n    ),\n"
    where = '    few as (\n        select *\n        from {{ ref("few") }}\n        where a\n    ),\n'
    assert late_imports(f"with\n{imports}{where}{counts}") == []
    assert late_imports(f"with\n{imports}{counts}{where}") == ["few"]
    assert late_imports(f"with\n{counts}{imports}") == ["one"]
    assert not ends_well("any", "select 1 as one\n") and not ends_well(
        "any", f"with\n{counts}\nselect lines\nfrom counted\n"
    )
    assert ends_well("any", f"with\n{counts}{ENDS}") and ends_well("any", '{{ config(a="b") }}\n\n{{ segment() }}\n')
