"""A lint: SQL that only one engine understands is in that engine's dialect file, nowhere else in the dbt project.

    python -m tests.support.engine_words

Prints a line for each place, and exits 1 if there is one.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from caw.feeds.declared import DBT_PROJECT_DIR

DIALECT = Path("macros", "dialect")
# What is wrong -> how it is written instead.
WORDS: Mapping[str, tuple[str, str]] = {
    r"\bin\s*\(\s*select\s*\(": ("a tuple that a subquery selects", "in (select a, b …)"),
    r"\)\s*not in\s*\(\s*select\b": ("several columns not in a query: Spark compares all pairs", "anti_join()"),
    r"\*\s*exclude\b": ("* exclude", "* except (…)"),
    r"\bvarchar\b": ("varchar", "string"),
    r"\b(?:timestamptz|timestamp with time zone|hugeint|ubigint)\b": ("an engine's type", "a macro of macros/dialect"),
    r"::\s*\w": ("::", "cast(… as …)"),
    r"\bqualify\b": ("qualify", "a CTE with row_number()"),
    r"\bignore nulls\b": ("ignore nulls", "first_known()"),
    r"\bfilter\s*\(\s*where\b[^()]*\)\s*over\b": ("filter over a window", "count(case …)"),
    r"\b(?:arg_max|arg_min|max_by|min_by)\s*\(": ("arg_max", "value_at_greatest(), value_at_least()"),
    r"\b(?:any_value|bool_or|bool_and|list|array_agg|collect_list)\s*\(": (
        "an engine's aggregate",
        "macros/dialect/rows.sql",
    ),
    r"\b(?:unnest|explode|posexplode|generate_subscripts|range)\s*\(": ("unnest", "unnested()"),
    r"\b(?:list_(?:transform|filter|contains|distinct|sort|zip|position)|array_to_string|len)\s*\(": (
        "a function of lists",
        "macros/dialect/lists.sql",
    ),
    r"\blambda\s+\w+\s*:": ("lambda", "list_map(), list_where(), with_value()"),
    r"\{\s*'\w+'\s*:": ("a struct literal", "struct_of()"),
    r"(?<![\w\])\"'}\[(,])\s\[\s*'": ("a list literal", "text_list_of()"),
    r"\b(?:from_json|to_json|json_extract\w*|json_valid|json_object)\s*\(": (
        "a function of JSON",
        "macros/dialect/json.sql",
    ),
    r"\b(?:regexp_\w+|rlike|regexp)\b": ("a pattern", "macros/dialect/text.sql"),
    r"\b(?:starts_with|startswith|string_split|split_part|nfc_normalize|levenshtein)\s*\(": (
        "a function of texts",
        "macros/dialect/text.sql",
    ),
    r"\b(?:to_hours|epoch_us|make_timestamptz|timezone|strftime|date_trunc)\s*\(": (
        "a function of instants",
        "macros/dialect/time.sql",
    ),
    r"\binterval\s+'?\d": ("interval", "plus_hours(), plus_days()"),
    r"\bread_(?:parquet|csv|json)\w*\s*\(": ("reading a file", "source()"),
    r"\basof\s+(?:left\s+)?join\b": ("asof join", "asof_joined()"),
    r"(?<!:)//": ("//", "cast(floor(a / b) as integer)"),
    r"\browid\b": ("rowid", "file_position()"),
    r"(?<![\w_])hash\s*\(": ("hash", "passing_hash(), hash_of()"),
    r"\bunion\s+(?:all\s+)?by\s+name\b": ("union by name", "named columns"),
    r",\s*\n\s*from\b": ("a trailing comma", "no comma"),
}


def engine_words(text: str) -> Iterator[tuple[int, str]]:
    """(line, sentence) of each place in a SQL file that only one engine understands."""
    code = re.sub(r"\{#.*?#\}|--[^\n]*", lambda found: re.sub(r"[^\n]", " ", found[0]), text, flags=re.DOTALL)
    for pattern, (what, instead) in WORDS.items():
        for found in re.finditer(pattern, code):
            yield code.count("\n", 0, found.start()) + 1, f"{what}: write {instead}"


def places(project: Path = DBT_PROJECT_DIR) -> Iterator[str]:
    """One line for each such place in a dbt project, outside of its dialect folder."""
    for folder in ("macros", "models", "tests"):
        for path in sorted((project / folder).rglob("*.sql")):
            name = path.relative_to(project)
            if DIALECT not in name.parents:
                for line, sentence in sorted(engine_words(path.read_text(encoding="utf-8"))):
                    yield f"{name}:{line}: {sentence}"


if __name__ == "__main__":
    found = list(places())
    print("\n".join(found), end="\n" if found else "")
    sys.exit(bool(found))
