"""Evaluates the conditions on seeds that `seeds/_seeds.yml` has in SQL, on rows that no warehouse has loaded yet.

A condition calls macros of the dbt project. Here they are replaced by the same in DuckDB's SQL, or by the function with
which Python reads seeds.
"""

import atexit
import re
from ast import literal_eval
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from caw.feeds.declared import feeds, profile_kinds
from caw.feeds.seeds import word_form

if TYPE_CHECKING:
    import duckdb

Value = str | int | bool | None
Rule = Mapping[str, str]  # `holds`: a condition; `says`: what is wrong without it, with `{column}` for the row's value

CALL = re.compile(r"[{][{]\s*(\w+)[(](.*?)[)]\s*[}][}]")  # of a macro, with texts as arguments
TYPES = {"string": "varchar", "integer": "integer", "boolean": "boolean"}  # by their names in the yml
MACROS: Mapping[str, Callable[..., str]] = {
    "word_form": lambda text: f"word_form({text})",
    "is_field_of_feed": lambda feed, name: f"is_field_of_feed({feed}, {name})",
    "matches_whole": lambda text, pattern: f"regexp_full_match({text}, '{pattern}')",
    "text_to_instant": lambda text: f"try_cast({text} as timestamptz)",
    "known_time_zones": lambda: "select name from pg_timezone_names()",
}


def broken_rules(
    types: Mapping[str, str], rules: Sequence[Rule], rows: Mapping[int, Mapping[str, Value]]
) -> Iterator[tuple[int, str]]:
    """(line, sentence) for every row that breaks a rule; a condition that is null breaks none, as in SQL.

    Args:
        types: of the columns, by their names in the yml.
        rules: of the seed.
        rows: by line.

    Raises:
        KeyError: a rule calls a macro that is not known here.
    """
    if not rules:
        return
    connection = _engine()
    columns: list[tuple[str, str, list[Value]]] = [("line", "integer", list(rows))]
    columns += [(name, kind, [row.get(name) for row in rows.values()]) for name, kind in types.items()]
    lists = ", ".join(f'unnest(cast(? as {TYPES[kind]}[])) as "{name}"' for name, kind, _ in columns)
    connection.execute(f"create or replace temp table seed as select {lists}", [values for *_, values in columns])
    for rule in rules:
        statement = f"with checked as (select line, {in_duckdb(rule['holds'])} as holds from seed) "
        for (line,) in connection.execute(statement + "select line from checked where not holds").fetchall():
            shown = {name: "" if value is None else value for name, value in rows[line].items()}
            yield line, rule["says"].format_map(shown)


def in_duckdb(condition: str) -> str:
    """A condition as DuckDB takes it; raises KeyError for a macro that is not known here."""
    return CALL.sub(lambda call: MACROS[call[1]](*literal_eval(f"[{call[2]}]")), condition)


def is_field_of_feed(feed: str, name: str) -> bool:
    """Whether a feed has a field of that name, or `profile.<field>` of its profile object."""
    kinds = feeds()[feed.strip()].kinds if feed.strip() in feeds() else {}
    fields = {field for field, kind in kinds.items() if kind != "profile"}
    if "profile" in kinds.values():
        fields |= {f"profile.{part}" for part in profile_kinds()}
    return name.strip() in fields


@cache
def _engine() -> "duckdb.DuckDBPyConnection":
    """A database in memory with the functions that conditions call."""
    connection, types = import_module("duckdb").connect(":memory:"), import_module("duckdb.sqltypes")
    connection.create_function("word_form", word_form, [types.VARCHAR], types.VARCHAR)
    connection.create_function("is_field_of_feed", is_field_of_feed, [types.VARCHAR] * 2, types.BOOLEAN)
    atexit.register(connection.close)
    return connection
