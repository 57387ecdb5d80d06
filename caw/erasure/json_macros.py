"""DuckDB in memory with macros over JSON values, which finding identifiers calls: the rules of `id_text` in SQL."""

import atexit
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import duckdb

from caw.feeds.seeds import absent_identifiers

WHITE_SPACE = "".join(character for character in map(chr, range(0x3001)) if character.isspace())


@cache
def engine(seeds: Path) -> duckdb.DuckDBPyConnection:
    """A database in memory with what the queries call: starting one takes longer than a query of a few lines."""
    connection = duckdb.connect(":memory:")
    atexit.register(connection.close)
    for macro in _macros(seeds):
        connection.execute(macro)
    return connection


def _macros(seeds: Path) -> Iterator[str]:
    """Macros that the queries call on JSON values: the same rules as `id_text` and `identifies_nobody`."""
    white, words = quoted(WHITE_SPACE), ", ".join(map(quoted, sorted(absent_identifiers(seeds))))
    yield (
        "create temp macro text_of(value) as case "
        "when json_type(value) = 'VARCHAR' then json_extract_string(value, '$') "
        "when regexp_full_match(cast(value as varchar), '-?[0-9]+(\\.0+)?') "
        "then split_part(cast(value as varchar), '.', 1) end"
    )
    yield f"create temp macro filled(given) as case when trim(given, {white}) <> '' then given end"
    yield (
        "create temp macro word_of(given) as "
        f"replace(replace(lower(trim(nfc_normalize(given), {white})), ' ', '_'), '-', '_')"
    )
    yield (
        f"create temp macro present(given) as case when trim(given, {quoted('0-_' + WHITE_SPACE)}) <> '' "
        f"and word_of(given) not in ({words}) then given end"
    )
    yield (
        "create temp macro is_no_object(value) as json_type(value) in ('ARRAY', 'VARCHAR') "
        "and contains(cast(value as varchar), '{')"
    )
    # a list or an object where a scalar is expected, or within a list
    yield (
        "create temp macro is_deeper(value, is_list) as case json_type(value) "
        "when 'OBJECT' then true "
        "when 'ARRAY' then not is_list or regexp_matches(substr(ltrim(cast(value as varchar)), 2), '[\\[{]') "
        "else false end"
    )
    # a list, a list as text, or a lone element
    yield (
        "create temp macro elements_of(list) as "
        "list_transform(from_json(list, '[\"json\"]'), lambda element: text_of(element))"
    )
    yield (
        "create temp macro texts_of(value) as case "
        "when json_type(value) = 'ARRAY' then elements_of(value) "
        "when json_type(value) = 'VARCHAR' and starts_with(trim(text_of(value)), '[') and json_valid(text_of(value)) "
        "then elements_of(cast(text_of(value) as json)) "
        "else [text_of(value)] end"
    )


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
